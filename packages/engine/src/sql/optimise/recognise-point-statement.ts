import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { PointStatement } from "#sql/plan/point-statement.ts";

/** The point statement an optimised plan amounts to, or undefined. */
export function recognisePointStatement(plan: QueryPlan): PointStatement | undefined {
  return undefined;
}
