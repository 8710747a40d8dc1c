import { SqlError } from "#base/errors.ts";
import { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { catalogKey, catalogSpan, prefixSpan } from "#base/keys.ts";
import type { Span } from "#base/ids.ts";
import type { SchemaDescriptor, TableDescriptor } from "./descriptor.ts";

/**
 * The catalog's records, under the catalog's key prefix:
 *
 *   'v'        catalogVersion: grows by one with every transaction that changes anything here
 *   'i'        the next oid to give out
 *   's' id     a schema
 *   't' id     a table with its columns, indexes and constraints
 *   'x' table index   keys that no descriptor names any more and that may be removed;
 *                     index 0 stands for the whole table
 *
 * Values are JSON behind one byte that names the format.
 */
const recordFormat = 1;

const kinds = { version: 0x76, nextId: 0x69, schema: 0x73, table: 0x74, garbage: 0x78 } as const;

export const versionKey: Uint8Array = catalogKey(Uint8Array.of(kinds.version));
export const nextIdKey: Uint8Array = catalogKey(Uint8Array.of(kinds.nextId));

export function schemaKey(id: number): Uint8Array {
  return recordKey(kinds.schema, id);
}

export function tableKey(id: number): Uint8Array {
  return recordKey(kinds.table, id);
}

export function garbageKey(tableId: number, indexId: number): Uint8Array {
  return catalogKey(new KeyWriter().u8(kinds.garbage).id(tableId).id(indexId).finish());
}

export const garbageSpan: Span = prefixSpan(catalogKey(Uint8Array.of(kinds.garbage)));

export interface GarbageRecord {
  readonly tableId: number;
  /** Undefined: the whole table. */
  readonly indexId: number | undefined;
}

export function readGarbageKey(key: Uint8Array): GarbageRecord {
  const reader = new KeyReader(key, catalogSpan.start.length + 1);
  const tableId = reader.id();
  const indexId = reader.id();
  return { tableId, indexId: indexId === 0 ? undefined : indexId };
}

export type RecordKind = "schema" | "table" | "other";

/** What a catalog key holds. */
export function recordKind(key: Uint8Array): RecordKind {
  switch (key[catalogSpan.start.length]) {
    case kinds.schema:
      return "schema";
    case kinds.table:
      return "table";
    default:
      return "other";
  }
}

export function encodeRecord(content: SchemaDescriptor | TableDescriptor | number): Uint8Array {
  return Buffer.concat([Uint8Array.of(recordFormat), Buffer.from(JSON.stringify(content), "utf8")]);
}

export function decodeSchema(bytes: Uint8Array): SchemaDescriptor {
  const record = decode(bytes) as SchemaDescriptor;
  return { ...record, comment: record.comment };
}

/** JSON leaves out what is undefined; every descriptor object has all its members. */
export function decodeTable(bytes: Uint8Array): TableDescriptor {
  const record = decode(bytes) as TableDescriptor;
  return {
    ...record,
    comment: record.comment,
    columns: record.columns.map((column) => ({
      ...column,
      defaultSql: column.defaultSql,
      missingValue: column.missingValue,
      comment: column.comment,
    })),
  };
}

export function decodeNumber(bytes: Uint8Array | undefined, fallback: number): number {
  return bytes === undefined ? fallback : Number(decode(bytes));
}

function decode(bytes: Uint8Array): unknown {
  if (bytes[0] !== recordFormat) {
    throw new SqlError("data_corrupted", `catalog record has unknown format ${bytes[0]}`);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
  return JSON.parse(text.toString("utf8"));
}

function recordKey(kind: number, id: number): Uint8Array {
  return catalogKey(new KeyWriter().u8(kind).id(id).finish());
}
