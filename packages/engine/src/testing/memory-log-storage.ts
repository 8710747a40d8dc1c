import { assert } from "#base/assert.ts";
import type { Configuration } from "#raft/configuration.ts";
import type { LogStorage } from "#raft/log-storage.ts";
import { takeBytes } from "#raft/log.ts";
import type { Entry, HardState, SnapshotMetadata } from "#raft/message.ts";
import type { StorageAppend } from "#raft/ready.ts";

/** A raft log in memory, with everything that a disk would keep of a replica. */
export class MemoryLogStorage implements LogStorage {
  hardState: HardState | undefined;
  #base: { readonly index: number; readonly term: number } = { index: 0, term: 0 };
  #entries: Entry[] = [];
  /** Taken when somebody asks; the tests' state machine says what it has applied. */
  takeSnapshot: () => SnapshotMetadata | undefined = () => undefined;

  get firstIndex(): number {
    return this.#base.index + 1;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  term(index: number): number | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term;
  }

  entries(low: number, high: number, bytesMax: number): readonly Entry[] {
    assert(low >= this.firstIndex && high <= this.lastIndex + 1, `no entries [${low}, ${high})`);
    const offset = this.firstIndex;
    return takeBytes(this.#entries, low - offset, high - offset, bytesMax);
  }

  snapshot(): SnapshotMetadata | undefined {
    return this.takeSnapshot();
  }

  /** Carries out one append, as if it had reached the disk. */
  append({ hardState, snapshot, entries }: StorageAppend): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (snapshot !== undefined) this.restart(snapshot);
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index >= this.firstIndex, `entry ${first.index} is compacted`);
    assert(first.index <= this.lastIndex + 1, `entry ${first.index} leaves a gap`);
    this.#entries.length = first.index - this.firstIndex;
    this.#entries.push(...entries);
  }

  /** Forgets all entries: the log now starts after the snapshot. */
  restart(snapshot: { readonly index: number; readonly term: number }): void {
    this.#base = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
  }

  /** Drops entries up to the index. */
  compact(index: number): void {
    const term = this.term(index);
    assert(term !== undefined, `nothing to compact at ${index}`);
    this.#entries.splice(0, index - this.#base.index);
    this.#base = { index, term };
  }
}

/** What a replica keeps beside its log: the state machine's place and the configuration there. */
export interface AppliedState {
  readonly index: number;
  readonly configuration: Configuration;
}
