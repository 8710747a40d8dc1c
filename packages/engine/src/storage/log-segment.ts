import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { crc32c } from "#base/crc32c.ts";
import type { Disk, DiskFile } from "#runtime/ports.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { readLogRecord, type LogRecord } from "./log-record.ts";

const segmentMagic = 0x4846574c;
const manifestMagic = 0x48464d46;
const formatVersion = 1;

/** Magic (u32), format (u32), number (f64), sequence of the first record (f64), CRC32C (u32), spare. */
export const segmentHeaderBytes = 32;
const checksumOffset = 24;

export interface SegmentHeader {
  /** Counts segments from 1; also the file's name. */
  readonly number: number;
  readonly firstSequence: number;
}

export function segmentPath(directory: string, number: number): string {
  return `${directory}/${number.toString().padStart(10, "0")}.wal`;
}

export function segmentNumber(name: string): number | undefined {
  const match = /^(\d{10})\.wal$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** A file with its space reserved and its name durable, that no manifest lists yet. */
export async function reserveSegment(
  disk: Disk,
  directory: string,
  path: string,
  bytes: number,
): Promise<DiskFile> {
  await disk.remove(path);
  const file = await disk.open(path, "create");
  await file.allocate(Math.max(bytes, segmentHeaderBytes));
  await disk.syncDirectory(directory);
  return file;
}

/** Makes a reserved file a segment; durable when resolved. */
export async function startSegment(file: DiskFile, header: SegmentHeader): Promise<void> {
  await file.write(0, [encodeHeader(header)]);
  await file.sync();
}

function encodeHeader(header: SegmentHeader): Uint8Array {
  const writer = new ByteWriter(segmentHeaderBytes);
  writer.u32(segmentMagic).u32(formatVersion).f64(header.number).f64(header.firstSequence);
  return writer
    .u32(crc32c(writer.view(), 0, checksumOffset))
    .u32(0)
    .finish();
}

function decodeHeader(path: string, bytes: Buffer): SegmentHeader {
  if (bytes.length < segmentHeaderBytes || bytes.readUInt32BE(0) !== segmentMagic) {
    throw new DataFolderError(`${path} is not a log segment, or its header is damaged`);
  }
  if (crc32c(bytes, 0, checksumOffset) !== bytes.readUInt32BE(checksumOffset)) {
    throw new DataFolderError(`the header of ${path} is damaged (checksum)`);
  }
  const format = bytes.readUInt32BE(4);
  if (format !== formatVersion) {
    throw new DataFolderError(
      `${path} has log format ${format}; this release reads ${formatVersion}`,
    );
  }
  return { number: bytes.readDoubleBE(8), firstSequence: bytes.readDoubleBE(16) };
}

export interface ReplayedSegment {
  /** Sequence of the record that comes next. */
  readonly nextSequence: number;
  /** Where it goes. */
  readonly endOffset: number;
  /** Length of a torn tail that follows and must be cleared before anything is written. */
  readonly tornBytes: number;
}

/**
 * Hands every record of the segment to `apply`, in order. Only the last segment may end in a torn
 * tail. A bad record is part of one unless something that was written later proves that the bad
 * record had been durable: then the log is corrupt, and going on would lose acknowledged writes.
 */
export function replaySegment(
  segment: { readonly path: string; readonly bytes: Buffer; readonly isLast: boolean },
  expected: SegmentHeader,
  apply: (record: LogRecord) => void,
): ReplayedSegment {
  const { path, bytes, isLast } = segment;
  const header = decodeHeader(path, bytes);
  if (header.number !== expected.number) {
    throw new DataFolderError(`${path} holds segment ${header.number}`);
  }
  if (header.firstSequence !== expected.firstSequence) {
    throw new DataFolderError(
      `the log is damaged: records ${expected.firstSequence} to ${header.firstSequence - 1} before ${path} are missing or unreadable`,
    );
  }
  let sequence = header.firstSequence;
  let offset = segmentHeaderBytes;
  for (;;) {
    const found = readLogRecord(bytes, offset, (place) => place.sequence === sequence);
    if (found === undefined) break;
    apply(found.record);
    sequence++;
    offset = found.end;
  }
  const tornBytes = isLast ? bytesUntilZeros(bytes, offset) : 0;
  if (tornBytes > 0) refuseLostRecord(path, bytes, { offset, sequence });
  return { nextSequence: sequence, endOffset: offset, tornBytes };
}

/** From the offset to the last byte that is not zero. */
function bytesUntilZeros(bytes: Buffer, offset: number): number {
  let end = bytes.length;
  while (end > offset && bytes[end - 1] === 0) end--;
  return end - offset;
}

function refuseLostRecord(
  path: string,
  bytes: Buffer,
  bad: { readonly offset: number; readonly sequence: number },
): void {
  for (let offset = bad.offset + 1; offset < bytes.length; offset++) {
    const later = readLogRecord(bytes, offset, (place) => place.durableSequence >= bad.sequence);
    if (later !== undefined) {
      throw new DataFolderError(
        `the log is damaged: the record at byte ${bad.offset} of ${path} is unreadable, but record ${later.place.sequence} after it is whole`,
      );
    }
  }
}

/** Which segments make up the log. Replaced as a whole, so that a crash leaves the old or the new list. */
export async function writeManifest(
  disk: Disk,
  directory: string,
  numbers: readonly number[],
): Promise<void> {
  const writer = new ByteWriter().u32(manifestMagic).u32(formatVersion).varint(numbers.length);
  for (const number of numbers) writer.varint(number);
  writer.u32(crc32c(writer.view()));
  await disk.replaceFile(`${directory}/MANIFEST`, writer.finish());
}

/** Undefined when there is no log yet. */
export async function readManifest(
  disk: Disk,
  directory: string,
): Promise<readonly number[] | undefined> {
  const path = `${directory}/MANIFEST`;
  const content = await disk.readFile(path);
  if (content === undefined) return undefined;
  if (content.length < 13) throw new DataFolderError(`${path} is damaged (too short)`);
  const reader = new ByteReader(content);
  if (reader.u32() !== manifestMagic) throw new DataFolderError(`${path} is not a log manifest`);
  const format = reader.u32();
  if (format !== formatVersion) {
    throw new DataFolderError(
      `${path} has log format ${format}; this release reads ${formatVersion}`,
    );
  }
  const checksum = new ByteReader(content, content.length - 4).u32();
  if (crc32c(content, 0, content.length - 4) !== checksum) {
    throw new DataFolderError(`${path} is damaged (checksum)`);
  }
  return Array.from({ length: reader.varint() }, () => reader.varint());
}
