import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import type { ByteWriter } from "#base/byte-writer.ts";
import { crc32c } from "#base/crc32c.ts";
import type { RangeId } from "#base/ids.ts";
import type { LogEntry, LogHardState, LogPosition } from "./log-entry.ts";

/**
 * What one record does to its range's log:
 *
 * - `append` puts entries at the end, over whatever stood at their indexes.
 * - `replace` makes the log exactly what the record says: after a snapshot, or written forward from
 *   an old segment.
 * - `remove` forgets the range.
 */
export type LogRecordKind = "append" | "replace" | "remove";

/**
 * One record. Each carries the range's whole hard state and where its log is cut, so that the last
 * record of a range says both and older records need not be kept for them.
 */
export interface LogRecord {
  readonly kind: LogRecordKind;
  readonly rangeId: RangeId;
  readonly truncated: LogPosition;
  readonly hardState: LogHardState;
  readonly entries: readonly LogEntry[];
}

/** A record's place in the log. */
export interface RecordSequence {
  /** Counts records over the whole log without a gap, from 1. */
  readonly sequence: number;
  /** All records up to this one were durable when this one was written. */
  readonly durableSequence: number;
}

const kinds: readonly LogRecordKind[] = ["append", "replace", "remove"];

/** First byte of a record. Not zero, so that the preallocated rest of a segment is no record. */
const recordMagic = 0xb5;

/** magic (u8), CRC32C (u32) of all that follows it, length of the body (u32). */
const headerBytes = 9;
const checksummedFrom = 5;

/** Appends the record to the writer. */
export function writeLogRecord(writer: ByteWriter, place: RecordSequence, record: LogRecord): void {
  const start = writer.length;
  writer.u8(recordMagic).u32(0).u32(0);
  writer.varint(place.sequence).varint(place.sequence - place.durableSequence);
  writer.u8(kinds.indexOf(record.kind)).varint(record.rangeId);
  writer.varint(record.truncated.index).varint(record.truncated.term);
  writer
    .varint(record.hardState.term)
    .varint(record.hardState.vote)
    .varint(record.hardState.commit);
  writer.varint(record.entries.length).varint(record.entries[0]?.index ?? 0);
  for (const entry of record.entries) {
    writer
      .varint(entry.term)
      .boolean(entry.kind === "configuration")
      .bytes(entry.command);
  }
  writer.setU32(start + 5, writer.length - start - headerBytes);
  writer.setU32(start + 1, crc32c(writer.view(), start + checksummedFrom, writer.length));
}

export interface FoundRecord {
  readonly place: RecordSequence;
  readonly record: LogRecord;
  readonly end: number;
}

/**
 * The record at the offset; undefined when there is none that is whole. `isExpected` sees its place
 * before the checksum is computed. Commands are copies, so that the segment's bytes can go.
 */
export function readLogRecord(
  segment: Buffer,
  offset: number,
  isExpected: (place: RecordSequence) => boolean,
): FoundRecord | undefined {
  if (segment[offset] !== recordMagic || offset + headerBytes > segment.length) return undefined;
  const end = offset + headerBytes + segment.readUInt32BE(offset + 5);
  if (end > segment.length) return undefined;
  try {
    const reader = new ByteReader(segment.subarray(0, end), offset + headerBytes);
    const sequence = reader.varint();
    const place = { sequence, durableSequence: sequence - reader.varint() };
    if (!isExpected(place)) return undefined;
    if (crc32c(segment, offset + checksummedFrom, end) !== segment.readUInt32BE(offset + 1)) {
      return undefined;
    }
    return { place, record: readBody(reader), end };
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

function readBody(reader: ByteReader): LogRecord {
  const kind = kinds[reader.u8()];
  if (kind === undefined) throw new MalformedBytes("unknown kind of log record");
  const rangeId = reader.varint();
  const truncated = { index: reader.varint(), term: reader.varint() };
  const hardState = { term: reader.varint(), vote: reader.varint(), commit: reader.varint() };
  const count = reader.varint();
  const firstIndex = reader.varint();
  const entries: LogEntry[] = [];
  for (let i = 0; i < count; i++) {
    const term = reader.varint();
    const entryKind = reader.boolean() ? "configuration" : "command";
    const command = Uint8Array.prototype.slice.call(reader.bytes());
    entries.push({ index: firstIndex + i, term, kind: entryKind, command });
  }
  reader.expectEnd();
  return { kind, rangeId, truncated, hardState, entries };
}
