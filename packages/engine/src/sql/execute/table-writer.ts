import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { TableCheck } from "#sql/bind/query-plan.ts";
import type { Expression } from "#sql/bind/expression.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { checkViolation, notNullViolation, uniqueViolation } from "./constraint-errors.ts";
import type { Frame } from "./frame.ts";
import { evaluateOne } from "./operator.ts";
import type { Compiled } from "./operator.ts";
import { keyName, tableCodec } from "./row-codec.ts";
import type { IndexCodec, StoredRow, TableCodec } from "./row-codec.ts";
import type { StatementRun } from "./statement-run.ts";
import type { NamedKey } from "./statement-writes.ts";

/** What a kept write costs beside its bytes: two buffers, its name and its places here and in the transaction. */
export const writeOverheadBytes = 600;

/** A table row on its way in: its keys, and which of them must not exist yet. */
export interface EncodedRow {
  readonly row: Row;
  readonly primary: StoredRow & NamedKey;
  readonly entries: readonly IndexEntry[];
}

export interface IndexEntry extends StoredRow, NamedKey {
  readonly codec: IndexCodec;
  /** No other row may have this key. */
  readonly isUnique: boolean;
}

/** Values of keys as the statement sees them: its own writes over what was read. */
export class KeyView {
  readonly #run: StatementRun;
  readonly #read = new Map<string, Uint8Array>();

  constructor(run: StatementRun) {
    this.#run = run;
  }

  /** Reads the keys that the statement has not written and that are not here yet, in one request. */
  async load(keys: readonly NamedKey[]): Promise<void> {
    const wanted: NamedKey[] = [];
    for (const key of keys) {
      if (!this.#read.has(key.name) && this.#run.writes.find(key.name) === null) wanted.push(key);
    }
    if (wanted.length === 0) return;
    const values = await this.#run.getMany(wanted.map(({ key }) => key));
    for (let at = 0; at < wanted.length; at++) {
      const value = values[at];
      if (value !== undefined) this.#read.set(wanted[at]?.name ?? "", value);
    }
  }

  /** A key that was loaded, or written by the statement. */
  find(name: string): Uint8Array | undefined {
    const pending = this.#run.writes.find(name);
    return pending === null ? this.#read.get(name) : pending;
  }
}

/** Checks rows and turns changes of rows into writes of the primary and all secondary indexes. */
export class TableWriter {
  readonly table: TableDescriptor;
  readonly codec: TableCodec;
  readonly #notNull: readonly { readonly slot: number; readonly column: ColumnDescriptor }[];
  readonly #checks: readonly { readonly name: string; readonly condition: Compiled }[];

