import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { Timestamp } from "#base/hlc.ts";

/** Names the transaction that wrote a version: 8 bytes, so that a commit that is tried again finds itself. */
export type TransactionTag = Uint8Array;

export const transactionTagBytes = 8;

export interface KeyWrite {
  readonly key: Uint8Array;
  /** Undefined writes a tombstone. */
  readonly value: Uint8Array | undefined;
}

/**
 * What one command changes in the keyspace: new versions, all at one timestamp and by one
 * transaction. A key occurs once.
 */
export interface WriteBatch {
  readonly timestamp: Timestamp;
  readonly tag: TransactionTag;
  readonly writes: readonly KeyWrite[];
}

const formatVersion = 1;

/**
 * Format 1: version (u8), timestamp (8), tag (8), count (varint), then per write the key (length
 * varint + bytes) and the value (length + 1 as varint, 0 for a tombstone, + bytes).
 */
export function encodeWriteBatch(batch: WriteBatch): Uint8Array {
  const writer = beginWriteBatch(batch);
  appendWrites(writer, batch.writes, 0, batch.writes.length);
  return writer.view();
}

/** For a batch that is too large to encode in one go: `appendWrites` follows until all are written. */
export function beginWriteBatch(batch: WriteBatch): ByteWriter {
  let bytes = 32;
  for (const { key, value } of batch.writes) bytes += key.length + (value?.length ?? 0) + 10;
  const writer = new ByteWriter(bytes);
  return writer
    .u8(formatVersion)
    .timestamp(batch.timestamp)
    .raw(batch.tag)
    .varint(batch.writes.length);
}

/** The writes of [from, to). */
export function appendWrites(
  writer: ByteWriter,
  writes: readonly KeyWrite[],
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at++) {
    const write = writes[at];
    if (write === undefined) return;
    writer.bytes(write.key);
    if (write.value === undefined) writer.varint(0);
    else writer.varint(write.value.length + 1).raw(write.value);
  }
}

/** Keys and values are views into the input. Throws MalformedBytes. */
export function decodeWriteBatch(bytes: Uint8Array): WriteBatch {
  const reader = new ByteReader(bytes);
  reader.u8();
  const timestamp = reader.timestamp();
  const tag = reader.raw(transactionTagBytes);
  const count = reader.varint();
  const writes: KeyWrite[] = [];
  for (let i = 0; i < count; i++) {
    const key = reader.bytes();
    const length = reader.varint();
    writes.push({ key, value: length === 0 ? undefined : reader.raw(length - 1) });
  }
  reader.expectEnd();
  return { timestamp, tag, writes };
}
