import type { Timestamp } from "#base/hlc.ts";
import { assert } from "#base/assert.ts";
import { keyBytesMax } from "#base/keys.ts";
import { transactionTagBytes, type TransactionTag } from "./write-batch.ts";

/**
 * How versions lie in the tables of an OrderedStore.
 *
 *   newest    key                        → timestamp (8) tag (8) flags (1) payload
 *   history   grouped key ‖ ^timestamp   →               tag (8) flags (1) payload
 *
 * The newest version of a key is where one `get` finds it; older ones follow each other from new to
 * old. A grouped key is cut into groups of eight bytes, the last one padded with zeros, each followed by a
 * byte that is 0xFF for a full group with more to come and else the number of bytes that count. So grouped keys order
 * like keys, none is a prefix of another, and the length is bounded: 9 bytes for every 8.
 */
export const timestampBytes = 8;
export const newestHeaderBytes = timestampBytes + transactionTagBytes + 1;
export const historyHeaderBytes = transactionTagBytes + 1;

/** One byte more than a key: enough for a bound to lie on the right side of every key. */
const boundBytesMax = keyBytesMax + 1;

/** The bound of a span, cut to what the backend can look for. Longer ones say nothing more of any key. */
export function cutBound(bound: Uint8Array): Uint8Array {
  return bound.length > boundBytesMax ? bound.subarray(0, boundBytesMax) : bound;
}

const tombstoneFlag = 1;
const groupBytes = 8;

/** A timestamp as its 8 bytes, in two halves: compares with stored ones without an object. */
export function timestampHigh(timestamp: Timestamp): number {
  return Math.floor(timestamp.wallMs / 2 ** 14);
}

export function timestampLow(timestamp: Timestamp): number {
  return (timestamp.wallMs % 2 ** 14) * 2 ** 18 + timestamp.logical;
}

export function encodeTimestamp(timestamp: Timestamp): Buffer {
  const bytes = Buffer.allocUnsafe(timestampBytes);
  bytes.writeUInt32BE(timestampHigh(timestamp), 0);
  bytes.writeUInt32BE(timestampLow(timestamp), 4);
  return bytes;
}

export function readTimestamp(bytes: Buffer, offset = 0): Timestamp {
  const high = bytes.readUInt32BE(offset);
  const low = bytes.readUInt32BE(offset + 4);
  return { wallMs: high * 2 ** 14 + (low >>> 18), logical: low & 0x3ffff };
}

export interface StoredVersion {
  readonly timestamp: Timestamp;
  readonly tag: TransactionTag;
  readonly value: Uint8Array | undefined;
}

/** A row of `newest`. */
export function encodeNewest(version: StoredVersion): Buffer {
  const { timestamp, tag, value } = version;
  const bytes = Buffer.allocUnsafe(newestHeaderBytes + (value?.length ?? 0));
  bytes.writeUInt32BE(timestampHigh(timestamp), 0);
  bytes.writeUInt32BE(timestampLow(timestamp), 4);
  putBody(bytes, timestampBytes, tag, value);
  return bytes;
}

/** The value of a row of `history`. */
export function encodeHistory(version: StoredVersion): Buffer {
  const bytes = Buffer.allocUnsafe(historyHeaderBytes + (version.value?.length ?? 0));
  putBody(bytes, 0, version.tag, version.value);
  return bytes;
}

function putBody(
  bytes: Buffer,
  offset: number,
  tag: TransactionTag,
  value: Uint8Array | undefined,
): void {
  bytes.set(tag, offset);
  bytes[offset + transactionTagBytes] = value === undefined ? tombstoneFlag : 0;
  if (value !== undefined) bytes.set(value, offset + historyHeaderBytes);
}

export function isNewestTombstone(row: Buffer): boolean {
  return ((row[newestHeaderBytes - 1] ?? 0) & tombstoneFlag) !== 0;
}

/** Copies out of the store's buffer. */
export function decodeNewest(row: Buffer): StoredVersion {
  return decodeBody(row, timestampBytes, readTimestamp(row));
}

export function decodeHistory(row: Buffer, timestamp: Timestamp): StoredVersion {
  return decodeBody(row, 0, timestamp);
}

function decodeBody(row: Buffer, offset: number, timestamp: Timestamp): StoredVersion {
  const body = offset + historyHeaderBytes;
  const tag = Buffer.from(row.subarray(offset, offset + transactionTagBytes));
  const isTombstone = ((row[body - 1] ?? 0) & tombstoneFlag) !== 0;
  return { timestamp, tag, value: isTombstone ? undefined : Buffer.from(row.subarray(body)) };
}

export function groupedLength(keyBytes: number): number {
  return (Math.floor(keyBytes / groupBytes) + 1) * (groupBytes + 1);
}

/** The grouped form of the key, with room for the timestamp left behind it when asked for. */
export function groupKey(key: Uint8Array, bytesAfter = 0): Buffer {
  assert(key.length <= boundBytesMax, `key of ${key.length} bytes is longer than ${keyBytesMax}`);
  const grouped = Buffer.alloc(groupedLength(key.length) + bytesAfter);
  let to = 0;
  for (let from = 0; ; from += groupBytes) {
    const left = key.length - from;
    if (left < groupBytes) {
      for (let i = 0; i < left; i++) grouped[to + i] = key[from + i] ?? 0;
      grouped[to + groupBytes] = left;
      return grouped;
    }
    for (let i = 0; i < groupBytes; i++) grouped[to + i] = key[from + i] ?? 0;
    grouped[to + groupBytes] = 0xff;
    to += groupBytes + 1;
  }
}

/** The key of a version in `history`: newer ones come first. */
export function historyKey(key: Uint8Array, timestamp: Timestamp): Buffer {
  const bytes = groupKey(key, timestampBytes);
  const at = bytes.length - timestampBytes;
  bytes.writeUInt32BE(~timestampHigh(timestamp) >>> 0, at);
  bytes.writeUInt32BE(~timestampLow(timestamp) >>> 0, at + 4);
  return bytes;
}

/** Above every version of the key in `history`. */
export function historyEnd(key: Uint8Array): Buffer {
  const bytes = groupKey(key, timestampBytes + 1);
  bytes.fill(0xff, bytes.length - timestampBytes - 1);
  return bytes;
}

export function historyTimestamp(key: Buffer): Timestamp {
  const at = key.length - timestampBytes;
  const high = ~key.readUInt32BE(at) >>> 0;
  const low = ~key.readUInt32BE(at + 4) >>> 0;
  return { wallMs: high * 2 ** 14 + (low >>> 18), logical: low & 0x3ffff };
}
