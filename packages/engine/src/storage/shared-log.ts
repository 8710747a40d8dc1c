import { assert } from "#base/assert.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { RangeId } from "#base/ids.ts";
import type { Disk, DiskFile, Runtime } from "#runtime/ports.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { logStart, emptyHardState } from "./log-entry.ts";
import type { LogEntry, LogHardState, LogPosition } from "./log-entry.ts";
import { writeLogRecord, type LogRecord } from "./log-record.ts";
import {
  readManifest,
  replaySegment,
  reserveSegment,
  segmentHeaderBytes,
  segmentNumber,
  segmentPath,
  startSegment,
  writeManifest,
  type ReplayedSegment,
} from "./log-segment.ts";
import { LogReplay } from "./log-replay.ts";
import { RangeLog } from "./range-log.ts";
import { RecordPlaces } from "./record-places.ts";

export interface SharedLogOptions {
  /** Directory within the disk; created when absent. Default `wal`. */
  readonly directory?: string;
  /** Size a segment is preallocated to and rotated at. Default 16 MiB; tests use 4 KiB. */
  readonly segmentBytes?: number;
  /** Above this many segments the live records of the oldest are rewritten forward. Default 8. */
  readonly segmentsMax?: number;
}

export interface LogAppend {
  readonly rangeId: RangeId;
  readonly entries: readonly LogEntry[];
  /** Undefined when it did not change. */
  readonly hardState?: LogHardState | undefined;
  /** False when nobody waits for durability: resolves when written, synced with a later append. */
  readonly sync: boolean;
}

interface QueuedRecord {
  readonly record: LogRecord;
  readonly sync: boolean;
  readonly resolve: () => void;
}

/** What a record without entries takes, roughly. */
const rangeOverheadBytes = 64;

/** One write gathers records up to about this size. */
const groupBytesMax = 4 * 2 ** 20;

/**
 * The write-ahead log of all ranges of a node, and its durability point.
 *
 *   append ──┐                      ┌─── durable write ───┐
 *   append ──┼─ queue ── one group ─┤                     ├─ all promises resolve
 *   append ──┘                      └─────────────────────┘   (the next group gathers meanwhile)
 *
 * - Appends reach `rangeLog` at once and the disk in the order of the calls.
 * - Records carry their length, a CRC32C and a sequence number without gaps. A torn tail of the
 *   last segment is cut on open; a bad record anywhere else is corruption, and open refuses.
 * - Truncation is logical. A segment is removed when no range needs it; when idle ranges keep an
 *   old one alive, what they need is written again at the end.
 * - A failed write or sync is fatal: what the disk holds then is unknown.
 */
export class SharedLog {
  readonly #runtime: Runtime;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #segmentsMax: number;

  #logs = new Map<RangeId, RangeLog>();
  readonly #places = new RecordPlaces();

  /** Numbers of the segments that make up the log, oldest first; the last one is written to. */
  #segments: number[] = [];
  #file: DiskFile | undefined;
  #offset = 0;
  /** The file of the next segment, reserved while the active one fills. */
  #nextFile: Promise<DiskFile> | undefined;
  #nextSequence = 1;
  #durableSequence = 0;

  #queue: QueuedRecord[] = [];
  #isDraining = false;
  #isReclaimWanted = false;
  #isClosed = false;
  readonly #idle: (() => void)[] = [];
  #groupStartedAtMs: number | undefined;
  readonly #buffer = new ByteWriter(64 * 1024);

  private constructor(runtime: Runtime, disk: Disk, options: SharedLogOptions) {
    this.#runtime = runtime;
    this.#disk = disk;
    this.#directory = options.directory ?? "wal";
    this.#segmentBytes = options.segmentBytes ?? 16 * 2 ** 20;
    this.#segmentsMax = options.segmentsMax ?? 8;
  }

  /** Throws DataFolderError when the log is damaged other than at its tail. */
  static async open(
    runtime: Runtime,
    disk: Disk,
    options: SharedLogOptions = {},
  ): Promise<SharedLog> {
    const log = new SharedLog(runtime, disk, options);
    await log.#recover();
    return log;
  }

