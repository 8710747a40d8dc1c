import type { RangeId } from "#base/ids.ts";
import { assert } from "#base/assert.ts";
import {
  emptyHardState,
  logEntryBytes,
  logStart,
  type LogEntry,
  type LogHardState,
  type LogPosition,
} from "./log-entry.ts";

/**
 * One range's part of the shared log, in memory: every entry that is not truncated, its hard state
 * and the position its front was cut at. Answers without I/O; serves raft's LogStorage port (all
 * but `snapshot`, which the replica adds).
 *
 *   truncated.index │ firstIndex … lastIndex
 *
 * - Entries are contiguous; firstIndex = truncated.index + 1.
 * - It shows what was appended, whether or not that is durable yet: only the promise that
 *   SharedLog.append returned says so.
 * - Changed by SharedLog only.
 */
export class RangeLog {
  readonly rangeId: RangeId;
  #entries: LogEntry[] = [];
  /** Where the entries begin in #entries; what stands before it was truncated. */
  #head = 0;
  #truncated: LogPosition = logStart;
  #hardState: LogHardState = emptyHardState;
  #bytes = 0;

  constructor(rangeId: RangeId) {
    this.rangeId = rangeId;
  }

  get firstIndex(): number {
    return this.#truncated.index + 1;
  }

  get lastIndex(): number {
    return this.#truncated.index + this.#entries.length - this.#head;
  }

  get truncated(): LogPosition {
    return this.#truncated;
  }

  get hardState(): LogHardState {
    return this.#hardState;
  }

  /** Bytes of the entries held, by `logEntryBytes`: what truncation policy looks at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when nothing was ever written for the range. */
  get isEmpty(): boolean {
    return this.lastIndex === 0 && this.#hardState.term === 0;
  }

  /** The term of an entry, from firstIndex - 1 to lastIndex; undefined outside. */
  term(index: number): number | undefined {
    if (index === this.#truncated.index) return this.#truncated.term;
    return this.#entries[this.#head + index - this.firstIndex]?.term;
  }

  entry(index: number): LogEntry | undefined {
    return index < this.firstIndex
      ? undefined
      : this.#entries[this.#head + index - this.firstIndex];
  }

  /** Entries of [low, high), as many from the front as fit in bytesMax, but at least one. */
  entries(low: number, high: number, bytesMax: number): readonly LogEntry[] {
    assert(
      this.firstIndex <= low && low <= high && high <= this.lastIndex + 1,
      `entries [${low}, ${high}) are not within [${this.firstIndex}, ${this.lastIndex}]`,
    );
    const start = this.#head + low - this.firstIndex;
    const end = start + high - low;
    let bytes = 0;
    for (let at = start; at < end; at++) {
      const entry = this.#entries[at];
      assert(entry !== undefined, "range log has a hole");
      bytes += logEntryBytes(entry);
      if (bytes > bytesMax && at > start) return this.#entries.slice(start, at);
    }
    return this.#entries.slice(start, end);
  }

  /** Puts entries at the end, after dropping whatever stood at their indexes or above. */
  append(entries: readonly LogEntry[], hardState: LogHardState | undefined): void {
    if (hardState !== undefined) this.#hardState = hardState;
    const first = entries[0];
    if (first === undefined) return;
    assert(
      first.index >= this.firstIndex && first.index <= this.lastIndex + 1,
      `append at ${first.index} leaves a gap after ${this.lastIndex}, or is below ${this.firstIndex}`,
    );
    this.#dropFrom(first.index);
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, "appended entries are not contiguous");
      this.#entries.push(entry);
      this.#bytes += logEntryBytes(entry);
    }
  }

  /** Drops entries up to and including index. */
  truncate(index: number): void {
    if (index <= this.#truncated.index) return;
    const term = this.term(index);
    assert(term !== undefined, `truncation at ${index} is beyond ${this.lastIndex}`);
    const count = index - this.#truncated.index;
    for (let at = this.#head; at < this.#head + count; at++) {
      const entry = this.#entries[at];
      assert(entry !== undefined, "range log has a hole");
      this.#bytes -= logEntryBytes(entry);
    }
    this.#head += count;
    this.#truncated = { index, term };
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) this.#compact();
    else this.#entries.fill(placeholder, this.#head - count, this.#head);
  }

  /** The log after a snapshot: no entries, and everything up to `truncated` is gone. */
  reset(truncated: LogPosition): void {
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#truncated = truncated;
  }

  #dropFrom(index: number): void {
    const keep = this.#head + index - this.firstIndex;
    for (let at = keep; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry !== undefined) this.#bytes -= logEntryBytes(entry);
    }
    this.#entries.length = keep;
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

/** Stands in truncated slots, so that the command's bytes can be collected. */
const placeholder: LogEntry = { index: 0, term: 0, kind: "command", command: new Uint8Array(0) };
