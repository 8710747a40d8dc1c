import { SqlError } from "#base/errors.ts";
import type { FuncCall, Node } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { ScalarFunction } from "#sql/types/function.ts";
import { resolveFunction } from "#sql/types/resolve.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { coerceArgument } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { bindExpression } from "./expression-binding.ts";
import type { Expression } from "./expression.ts";
import type { Site } from "./site.ts";
import { typeRef } from "./type-ref.ts";

/** The bare name; functions live in pg_catalog alone. */
export function functionName(node: FuncCall, position: number | undefined): string {
  const parts = nameParts(node.funcname);
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  const name = parts.at(-1) ?? "";
  if (schema !== undefined && schema !== "pg_catalog" && schema !== "information_schema") {
    throw new SqlError("undefined_function", `function ${parts.join(".")} does not exist`, {
      hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
      position,
    });
  }
  return name;
}

export function bindArguments(site: Site, node: FuncCall): readonly Expression[] {
  return (node.args ?? []).map((arg: Node) => bindExpression(site, arg));
}

export interface CallRequest {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly node: FuncCall;
  readonly position: number | undefined;
}

export function resolveCall(environment: Environment, request: CallRequest): ResolvedCall {
  const { name, args, node, position } = request;
  return resolveFunction(
    environment.catalog.functions,
    name,
    args.map((arg) => arg.result.type.oid),
    { variadicArray: node.func_variadic === true, position },
  );
}

/** The arguments as the function wants them: coerced, defaults added, variadic ones gathered. */
export function prepareArguments(
  environment: Environment,
  resolved: ResolvedCall,
  args: readonly Expression[],
): readonly Expression[] {
  const coerced = args.map((arg, index) =>
    settle(environment, coerceArgument(environment, arg, resolved.argTypes[index] ?? oids.any)),
  );
  resolved.defaultArgs.forEach((value, index) => {
    const oid = resolved.argTypes[args.length + index] ?? oids.text;
    coerced.push({ kind: "constant", value, result: typeRef(oid) });
  });
  if (resolved.variadicFrom === undefined) return coerced;
  const gathered = coerced.slice(resolved.variadicFrom);
  return [
    ...coerced.slice(0, resolved.variadicFrom),
    { kind: "array", items: gathered, result: typeRef(resolved.variadicArrayType) },
  ];
}

/** Arguments of "any" keep their type, but literals are text by then. */
function settle(environment: Environment, expression: Expression): Expression {
  return expression.result.type.oid === oids.unknown
    ? coerceArgument(environment, expression, oids.text)
    : expression;
}

export function scalarCall(
  environment: Environment,
  call: {
    readonly fn: ScalarFunction;
    readonly resolved: ResolvedCall;
    readonly args: readonly Expression[];
    readonly position: number | undefined;
  },
): Expression {
  return {
    kind: "call",
    fn: call.fn,
    args: prepareArguments(environment, call.resolved, call.args),
    syntax: "function",
    result: typeRef(call.resolved.returnType),
    position: call.position,
  };
}
