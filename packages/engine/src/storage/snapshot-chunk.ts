import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { RangeId, Span } from "#base/ids.ts";
import { KeyWriter } from "#base/key-encoding.ts";
import { prefixSpan } from "#base/keys.ts";
import type { OrderedRange, TableName } from "./ordered-store.ts";
import { cutBound, groupKey } from "./version-codec.ts";

/**
 * A chunk of a snapshot: format (u8), table (u8), then rows of that table as they lie in it, key and
 * value with their lengths.
 */
const chunkFormat = 1;

/** The tables that a snapshot carries, in their order. */
export const snapshotTables = ["newest", "history"] as const satisfies readonly TableName[];

export type SnapshotTable = (typeof snapshotTables)[number];

/** A writer to append `bytes(key).bytes(value)` to. */
export function startChunk(table: SnapshotTable, bytesExpected: number): ByteWriter {
  const writer = new ByteWriter(bytesExpected + 4096);
  return writer.u8(chunkFormat).u8(snapshotTables.indexOf(table));
}

/** Where the span's rows lie in a table. */
export function tableRange(table: SnapshotTable, span: Span): OrderedRange {
  if (table === "newest") return span;
  return {
    start: span.start.length === 0 ? span.start : groupKey(cutBound(span.start)),
    end: span.end === undefined ? undefined : groupKey(cutBound(span.end)),
  };
}

/** Calls visit for each row of a chunk. Throws MalformedBytes. */
export function readChunk(
  chunk: Uint8Array,
  visit: (table: SnapshotTable, key: Uint8Array, value: Uint8Array) => void,
): void {
  const reader = new ByteReader(chunk);
  const format = reader.u8();
  if (format !== chunkFormat) throw new MalformedBytes(`snapshot chunk of format ${format}`);
  const table = snapshotTables[reader.u8()];
  if (table === undefined) throw new MalformedBytes("snapshot chunk of an unknown table");
  while (!reader.isAtEnd) visit(table, reader.bytes(), reader.bytes());
}

export function stagedChunkKey(rangeId: RangeId, number: number): Uint8Array {
  return new KeyWriter().id(rangeId).id(number).finish();
}

export function stagedChunkSpan(rangeId: RangeId): Span {
  return prefixSpan(new KeyWriter().id(rangeId).finish());
}
