import { assert } from "#base/assert.ts";
import type { LogStorage } from "./log-storage.ts";
import { entryBytes, type Entry, type SnapshotMetadata } from "./message.ts";

export interface EntryId {
  readonly index: number;
  readonly term: number;
}

/** What has been handed out to be written, and is not known to be durable. */
interface PendingAppend {
  readonly sequence: number;
  /** The durable log will hold our entries up to here. Falls when they are replaced meanwhile. */
  lastIndex: number;
  readonly snapshot: SnapshotMetadata | undefined;
}

/**
 * The replicated log as one replica knows it: what its storage holds durably, and behind it a tail that
 * is still on its way there.
 *
 *   firstIndex        applied    handedOut    commit        last
 *   ────┼────────────────┼───────────┼───────────┼────────────┤
 *   storage ............................│ tail: handed to be written ...│ new
 *                                   stableIndex
 *
 * - Indexes run without a gap; terms never fall from one entry to the next.
 * - applied <= handedOut <= commit <= last, and handedOut <= stableIndex: nothing is applied before it
 *   is durable here, so an applied index never runs ahead of the log on disk.
 * - No entry at or below commit is ever replaced.
 * - While a snapshot is pending, storage is obsolete as a whole and is not read.
 */
export class RaftLog {
  readonly #storage: LogStorage;
  /** Entries after stableIndex. */
  #tail: Entry[] = [];
  #stableIndex: number;
  #pendingSnapshot: SnapshotMetadata | undefined;
  /** The last entry handed out to be written; from stableIndex on. */
  #writtenIndex: number;
  #isSnapshotWritten = true;
  readonly #pending: PendingAppend[] = [];
  #commitIndex: number;
  #handedOutIndex: number;
  #appliedIndex: number;

  constructor(storage: LogStorage, state: { readonly commit: number; readonly applied: number }) {
    const { firstIndex, lastIndex } = storage;
    assert(
      state.applied >= firstIndex - 1 && state.applied <= lastIndex,
      `applied index ${state.applied} is outside the log ${firstIndex}..${lastIndex}`,
    );
    this.#storage = storage;
    this.#stableIndex = lastIndex;
    this.#writtenIndex = lastIndex;
    // A commit index may be on disk before the entries it speaks of.
    this.#commitIndex = Math.max(state.applied, Math.min(state.commit, lastIndex));
    this.#handedOutIndex = state.applied;
    this.#appliedIndex = state.applied;
  }

  get firstIndex(): number {
    const snapshot = this.#pendingSnapshot;
    return snapshot === undefined ? this.#storage.firstIndex : snapshot.index + 1;
  }

  get lastIndex(): number {
    return this.#stableIndex + this.#tail.length;
  }

