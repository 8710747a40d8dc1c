import type { Expression } from "#sql/bind/expression.ts";
import { mapColumns } from "#sql/bind/expression-walk.ts";
import { typeRef } from "#sql/bind/type-ref.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bindCast } from "#sql/types/cast.ts";
import { hasSubquery, isVolatile, readsAny, readsOnly } from "./expression-facts.ts";

/** An equality that ties the left row of a join to the right row. */
export interface JoinKey {
  /** Over the left row. */
  readonly left: Expression;
  /** Over the right row alone. */
  readonly right: Expression;
  readonly condition: Expression;
}

/** Reads a condition over the joined row as a key whose two sides hash alike; undefined when it is none. */
export function joinKey(condition: Expression, width: number): JoinKey | undefined {
  if (condition.kind !== "call" || condition.syntax !== "operator") return undefined;
  if (condition.fn.name !== "=" || isVolatile(condition) || hasSubquery(condition)) {
    return undefined;
  }
  const [one, other] = condition.args;
  if (one === undefined || other === undefined) return undefined;
  const isLeft = (expression: Expression): boolean =>
    readsOnly(expression, (slot) => slot < width) && readsAny(expression, () => true);
  const isRight = (expression: Expression): boolean =>
    readsOnly(expression, (slot) => slot >= width) && readsAny(expression, () => true);
  const sides =
    isLeft(one) && isRight(other)
      ? { left: one, right: other }
      : isLeft(other) && isRight(one)
        ? { left: other, right: one }
        : undefined;
  if (sides === undefined) return undefined;
  const right = mapColumns(sides.right, ({ slot, expression }) =>
    expression.kind === "column" ? { ...expression, slot: slot - width } : undefined,
  );
  const alike = toSameType(sides.left, right);
  return alike === undefined ? undefined : { ...alike, condition };
}

/** Integers of different widths become the wider; other differing types are not hashed. */
function toSameType(
  left: Expression,
  right: Expression,
): { readonly left: Expression; readonly right: Expression } | undefined {
  const from = left.result.type.oid;
  const to = right.result.type.oid;
  if (from === to) return { left, right };
  const order: readonly number[] = [oids.int2, oids.int4, oids.int8];
  const leftRank = order.indexOf(from);
  const rightRank = order.indexOf(to);
  if (leftRank === -1 || rightRank === -1) {
    const isText = (oid: number): boolean => oid === oids.text || oid === oids.varchar;
    return isText(from) && isText(to) ? { left, right } : undefined;
  }
  return leftRank < rightRank
    ? { left: widened(left, to), right }
    : { left, right: widened(right, from) };
}

function widened(expression: Expression, oid: number): Expression {
  const cast = bindCast(expression.result.type.oid, { oid, typmod: -1 }, "implicit");
  if (cast === undefined || cast === "same") return expression;
  return { kind: "call", fn: cast, args: [expression], syntax: "cast", result: typeRef(oid) };
}
