import { SqlError } from "#base/errors.ts";
import type { Node, SelectStmt } from "#sql/parse/ast.ts";
import { unify } from "./bind-conditional.ts";
import { bindExpression } from "./expression-binding.ts";
import { resolveUnknown } from "./coerce.ts";
import type { QueryLevel } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { limited } from "./limit.ts";
import { bindOrderBy } from "./order-by.ts";
import type { OutputColumn, QueryPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { slotOf, sorted } from "./plan-steps.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { startOfNode } from "./start-of.ts";
import type { Target } from "./target-list.ts";

/** VALUES as a query: columns column1, column2 …, of the types their rows have in common. */
export function bindValues(level: QueryLevel, select: SelectStmt): QueryPlan {
  const { environment, request } = level;
  const scope = new Scope(request.parent, request.ctes ?? request.parent?.ctes);
  const site: Site = { environment, scope, clause: clauses.values };
  const rows = (select.valuesLists ?? []).map((list) => rowItems(list));
  const width = rows[0]?.length ?? 0;
  const bound = rows.map((row) => {
    if (row.length !== width) {
      throw new SqlError("syntax_error", "VALUES lists must all be the same length", {
        position: row[0] === undefined ? undefined : startOfNode(environment.source, row[0]),
      });
    }
    return row.map((item) => bindExpression(site, item));
  });
  const keepUnknown = request.keepUnknown === true && select.sortClause === undefined;
  const columns: OutputColumn[] = [];
  const settled: Expression[][] = bound.map(() => []);
  for (let index = 0; index < width; index++) {
    const cells = bound.flatMap((row) => row[index] ?? []);
    const unified = unify(site, cells, "VALUES");
    const allUnknown = cells.every((cell) => cell.result.type.category === "X");
    const values =
      keepUnknown && allUnknown
        ? cells
        : unified.expressions.map((cell) => resolveUnknown(environment, cell));
    values.forEach((value, row) => settled[row]?.push(value));
    const [first] = values;
    columns.push({
      ...(keepUnknown && allUnknown && first !== undefined ? first.result : unified.result),
      name: `column${index + 1}`,
      tableId: 0,
      attributeNumber: 0,
    });
  }
  const plan: QueryPlan = { kind: "values", rows: settled, columns };
  return ordered(site, plan, select);
}

export function rowItems(list: Node): readonly Node[] {
  return "List" in list ? (list.List.items ?? []) : [];
}

/** ORDER BY and LIMIT over a plan whose own columns are all there is to name. */
export function ordered(site: Site, plan: QueryPlan, select: SelectStmt): QueryPlan {
  const targets: Target[] = plan.columns.map((column, slot) => ({
    name: column.name,
    expression: slotOf(column, slot),
    tableId: 0,
    attributeNumber: 0,
    isJunk: false,
  }));
  const scope = new Scope(site.scope.parent, site.scope.ctes);
  scope.columns = plan.columns.map((column, slot) => ({
    name: column.name,
    expression: slotOf(column, slot),
    tableId: 0,
    attributeNumber: 0,
    hidden: false,
  }));
  const over: Site = { environment: site.environment, scope, clause: clauses.orderBy };
  const keys = bindOrderBy(over, select.sortClause ?? [], targets);
  if (targets.length > plan.columns.length) {
    const expressions = targets.map((target) => target.expression);
    const widened: QueryPlan = {
      kind: "project",
      input: plan,
      expressions,
      columns: [
        ...plan.columns,
        ...targets.slice(plan.columns.length).map((target) => ({
          ...target.expression.result,
          name: target.name,
          tableId: 0,
          attributeNumber: 0,
        })),
      ],
    };
    const placed = keys.map((key) => {
      const slot = targets.findIndex((target) => target.expression === key.expression);
      const column = widened.columns[slot];
      return column === undefined ? key : { ...key, expression: slotOf(column, slot) };
    });
    const result = limited(over, select)(sorted(widened, placed), placed);
    return {
      kind: "project",
      input: result,
      expressions: plan.columns.map(slotOf),
      columns: plan.columns,
    };
  }
  return limited({ ...over, scope: site.scope }, select)(sorted(plan, keys), keys);
}