  /** Ranges that have anything in the log, ascending. */
  rangeIds(): readonly RangeId[] {
    return [...this.#logs.values()]
      .filter((log) => !log.isEmpty)
      .map((log) => log.rangeId)
      .sort((a, b) => a - b);
  }

  /** The range's log; an empty one is made for a range that has none. The same object until removeRange. */
  rangeLog(rangeId: RangeId): RangeLog {
    let log = this.#logs.get(rangeId);
    if (log === undefined) {
      log = new RangeLog(rangeId);
      this.#logs.set(rangeId, log);
    }
    return log;
  }

  /** Resolves when the append, and all before it, are durable (written, when `sync` is false). */
  append(append: LogAppend): Promise<void> {
    const log = this.rangeLog(append.rangeId);
    log.append(append.entries, append.hardState);
    return this.#enqueue(
      { ...position(log), kind: "append", entries: append.entries },
      append.sync,
    );
  }

  /**
   * Drops entries up to index from memory at once; the disk follows. Index must be at or below
   * what Store.durableAppliedIndex says.
   */
  truncate(rangeId: RangeId, index: number): void {
    this.rangeLog(rangeId).truncate(index);
    if (this.#segments.length > 1 && !this.#isReclaimWanted) {
      this.#isReclaimWanted = true;
      this.#startDraining();
    }
  }

  /** Replaces the range's log by the position of a snapshot that was installed; durable when resolved. */
  reset(rangeId: RangeId, position: LogPosition, hardState: LogHardState): Promise<void> {
    const log = this.rangeLog(rangeId);
    log.reset(position);
    log.append([], hardState);
    return this.#enqueue(replacement(log), true);
  }

