import { SqlError, notSupported } from "#base/errors.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { InsertStmt, Node, SelectStmt } from "#sql/parse/ast.ts";
import { assignTo } from "./assign-to.ts";
import { bindAssigned, findTargetColumn } from "./assignment.ts";
import { convertColumns } from "./coerce-columns.ts";
import type { Environment, QueryRequest } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { tableItem } from "./from-item.ts";
import { lookupTable } from "./lookup-relation.ts";
import { bindOnConflict } from "./on-conflict.ts";
import type { InsertPlan, QueryPlan } from "./query-plan.ts";
import { bindReturning, modifyNode } from "./returning.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { startOfNode } from "./start-of.ts";
import { boundTableExpressions } from "./stored-expression.ts";
import { typeRef } from "./type-ref.ts";
import { rowItems } from "./values.ts";

/** INSERT … VALUES | SELECT | DEFAULT VALUES [ON CONFLICT …] [RETURNING …]. */
export function bindInsert(
  environment: Environment,
  insert: InsertStmt,
  request: QueryRequest,
): QueryPlan {
  const { relation } = insert;
  if (relation === undefined) throw notSupported("INSERT without a table");
  if (insert.override !== undefined && insert.override !== "OVERRIDING_NOT_SET") {
    throw notSupported("OVERRIDING");
  }
  const table = lookupTable(environment, relation);
  const named = bindColumnList(environment, table, insert.cols);
  const { source, columns } = bindSource(environment, insert, request, { table, named });
  const { defaults, checks } = boundTableExpressions(environment, table);
  const given = new Set(columns.map((column) => column.id));

  const target = tableItem(environment, table, relation);
  const scope = new Scope(undefined, request.ctes);
  scope.relations = target.relations;
  scope.columns = target.columns;
  const returning = bindReturning(environment, insert.returningClause, scope, target.plan.columns);
  const plan: InsertPlan = {
    kind: "insert",
    table,
    source,
    columnIds: columns.map((column) => column.id),
    defaults: table.columns.flatMap((column) => {
      const value = given.has(column.id) ? undefined : defaults.get(column.id);
      return value === undefined ? [] : [{ columnId: column.id, value }];
    }),
    onConflict:
      insert.onConflictClause === undefined
        ? undefined
        : bindOnConflict(environment, insert.onConflictClause, { table, relation, request }),
    checks,
    returning: returning.expressions,
  };
  return modifyNode(plan, returning);
}

interface ColumnList {
  readonly columns: readonly ColumnDescriptor[];
  /** The list as written; empty when it was left out. */
  readonly nodes: readonly Node[];
}

function bindColumnList(
  environment: Environment,
  table: TableDescriptor,
  nodes: readonly Node[] = [],
): ColumnList {
  if (nodes.length === 0) {
    return { columns: table.columns.filter((column) => !column.hidden), nodes };
  }
  const columns: ColumnDescriptor[] = [];
  for (const node of nodes) {
    if (!("ResTarget" in node)) throw notSupported("column list item");
    const column = findTargetColumn(environment, table, node.ResTarget);
    if (columns.includes(column)) {
      throw new SqlError("duplicate_column", `column "${column.name}" specified more than once`, {
        position: environment.position(node.ResTarget.location),
      });
    }
    columns.push(column);
  }
  return { columns, nodes };
}

interface InsertTarget {
  readonly table: TableDescriptor;
  readonly named: ColumnList;
}

function bindSource(
  environment: Environment,
  insert: InsertStmt,
  request: QueryRequest,
  target: InsertTarget,
): { readonly source: QueryPlan; readonly columns: readonly ColumnDescriptor[] } {
  const select =
    insert.selectStmt !== undefined && "SelectStmt" in insert.selectStmt
      ? insert.selectStmt.SelectStmt
      : undefined;
  if (select === undefined) {
    return { source: { kind: "values", rows: [[]], columns: [] }, columns: [] };
  }
  const isPlainValues =
    select.valuesLists !== undefined &&
    select.sortClause === undefined &&
    select.limitCount === undefined &&
    select.limitOffset === undefined &&
    select.withClause === undefined;
  return isPlainValues
    ? bindValuesSource(environment, select, request, target)
    : bindQuerySource(environment, select, request, target);
}

/** Each cell takes the type of its column by itself, so rows need not agree among themselves. */
function bindValuesSource(
  environment: Environment,
  select: SelectStmt,
  request: QueryRequest,
  target: InsertTarget,
): { readonly source: QueryPlan; readonly columns: readonly ColumnDescriptor[] } {
  const scope = new Scope(request.parent, request.ctes);
  const site: Site = { environment, scope, clause: clauses.insert };
  const rows = (select.valuesLists ?? []).map(rowItems);
  const width = rows[0]?.length ?? 0;
  const columns = target.named.columns.slice(0, width);
  const bound = rows.map((row) => {
    if (row.length !== width) {
      throw new SqlError("syntax_error", "VALUES lists must all be the same length", {
        position: row[0] === undefined ? undefined : startOfNode(environment.source, row[0]),
      });
    }
    const cells = row.map((item, index): Expression | undefined => {
      const column = columns[index];
      return column === undefined ? undefined : bindAssigned(site, target.table, column, item);
    });
    checkWidth(environment, target, width, () => {
      const extra = row[target.named.columns.length];
      return extra === undefined ? undefined : startOfNode(environment.source, extra);
    });
    return cells.flatMap((cell, index) => {
      const column = columns[index];
      return cell === undefined || column === undefined
        ? []
        : [assignTo(environment, column, cell)];
    });
  });
  return {
    source: {
      kind: "values",
      rows: bound,
      columns: columns.map((column) => ({
        ...typeRef(column.type.oid, column.type.typmod),
        name: column.name,
        tableId: 0,
        attributeNumber: 0,
      })),
    },
    columns,
  };
}

function bindQuerySource(
  environment: Environment,
  select: SelectStmt,
  request: QueryRequest,
  target: InsertTarget,
): { readonly source: QueryPlan; readonly columns: readonly ColumnDescriptor[] } {
  const plan = environment.bindQuery(select, { ...request, isTop: false, keepUnknown: true });
  const width = plan.columns.length;
  checkWidth(environment, target, width, () => {
    const extra = select.targetList?.[target.named.columns.length];
    return extra === undefined ? undefined : startOfNode(environment.source, extra);
  });
  const columns = target.named.columns.slice(0, width);
  const source = convertColumns(plan, (expression, index) => {
    const column = columns[index];
    return column === undefined ? expression : assignTo(environment, column, expression);
  });
  return { source, columns };
}

function checkWidth(
  environment: Environment,
  target: InsertTarget,
  width: number,
  extraPosition: () => number | undefined,
): void {
  const { columns, nodes } = target.named;
  if (width > columns.length) {
    throw new SqlError("syntax_error", "INSERT has more expressions than target columns", {
      position: extraPosition(),
    });
  }
  const missing = nodes[width];
  if (missing !== undefined) {
    throw new SqlError("syntax_error", "INSERT has more target columns than expressions", {
      position: startOfNode(environment.source, missing),
    });
  }
}
