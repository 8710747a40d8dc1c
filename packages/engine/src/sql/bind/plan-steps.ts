import type { Expression, SortKey } from "./expression.ts";
import type { OutputColumn, QueryPlan } from "./query-plan.ts";

export function filtered(plan: QueryPlan, condition: Expression | undefined): QueryPlan {
  if (condition === undefined) return plan;
  return { kind: "filter", input: plan, condition, columns: plan.columns };
}

export function sorted(plan: QueryPlan, keys: readonly SortKey[]): QueryPlan {
  if (keys.length === 0) return plan;
  return { kind: "sort", input: plan, keys, limitHint: undefined, columns: plan.columns };
}

/** A column of a plan's row as an expression over it. */
export function slotOf(column: OutputColumn, slot: number): Expression {
  return {
    kind: "column",
    slot,
    name: column.name,
    result: { type: column.type, typmod: column.typmod },
  };
}
