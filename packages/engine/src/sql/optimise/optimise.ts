import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { TableStatistics } from "#sql/plan/statistics.ts";
import type { EvalContext } from "#sql/types/function.ts";

export interface OptimiserContext {
  readonly statistics: TableStatistics;
  /** Constants are folded under this; only immutable functions are. */
  readonly evalContext: EvalContext;
}

/** Rewrites a bound plan into one that gives the same rows sooner. The plan itself is not changed. */
export function optimise(plan: QueryPlan, context: OptimiserContext): QueryPlan {
  return plan;
}
