import { SqlError, notSupported } from "#base/errors.ts";
import type { Node, RangeSubselect, RangeVar } from "#sql/parse/ast.ts";
import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { Cte } from "./cte-frame.ts";
import type { Environment } from "./environment.ts";
import { bindBeside, relationItem, tableItem } from "./from-item.ts";
import type { FromItem, FromLevel } from "./from-item.ts";
import { bindFromFunction } from "./from-function.ts";
import { bindJoin, crossJoin } from "./from-join.ts";
import { lookupRelation } from "./lookup-relation.ts";
import type { QueryPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { typeRef } from "./type-ref.ts";

/** Binds a FROM list into the scope; without items there is one row without columns. */
export function bindFrom(
  environment: Environment,
  scope: Scope,
  nodes: readonly Node[],
): QueryPlan {
  const level: FromLevel = {
    environment,
    outer: scope.parent,
    ctes: scope.ctes,
    bindItem: bindFromItem,
  };
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
