import type { Expression } from "#sql/bind/expression.ts";
import { childrenOf, someExpression } from "#sql/bind/expression-walk.ts";
import { visitOuterColumns } from "#sql/bind/outer-columns.ts";
import { inputsOf, mapOwnExpressions } from "#sql/bind/plan-walk.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";

/** Calls back for each slot of the input row that the expression reads, subqueries included. */
export function visitSlots(expression: Expression, visit: (slot: number) => void): void {
  if (expression.kind === "column") {
    visit(expression.slot);
    return;
  }
  if (expression.kind === "subquery") {
    visitOuterColumns(expression.plan, (depth, slot) => {
      if (depth === 1) visit(slot);
    });
  }
  for (const child of childrenOf(expression)) visitSlots(child, visit);
}

/** Whether every slot the expression reads satisfies the predicate. */
export function readsOnly(expression: Expression, predicate: (slot: number) => boolean): boolean {
  let result = true;
  visitSlots(expression, (slot) => {
    if (!predicate(slot)) result = false;
  });
  return result;
}

export function readsAny(expression: Expression, predicate: (slot: number) => boolean): boolean {
  return !readsOnly(expression, (slot) => !predicate(slot));
}

/** A value that may differ each time it is computed: it must be computed as often as written. */
export function isVolatile(expression: Expression): boolean {
  return someExpression(expression, (one) => {
    if (one.kind === "call") return one.fn.volatility === "volatile";
    return one.kind === "subquery" && isVolatilePlan(one.plan);
  });
}

export function isVolatilePlan(plan: QueryPlan): boolean {
  if (plan.kind === "modify") return true;
  if (plan.kind === "functionScan" || plan.kind === "projectSet") {
    const calls = plan.kind === "functionScan" ? plan.calls : plan.items;
    for (const call of calls) {
      if ("fn" in call && call.fn?.volatility === "volatile") return true;
    }
  }
  let found = false;
  mapOwnExpressions(plan, (expression) => {
    if (isVolatile(expression)) found = true;
    return expression;
  });
  return found || inputsOf(plan).some(isVolatilePlan);
}

export function hasSubquery(expression: Expression): boolean {
  return someExpression(expression, (one) => one.kind === "subquery");
}

/**
 * Whether the value is null whenever the slots are: column references under functions that
 * are not called with nulls.
 */
function isNullWith(expression: Expression, isNull: (slot: number) => boolean): boolean {
  switch (expression.kind) {
    case "column":
      return isNull(expression.slot);
    case "call":
      return expression.fn.strict && expression.args.some((arg) => isNullWith(arg, isNull));
    case "constant":
      return expression.value === null;
    case "not":
      return isNullWith(expression.arg, isNull);
    case "in":
      return isNullWith(expression.arg, isNull);
    case "arrayComparison":
      return isNullWith(expression.left, isNull);
    default:
      return false;
  }
}

/** Whether the condition cannot hold when all these slots are null. Says no when in doubt. */
export function rejectsNulls(condition: Expression, isNull: (slot: number) => boolean): boolean {
  switch (condition.kind) {
    case "and":
      return condition.args.some((arg) => rejectsNulls(arg, isNull));
    case "or":
      return condition.args.every((arg) => rejectsNulls(arg, isNull));
    case "nullTest":
      return condition.negated && isNullWith(condition.arg, isNull);
    case "booleanTest":
      return (
        !condition.negated && condition.test !== "unknown" && isNullWith(condition.arg, isNull)
      );
    default:
      return isNullWith(condition, isNull);
  }
}