  constructor(
    table: TableDescriptor,
    checks: readonly TableCheck[],
    compile: (expression: Expression) => Compiled,
  ) {
    this.table = table;
    this.codec = tableCodec(table);
    this.#notNull = table.columns.flatMap((column, slot) =>
      column.notNull ? [{ slot, column }] : [],
    );
    this.#checks = checks.map((check) => ({
      name: check.name,
      condition: compile(check.condition),
    }));
  }

  /** 23502, 23514. A check passes when it is true or null. */
  async check(row: Row, frame: Frame): Promise<void> {
    this.checkNotNull(row, frame);
    for (const { name, condition } of this.#checks) {
      if ((await evaluateOne(condition, row, frame)) === false) {
        throw checkViolation(this.table, name, row, frame.run.context);
      }
    }
  }

  get hasChecks(): boolean {
    return this.#checks.length > 0;
  }

  checkNotNull(row: Row, frame: Frame): void {
    for (const { slot, column } of this.#notNull) {
      if ((row[slot] ?? null) === null) {
        throw notNullViolation(this.table, column, row, frame.run.context);
      }
    }
  }

  encode(row: Row): EncodedRow {
    const key = this.codec.primaryKey(row);
    return {
      row,
      primary: { key, name: keyName(key), value: this.codec.value(row) },
      entries: this.codec.secondary.length === 0 ? noEntries : this.#entries(row, key),
    };
  }

  #entries(row: Row, primaryKey: Uint8Array): IndexEntry[] {
    return this.codec.secondary.map((codec) => {
      const { key, value } = this.codec.indexEntry(codec, row, primaryKey);
      const isUnique = codec.index.unique && !codec.hasNull(row);
      return { codec, isUnique, key, name: keyName(key), value };
    });
  }

  /** Every key whose existence would be a violation. */
  uniqueKeys(rows: readonly EncodedRow[]): NamedKey[] {
    const keys: NamedKey[] = [];
    for (const { primary, entries } of rows) {
      keys.push(primary);
      for (const entry of entries) if (entry.isUnique) keys.push(entry);
    }
    return keys;
  }

  /** A row whose keys have been loaded into the view. 23505. */
  insert(encoded: EncodedRow, view: KeyView, run: StatementRun): void {
    if (view.find(encoded.primary.name) !== undefined)
      throw this.#violation(encoded, undefined, run);
    for (const entry of encoded.entries) {
      if (entry.isUnique && view.find(entry.name) !== undefined) {
        throw this.#violation(encoded, entry, run);
      }
    }
    put(run, encoded.primary);
    for (const entry of encoded.entries) put(run, entry);
  }

  /** A row that nobody has looked for: the commit refuses it when one of its keys exists. */
  insertBlind(encoded: EncodedRow, run: StatementRun): void {
    const { primary } = encoded;
    if (!run.writes.insertBlind(primary, primary.value))
      throw this.#violation(encoded, undefined, run);
    run.memory.grow(primary.key.length + primary.value.length + writeOverheadBytes);
    for (const entry of encoded.entries) {
      if (!entry.isUnique) put(run, entry);
      else {
        if (!run.writes.insertBlind(entry, entry.value)) {
          throw this.#violation(encoded, entry, run);
        }
        run.memory.grow(entry.key.length + entry.value.length + writeOverheadBytes);
      }
    }
  }

  /** Keys that a change of row would newly occupy and that must be free; to be loaded before `update`. */
  newUniqueKeys(before: EncodedRow, after: EncodedRow): NamedKey[] {
    const keys: NamedKey[] = [];
    if (!sameKey(before.primary, after.primary)) keys.push(after.primary);
    for (const [at, entry] of after.entries.entries()) {
      const old = before.entries[at];
      if (entry.isUnique && (old === undefined || !sameKey(old, entry))) keys.push(entry);
    }
    return keys;
  }

  update(before: EncodedRow, after: EncodedRow, view: KeyView, run: StatementRun): void {
    const keepsKey = sameKey(before.primary, after.primary);
    if (!keepsKey) {
      if (view.find(after.primary.name) !== undefined) throw this.#violation(after, undefined, run);
      run.writes.remove(before.primary);
    }
    put(run, after.primary);
    for (const [at, entry] of after.entries.entries()) {
      const old = before.entries[at];
      const keepsEntry = old !== undefined && sameKey(old, entry);
      if (keepsEntry && keepsKey) continue;
      if (!keepsEntry) {
        if (entry.isUnique && view.find(entry.name) !== undefined) {
          throw this.#violation(after, entry, run);
        }
        if (old !== undefined) run.writes.remove(old);
      }
      put(run, entry);
    }
  }

  remove(encoded: EncodedRow, run: StatementRun): void {
    run.writes.remove(encoded.primary);
    for (const entry of encoded.entries) run.writes.remove(entry);
    run.memory.grow(encoded.primary.key.length + writeOverheadBytes);
  }

  /** A stored row back in memory. */
  decode(stored: StoredRow): Datum[] {
    return this.codec.rowDecoder.decode(stored.key, stored.value);
  }

  #violation(encoded: EncodedRow, entry: IndexEntry | undefined, run: StatementRun): Error {
    const index = entry === undefined ? this.table.primaryIndex : entry.codec.index;
    return uniqueViolation(this.table, index, encoded.row, run.context);
  }
}

const noEntries: readonly IndexEntry[] = [];

function put(run: StatementRun, stored: StoredRow & NamedKey): void {
  run.writes.put(stored, stored.value);
  run.memory.grow(stored.key.length + stored.value.length + writeOverheadBytes);
}

function sameKey(one: NamedKey, other: NamedKey): boolean {
  return one.name === other.name;
}
