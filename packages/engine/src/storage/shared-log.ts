import { InvariantViolation } from "#base/assert.ts";
import type { RangeId } from "#base/ids.ts";
import type { Disk, Runtime } from "#runtime/ports.ts";
import type { LogEntry, LogHardState, LogPosition } from "./log-entry.ts";
import type { RangeLog } from "./range-log.ts";

export interface SharedLogOptions {
  /** Directory within the disk; created when absent. Default `wal`. */
  readonly directory?: string;
  /** Size a segment is preallocated to and rotated at. Default 64 MiB; tests use 4 KiB. */
  readonly segmentBytes?: number;
  /** Above this many segments the live records of the oldest are rewritten forward. Default 4. */
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

/**
 * The write-ahead log of all ranges of a node, and its durability point.
 *
 *   append ──┐                      ┌─ writev ─ fdatasync ─┐
 *   append ──┼─ queue ── one group ─┤                      ├─ all promises resolve
 *   append ──┘                      └──────────────────────┘   (the next group gathers meanwhile)
 *
 * - Appends reach `rangeLog` at once and the disk in the order of the calls.
 * - Records carry their length, a CRC32C and a sequence number without gaps. A torn tail of the
 *   last segment is cut on open; a bad record anywhere else is corruption, and open refuses.
 * - Truncation is logical. A segment is removed when no range needs it; when idle ranges keep an
 *   old one alive, what they need is written again at the end.
 * - A failed write or sync is fatal: what the disk holds then is unknown.
 */
export class SharedLog {
  /** Throws DataFolderError when the log is damaged other than at its tail. */
  static open(_runtime: Runtime, _disk: Disk, _options?: SharedLogOptions): Promise<SharedLog> {
    throw new InvariantViolation("not written yet");
  }

  /** Ranges that have anything in the log, ascending. */
  rangeIds(): readonly RangeId[] {
    throw new InvariantViolation("not written yet");
  }

  /** The range's log; an empty one is made for a range that has none. Always the same object. */
  rangeLog(_rangeId: RangeId): RangeLog {
    throw new InvariantViolation("not written yet");
  }

  /** Resolves when the append, and all before it, are durable (written, when `sync` is false). */
  append(_append: LogAppend): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /**
   * Drops entries up to index from memory at once; the disk follows. Index must be at or below
   * what Store.durableAppliedIndex says.
   */
  truncate(_rangeId: RangeId, _index: number): void {
    throw new InvariantViolation("not written yet");
  }

  /** Replaces the range's log by the position of a snapshot that was installed; durable when resolved. */
  reset(_rangeId: RangeId, _position: LogPosition, _hardState: LogHardState): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** Forgets the range: its replica was removed from this node. Durable when resolved. */
  removeRange(_rangeId: RangeId): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** Waits for everything appended, then closes the files. */
  close(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}
