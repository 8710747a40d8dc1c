import { assert } from "#base/assert.ts";
import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { SqlError } from "#base/errors.ts";
import { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { indexPrefix, keyBytesMax } from "#base/keys.ts";
import type { IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { keyDatum, writeKeyColumn } from "./key-datum.ts";
import type { KeyDatum } from "./key-datum.ts";
import { skipPayload, storedDatum, wire } from "./stored-datum.ts";
import type { StoredDatum } from "./stored-datum.ts";

/** First byte of every row value. */
const rowFormat = 1;

const emptyValue: Uint8Array = new Uint8Array(0);

interface ColumnCodec {
  readonly id: number;
  /** Position in the descriptor's column list, which is the layout of a table row. */
  readonly slot: number;
  readonly stored: StoredDatum;
  /** Kept in the key alone. */
  readonly isKeyOnly: boolean;
  /** For rows older than the column. */
  readonly missing: Datum;
  /** Null must be told apart from "older than the column". */
  readonly writesNull: boolean;
}

interface ReadableColumn {
  readonly id: number;
  readonly read: (reader: KeyReader) => Datum;
}

/** One index of a table: the shape of its keys. */
export class IndexCodec {
  readonly index: IndexDescriptor;
  readonly prefix: Uint8Array;
  /** Slots of the key columns in a table row, and how each is written. */
  readonly columns: readonly {
    readonly slot: number;
    readonly id: number;
    readonly codec: KeyDatum;
  }[];

  constructor(table: TableDescriptor, index: IndexDescriptor) {
    this.index = index;
    this.prefix = indexPrefix(table.id, index.id);
    this.columns = index.columnIds.map((id) => {
      const slot = table.columns.findIndex((column) => column.id === id);
      const column = table.columns[slot];
      assert(column !== undefined, `index ${index.name} has no column ${id}`);
      return { slot, id, codec: keyDatum(column.type.oid) };
    });
  }

  /** The first key columns, up to one whose bytes do not give its value back. */
  get readableColumns(): readonly ReadableColumn[] {
    const readable: ReadableColumn[] = [];
    for (const { id, codec } of this.columns) {
      if (codec.read === undefined) break;
      readable.push({ id, read: codec.read });
    }
    return readable;
  }

  /** Null in any column: such entries of a unique index never collide. */
  hasNull(row: Row): boolean {
    for (const { slot } of this.columns) if ((row[slot] ?? null) === null) return true;
    return false;
  }

  writeColumns(writer: KeyWriter, row: Row): void {
    for (const { slot, codec } of this.columns) writeKeyColumn(writer, codec, row[slot] ?? null);
  }
}

/** A row as two byte strings. */
export interface StoredRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A key as text, one character per byte: what maps of keys are kept by. */
export function keyName(key: Uint8Array): string {
  return Buffer.isBuffer(key)
    ? key.toString("latin1")
    : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

/**
 * Keys and values of one table version.
 *
 *   primary index    prefix ‖ key columns                        → the other columns, by id
 *   secondary index  prefix ‖ columns [‖ primary key columns]    → primary key columns
 *
 * - A table row has one slot per column of the descriptor, in its order.
 * - A secondary key carries the primary key unless the index is unique and no column is null:
 *   that is how a unique index allows many nulls and no other duplicate.
 * - Columns that the descriptor no longer has are passed over; columns that a row is too old for
 *   get their missing value.
 */
export class TableCodec {
  readonly table: TableDescriptor;
  readonly primary: IndexCodec;
  readonly secondary: readonly IndexCodec[];
  readonly #columns: readonly ColumnCodec[];
  readonly #keyWriter = new KeyWriter();
  readonly #valueWriter = new ByteWriter(256);
  readonly #decoders = new Map<string, RowDecoder>();

  constructor(table: TableDescriptor) {
    this.table = table;
    this.primary = new IndexCodec(table, table.primaryIndex);
    this.secondary = table.secondaryIndexes.map((index) => new IndexCodec(table, index));
    this.#columns = table.columns
      .map((column, slot): ColumnCodec => {
        const stored = storedDatum(column.type.oid);
        return {
          id: column.id,
          slot,
          stored,
          isKeyOnly: this.primary.readableColumns.some((one) => one.id === column.id),
          missing:
            column.missingValue === undefined ? null : decodeMissing(stored, column.missingValue),
          writesNull: column.missingValue !== undefined,
        };
      })
      .sort((one, other) => one.id - other.id);
  }

  indexCodec(indexId: number): IndexCodec {
    if (indexId === this.primary.index.id) return this.primary;
    const codec = this.secondary.find((one) => one.index.id === indexId);
    assert(codec !== undefined, `table ${this.table.name} has no index ${indexId}`);
    return codec;
  }

  primaryKey(row: Row): Uint8Array {
    const writer = this.#keyWriter.reset(this.primary.prefix);
    this.primary.writeColumns(writer, row);
    return finishKey(writer, this.primary);
  }

  value(row: Row): Uint8Array {
    const writer = this.#valueWriter.reset().u8(rowFormat);
    let previousId = 0;
    for (const column of this.#columns) {
      if (column.isKeyOnly) continue;
      const datum = row[column.slot] ?? null;
      if (datum === null && !column.writesNull) continue;
      const tag = (column.id - previousId) * 8;
      if (datum === null) writer.varint(tag + wire.null);
      else column.stored.write(writer, tag, datum);
      previousId = column.id;
    }
    return writer.finish();
  }

  /** The entry of a secondary index for a row whose primary key this is. */
  indexEntry(codec: IndexCodec, row: Row, primaryKey: Uint8Array): StoredRow {
    const suffix = primaryKey.subarray(this.primary.prefix.length);
    const writer = this.#keyWriter.reset(codec.prefix);
    codec.writeColumns(writer, row);
    if (!codec.index.unique || codec.hasNull(row)) writer.raw(suffix);
    return { key: finishKey(writer, codec), value: suffix };
  }

  /** The primary key that a secondary entry's value names. */
  primaryKeyOfEntry(value: Uint8Array): Uint8Array {
    return Buffer.concat([this.primary.prefix, value]);
  }

  /** A decoder of these columns, in this order. Decoders are kept. */
  decoder(columnIds: readonly number[]): RowDecoder {
    const name = columnIds.join();
    let decoder = this.#decoders.get(name);
    if (decoder === undefined) {
      decoder = new RowDecoder(this.primary, this.#columns, columnIds);
      this.#decoders.set(name, decoder);
    }
    return decoder;
  }

  /** A decoder of the whole table row. */
  get rowDecoder(): RowDecoder {
    return this.decoder(this.table.columns.map((column) => column.id));
  }
}

/** Reads the wanted columns of rows of one table version. */
export class RowDecoder {
  readonly #keyOffset: number;
  /** Key columns up to the last wanted one; slot -1 is read and dropped. */
  readonly #keyColumns: readonly {
    readonly read: (reader: KeyReader) => Datum;
    readonly slot: number;
  }[];
  /** By column id. */
  readonly #slots: readonly (number | undefined)[];
  readonly #stored: readonly (StoredDatum | undefined)[];
  readonly #template: readonly Datum[];
  readonly #readsValue: boolean;
  readonly #lastId: number;
  readonly #keyReader = new KeyReader(emptyValue);

  constructor(primary: IndexCodec, columns: readonly ColumnCodec[], columnIds: readonly number[]) {
    this.#keyOffset = primary.prefix.length;
    const slots: (number | undefined)[] = [];
    const stored: (StoredDatum | undefined)[] = [];
    const template: Datum[] = columnIds.map(() => null);
    let lastId = -1;
    for (const column of columns) {
      const slot = columnIds.indexOf(column.id);
      if (slot === -1) continue;
      template[slot] = column.missing;
      if (column.isKeyOnly) continue;
      slots[column.id] = slot;
      stored[column.id] = column.stored;
      lastId = Math.max(lastId, column.id);
    }
    const keyColumns = primary.readableColumns.map(({ id, read }) => ({
      read,
      slot: columnIds.indexOf(id),
    }));
    while (keyColumns.at(-1)?.slot === -1) keyColumns.pop();
    this.#keyColumns = keyColumns;
    this.#slots = slots;
    this.#stored = stored;
    this.#template = template;
    this.#readsValue = lastId >= 0;
    this.#lastId = lastId;
  }

  decode(key: Uint8Array, value: Uint8Array): Datum[] {
    const row = this.#template.slice();
    if (this.#keyColumns.length > 0) {
      const reader = this.#keyReader.reset(key, this.#keyOffset);
      for (const { read, slot } of this.#keyColumns) {
        const datum = read(reader);
        if (slot >= 0) row[slot] = datum;
      }
    }
    if (this.#readsValue) this.#decodeValue(value, row);
    return row;
  }

  #decodeValue(value: Uint8Array, row: Datum[]): void {
    const reader = new ByteReader(value, 1);
    assert(value[0] === rowFormat, `row format ${value[0]} is unknown`);
    let id = 0;
    while (id < this.#lastId && !reader.isAtEnd) {
      const tag = reader.varint();
      id += tag >>> 3;
      const wireType = tag & 7;
      const slot = this.#slots[id];
      if (slot === undefined) skipPayload(reader, wireType);
      else if (wireType === wire.null) row[slot] = null;
      else row[slot] = this.#stored[id]?.read(reader, wireType) ?? null;
    }
  }
}

/** A missing value as the descriptor keeps it. */
export function encodeMissing(typeOid: number, datum: Datum): string | undefined {
  if (datum === null) return undefined;
  const writer = new ByteWriter(32);
  storedDatum(typeOid).write(writer, 0, datum);
  return Buffer.from(writer.view()).toString("base64");
}

function decodeMissing(stored: StoredDatum, base64: string): Datum {
  const reader = new ByteReader(Buffer.from(base64, "base64"));
  return stored.read(reader, reader.varint());
}

function finishKey(writer: KeyWriter, codec: IndexCodec): Uint8Array {
  if (writer.length > keyBytesMax) {
    throw new SqlError(
      "program_limit_exceeded",
      `index row size ${writer.length} exceeds maximum ${keyBytesMax} for index "${codec.index.name}"`,
    );
  }
  return writer.finish();
}

const codecs = new WeakMap<TableDescriptor, TableCodec>();

/** The codec of a table version; made once per descriptor object. */
export function tableCodec(table: TableDescriptor): TableCodec {
  let codec = codecs.get(table);
  if (codec === undefined) {
    codec = new TableCodec(table);
    codecs.set(table, codec);
  }
  return codec;
}
