import type { Expression, Subquery } from "#sql/bind/expression.ts";
import { mapChildren, mapColumns } from "#sql/bind/expression-walk.ts";
import { visitOuterColumns, visitOuterOfExpression } from "#sql/bind/outer-columns.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { JoinPlan, QueryPlan } from "#sql/bind/query-plan.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import { hasSubquery, isVolatile, isVolatilePlan } from "./expression-facts.ts";
import { isColumnNeverNull, isNeverNull } from "./never-null.ts";
import { shiftOuter, shiftOuterPlan } from "./shift-outer.ts";

/**
 * Turns EXISTS, NOT EXISTS and IN conditions into semi and anti joins, which can be hashed,
 * looked up and reordered where a subquery would run once per row.
 */
export function unnestSubqueries(plan: QueryPlan): QueryPlan {
  const mapped = mapInputs(plan, unnestSubqueries);
  if (mapped.kind !== "filter") return mapped;
  let { input } = mapped;
  const rest: Expression[] = [];
  for (const condition of conjunctsOf(mapped.condition)) {
    const join = asJoin(input, condition);
    if (join === undefined) rest.push(condition);
    else input = join;
  }
  if (input === mapped.input) return mapped;
  const condition = allOf(rest);
  return condition === undefined ? input : { ...mapped, input, condition };
}

function asJoin(left: QueryPlan, condition: Expression): JoinPlan | undefined {
  const negated = condition.kind === "not";
  const inner = condition.kind === "not" ? condition.arg : condition;
  if (inner.kind !== "subquery" || isVolatilePlan(inner.plan)) return undefined;
  if (inner.mode === "exists") {
    return joinWith(left, inner, negated ? "anti" : "semi", true);
  }
  if (inner.mode !== "any" || inner.operands.some(isUnfit)) return undefined;
  if (!negated) return joinWith(left, inner, "semi", false);
  // A null on either side makes NOT IN unknown, where an anti join would find no match.
  const hasNulls =
    inner.operands.some((operand) => !isNeverNull(operand, left)) ||
    inner.plan.columns.some((_, slot) => !isColumnNeverNull(inner.plan, slot));
  return hasNulls ? undefined : joinWith(left, inner, "anti", false);
}

function isUnfit(operand: Expression): boolean {
  return isVolatile(operand) || hasSubquery(operand);
}

function joinWith(
  left: QueryPlan,
  subquery: Subquery,
  type: "semi" | "anti",
  rowsOnly: boolean,
): JoinPlan | undefined {
  const width = left.columns.length;
  const decorrelated =
    decorrelate(unnestSubqueries(subquery.plan), width, rowsOnly) ??
    decorrelate(subquery.plan, width, rowsOnly);
  if (decorrelated === undefined) return undefined;
  const conditions = [...decorrelated.conditions];
  if (subquery.test !== undefined) {
    const { operands } = subquery;
    conditions.push(
      ...conjunctsOf(
        mapColumns(subquery.test, ({ slot, expression }) =>
          slot < operands.length
            ? operands[slot]
            : expression.kind === "column"
              ? { ...expression, slot: width + slot - operands.length }
              : undefined,
        ),
      ),
    );
  }
  return {
    kind: "join",
    type,
    left,
    right: decorrelated.plan,
    condition: allOf(conditions),
    isLateral: false,
    algorithm: "nestedLoop",
    keys: [],
    columns: left.columns,
  };
}

interface Decorrelated {
  /** Without mentions of the row just outside; further ones count one row less. */
  readonly plan: QueryPlan;
  /** Over the left row followed by the plan's row. */
  readonly conditions: readonly Expression[];
}

/**
 * Takes the conditions that mention the outer row out of a subquery. Possible where they stand
 * right under the projection at its top; groups, limits and orders further up depend on them.
 */
function decorrelate(plan: QueryPlan, width: number, rowsOnly: boolean): Decorrelated | undefined {
  if (!mentionsOuterRow(plan)) return { plan: shiftOuterPlan(plan, -1), conditions: [] };
  if (rowsOnly && plan.kind === "sort") return decorrelate(plan.input, width, rowsOnly);
  if (rowsOnly && plan.kind === "project") return decorrelate(plan.input, width, rowsOnly);
  if (plan.kind === "project") {
    if (plan.expressions.some((one) => mentionsOuter(one) || hasSubquery(one))) return undefined;
    return decorrelateProject(plan, width);
  }
  if (plan.kind !== "filter") return undefined;
  const kept: Expression[] = [];
  const taken: Expression[] = [];
  for (const condition of conjunctsOf(plan.condition)) {
    if (!mentionsOuter(condition)) kept.push(condition);
    else if (hasSubquery(condition)) return undefined;
    else taken.push(condition);
  }
  const condition = allOf(kept);
  const inner: QueryPlan = condition === undefined ? plan.input : { ...plan, condition };
  if (mentionsOuterRow(inner)) return undefined;
  return {
    plan: shiftOuterPlan(inner, -1),
    conditions: taken.map((one) => overJoinedRow(one, width)),
  };
}

/** The projection widens by the columns that the conditions taken out still read. */
function decorrelateProject(
  plan: QueryPlan & { readonly kind: "project" },
  width: number,
): Decorrelated | undefined {
  const inner = decorrelate(plan.input, width, false);
  if (inner === undefined) return undefined;
  const own = plan.expressions.length;
  const columns = [...plan.columns, ...inner.plan.columns];
  const expressions: Expression[] = [
    ...plan.expressions.map((expression) => shiftOuter(expression, -1)),
    ...inner.plan.columns.map((column, slot): Expression => ({
      kind: "column",
      slot,
      name: column.name,
      result: { type: column.type, typmod: column.typmod },
    })),
  ];
  return {
    plan: { ...plan, input: inner.plan, expressions, columns },
    conditions: inner.conditions.map((condition) =>
      mapColumns(condition, ({ slot, expression }) =>
        slot >= width && expression.kind === "column"
          ? { ...expression, slot: slot + own }
          : undefined,
      ),
    ),
  };
}

/** Own columns come after the left row; the row just outside is the left row. No subqueries inside. */
function overJoinedRow(expression: Expression, width: number): Expression {
  switch (expression.kind) {
    case "column":
      return { ...expression, slot: width + expression.slot };
    case "outer": {
      if (expression.depth > 1) return { ...expression, depth: expression.depth - 1 };
      const { slot, name, table, result, position } = expression;
      return { kind: "column", slot, name, table, result, position };
    }
    default:
      return mapChildren(expression, (child) => overJoinedRow(child, width));
  }
}

function mentionsOuterRow(plan: QueryPlan): boolean {
  let found = false;
  visitOuterColumns(plan, (depth) => {
    if (depth === 1) found = true;
  });
  return found;
}

function mentionsOuter(expression: Expression): boolean {
  let found = false;
  visitOuterOfExpression(expression, (depth) => {
    if (depth === 1) found = true;
  });
  return found;
}
