import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { TableStatistics } from "#sql/plan/statistics.ts";
import type { EvalContext } from "#sql/types/function.ts";
import { chooseIndex } from "./choose-index.ts";
import { chooseJoin } from "./choose-join.ts";
import { dropKnownNotNull } from "./drop-known-not-null.ts";
import { elideSorts } from "./elide-sorts.ts";
import { RowEstimator } from "./estimate-rows.ts";
import { foldConstants } from "./fold-constants.ts";
import { inlineCtes } from "./inline-ctes.ts";
import { mapSubqueryPlans } from "./map-subquery-plans.ts";
import { mergeProjects } from "./merge-projects.ts";
import { minMaxByIndex } from "./min-max-by-index.ts";
import { orderJoins } from "./order-joins.ts";
import { pruneColumns } from "./prune-columns.ts";
import { pushFilters } from "./push-filters.ts";
import { unnestAggregates } from "./unnest-aggregates.ts";
import { unnestSubqueries } from "./unnest-subqueries.ts";

export interface OptimiserContext {
  readonly statistics: TableStatistics;
  /** Constants are folded under this; only immutable functions are. */
  readonly evalContext: EvalContext;
}

/** Rewrites a bound plan into one that gives the same rows sooner. The plan itself is not changed. */
export function optimise(plan: QueryPlan, context: OptimiserContext): QueryPlan {
  const estimator = new RowEstimator(context.statistics);
  return optimiseLevel(inlineCtes(foldConstants(plan, context.evalContext)), estimator, context);
}

/** One query level; the plans of its subqueries are levels of their own. */
function optimiseLevel(
  plan: QueryPlan,
  estimator: RowEstimator,
  context: OptimiserContext,
): QueryPlan {
  // What is asked: fewer and simpler nodes that give the same rows.
  let logical = unnestAggregates(unnestSubqueries(plan), estimator, context.evalContext);
  logical = mergeProjects(pushFilters(logical));
  logical = pruneColumns(orderJoins(dropKnownNotNull(logical), estimator));
  // How it is done: indexes, join algorithms, orders.
  const chosen = mergeProjects(choosePaths(mergeProjects(logical), estimator));
  const physical = elideSorts(minMaxByIndex(chosen));
  return mapSubqueryPlans(physical, (inner) => optimiseLevel(inner, estimator, context));
}

function choosePaths(plan: QueryPlan, estimator: RowEstimator): QueryPlan {
  const choose = (input: QueryPlan): QueryPlan => choosePaths(input, estimator);
  if (plan.kind === "scan") return plan.constraint === undefined ? chooseIndex(plan) : plan;
  if (plan.kind === "join") {
    return chooseJoin({ ...plan, left: choose(plan.left) }, estimator, choose);
  }
  return mapInputs(plan, choose);
}
