import { SqlError } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { ScalarFunction } from "#sql/types/function.ts";
import { resolveOperator } from "#sql/types/resolve.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { formatType } from "#sql/types/type.ts";
import { coerceArgument } from "./coerce.ts";
import type { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { typeRef } from "./type-ref.ts";

export interface OperatorRequest {
  readonly symbol: string;
  /** Undefined for a prefix operator. */
  readonly left: Expression | undefined;
  readonly right: Expression;
  readonly position: number | undefined;
}

/** An operator over bound operands, which are coerced to what the operator takes. */
export function operatorCall(environment: Environment, request: OperatorRequest): Expression {
  const { left, right, position } = request;
  const resolved = resolveFor(environment, request);
  const operands = left === undefined ? [right] : [left, right];
  return {
    kind: "call",
    fn: resolved.function,
    args: operands.map((operand, index) =>
      coerceArgument(environment, operand, resolved.argTypes[index] ?? operand.result.type.oid),
    ),
    syntax: "operator",
    result: typeRef(resolved.returnType),
    position,
  };
}

function resolveFor(
  environment: Environment,
  { symbol, left, right, position }: OperatorRequest,
): ResolvedCall<ScalarFunction> {
  return resolveOperator(
    environment.catalog.functions,
    symbol,
    left?.result.type.oid,
    right.result.type.oid,
    position,
  );
}

/** The operator for two types, which must give boolean: for IN, ANY, row comparison, DISTINCT FROM. */
export function booleanOperator(
  environment: Environment,
  request: {
    readonly symbol: string;
    readonly left: number;
    readonly right: number;
    readonly position: number | undefined;
  },
): ResolvedCall<ScalarFunction> {
  const resolved = resolveOperator(
    environment.catalog.functions,
    request.symbol,
    request.left,
    request.right,
    request.position,
  );
  if (resolved.returnType !== oids.bool) {
    throw new SqlError(
      "datatype_mismatch",
      `operator ${request.symbol} must return type boolean, not type ${formatType(resolved.returnType)}`,
      { position: request.position },
    );
  }
  return resolved;
}
