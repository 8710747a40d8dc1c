import type { Entry, SnapshotMetadata } from "./message.ts";

/**
 * The durable part of one replica's log, as raft reads it. Synchronous: what raft asks for while it
 * replicates is recent and held in memory by whoever implements this.
 *
 * - It holds the entries from firstIndex to lastIndex without a gap, and the term of firstIndex - 1.
 * - What a Ready asked to append is visible here by the time `storageAppended` is called for it.
 * - Entries go away from the front only, and never above the applied index.
 * - A log that was never written has firstIndex 1 and lastIndex 0.
 */
export interface LogStorage {
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** The term of the entry, from firstIndex - 1 to lastIndex; undefined outside. */
  term(index: number): number | undefined;
  /**
   * Entries of [low, high), firstIndex <= low <= high <= lastIndex + 1, as many from the front as fit in
   * bytesMax (by `entryBytes`), but at least one when low < high. The caller does not change them.
   */
  entries(low: number, high: number, bytesMax: number): readonly Entry[];
  /**
   * What a snapshot taken now would hold; asked for when a follower needs entries that are gone.
   * Undefined when none can be taken now: raft asks again later.
   */
  snapshot(): SnapshotMetadata | undefined;
}
