import type { Expression } from "#sql/bind/expression.ts";
import { boolType } from "#sql/bind/type-ref.ts";

/** The conditions that must all hold for the expression to hold. */
export function conjunctsOf(condition: Expression | undefined): readonly Expression[] {
  if (condition === undefined) return [];
  return condition.kind === "and" ? condition.args.flatMap(conjunctsOf) : [condition];
}

/** All of them at once; undefined for none. */
export function allOf(conditions: readonly Expression[]): Expression | undefined {
  const [only] = conditions;
  if (conditions.length <= 1) return only;
  return { kind: "and", args: conditions, result: boolType };
}
