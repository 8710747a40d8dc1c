import { assert } from "#base/assert.ts";
import type { Expression } from "#sql/bind/expression.ts";
import { mapChildren, mapSubquery } from "#sql/bind/expression-walk.ts";
import { mapPlanExpressions } from "#sql/bind/plan-walk.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";

/**
 * The expression with its mentions of outer rows as they must read when `levels` more rows
 * (negative: fewer) lie in between. Its own columns stay.
 */
export function shiftOuter(expression: Expression, levels: number, nesting = 0): Expression {
  switch (expression.kind) {
    case "outer": {
      if (expression.depth <= nesting) return expression;
      const depth = expression.depth + levels;
      assert(depth > nesting, "an outer column cannot be moved inside the row it belongs to");
      return { ...expression, depth };
    }
    case "subquery":
      return mapSubquery(
        expression,
        (child) => shiftOuter(child, levels, nesting),
        (child, depth) => shiftOuter(child, levels, nesting + depth),
      );
    default:
      return mapChildren(expression, (child) => shiftOuter(child, levels, nesting));
  }
}

/** As shiftOuter, for everything in a plan. */
export function shiftOuterPlan(plan: QueryPlan, levels: number): QueryPlan {
  if (levels === 0) return plan;
  return mapPlanExpressions(plan, 0, (expression, nesting) =>
    shiftOuter(expression, levels, nesting),
  );
}