  get last(): EntryId {
    const index = this.lastIndex;
    return { index, term: this.#heldTerm(index) };
  }

  get commitIndex(): number {
    return this.#commitIndex;
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** Up to here our log is durable. */
  get stableIndex(): number {
    return this.#stableIndex;
  }

  get hasPendingSnapshot(): boolean {
    return this.#pendingSnapshot !== undefined;
  }

  snapshot(): SnapshotMetadata | undefined {
    return this.#pendingSnapshot === undefined ? this.#storage.snapshot() : undefined;
  }

  /** Undefined where we hold no entry: below the snapshot, or past the end. */
  term(index: number): number | undefined {
    if (index > this.#stableIndex) return this.#tail[index - this.#stableIndex - 1]?.term;
    const snapshot = this.#pendingSnapshot;
    if (snapshot !== undefined) return index === snapshot.index ? snapshot.term : undefined;
    return this.#storage.term(index);
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a log that ends there holds everything that this one might have committed. */
  isUpToDate(end: EntryId): boolean {
    const last = this.last;
    return end.term > last.term || (end.term === last.term && end.index >= last.index);
  }

  /** As in LogStorage, over the whole log. */
  entries(low: number, high: number, bytesMax: number): readonly Entry[] {
    assert(low >= this.firstIndex && high <= this.lastIndex + 1, `no entries [${low}, ${high})`);
    if (low >= high) return [];
    const tailStart = this.#stableIndex + 1;
    if (low >= tailStart) {
      return takeBytes(this.#tail, low - tailStart, high - tailStart, bytesMax);
    }
    const durable = this.#storage.entries(low, Math.min(high, tailStart), bytesMax);
    if (high <= tailStart || low + durable.length < tailStart) return durable;
    let bytes = 0;
    for (const entry of durable) bytes += entryBytes(entry);
    const next = this.#tail[0];
    if (next === undefined || bytes + entryBytes(next) > bytesMax) return durable;
    return [...durable, ...takeBytes(this.#tail, 0, high - tailStart, bytesMax - bytes)];
  }

  /** For a leader: adds to the end. */
  push(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, `entry ${entry.index} leaves a gap`);
    this.#tail.push(entry);
  }

  /**
   * For a follower: takes over a leader's entries, which follow one that we hold. What we hold already
   * stays, and so does what comes after it, because the message may be a late copy of a shorter one.
   */
  append(entries: readonly Entry[]): void {
    const firstNew = entries.findIndex((entry) => this.term(entry.index) !== entry.term);
    if (firstNew !== -1) this.#replaceTail(firstNew === 0 ? entries : entries.slice(firstNew));
  }

  /** Moves the commit index forward. A stale, lower index is not an error. */
  commitTo(index: number): void {
    if (index <= this.#commitIndex) return;
    assert(index <= this.lastIndex, `commit ${index} is past the last entry ${this.lastIndex}`);
    this.#commitIndex = index;
  }

  /** Forgets everything for a snapshot that is ahead of what is committed here. */
  restore(snapshot: SnapshotMetadata): void {
    assert(snapshot.index > this.#commitIndex, `snapshot ${snapshot.index} is behind the log`);
    this.#pendingSnapshot = snapshot;
    this.#isSnapshotWritten = false;
    this.#tail = [];
    this.#stableIndex = snapshot.index;
    this.#writtenIndex = snapshot.index;
    this.#commitIndex = snapshot.index;
    for (const pending of this.#pending) pending.lastIndex = 0;
  }

  get hasUnwritten(): boolean {
    return this.#writtenIndex < this.lastIndex || !this.#isSnapshotWritten;
  }

  /** What is new since the last call; to be written under this sequence. */
  takeUnwritten(sequence: number): {
    readonly snapshot: SnapshotMetadata | undefined;
    readonly entries: readonly Entry[];
  } {
    const snapshot = this.#isSnapshotWritten ? undefined : this.#pendingSnapshot;
    const entries = this.#tail.slice(this.#writtenIndex - this.#stableIndex);
    this.#isSnapshotWritten = true;
    this.#writtenIndex = this.lastIndex;
    this.#pending.push({ sequence, lastIndex: this.lastIndex, snapshot });
    return { snapshot, entries };
  }

  /** The writes up to this sequence are durable. */
  written(sequence: number): void {
    let done = 0;
    for (const { sequence: number, lastIndex, snapshot } of this.#pending) {
      if (number > sequence) break;
      done++;
      if (snapshot !== undefined && snapshot === this.#pendingSnapshot) {
        this.#pendingSnapshot = undefined;
        this.#handedOutIndex = snapshot.index;
        this.#appliedIndex = snapshot.index;
      }
      if (lastIndex > this.#stableIndex) {
        this.#tail.splice(0, lastIndex - this.#stableIndex);
        this.#stableIndex = lastIndex;
      }
    }
    this.#pending.splice(0, done);
  }

  get hasCommittedToHandOut(): boolean {
    return (
      this.#pendingSnapshot === undefined &&
      this.#handedOutIndex < Math.min(this.#commitIndex, this.#stableIndex)
    );
  }

  /** Committed, durable, and not handed out before. */
  takeCommitted(bytesMax: number): readonly Entry[] {
    if (!this.hasCommittedToHandOut) return [];
    const high = Math.min(this.#commitIndex, this.#stableIndex) + 1;
    const entries = this.#storage.entries(this.#handedOutIndex + 1, high, bytesMax);
    assert(entries.length > 0, `storage lost committed entry ${this.#handedOutIndex + 1}`);
    this.#handedOutIndex += entries.length;
    return entries;
  }

  applied(index: number): void {
    // A snapshot may have overtaken the entries that were being applied.
    if (index <= this.#appliedIndex) return;
    assert(index <= this.#handedOutIndex, `entry ${index} was not handed out to be applied`);
    this.#appliedIndex = index;
  }

  /** Whether a committed entry that is not applied yet would change the configuration. */
  hasUnappliedConfiguration(): boolean {
    const bytesMax = 1024 * 1024;
    for (let low = this.#appliedIndex + 1; low <= this.#commitIndex;) {
      const entries = this.entries(low, this.#commitIndex + 1, bytesMax);
      if (entries.some((entry) => entry.kind === "configuration")) return true;
      low += entries.length;
    }
    return false;
  }

  /**
   * The last entry at or below `end.index` whose term is not above `end.term`: where a log that ends
   * there may still agree with ours. Skips a whole term at a time, so that a long divergence
   * costs few round trips.
   */
  lastPossibleMatch(end: EntryId): EntryId {
    let index = Math.min(end.index, this.lastIndex);
    for (;;) {
      const term = this.term(index);
      if (term === undefined || term <= end.term) return { index, term: term ?? 0 };
      index--;
    }
  }

  #replaceTail(entries: readonly Entry[]): void {
    const first = entries[0];
    assert(first !== undefined, "an empty tail replaces nothing");
    assert(first.index > this.#commitIndex, `entry ${first.index} is committed and cannot change`);
    assert(first.index <= this.lastIndex + 1, `entry ${first.index} leaves a gap`);
    const kept = first.index - 1;
    if (kept < this.lastIndex) {
      if (kept < this.#stableIndex) {
        this.#stableIndex = kept;
        this.#tail = [];
      } else {
        this.#tail.length = kept - this.#stableIndex;
      }
      this.#writtenIndex = Math.min(this.#writtenIndex, kept);
      for (const pending of this.#pending) pending.lastIndex = Math.min(pending.lastIndex, kept);
    }
    for (const entry of entries) this.#tail.push(entry);
  }

  #heldTerm(index: number): number {
    const term = this.term(index);
    assert(term !== undefined, `no entry ${index} in the log`);
    return term;
  }
}

/** Entries [low, high) of the list, as many as fit, but at least one. */
export function takeBytes(
  entries: readonly Entry[],
  low: number,
  high: number,
  bytesMax: number,
): readonly Entry[] {
  let bytes = 0;
  let end = low;
  for (; end < high; end++) {
    const entry = entries[end];
    if (entry === undefined) break;
    bytes += entryBytes(entry);
    if (bytes > bytesMax && end > low) break;
  }
  return entries.slice(low, end);
}
