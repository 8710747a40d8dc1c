import { SqlError } from "#base/errors.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Alias, Node, RangeVar } from "#sql/parse/ast.ts";
import type { CteFrame } from "./cte-frame.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
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
  /** Joins hold items, and items may be joins: this binds either. */
  readonly bindItem: (level: FromLevel, node: Node) => FromItem;
  /** What stands to the left, although it may not be read. */
  readonly beside?: readonly ScopeRelation[];
}

/** Binds an item that may read what stands to its left. */
export function bindBeside(
  level: FromLevel,
  left: FromItem,
  node: Node,
): { readonly item: FromItem; readonly isLateral: boolean } {
  if (!mayReadLeft(node)) {
    const beside = [...(level.beside ?? []), ...left.relations];
    return { item: level.bindItem({ ...level, beside }, node), isLateral: false };
  }
  const lateral = new Scope(level.outer, level.ctes, true);
  lateral.relations = left.relations;
  lateral.columns = left.columns;
  const item = level.bindItem({ ...level, outer: lateral }, node);
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
