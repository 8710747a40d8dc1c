import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { assert } from "#base/assert.ts";
import { keyAfter } from "#base/bytes.ts";
import { laterTimestamp, zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import type { RangeId, Span } from "#base/ids.ts";
import { KeyWriter } from "#base/key-encoding.ts";
import type { OrderedBatch, OrderedReader, OrderedStore } from "./ordered-store.ts";
import {
  newRangeRecord,
  putApplied,
  putState,
  rangeRecordSpan,
  type RangeRecord,
} from "./range-records.ts";
import { readChunk, snapshotTables, stagedChunkKey, tableRange } from "./snapshot-chunk.ts";
import type { RangeStateWrite } from "./store.ts";
import { isNewestTombstone, newestHeaderBytes, readTimestamp } from "./version-codec.ts";

/** A snapshot whose chunks are all staged, on its way into the tables. */
export interface Installation {
  readonly rangeId: RangeId;
  readonly span: Span;
  readonly appliedIndex: number;
  readonly state: readonly RangeStateWrite[];
  readonly chunkCount: number;
}

const formatVersion = 1;
const keyPrefix = Buffer.from("installation ");

/** Rows removed in one write. */
const removedRowsMax = 4_000;

/** The record from which on the snapshot is the range's state, whatever happens to the process. */
export function putInstallation(batch: OrderedBatch, installation: Installation): void {
  const { rangeId, span, appliedIndex, state, chunkCount } = installation;
  const writer = new ByteWriter().u8(formatVersion).varint(rangeId).bytes(span.start);
  writer.boolean(span.end !== undefined).bytes(span.end ?? new Uint8Array(0));
  writer.varint(appliedIndex).varint(chunkCount).varint(state.length);
  for (const { name, value } of state) {
    assert(value !== undefined, "a snapshot removes no records");
    writer.string(name).bytes(value);
  }
  batch.put("node", installationKey(rangeId), writer.finish());
}

/** Installations that a crash cut short. */
export function readInstallations(reader: OrderedReader): readonly Installation[] {
  const found: Installation[] = [];
  const end = Buffer.concat([keyPrefix, Buffer.from([0xff])]);
  reader.scan("node", { start: keyPrefix, end }, (_key, value) => {
    const fields = new ByteReader(Buffer.from(value));
    fields.u8();
    const rangeId = fields.varint();
    const start = fields.bytes();
    const hasEnd = fields.boolean();
    const endKey = fields.bytes();
    const appliedIndex = fields.varint();
    const chunkCount = fields.varint();
    const state = Array.from({ length: fields.varint() }, () => ({
      name: fields.string(),
      value: fields.bytes(),
    }));
    const span = { start, end: hasEnd ? endKey : undefined };
    found.push({ rangeId, span, appliedIndex, state, chunkCount });
    return true;
  });
  return found;
}

/** Puts the staged chunks in the place of the span. May be run again from the start after a crash. */
export async function runInstallation(
  backend: OrderedStore,
  installation: Installation,
): Promise<{ readonly record: RangeRecord; readonly maxTimestamp: Timestamp }> {
  const { rangeId, span, appliedIndex, state, chunkCount } = installation;
  for (const table of snapshotTables) {
    let range = tableRange(table, span);
    for (;;) {
      const keys: Uint8Array[] = [];
      backend.scan(table, range, (key) => {
        keys.push(Buffer.from(key));
        return keys.length < removedRowsMax;
      });
      const last = keys.at(-1);
      if (last === undefined) break;
      await backend.write((batch) => {
        for (const key of keys) batch.remove(table, key);
      });
      range = { start: keyAfter(last), end: range.end };
    }
  }

  const record = newRangeRecord();
  let maxTimestamp = zeroTimestamp;
  let liveKeys = 0;
  let liveBytes = 0;
  for (let number = 0; number < chunkCount; number++) {
    const staged = backend.get("staging", stagedChunkKey(rangeId, number));
    assert(staged !== undefined, `chunk ${number} of a snapshot is not staged`);
    const chunk = Buffer.from(staged);
    await backend.write((batch) => {
      readChunk(chunk, (table, key, value) => {
        batch.put(table, key, value);
        if (table !== "newest") return;
        const row = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        maxTimestamp = laterTimestamp(maxTimestamp, readTimestamp(row));
        if (isNewestTombstone(row)) return;
        liveKeys++;
        liveBytes += key.length + row.length - newestHeaderBytes;
      });
    });
  }
  record.appliedIndex = appliedIndex;
  record.durableAppliedIndex = appliedIndex;
  record.partialIndex = appliedIndex;
  record.statistics = { liveKeys, liveBytes };
  for (const { name, value } of state) if (value !== undefined) record.state.set(name, value);

  const oldRecords: Uint8Array[] = [];
  backend.scan("range", rangeRecordSpan(rangeId), (key) => {
    oldRecords.push(Buffer.from(key));
    return true;
  });
  await backend.write((batch) => {
    for (const key of oldRecords) batch.remove("range", key);
    putApplied(batch, rangeId, record);
    for (const write of state) putState(batch, rangeId, write);
    for (let number = 0; number < chunkCount; number++) {
      batch.remove("staging", stagedChunkKey(rangeId, number));
    }
    batch.remove("node", installationKey(rangeId));
  });
  return { record, maxTimestamp };
}

function installationKey(rangeId: RangeId): Uint8Array {
  return new KeyWriter().raw(keyPrefix).id(rangeId).finish();
}
