import type { Expression } from "#sql/bind/expression.ts";
import { childrenOf } from "#sql/bind/expression-walk.ts";
import { mapChildren, mapSubquery } from "#sql/bind/expression-walk.ts";
import { inputsOf, mapInputs, mapOwnExpressions, pushesLeftRow } from "#sql/bind/plan-walk.ts";
import type { QueryPlan, WithPlan } from "#sql/bind/query-plan.ts";
import { isVolatilePlan } from "./expression-facts.ts";
import { shiftOuterPlan } from "./shift-outer.ts";

/**
 * Puts WITH queries that are read once in the place where they are read, so that conditions and
 * orders reach into them. Not those that modify, recurse, are volatile or are AS MATERIALIZED.
 */
export function inlineCtes(plan: QueryPlan): QueryPlan {
  const mapped = mapInputs(plan, inlineCtes);
  if (mapped.kind !== "with") return mapped;
  let current: WithPlan = mapped;
  // The last first: what it reads itself then counts where it was put.
  for (const cte of mapped.ctes.toReversed()) {
    const rest = current.ctes.filter((other) => other.id !== cte.id);
    const latest = current.ctes.find((other) => other.id === cte.id) ?? cte;
    if (!isInlinable(latest)) continue;
    const readers = [...rest.map((other) => other.plan), current.body];
    const count = readers.reduce((sum, reader) => sum + countReads(reader, cte.id), 0);
    if (count > 1 && latest.materialized !== false) continue;
    current = {
      ...current,
      ctes: rest.map((other) => ({ ...other, plan: replaceReads(other.plan, latest, 0) })),
      body: replaceReads(current.body, latest, 0),
    };
  }
  return current.ctes.length === 0 ? current.body : current;
}

type Cte = WithPlan["ctes"][number];

function isInlinable(cte: Cte): boolean {
  return (
    cte.materialized !== true &&
    cte.plan.kind !== "recursive" &&
    !containsModification(cte.plan) &&
    !isVolatilePlan(cte.plan)
  );
}

function containsModification(plan: QueryPlan): boolean {
  return plan.kind === "modify" || inputsOf(plan).some(containsModification);
}

function countReads(plan: QueryPlan, cteId: number): number {
  if (plan.kind === "cteScan") return plan.cteId === cteId ? 1 : 0;
  let count = 0;
  mapOwnExpressions(plan, (expression) => {
    count += countInExpression(expression, cteId);
    return expression;
  });
  for (const input of inputsOf(plan)) count += countReads(input, cteId);
  return count;
}

function countInExpression(expression: Expression, cteId: number): number {
  let count = expression.kind === "subquery" ? countReads(expression.plan, cteId) : 0;
  for (const child of childrenOf(expression)) count += countInExpression(child, cteId);
  return count;
}

function replaceReads(plan: QueryPlan, cte: Cte, nesting: number): QueryPlan {
  if (plan.kind === "cteScan") {
    if (plan.cteId !== cte.id) return plan;
    return { ...shiftOuterPlan(cte.plan, nesting), columns: plan.columns };
  }
  const inExpression = (expression: Expression): Expression => {
    if (expression.kind !== "subquery") return mapChildren(expression, inExpression);
    const operands = mapSubquery(expression, inExpression, (inner) => inner);
    const inner = replaceReads(operands.plan, cte, nesting + 1);
    return inner === operands.plan ? operands : { ...operands, plan: inner };
  };
  const own = mapOwnExpressions(plan, inExpression);
  if (own.kind === "join" && pushesLeftRow(own)) {
    return {
      ...own,
      left: replaceReads(own.left, cte, nesting),
      right: replaceReads(own.right, cte, nesting + 1),
    };
  }
  return mapInputs(own, (input) => replaceReads(input, cte, nesting));
}
