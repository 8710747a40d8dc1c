import { assert } from "#base/assert.ts";
import type {
  CheckDescriptor,
  ColumnDescriptor,
  IndexDescriptor,
  SchemaDescriptor,
  TableDescriptor,
} from "#catalog/descriptor.ts";
import { roleName } from "#catalog/builtin-objects.ts";
import type { CheckDefinition, ColumnDefinition, KeyDefinition } from "#sql/bind/statement.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { keyDatum } from "./key-datum.ts";
import { storedDatum } from "./stored-datum.ts";

/** Column id of the hidden row id, below all ids that users see. */
const hiddenColumnId = 0;

const hiddenColumn: ColumnDescriptor = {
  id: hiddenColumnId,
  name: "hidden_row_id",
  type: { oid: oids.int8, typmod: -1 },
  notNull: true,
  defaultSql: undefined,
  missingValue: undefined,
  hidden: true,
  comment: undefined,
};

/** Gives out oids, in order. */
export type OidSource = () => number;

export interface TableDefinition {
  readonly schema: SchemaDescriptor;
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  readonly primaryKey: KeyDefinition | undefined;
  readonly uniques: readonly KeyDefinition[];
  readonly checks: readonly CheckDefinition[];
}

/** How many oids a new table takes. */
export function oidsNeeded(definition: TableDefinition): number {
  return 3 + definition.uniques.length * 2 + definition.checks.length;
}

/** The first version of a table. 0A000 for types that cannot be stored or be keys. */
export function newTable(definition: TableDefinition, nextOid: OidSource): TableDescriptor {
  const id = nextOid();
  const keyNames = new Set(definition.primaryKey?.columns);
  const columns = definition.columns.map((column, at) =>
    columnDescriptor(column, at + 1, column.notNull || keyNames.has(column.name)),
  );
  const base: TableDescriptor = {
    id,
    schemaId: definition.schema.id,
    schemaName: definition.schema.name,
    name: definition.name,
    version: 0,
    owner: roleName,
    columns: definition.primaryKey === undefined ? [...columns, hiddenColumn] : columns,
    nextColumnId: columns.length + 1,
    primaryIndex: {
      id: 1,
      oid: nextOid(),
      constraintOid: nextOid(),
      name: definition.primaryKey?.name ?? hiddenColumn.name,
      unique: true,
      columnIds: columnIdsOf(columns, definition.primaryKey?.columns, [hiddenColumnId]),
      isConstraint: true,
      isPrimary: true,
    },
    secondaryIndexes: [],
    nextIndexId: 2,
    checks: [],
    comment: undefined,
  };
  let table = base;
  for (const unique of definition.uniques) table = withUnique(table, unique, nextOid);
  for (const check of definition.checks) table = withCheck(table, check, nextOid);
  checkKeys(table);
  return table;
}

function columnDescriptor(
  column: ColumnDefinition,
  id: number,
  notNull: boolean,
): ColumnDescriptor {
  const { type, typmod } = column.type;
  storedDatum(type.oid);
  return {
    id,
    name: column.name,
    type: { oid: type.oid, typmod },
    notNull,
    defaultSql: column.defaultSql,
    missingValue: undefined,
    hidden: false,
    comment: undefined,
  };
}

function columnIdsOf(
  columns: readonly ColumnDescriptor[],
  names: readonly string[] | undefined,
  otherwise: readonly number[],
): readonly number[] {
  if (names === undefined) return otherwise;
  return names.map((name) => {
    const column = columns.find((one) => one.name === name);
    assert(column !== undefined, `key column ${name} was not checked by the binder`);
    return column.id;
  });
}

function checkKeys(table: TableDescriptor): void {
  for (const index of [table.primaryIndex, ...table.secondaryIndexes]) {
    for (const id of index.columnIds) {
      keyDatum(table.columns.find((column) => column.id === id)?.type.oid ?? 0);
    }
  }
}

export function withUnique(
  table: TableDescriptor,
  key: KeyDefinition,
  nextOid: OidSource,
): TableDescriptor {
  return withIndex(table, {
    oid: nextOid(),
    constraintOid: nextOid(),
    name: key.name,
    unique: true,
    columnIds: columnIdsOf(table.columns, key.columns, []),
    isConstraint: true,
    isPrimary: false,
  });
}

