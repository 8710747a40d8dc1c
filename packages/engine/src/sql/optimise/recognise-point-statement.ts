import type { Expression } from "#sql/bind/expression.ts";
import type { ModifyPlanNode, QueryPlan, ScanPlan } from "#sql/bind/query-plan.ts";
import type { PointStatement } from "#sql/plan/point-statement.ts";
import { hasSubquery } from "./expression-facts.ts";

/** The point statement an optimised plan amounts to, or undefined. */
export function recognisePointStatement(plan: QueryPlan): PointStatement | undefined {
  if (plan.kind === "modify") return pointModification(plan);
  if (plan.kind === "scan") return pointSelect(plan, plan, undefined);
  if (plan.kind === "project" && plan.input.kind === "scan") {
    return pointSelect(plan, plan.input, plan.expressions);
  }
  return undefined;
}

function pointSelect(
  plan: QueryPlan,
  scan: ScanPlan,
  expressions: readonly Expression[] | undefined,
): PointStatement | undefined {
  const key = wholeKey(scan);
  if (key === undefined) return undefined;
  const projections =
    expressions ??
    scan.columns.map((column, slot): Expression => ({
      kind: "column",
      slot,
      name: column.name,
      result: { type: column.type, typmod: column.typmod },
    }));
  if (!areAllPlain([...projections, ...optional(scan.filter)])) return undefined;
  return {
    kind: "pointSelect",
    table: scan.table,
    key,
    columnIds: scan.columnIds,
    filter: scan.filter,
    projections,
    columns: plan.columns,
  };
}

function pointModification(node: ModifyPlanNode): PointStatement | undefined {
  const plan = node.modify;
  const { columns } = node;
  const { table, source, returning = [] } = plan;
  if (plan.kind === "insert") {
    if (source.kind !== "values" || source.rows.length !== 1) return undefined;
    const [values = []] = source.rows;
    const action = plan.onConflict?.action;
    const updated =
      action?.kind === "update"
        ? [...action.assignments.map((one) => one.value), ...optional(action.where)]
        : [];
    const defaults = plan.defaults.map((one) => one.value);
    if (!areAllPlain([...values, ...updated, ...defaults, ...returning])) return undefined;
    return { kind: "pointInsert", table, values, plan, columns };
  }
  if (source.kind !== "scan") return undefined;
  const key = wholeKey(source);
  if (key === undefined) return undefined;
  const { filter } = source;
  if (plan.kind === "delete") {
    if (!areAllPlain([...returning, ...optional(filter)])) return undefined;
    return { kind: "pointDelete", table, key, filter, plan, columns };
  }
  const assigned = plan.assignments.map((one) => one.value);
  if (!areAllPlain([...assigned, ...returning, ...optional(filter)])) return undefined;
  return { kind: "pointUpdate", table, key, filter, plan, columns };
}

/** The whole primary key that the scan reads, when it reads just that one. */
function wholeKey(scan: ScanPlan): readonly Expression[] | undefined {
  const { constraint, table, indexId } = scan;
  const { primaryIndex } = table;
  if (constraint === undefined || indexId !== primaryIndex.id) return undefined;
  if (constraint.points !== undefined) return undefined;
  if (constraint.equalities.length !== primaryIndex.columnIds.length) return undefined;
  const isKnown = (expression: Expression): boolean => areAllPlain([expression]);
  return constraint.equalities.every(isKnown) ? constraint.equalities : undefined;
}

/** Nothing that would have to run a plan, nor a mention of a row further out. */
function areAllPlain(expressions: readonly Expression[]): boolean {
  return !expressions.some((expression) => hasSubquery(expression));
}

function optional(expression: Expression | undefined): readonly Expression[] {
  return expression === undefined ? [] : [expression];
}
