import { SqlError } from "#base/errors.ts";
import { indexSpan } from "#base/keys.ts";
import type { Span } from "#base/ids.ts";
import type { IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { formatText } from "#sql/types/text-format.ts";
import { keyName, tableCodec } from "./row-codec.ts";
import type { StatementRun } from "./statement-run.ts";

/** The rows of a table as the transaction sees them, in batches. */
export async function* tableRows(
  table: TableDescriptor,
  run: StatementRun,
): AsyncGenerator<{ readonly key: Uint8Array; readonly row: Datum[] }[]> {
  const decoder = tableCodec(table).rowDecoder;
  let span: Span | undefined = indexSpan(table.id, table.primaryIndex.id);
  while (span !== undefined) {
    const chunk = await run.scan(span, { rowsMax: 1_024 });
    span = chunk.rest;
    const rows = chunk.rows.map(({ key, value }) => ({ key, row: decoder.decode(key, value) }));
    if (rows.length > 0) yield rows;
    const pause = run.pacer.pace();
    if (pause !== undefined) await pause;
  }
}

export async function hasRows(table: TableDescriptor, run: StatementRun): Promise<boolean> {
  const span = indexSpan(table.id, table.primaryIndex.id);
  return (await run.scan(span, { rowsMax: 1 })).rows.length > 0;
}

/** Counts rows that one transaction may rewrite. 54000 beyond the bound. */
class RewriteBudget {
  readonly #rowsMax: number;
  readonly #table: TableDescriptor;
  #rows = 0;

  constructor(table: TableDescriptor, rowsMax: number) {
    this.#table = table;
    this.#rowsMax = rowsMax;
  }

  spend(rows: number): void {
    this.#rows += rows;
    if (this.#rows <= this.#rowsMax) return;
    throw new SqlError(
      "program_limit_exceeded",
      `table "${this.#table.name}" has more than ${this.#rowsMax} rows, the most that one schema change may rewrite`,
      { hint: "Raise HOLO_FUSION_SCHEMA_CHANGE_ROWS_MAX." },
    );
  }
}

/** Writes the entries of an index that the table has just got. 23505 when a unique one cannot be. */
export async function fillIndex(
  table: TableDescriptor,
  index: IndexDescriptor,
  run: StatementRun,
  rowsMax: number,
): Promise<void> {
  const codec = tableCodec(table);
  const indexCodec = codec.indexCodec(index.id);
  const budget = new RewriteBudget(table, rowsMax);
  const seen = new Set<string>();
  for await (const rows of tableRows(table, run)) {
    budget.spend(rows.length);
    for (const { key, row } of rows) {
      const entry = codec.indexEntry(indexCodec, row, key);
      if (index.unique) claim(seen, entry.key, { table, index, row, run });
      run.transaction.put(entry.key, entry.value);
    }
  }
}

/**
 * Copies every row from one version of a table to another whose indexes all have new ids, and
 * leaves the old keys to the garbage collector.
 */
export async function rewriteTable(
  from: TableDescriptor,
  to: TableDescriptor,
  convert: (row: Row) => Row,
  run: StatementRun,
  rowsMax: number,
): Promise<void> {
  const codec = tableCodec(to);
  const budget = new RewriteBudget(from, rowsMax);
  const seen = new Map<number, Set<string>>();
  const claimIn = (index: IndexDescriptor, key: Uint8Array, row: Row): void => {
    const set = seen.get(index.id) ?? new Set<string>();
    seen.set(index.id, set);
    claim(set, key, { table: to, index, row, run });
  };
  for await (const rows of tableRows(from, run)) {
    budget.spend(rows.length);
    for (const { row } of rows) {
      const converted = convert(row);
      requireKeyValues(to, converted);
      const key = codec.primaryKey(converted);
      claimIn(to.primaryIndex, key, converted);
      run.transaction.put(key, codec.value(converted));
      for (const indexCodec of codec.secondary) {
        const entry = codec.indexEntry(indexCodec, converted, key);
        if (indexCodec.index.unique) claimIn(indexCodec.index, entry.key, converted);
        run.transaction.put(entry.key, entry.value);
      }
    }
  }
  run.catalog.addGarbage(from.id, from.primaryIndex.id);
  for (const index of from.secondaryIndexes) run.catalog.addGarbage(from.id, index.id);
}

function requireKeyValues(table: TableDescriptor, row: Row): void {
  for (const id of table.primaryIndex.columnIds) {
    const slot = table.columns.findIndex((column) => column.id === id);
    const column = table.columns[slot];
    if (column !== undefined && (row[slot] ?? null) === null) {
      throw containsNulls(table, column.name);
    }
  }
}

export function containsNulls(table: TableDescriptor, column: string): SqlError {
  return new SqlError(
    "not_null_violation",
    `column "${column}" of relation "${table.name}" contains null values`,
    { schema: table.schemaName, table: table.name, column },
  );
}

function claim(
  seen: Set<string>,
  key: Uint8Array,
  where: {
    readonly table: TableDescriptor;
    readonly index: IndexDescriptor;
    readonly row: Row;
    readonly run: StatementRun;
  },
): void {
  const name = keyName(key);
  if (!seen.has(name)) {
    seen.add(name);
    where.run.memory.grow(64 + key.length);
    return;
  }
  const { table, index, row, run } = where;
  const names: string[] = [];
  const values: string[] = [];
  for (const id of index.columnIds) {
    const slot = table.columns.findIndex((column) => column.id === id);
    const column = table.columns[slot];
    const datum = row[slot] ?? null;
    if (column === undefined) continue;
    names.push(column.name);
    values.push(datum === null ? "null" : formatText(column.type.oid, datum, run.context));
  }
  throw new SqlError("unique_violation", `could not create unique index "${index.name}"`, {
    detail: `Key (${names.join(", ")})=(${values.join(", ")}) is duplicated.`,
    schema: table.schemaName,
    table: table.name,
    constraint: index.name,
  });
}