/** A secondary index, under the next index id; its entries are the caller's to write. */
export function withIndex(
  table: TableDescriptor,
  index: Omit<IndexDescriptor, "id">,
): TableDescriptor {
  const changed: TableDescriptor = {
    ...table,
    secondaryIndexes: [...table.secondaryIndexes, { ...index, id: table.nextIndexId }],
    nextIndexId: table.nextIndexId + 1,
  };
  checkKeys(changed);
  return changed;
}

export function withoutIndex(table: TableDescriptor, indexId: number): TableDescriptor {
  return {
    ...table,
    secondaryIndexes: table.secondaryIndexes.filter((index) => index.id !== indexId),
  };
}

export function withCheck(
  table: TableDescriptor,
  check: CheckDefinition,
  nextOid: OidSource,
): TableDescriptor {
  const descriptor: CheckDescriptor = {
    oid: nextOid(),
    name: check.name,
    conditionSql: check.conditionSql,
    columnIds: columnIdsOf(table.columns, check.columns, []),
  };
  return { ...table, checks: [...table.checks, descriptor] };
}

/** The hidden row id stays last. */
export function withColumn(
  table: TableDescriptor,
  column: ColumnDefinition,
  missingValue: string | undefined,
): TableDescriptor {
  const descriptor = {
    ...columnDescriptor(column, table.nextColumnId, column.notNull),
    missingValue,
  };
  return {
    ...table,
    columns: [
      ...table.columns.filter((one) => !one.hidden),
      descriptor,
      ...table.columns.filter((one) => one.hidden),
    ],
    nextColumnId: table.nextColumnId + 1,
  };
}

/** Without the column and every index and check on it; the primary key must not be among them. */
export function withoutColumn(table: TableDescriptor, columnId: number): TableDescriptor {
  return {
    ...table,
    columns: table.columns.filter((column) => column.id !== columnId),
    secondaryIndexes: table.secondaryIndexes.filter((index) => !index.columnIds.includes(columnId)),
    checks: table.checks.filter((check) => !check.columnIds.includes(columnId)),
  };
}

export function changeColumn(
  table: TableDescriptor,
  columnId: number,
  change: Partial<ColumnDescriptor>,
): TableDescriptor {
  return {
    ...table,
    columns: table.columns.map((column) =>
      column.id === columnId ? { ...column, ...change } : column,
    ),
  };
}

/** Under another primary key: undefined for the hidden one. All index ids are new. */
export function withPrimaryKey(
  table: TableDescriptor,
  key: KeyDefinition | undefined,
  nextOid: OidSource,
): TableDescriptor {
  const visible = table.columns.filter((column) => !column.hidden);
  const columnIds = columnIdsOf(visible, key?.columns, [hiddenColumnId]);
  const keyed = visible.map((column) =>
    columnIds.includes(column.id) ? { ...column, notNull: true } : column,
  );
  const renewed = withNewIndexIds({
    ...table,
    columns: key === undefined ? [...visible, hiddenColumn] : keyed,
    primaryIndex: {
      ...table.primaryIndex,
      oid: nextOid(),
      constraintOid: nextOid(),
      name: key?.name ?? hiddenColumn.name,
      columnIds,
    },
  });
  checkKeys(renewed);
  return renewed;
}

/** The same indexes over fresh keys: for rewriting all rows, and for TRUNCATE. */
export function withNewIndexIds(table: TableDescriptor): TableDescriptor {
  let nextId = table.nextIndexId;
  const renew = (index: IndexDescriptor): IndexDescriptor => ({ ...index, id: nextId++ });
  const primaryIndex = renew(table.primaryIndex);
  const secondaryIndexes = table.secondaryIndexes.map(renew);
  return { ...table, primaryIndex, secondaryIndexes, nextIndexId: nextId };
}

/** A column's name in a stored expression, wherever it stands for the column. */
export function renameInExpression(sql: string, from: string, to: string): string {
  const token = /'(?:[^']|'')*'|"((?:[^"]|"")+)"|([A-Za-z_][\w$]*)|::|./gs;
  let previous = "";
  return sql.replace(token, (text: string, quoted?: string, bare?: string, ...rest: unknown[]) => {
    const name = quoted?.replaceAll('""', '"') ?? bare;
    const offset = rest.find((part) => typeof part === "number") ?? 0;
    const follows = sql.slice(offset + text.length).trimStart();
    const isColumn =
      name === from && previous !== "::" && previous !== "." && !follows.startsWith("(");
    if (text.trim() !== "") previous = text;
    return isColumn ? to : text;
  });
}
