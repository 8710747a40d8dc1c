import type { Expression } from "#sql/bind/expression.ts";
import { mapColumns } from "#sql/bind/expression-walk.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { ProjectPlan, QueryPlan } from "#sql/bind/query-plan.ts";
import { isVolatile, visitSlots } from "./expression-facts.ts";

/** Makes one projection of two, and none of one that changes nothing. */
export function mergeProjects(plan: QueryPlan): QueryPlan {
  const mapped = mapInputs(plan, mergeProjects);
  if (mapped.kind !== "project") return mapped;
  const merged = mapped.input.kind === "project" ? mergeTwo(mapped, mapped.input) : mapped;
  return isIdentity(merged) ? { ...merged.input, columns: merged.columns } : merged;
}

function mergeTwo(outer: ProjectPlan, inner: ProjectPlan): ProjectPlan {
  const uses = new Array<number>(inner.expressions.length).fill(0);
  for (const expression of outer.expressions) {
    visitSlots(expression, (slot) => {
      uses[slot] = (uses[slot] ?? 0) + 1;
    });
  }
  // An expression is moved up when that neither computes it twice nor changes how often it runs.
  const isMovable = inner.expressions.every((expression, slot) => {
    if (expression.kind === "column" || expression.kind === "constant") return true;
    return (uses[slot] ?? 0) <= 1 && !isVolatile(expression);
  });
  if (!isMovable) return outer;
  return {
    ...outer,
    input: inner.input,
    expressions: outer.expressions.map((expression) =>
      mapColumns(expression, ({ slot }) => inner.expressions[slot]),
    ),
  };
}

function isIdentity(plan: ProjectPlan): boolean {
  return (
    plan.expressions.length === plan.input.columns.length &&
    plan.input.kind !== "modify" &&
    plan.expressions.every(
      (expression: Expression, slot) => expression.kind === "column" && expression.slot === slot,
    )
  );
}
