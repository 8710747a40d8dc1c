import { SqlError, notSupported } from "#base/errors.ts";
import type { IndexColumnOrder } from "#catalog/descriptor.ts";
import type { IndexStmt } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";
import { lookupTable, withoutPosition } from "./lookup-relation.ts";
import { chooseRelationName } from "./new-relation.ts";
import type { CreateIndexStatement } from "./statement.ts";
import { checkKeyType, constraintName } from "./table-definition.ts";
import { typeRef } from "./type-ref.ts";

/** CREATE [UNIQUE] INDEX over columns. */
export function bindCreateIndex(environment: Environment, node: IndexStmt): CreateIndexStatement {
  if (node.relation === undefined) throw notSupported("CREATE INDEX without a table");
  refuseOptions(node);
  const table = lookupTable(environment, withoutPosition(node.relation));
  const columnIds: number[] = [];
  const columnNames: string[] = [];
  const columnOrders: IndexColumnOrder[] = [];
  for (const element of node.indexParams ?? []) {
    if (!("IndexElem" in element)) continue;
    const { name, ordering, nulls_ordering, opclass } = element.IndexElem;
    if (name === undefined) throw notSupported("an index on an expression");
    if ((opclass ?? []).length > 0) throw notSupported("an operator class");
    const column = table.columns.find((one) => one.name === name && !one.hidden);
    if (column === undefined) {
      throw new SqlError("undefined_column", `column "${name}" does not exist`);
    }
    if (columnIds.includes(column.id)) throw notSupported("a column twice in one index");
    checkKeyType({ name, type: typeRef(column.type.oid, column.type.typmod) });
    const descending = ordering === "SORTBY_DESC";
    const nullsFirst =
      nulls_ordering === "SORTBY_NULLS_FIRST" ||
      (descending && nulls_ordering !== "SORTBY_NULLS_LAST");
    columnOrders.push({ descending, nullsFirst });
    columnIds.push(column.id);
    columnNames.push(name);
  }
  const { schemaName } = table;
  const name =
    node.idxname ??
    chooseRelationName(
      environment,
      schemaName,
      constraintName(table.name, columnNames.join("_"), "idx"),
      new Set(),
    );
  const alreadyExists = environment.catalog.snapshot.findRelation(schemaName, name) !== undefined;
  if (alreadyExists && node.if_not_exists !== true) {
    throw new SqlError("duplicate_table", `relation "${name}" already exists`);
  }
  return {
    kind: "createIndex",
    table,
    name,
    unique: node.unique === true,
    columnIds,
    columnOrders: columnOrders.some((one) => one.descending || one.nullsFirst)
      ? columnOrders
      : undefined,
    ifNotExists: node.if_not_exists === true,
    alreadyExists,
  };
}

function refuseOptions(node: IndexStmt): void {
  if (node.accessMethod !== undefined && node.accessMethod !== "btree") {
    throw notSupported(`access method "${node.accessMethod}"`);
  }
  if (node.whereClause !== undefined) throw notSupported("a partial index");
  if ((node.indexIncludingParams ?? []).length > 0) throw notSupported("INCLUDE");
  if ((node.options ?? []).length > 0) throw notSupported("a storage parameter");
  if (node.nulls_not_distinct === true) throw notSupported("NULLS NOT DISTINCT");
  if (node.tableSpace !== undefined) throw notSupported("TABLESPACE");
}