  /** Forgets the range: its replica was removed from this node. Durable when resolved. */
  removeRange(rangeId: RangeId): Promise<void> {
    this.#logs.delete(rangeId);
    return this.#enqueue(
      { kind: "remove", rangeId, truncated: logStart, hardState: emptyHardState, entries: [] },
      true,
    );
  }

  /** How long the write and sync under way has been taking; 0 when none is. A disk that hangs shows here. */
  get syncAgeMs(): number {
    const startedAtMs = this.#groupStartedAtMs;
    return startedAtMs === undefined ? 0 : this.#runtime.clock.monotonicMs() - startedAtMs;
  }

  /** Bytes of segments on disk, for metrics. */
  get diskBytes(): number {
    return (this.#segments.length - 1) * this.#segmentBytes + this.#offset;
  }

  /** Waits for everything appended, then closes the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isDraining) await new Promise<void>((resolve) => this.#idle.push(resolve));
    const file = this.#openFile();
    await file.sync();
    await file.close();
    await (await this.#nextFile)?.close();
  }

  #enqueue(record: LogRecord, sync: boolean): Promise<void> {
    assert(!this.#isClosed, "append to a closed log");
    return new Promise((resolve) => {
      this.#queue.push({ record, sync, resolve });
      this.#startDraining();
    });
  }

  /** Starts the writer at the end of this turn, so that all appends of the turn are one group. */
  #startDraining(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#runtime.clock.soon(() => {
      this.#drain().catch((error: unknown) => {
        this.#runtime.fatal("the write-ahead log could not be written", error);
      });
    });
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 || this.#isReclaimWanted) {
      if (this.#queue.length > 0) {
        this.#groupStartedAtMs = this.#runtime.clock.monotonicMs();
        await this.#writeGroup();
        this.#groupStartedAtMs = undefined;
      }
      if (this.#isReclaimWanted) {
        this.#isReclaimWanted = false;
        await this.#reclaim();
      }
    }
    this.#isDraining = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #writeGroup(): Promise<void> {
    const next = this.#queue[0];
    assert(next !== undefined, "nothing is queued");
    const isEmptySegment = this.#offset === segmentHeaderBytes;
    if (!isEmptySegment && this.#offset + roughBytes(next.record) > this.#segmentBytes) {
      await this.#rotate();
    }
    const segment = this.#activeSegment();
    const room = Math.min(this.#segmentBytes - this.#offset, groupBytesMax);
    const buffer = this.#buffer.reset();
    const group: QueuedRecord[] = [];
    let wantsSync = false;
    for (const queued of this.#queue) {
      if (group.length > 0 && buffer.length + roughBytes(queued.record) > room) break;
      const place = { sequence: this.#nextSequence, durableSequence: this.#durableSequence };
      writeLogRecord(buffer, place, queued.record);
      this.#nextSequence++;
      this.#places.written(segment, queued.record);
      group.push(queued);
      wantsSync ||= queued.sync;
    }
    this.#queue = this.#queue.slice(group.length);

    const file = this.#openFile();
    const sequence = this.#nextSequence - 1;
    const isAllElseDurable = this.#durableSequence === sequence - group.length;
    if (wantsSync && isAllElseDurable) await file.writeDurably(this.#offset, [buffer.view()]);
    else await file.write(this.#offset, [buffer.view()]);
    this.#offset += buffer.length;
    if (wantsSync) {
      if (!isAllElseDurable) await file.sync();
      this.#durableSequence = sequence;
    }
    for (const { resolve } of group) resolve();
    if (this.#offset * 2 > this.#segmentBytes) this.#reserveNext();
  }

  /** Seals the active segment and goes on in a new one. */
  async #rotate(): Promise<void> {
    const sealed = this.#openFile();
    await sealed.sync();
    this.#durableSequence = this.#nextSequence - 1;
    this.#reserveNext();
    const number = this.#activeSegment() + 1;
    const file = await this.#nextFile;
    assert(file !== undefined, "the next segment was not reserved");
    this.#nextFile = undefined;
    await startSegment(file, { number, firstSequence: this.#nextSequence });
    await writeManifest(this.#disk, this.#directory, [...this.#segments, number]);
    this.#file = file;
    this.#segments.push(number);
    this.#offset = segmentHeaderBytes;
    await sealed.close();
    this.#isReclaimWanted = true;
  }

  /** Reserving takes a while, and nobody should wait for it. */
  #reserveNext(): void {
    if (this.#nextFile !== undefined) return;
    const path = segmentPath(this.#directory, this.#activeSegment() + 1);
    this.#nextFile = reserveSegment(this.#disk, this.#directory, path, this.#segmentBytes);
    this.#nextFile.catch((error: unknown) => {
      this.#runtime.fatal("no new segment for the write-ahead log", error);
    });
  }

  /** Removes segments from the front while no range needs them, or there are too many. */
  async #reclaim(): Promise<void> {
    while (this.#segments.length > 1) {
      const oldest = this.#segments[0];
      assert(oldest !== undefined, "the log has no segment");
      const needs = this.#places.needsOf(oldest, (rangeId) => this.#logs.get(rangeId));
      if (needs.live.length > 0 && !this.#isWorthRewriting()) return;

      // What is needed goes to the end of the log first, and is durable before the old copy goes.
      const forward = [
        ...needs.live.map((log) => replacement(log)),
        ...needs.cut.map((log): LogRecord => ({ ...position(log), kind: "append" })),
      ].map((record): QueuedRecord => ({ record, sync: true, resolve: () => {} }));
      this.#queue.push(...forward);
      const last = forward.at(-1);
      while (last !== undefined && this.#queue.includes(last)) await this.#writeGroup();
      if (this.#durableSequence < this.#nextSequence - 1) {
        const sequence = this.#nextSequence - 1;
        await this.#openFile().sync();
        this.#durableSequence = sequence;
      }

      const rest = this.#segments.slice(1);
      await writeManifest(this.#disk, this.#directory, rest);
      this.#segments = rest;
      this.#places.removed(oldest);
      await this.#disk.remove(segmentPath(this.#directory, oldest));
      await this.#disk.syncDirectory(this.#directory);
    }
  }

  /** More than half of what is on disk is dead, and there is much of it. */
  #isWorthRewriting(): boolean {
    if (this.#segments.length <= this.#segmentsMax) return false;
    let liveBytes = 0;
    for (const log of this.#logs.values()) liveBytes += log.bytes + rangeOverheadBytes;
    return liveBytes * 2 < this.diskBytes;
  }

  async #recover(): Promise<void> {
    await this.#disk.makeDirectory(this.#directory);
    const numbers = await readManifest(this.#disk, this.#directory);
    if (numbers === undefined) await this.#create();
    else await this.#replay(numbers);
  }

  async #create(): Promise<void> {
    // Without a manifest nothing was ever appended; a segment may be left of a start that was cut short.
    await this.#removeFilesExcept([]);
    const path = segmentPath(this.#directory, 1);
    this.#file = await reserveSegment(this.#disk, this.#directory, path, this.#segmentBytes);
    await startSegment(this.#file, { number: 1, firstSequence: 1 });
    await writeManifest(this.#disk, this.#directory, [1]);
    this.#segments = [1];
    this.#offset = segmentHeaderBytes;
  }

  async #replay(numbers: readonly number[]): Promise<void> {
    const names = new Set(await this.#disk.list(this.#directory));
    const replay = new LogReplay();
    let state: ReplayedSegment | undefined;
    for (const number of numbers) {
      const path = segmentPath(this.#directory, number);
      if (!names.has(path.slice(this.#directory.length + 1))) {
        throw new DataFolderError(`the log is damaged: ${path} is missing`);
      }
      const isLast = number === numbers[numbers.length - 1];
      const file = await this.#disk.open(path, "existing");
      const bytes = toBuffer(await file.read(0, await file.size()));
      const firstSequence = state?.nextSequence ?? firstSequenceOf(bytes);
      state = replaySegment({ path, bytes, isLast }, { number, firstSequence }, (record) => {
        replay.apply(record);
        this.#places.written(number, record);
      });
      if (isLast) this.#file = file;
      else await file.close();
    }
    assert(state !== undefined, "the manifest lists no segment");
    this.#logs = replay.finish();
    this.#segments = [...numbers];
    this.#offset = state.endOffset;
    this.#nextSequence = state.nextSequence;

    const file = this.#openFile();
    if (state.tornBytes > 0) {
      this.#runtime.log.info("cut the torn tail of the write-ahead log", {
        segment: this.#activeSegment(),
        offset: state.endOffset,
        bytes: state.tornBytes,
      });
      await file.write(state.endOffset, [new Uint8Array(state.tornBytes)]);
    }
    // What was replayed may have been written without a sync before the crash.
    await file.sync();
    this.#durableSequence = this.#nextSequence - 1;
    await this.#removeFilesExcept(numbers);
  }

  /** Segments that a crash left between creating or removing a file and the manifest that says so. */
  async #removeFilesExcept(numbers: readonly number[]): Promise<void> {
    for (const name of await this.#disk.list(this.#directory)) {
      const number = segmentNumber(name);
      if (number === undefined || numbers.includes(number)) continue;
      await this.#disk.remove(`${this.#directory}/${name}`);
    }
    await this.#disk.syncDirectory(this.#directory);
  }

  #activeSegment(): number {
    const active = this.#segments.at(-1);
    assert(active !== undefined, "the log has no segment");
    return active;
  }

  #openFile(): DiskFile {
    assert(this.#file !== undefined, "the log is not open");
    return this.#file;
  }
}

/** Everything the range's log holds. */
function replacement(log: RangeLog): LogRecord {
  const entries = log.entries(log.firstIndex, log.lastIndex + 1, Infinity);
  return { ...position(log), kind: "replace", entries };
}

function position(log: RangeLog): Omit<LogRecord, "kind"> {
  const { rangeId, truncated, hardState } = log;
  return { rangeId, truncated, hardState, entries: [] };
}

function roughBytes(record: LogRecord): number {
  let bytes = rangeOverheadBytes;
  for (const entry of record.entries) bytes += entry.command.length + 12;
  return bytes;
}

/** The first segment of a log may begin anywhere; `replaySegment` checks the header it is part of. */
function firstSequenceOf(segment: Buffer): number {
  return segment.length < segmentHeaderBytes ? 0 : segment.readDoubleBE(16);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
