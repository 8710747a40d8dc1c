import type { LogStorage } from "#raft/log-storage.ts";
import type { Entry, SnapshotMetadata } from "#raft/message.ts";
import type { RangeLog } from "#storage/range-log.ts";

/** A range's log as raft wants to see it: what storage holds, and what a snapshot would hold. */
export class ReplicaLog implements LogStorage {
  readonly #log: RangeLog;
  readonly #describeSnapshot: () => SnapshotMetadata | undefined;

  constructor(log: RangeLog, describeSnapshot: () => SnapshotMetadata | undefined) {
    this.#log = log;
    this.#describeSnapshot = describeSnapshot;
  }

  get firstIndex(): number {
    return this.#log.firstIndex;
  }

  get lastIndex(): number {
    return this.#log.lastIndex;
  }

  term(index: number): number | undefined {
    return this.#log.term(index);
  }

  entries(low: number, high: number, bytesMax: number): readonly Entry[] {
    return this.#log.entries(low, high, bytesMax);
  }

  snapshot(): SnapshotMetadata | undefined {
    return this.#describeSnapshot();
  }
}
