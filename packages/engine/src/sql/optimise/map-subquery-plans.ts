import type { Expression } from "#sql/bind/expression.ts";
import { mapChildren } from "#sql/bind/expression-walk.ts";
import { mapInputs, mapOwnExpressions } from "#sql/bind/plan-walk.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";

/** Maps the plans that stand directly in expressions of this plan; what is inside them is the mapping's affair. */
export function mapSubqueryPlans(plan: QueryPlan, map: (inner: QueryPlan) => QueryPlan): QueryPlan {
  const mapExpression = (expression: Expression): Expression => {
    const mapped = mapChildren(expression, mapExpression);
    if (mapped.kind !== "subquery") return mapped;
    const inner = map(mapped.plan);
    return inner === mapped.plan ? mapped : { ...mapped, plan: inner };
  };
  const own = mapOwnExpressions(plan, mapExpression);
  return mapInputs(own, (input) => mapSubqueryPlans(input, map));
}
