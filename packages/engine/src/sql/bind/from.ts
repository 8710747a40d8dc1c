import { SqlError, notSupported } from "#base/errors.ts";
import type { Alias, Node, RangeSubselect, RangeVar } from "#sql/parse/ast.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { CteFrame, Cte } from "./cte-frame.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { bindFromFunction } from "./from-function.ts";
import { bindJoin, crossJoin } from "./from-join.ts";
import { lookupRelation } from "./lookup-relation.ts";
import type { OutputColumn, QueryPlan, ScanPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import type { ScopeColumn, ScopeRelation } from "./scope.ts";
import { typeRef } from "./type-ref.ts";

/** One item of FROM, bound: what it gives, and the names for it. Names speak of the plan's row. */
export interface FromItem {
  readonly plan: QueryPlan;
  readonly relations: readonly ScopeRelation[];
  /** What an unqualified name or `*` finds, in order. */
  readonly columns: readonly ScopeColumn[];
}

/** Where a FROM item is bound. */
export interface FromLevel {
  readonly environment: Environment;
  /** The row just outside the item's plan: of the enclosing query, or the left side of a lateral join. */
  readonly outer: Scope | undefined;
  readonly ctes: CteFrame | undefined;
  /** What stands to the left, although it may not be read. */
  readonly beside?: readonly ScopeRelation[];
}

/** Binds a FROM list into the scope; without items there is one row without columns. */
export function bindFrom(
  environment: Environment,
  scope: Scope,
  nodes: readonly Node[],
): QueryPlan {
  const level: FromLevel = { environment, outer: scope.parent, ctes: scope.ctes };
  const item = bindFromList(level, nodes);
  if (item === undefined) return { kind: "values", rows: [[]], columns: [] };
  scope.relations = item.relations;
  scope.columns = item.columns;
  return item.plan;
}

export function bindFromList(level: FromLevel, nodes: readonly Node[]): FromItem | undefined {
  let left: FromItem | undefined;
  for (const node of nodes) {
    if (left === undefined) {
      left = bindFromItem(level, node);
      continue;
    }
    const right = bindBeside(level, left, node);
    left = crossJoin(left, right.item, right.isLateral);
  }
  return left;
}

/** Binds an item that may read what stands to its left. */
export function bindBeside(
  level: FromLevel,
  left: FromItem,
  node: Node,
): { readonly item: FromItem; readonly isLateral: boolean } {
  if (!mayReadLeft(node)) {
    const beside = [...(level.beside ?? []), ...left.relations];
    return { item: bindFromItem({ ...level, beside }, node), isLateral: false };
  }
  const lateral = new Scope(level.outer, level.ctes, true);
  lateral.relations = left.relations;
  lateral.columns = left.columns;
  const item = bindFromItem({ ...level, outer: lateral }, node);
  // A reference that went past the left row counts it, so it must be there at run time too.
  return { item, isLateral: lateral.isReferenced || lateral.isPassed };
}

function mayReadLeft(node: Node): boolean {
  if ("RangeFunction" in node) return true;
  if ("RangeSubselect" in node) return node.RangeSubselect.lateral === true;
  if ("JoinExpr" in node) {
    const { larg, rarg } = node.JoinExpr;
    return (larg !== undefined && mayReadLeft(larg)) || (rarg !== undefined && mayReadLeft(rarg));
  }
  return false;
}

export function bindFromItem(level: FromLevel, node: Node): FromItem {
  if ("RangeVar" in node) return bindRangeVar(level, node.RangeVar);
  if ("JoinExpr" in node) return bindJoin(level, node.JoinExpr);
  if ("RangeSubselect" in node) return bindRangeSubselect(level, node.RangeSubselect);
  if ("RangeFunction" in node) return bindFromFunction(level, node.RangeFunction);
  if ("RangeTableSample" in node) throw notSupported("TABLESAMPLE");
  throw notSupported(`${Object.keys(node)[0] ?? "item"} in FROM`);
}

function bindRangeVar(level: FromLevel, node: RangeVar): FromItem {
  const name = node.relname ?? "";
  if (node.schemaname === undefined) {
    const cte = level.ctes?.find(name);
    if (cte !== undefined) return cteItem(level, cte, node);
  }
  const position = level.environment.position(node.location);
  const relation = lookupRelation(level.environment, node);
  switch (relation.kind) {
    case "table":
      return tableItem(level.environment, relation.table, node);
    case "virtual":
      return virtualItem(level.environment, relation.table, node);
    case "index":
      throw new SqlError("wrong_object_type", `cannot open relation "${name}"`, {
        detail: "This operation is not supported for indexes.",
        position,
      });
  }
}

/** A table in FROM, or the target of UPDATE and DELETE. Every column is read; pruning comes later. */
export function tableItem(
  environment: Environment,
  table: TableDescriptor,
  node: RangeVar,
): FromItem {
  environment.tables.add(table);
  const alias = node.alias?.aliasname ?? table.name;
  const plan: ScanPlan = {
    kind: "scan",
    table,
    alias,
    indexId: table.primaryIndex.id,
    columnIds: table.columns.map((column) => column.id),
    constraint: undefined,
    filter: undefined,
    reverse: false,
    limitHint: undefined,
    columns: table.columns.map((column) => ({
      ...typeRef(column.type.oid, column.type.typmod),
      name: column.name,
      tableId: table.id,
      attributeNumber: column.id,
    })),
  };
  return relationItem(environment, plan, {
    alias,
    schema: node.alias === undefined ? table.schemaName : undefined,
    table,
    columnAliases: node.alias,
    isHidden: (index) => table.columns[index]?.hidden === true,
  });
}

function virtualItem(
  environment: Environment,
  table: VirtualTableDescriptor,
  node: RangeVar,
): FromItem {
  const alias = node.alias?.aliasname ?? table.name;
  const plan: QueryPlan = {
    kind: "virtualScan",
    table,
    alias,
    filter: undefined,
    columns: table.columns.map((column, index) => ({
      ...typeRef(column.type.oid, column.type.typmod),
      name: column.name,
      tableId: table.id,
      attributeNumber: index + 1,
    })),
  };
  return relationItem(environment, plan, {
    alias,
    schema: node.alias === undefined ? table.schemaName : undefined,
    table: undefined,
    columnAliases: node.alias,
  });
}

function cteItem(level: FromLevel, cte: Cte, node: RangeVar): FromItem {
  const position = level.environment.position(node.location);
  if (!cte.isReadable) {
    throw new SqlError(
      "feature_not_supported",
      `WITH query "${cte.name}" does not have a RETURNING clause`,
      { position },
    );
  }
  cte.onReference?.(position);
  const plan: QueryPlan = {
    kind: "cteScan",
    cteId: cte.id,
    name: cte.name,
    columns: cte.columns,
  };
  return relationItem(level.environment, plan, {
    alias: node.alias?.aliasname ?? cte.name,
    schema: undefined,
    table: undefined,
    columnAliases: node.alias,
  });
}

function bindRangeSubselect(level: FromLevel, node: RangeSubselect): FromItem {
  const { subquery, alias } = node;
  if (subquery === undefined || !("SelectStmt" in subquery)) throw notSupported("subquery in FROM");
  const outer = node.lateral === true ? level.outer : withoutLateral(level.outer);
  // The subquery sees the enclosing WITH clauses, but none of this query's FROM.
  const plan = level.environment.bindQuery(subquery.SelectStmt, {
    parent: outer,
    ctes: level.ctes,
    unreachable: level.beside,
  });
  if (outer !== level.outer) propagatePassing(outer, level.outer);
  return relationItem(level.environment, plan, {
    alias: alias?.aliasname ?? "",
    schema: undefined,
    table: undefined,
    columnAliases: alias,
  });
}

/** Only LATERAL may see the left side; the row is there all the same, so it still counts. */
function withoutLateral(scope: Scope | undefined): Scope | undefined {
  if (scope === undefined || !scope.lateral) return scope;
  return new Scope(withoutLateral(scope.parent), scope.ctes, true);
}

function propagatePassing(blind: Scope | undefined, seeing: Scope | undefined): void {
  for (
    let from = blind, to = seeing;
    from !== undefined && to !== undefined && from !== to;
    from = from.parent, to = to.parent
  ) {
    if (from.isPassed) to.isPassed = true;
  }
}

/** A plan whose columns are one relation in FROM. */
export function relationItem(
  environment: Environment,
  plan: QueryPlan,
  relation: {
    readonly alias: string;
    readonly schema: string | undefined;
    readonly table: TableDescriptor | undefined;
    readonly columnAliases: Alias | undefined;
    readonly isHidden?: (index: number) => boolean;
    readonly isScalarFunction?: boolean;
  },
): FromItem {
  const aliases = nameParts(relation.columnAliases?.colnames);
  const visible = plan.columns.filter((_, index) => relation.isHidden?.(index) !== true).length;
  if (aliases.length > visible) {
    throw new SqlError(
      "invalid_column_reference",
      `table "${relation.alias}" has ${visible} columns available but ${aliases.length} columns specified`,
    );
  }
  let visibleIndex = 0;
  const columns = plan.columns.map((column, slot) => {
    const hidden = relation.isHidden?.(slot) === true;
    const name = (hidden ? undefined : aliases[visibleIndex++]) ?? column.name;
    return scopeColumn(column, { slot, name, table: relation.alias, hidden });
  });
  const scopeRelation: ScopeRelation = {
    alias: relation.alias,
    schema: relation.schema,
    columns,
    table: relation.table,
    isScalarFunction: relation.isScalarFunction,
  };
  return { plan, relations: relation.alias === "" ? [] : [scopeRelation], columns };
}

function scopeColumn(
  column: OutputColumn,
  place: {
    readonly slot: number;
    readonly name: string;
    readonly table: string;
    readonly hidden: boolean;
  },
): ScopeColumn {
  return {
    name: place.name,
    expression: {
      kind: "column",
      slot: place.slot,
      name: place.name,
      table: place.table === "" ? undefined : place.table,
      result: { type: column.type, typmod: column.typmod },
    },
    tableId: column.tableId,
    attributeNumber: column.attributeNumber,
    hidden: place.hidden,
  };
}
