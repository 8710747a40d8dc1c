import { assert } from "#base/assert.ts";
import type { RangeId } from "#base/ids.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { emptyHardState, logStart } from "./log-entry.ts";
import type { LogEntry, LogHardState, LogPosition } from "./log-entry.ts";
import type { LogRecord } from "./log-record.ts";
import { RangeLog } from "./range-log.ts";

interface ReplayedRange {
  entries: LogEntry[];
  truncated: LogPosition;
  hardState: LogHardState;
}

/**
 * Puts the ranges' logs together again from the records, oldest first.
 *
 * A range's first records may be gone with their segments. Until a later record says where the log
 * is cut, its entries may thus begin anywhere; only the end of the replay can tell a hole.
 */
export class LogReplay {
  readonly #ranges = new Map<RangeId, ReplayedRange>();

  apply(record: LogRecord): void {
    if (record.kind === "remove") {
      this.#ranges.delete(record.rangeId);
      return;
    }
    let range = this.#ranges.get(record.rangeId);
    if (range === undefined || record.kind === "replace") {
      range = { entries: [], truncated: logStart, hardState: emptyHardState };
      this.#ranges.set(record.rangeId, range);
    }
    range.hardState = record.hardState;
    range.truncated = record.truncated;
    const first = record.entries[0];
    if (first !== undefined) {
      const start = range.entries[0]?.index ?? first.index;
      range.entries.length = Math.max(0, Math.min(range.entries.length, first.index - start));
      for (const entry of record.entries) range.entries.push(entry);
    }
  }

  /** Throws DataFolderError when a range lacks entries. */
  finish(): Map<RangeId, RangeLog> {
    const logs = new Map<RangeId, RangeLog>();
    for (const [rangeId, { entries, truncated, hardState }] of this.#ranges) {
      const kept = entries.filter((entry) => entry.index > truncated.index);
      let expected = truncated.index + 1;
      for (const entry of kept) {
        if (entry.index !== expected) {
          throw new DataFolderError(
            `the log is damaged: entries ${expected} to ${entry.index - 1} of range ${rangeId} are missing`,
          );
        }
        expected++;
      }
      const log = new RangeLog(rangeId);
      log.reset(truncated);
      log.append(kept, hardState);
      assert(log.lastIndex === expected - 1, "replay lost entries");
      logs.set(rangeId, log);
    }
    return logs;
  }
}
