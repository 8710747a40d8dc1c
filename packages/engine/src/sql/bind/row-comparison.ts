import { SqlError } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { ScalarFunction } from "#sql/types/function.ts";
import { formatType } from "#sql/types/type.ts";
import { coerceArgument } from "./coerce.ts";
import type { Expression, RowComparison } from "./expression.ts";
import { booleanOperator, operatorCall } from "./operator-call.ts";
import type { OperatorRequest } from "./operator-call.ts";
import type { Site } from "./site.ts";
import { boolType } from "./type-ref.ts";

export function checkSameLength(
  left: readonly unknown[],
  right: readonly unknown[],
  position: number | undefined,
): void {
  if (left.length !== right.length) {
    throw new SqlError("syntax_error", "unequal number of entries in row expressions", {
      position,
    });
  }
  if (left.length === 0) {
    throw new SqlError("feature_not_supported", "cannot compare rows of zero length", {
      position,
    });
  }
}

/** One field may be compared by any operator that gives a boolean. */
function compareValues(site: Site, request: OperatorRequest): Expression {
  const comparison = operatorCall(site.environment, request);
  if (comparison.result.type.oid === oids.bool) return comparison;
  throw new SqlError(
    "datatype_mismatch",
    `row comparison operator must yield type boolean, not type ${formatType(comparison.result.type.oid)}`,
    { position: request.position },
  );
}

/** Field by field for = and <>, left to right for the orders. */
export function compareRows(
  site: Site,
  request: {
    readonly symbol: string;
    readonly left: readonly Expression[];
    readonly right: readonly Expression[];
    readonly position: number | undefined;
  },
): Expression {
  const { symbol, left, right, position } = request;
  checkSameLength(left, right, position);
  const [onlyLeft] = left;
  const [onlyRight] = right;
  if (left.length === 1 && onlyLeft !== undefined && onlyRight !== undefined) {
    return compareValues(site, { symbol, left: onlyLeft, right: onlyRight, position });
  }
  const pairs = left.map((field, index) => [field, right[index] ?? field] as const);
  switch (symbol) {
    case "=":
    case "<>": {
      const args = pairs.map(([one, other]) =>
        operatorCall(site.environment, { symbol, left: one, right: other, position }),
      );
      return { kind: symbol === "=" ? "and" : "or", args, result: boolType, position };
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return orderRows(site, symbol, pairs, position);
    default:
      throw new SqlError(
        "feature_not_supported",
        `could not determine interpretation of row comparison operator ${symbol}`,
        { position },
      );
  }
}

function orderRows(
  site: Site,
  operator: RowComparison["operator"],
  pairs: readonly (readonly [Expression, Expression])[],
  position: number | undefined,
): RowComparison {
  const left: Expression[] = [];
  const right: Expression[] = [];
  const equals: ScalarFunction[] = [];
  const less: ScalarFunction[] = [];
  for (const [one, other] of pairs) {
    const types = { left: one.result.type.oid, right: other.result.type.oid, position };
    const lessThan = booleanOperator(site.environment, { symbol: "<", ...types });
    left.push(coerceArgument(site.environment, one, lessThan.argTypes[0] ?? types.left));
    right.push(coerceArgument(site.environment, other, lessThan.argTypes[1] ?? types.right));
    less.push(lessThan.function);
    equals.push(
      booleanOperator(site.environment, {
        symbol: "=",
        left: lessThan.argTypes[0] ?? types.left,
        right: lessThan.argTypes[1] ?? types.right,
        position,
      }).function,
    );
  }
  return { kind: "rowComparison", operator, left, right, equals, less, result: boolType, position };
}
