import type { QueryPlan } from "#sql/bind/query-plan.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { TableStatistics } from "#sql/plan/statistics.ts";
import type { EvalContext } from "#sql/types/function.ts";
import { chooseIndex } from "./choose-index.ts";
import { foldConstants } from "./fold-constants.ts";
import { mapSubqueryPlans } from "./map-subquery-plans.ts";
import { pushFilters } from "./push-filters.ts";

export interface OptimiserContext {
  readonly statistics: TableStatistics;
  /** Constants are folded under this; only immutable functions are. */
  readonly evalContext: EvalContext;
}

/** Rewrites a bound plan into one that gives the same rows sooner. The plan itself is not changed. */
export function optimise(plan: QueryPlan, context: OptimiserContext): QueryPlan {
  return optimiseLevel(foldConstants(plan, context.evalContext), context);
}

/** One query level; the plans of its subqueries are levels of their own. */
function optimiseLevel(plan: QueryPlan, context: OptimiserContext): QueryPlan {
  const pushed = pushFilters(plan);
  const physical = choosePaths(pushed);
  return mapSubqueryPlans(physical, (inner) => optimiseLevel(inner, context));
}

function choosePaths(plan: QueryPlan): QueryPlan {
  if (plan.kind === "scan") return chooseIndex(plan);
  return mapInputs(plan, choosePaths);
}
