import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { RangeId } from "#base/ids.ts";
import { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { prefixSpan } from "#base/keys.ts";
import type { OrderedBatch, OrderedRange, OrderedReader } from "./ordered-store.ts";
import type { RangeStatistics, RangeStateWrite } from "./store.ts";

/**
 * How a range's own records lie in the `range` table:
 *
 *   range id ‖ 'a'          format (u8), applied index, partial index, live keys, live bytes (varints)
 *   range id ‖ 's' ‖ name   the record
 */
const appliedByte = 0x61;
const stateByte = 0x73;
const formatVersion = 1;

/** What the store keeps in memory of one range. */
export interface RangeRecord {
  appliedIndex: number;
  durableAppliedIndex: number;
  /** The backend may hold versions of entries above the durable applied index, up to this one. */
  partialIndex: number;
  readonly state: Map<string, Uint8Array>;
  statistics: RangeStatistics;
}

export function newRangeRecord(): RangeRecord {
  return {
    appliedIndex: 0,
    durableAppliedIndex: 0,
    partialIndex: 0,
    state: new Map(),
    statistics: { liveKeys: 0, liveBytes: 0 },
  };
}

export function readRangeRecords(
  reader: OrderedReader,
  range: OrderedRange = { start: new Uint8Array(0), end: undefined },
): Map<RangeId, RangeRecord> {
  const records = new Map<RangeId, RangeRecord>();
  reader.scan("range", range, (keyBytes, value) => {
    const key = new KeyReader(keyBytes);
    const rangeId = key.id();
    let record = records.get(rangeId);
    if (record === undefined) {
      record = newRangeRecord();
      records.set(rangeId, record);
    }
    if (key.u8() === stateByte) {
      record.state.set(keyBytes.toString("utf8", key.offset), Buffer.from(value));
    } else {
      const fields = new ByteReader(value);
      fields.u8();
      record.appliedIndex = fields.varint();
      record.durableAppliedIndex = record.appliedIndex;
      record.partialIndex = fields.varint();
      record.statistics = { liveKeys: fields.varint(), liveBytes: fields.varint() };
    }
    return true;
  });
  return records;
}

export function rangeRecordSpan(rangeId: RangeId): OrderedRange {
  return prefixSpan(new KeyWriter().id(rangeId).finish());
}

export function putApplied(
  batch: OrderedBatch,
  rangeId: RangeId,
  record: Pick<RangeRecord, "durableAppliedIndex" | "partialIndex" | "statistics">,
): void {
  const key = new KeyWriter().id(rangeId).u8(appliedByte).finish();
  const value = new ByteWriter(32)
    .u8(formatVersion)
    .varint(record.durableAppliedIndex)
    .varint(record.partialIndex)
    .varint(record.statistics.liveKeys)
    .varint(record.statistics.liveBytes)
    .finish();
  batch.put("range", key, value);
}

export function putState(batch: OrderedBatch, rangeId: RangeId, write: RangeStateWrite): void {
  const name = Buffer.from(write.name, "utf8");
  const key = new KeyWriter().id(rangeId).u8(stateByte).raw(name).finish();
  if (write.value === undefined) batch.remove("range", key);
  else batch.put("range", key, write.value);
}
