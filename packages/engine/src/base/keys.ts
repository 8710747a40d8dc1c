import { prefixEnd } from "./bytes.ts";
import type { Span } from "./ids.ts";
import { KeyWriter } from "./key-encoding.ts";

/**
 * The keyspace, which every range is a span of:
 *
 *   0x01 'c' name          catalog records
 *   0x01 'm' end key       range descriptors by end key, so that the first one at or after a key
 *                          followed by a byte is the range that holds it; the last one has no end
 *   0x01 'n' node id       node records
 *   0x01 's' name          cluster settings
 *   0x02 table index …     rows and index entries; table and index ids are order-preserving
 *
 * The empty key stands for the start of the keyspace and is never written.
 */
const systemByte = 0x01;
const tableByte = 0x02;

const catalogByte = 0x63;
const metaByte = 0x6d;
const nodeByte = 0x6e;
const settingByte = 0x73;

export const keyMin: Uint8Array = new Uint8Array(0);

/** Everything: the span of range 1 before any split. */
export const wholeSpan: Span = { start: keyMin, end: undefined };

/** Longest user key, in bytes: what the store can hold beside its own suffix. Beyond it: 54000. */
export const keyBytesMax = 1700;

/** A catalog record. The catalog owns what follows the prefix. */
export function catalogKey(suffix: Uint8Array): Uint8Array {
  return new KeyWriter().u8(systemByte).u8(catalogByte).raw(suffix).finish();
}

/** Where the descriptor of the range that ends at this key is kept; undefined is the last range. */
export function rangeDescriptorKey(rangeEnd: Uint8Array | undefined): Uint8Array {
  const writer = new KeyWriter().u8(systemByte).u8(metaByte);
  return rangeEnd === undefined ? writer.u8(0xff).finish() : writer.bytes(rangeEnd).finish();
}

/** Descriptors of ranges that end above this key: the first one found holds the key. */
export function rangeDescriptorSpanAbove(key: Uint8Array): Span {
  const start = new KeyWriter().u8(systemByte).u8(metaByte).bytes(key).u8(0x00).finish();
  return { start, end: systemSpan(metaByte).end };
}

export function nodeKey(nodeId: number): Uint8Array {
  return new KeyWriter().u8(systemByte).u8(nodeByte).id(nodeId).finish();
}

export function settingKey(name: string): Uint8Array {
  return new KeyWriter().u8(systemByte).u8(settingByte).text(name).finish();
}

export const catalogSpan: Span = systemSpan(catalogByte);

export const nodeSpan: Span = systemSpan(nodeByte);
export const settingSpan: Span = systemSpan(settingByte);

/** What every key of the table begins with. */
export function tablePrefix(tableId: number): Uint8Array {
  return new KeyWriter().u8(tableByte).id(tableId).finish();
}

/** What every key of the index begins with; key columns follow. */
export function indexPrefix(tableId: number, indexId: number): Uint8Array {
  return new KeyWriter().u8(tableByte).id(tableId).id(indexId).finish();
}

export function tableSpan(tableId: number): Span {
  return prefixSpan(tablePrefix(tableId));
}

export function indexSpan(tableId: number, indexId: number): Span {
  return prefixSpan(indexPrefix(tableId, indexId));
}

/** All keys that begin with this prefix. */
export function prefixSpan(prefix: Uint8Array): Span {
  return { start: prefix, end: prefixEnd(prefix) };
}

function systemSpan(kind: number): Span {
  return prefixSpan(Uint8Array.of(systemByte, kind));
}
