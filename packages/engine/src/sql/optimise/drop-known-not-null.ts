import type { Expression } from "#sql/bind/expression.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";

/** Drops `column IS NOT NULL` from scans of columns that never are. */
export function dropKnownNotNull(plan: QueryPlan): QueryPlan {
  if (plan.kind !== "scan") return mapInputs(plan, dropKnownNotNull);
  if (plan.filter === undefined) return plan;
  const isKnown = (condition: Expression): boolean => {
    if (condition.kind !== "nullTest" || !condition.negated) return false;
    const { arg } = condition;
    if (arg.kind !== "column") return false;
    const columnId = plan.columnIds[arg.slot];
    return plan.table.columns.find((column) => column.id === columnId)?.notNull === true;
  };
  const conditions = conjunctsOf(plan.filter);
  const kept = conditions.filter((condition) => !isKnown(condition));
  return kept.length === conditions.length ? plan : { ...plan, filter: allOf(kept) };
}
