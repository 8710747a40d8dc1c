import { cannotCast, coerceType } from "./coerce.ts";
import type { Environment } from "./environment.ts";
import type { Expression, TypeRef } from "./expression.ts";
import type { QueryPlan } from "./query-plan.ts";
import { sameType } from "./type-ref.ts";

/**
 * The plan with its columns as the given types. Where the plan computes its columns the
 * coercion happens there, so that literals of unknown type are read as what they turn out to be.
 */
export function coerceColumns(
  environment: Environment,
  plan: QueryPlan,
  targets: readonly TypeRef[],
): QueryPlan {
  const isSame = plan.columns.every((column, index) => {
    const target = targets[index];
    return target === undefined || column.type.oid === target.type.oid;
  });
  if (isSame) return plan;
  return convertColumns(plan, (expression, index) => {
    const target = targets[index];
    if (target === undefined) return expression;
    const coerced = coerceType(environment, expression, target, "implicit");
    if (coerced === undefined) throw cannotCast(expression, target.type.oid, {});
    return coerced;
  });
}

/** The plan with each column put through a conversion, in the node that computes it if there is one. */
export function convertColumns(
  plan: QueryPlan,
  convert: (expression: Expression, index: number) => Expression,
): QueryPlan {
  if (plan.kind === "values" && plan.rows.length > 0) {
    const rows = plan.rows.map((row) => row.map(convert));
    return { ...plan, rows, columns: retyped(plan, rows[0] ?? []) };
  }
  if (plan.kind === "project") {
    const expressions = plan.expressions.map(convert);
    return { ...plan, expressions, columns: retyped(plan, expressions) };
  }
  const slots = plan.columns.map((column, slot): Expression => ({
    kind: "column",
    slot,
    name: column.name,
    result: { type: column.type, typmod: column.typmod },
  }));
  const expressions = slots.map(convert);
  if (expressions.every((expression, index) => expression === slots[index])) return plan;
  return { kind: "project", input: plan, expressions, columns: retyped(plan, expressions) };
}

function retyped(plan: QueryPlan, expressions: readonly Expression[]): QueryPlan["columns"] {
  return plan.columns.map((column, index) => {
    const result = expressions[index]?.result ?? column;
    if (sameType(column, result)) return column;
    return { ...column, type: result.type, typmod: result.typmod };
  });
}
