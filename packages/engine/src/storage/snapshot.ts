import { InvariantViolation } from "#base/assert.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { RangeStateWrite, Store } from "./store.ts";

/**
 * The state of a range at one applied index, cut into chunks for a replica that lags too far.
 *
 * - Chunks are opaque to all but SnapshotWriter; each is at most about chunkBytes long.
 * - Memory is bounded by one chunk plus what was applied to the span since the snapshot was opened.
 */
export interface StoreSnapshot {
  readonly appliedIndex: number;
  /** All of the range's own records at that index. */
  readonly state: readonly RangeStateWrite[];
  /** The next chunk; undefined when all were given. */
  next(): Promise<Uint8Array | undefined>;
  close(): void;
}

/** Flushes first, so that the snapshot is of one applied index and the overlay holds nothing of it. */
export function openSnapshot(
  _store: Store,
  _options: { readonly rangeId: RangeId; readonly span: Span; readonly chunkBytes?: number },
): Promise<StoreSnapshot> {
  throw new InvariantViolation("not written yet");
}

/**
 * Takes the chunks of a snapshot and puts them in place of whatever the span and the range held.
 *
 *   open ── write chunk … ── install | abort
 *
 * - Chunks gather in a staging area. Only `install` changes the range, in one step: a crash before
 *   it leaves the old state, a crash after it the new one.
 * - No apply for the range may run between `install` and its promise.
 */
export class SnapshotWriter {
  /** Refuses with 53100 when the disk is too full for a snapshot of this size. */
  static open(
    _store: Store,
    _options: { readonly rangeId: RangeId; readonly span: Span; readonly bytesExpected: number },
  ): Promise<SnapshotWriter> {
    throw new InvariantViolation("not written yet");
  }

  write(_chunk: Uint8Array): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** Durable when resolved; after it the range's shared log must be `reset` to the same index. */
  install(_appliedIndex: number, _state: readonly RangeStateWrite[]): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  abort(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}
