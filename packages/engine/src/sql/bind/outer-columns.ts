import { childrenOf } from "./expression-walk.ts";
import type { Expression } from "./expression.ts";
import { mapOwnExpressions, inputsOf, pushesLeftRow } from "./plan-walk.ts";
import type { QueryPlan } from "./query-plan.ts";

/** Visits every mention of a row outside the plan: depth 1 is the row just outside, and so on. */
export function visitOuterColumns(
  plan: QueryPlan,
  visit: (depth: number, slot: number) => void,
  nesting = 0,
): void {
  mapOwnExpressions(plan, (expression) => {
    visitOuterOfExpression(expression, visit, nesting);
    return expression;
  });
  if (plan.kind === "join" && pushesLeftRow(plan)) {
    visitOuterColumns(plan.left, visit, nesting);
    visitOuterColumns(plan.right, visit, nesting + 1);
    return;
  }
  for (const input of inputsOf(plan)) visitOuterColumns(input, visit, nesting);
}

/** As visitOuterColumns, for an expression `nesting` rows further in. */
export function visitOuterOfExpression(
  expression: Expression,
  visit: (depth: number, slot: number) => void,
  nesting = 0,
): void {
  if (expression.kind === "outer") {
    if (expression.depth > nesting) visit(expression.depth - nesting, expression.slot);
    return;
  }
  for (const child of childrenOf(expression)) visitOuterOfExpression(child, visit, nesting);
  if (expression.kind === "subquery") visitOuterColumns(expression.plan, visit, nesting + 1);
}

/** Whether the plan's rows depend on a row outside it. */
export function hasOuterColumns(plan: QueryPlan): boolean {
  let found = false;
  visitOuterColumns(plan, () => {
    found = true;
  });
  return found;
}
