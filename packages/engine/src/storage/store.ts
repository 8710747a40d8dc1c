import { InvariantViolation } from "#base/assert.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { Disk, Runtime } from "#runtime/ports.ts";
import type { OrderedStore } from "./ordered-store.ts";
import type { TransactionTag, WriteBatch } from "./write-batch.ts";

export interface StoreOptions {
  /** Longest time an applied batch waits for its flush. Default 500 ms. */
  readonly flushIntervalMs?: number;
  /** Size of the overlay that starts a flush before the interval is over. Default 8 MiB. */
  readonly overlayBytesMax?: number;
  /** Free disk space below which writes are refused with 53100. Default 256 MiB. */
  readonly freeBytesReserve?: number;
}

/** A version of a key. */
export interface Version {
  readonly timestamp: Timestamp;
  readonly tag: TransactionTag;
  /** Undefined when the version is a tombstone. */
  readonly value: Uint8Array | undefined;
}

export interface PointRead {
  /** Undefined when there is no version at or below the timestamp, or it is a tombstone. */
  readonly value: Uint8Array | undefined;
  /** The newest version in (timestamp, uncertaintyLimit]; undefined when there is none. */
  readonly uncertain: Timestamp | undefined;
}

export interface ScanRequest {
  readonly span: Span;
  readonly timestamp: Timestamp;
  /** Versions in (timestamp, uncertaintyLimit] are reported. Absent: not looked for. */
  readonly uncertaintyLimit?: Timestamp | undefined;
  /** Absent: no limit. */
  readonly rowsMax?: number | undefined;
  /** Soft: the row that passes it is the last one. Absent: no limit. */
  readonly bytesMax?: number | undefined;
  readonly reverse?: boolean | undefined;
}

export interface ScanRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface ScanResult {
  /** In key order, or against it when `reverse`. The caller may keep the bytes. */
  readonly rows: readonly ScanRow[];
  /** What a further scan must cover; undefined when the span is done. */
  readonly rest: Span | undefined;
  /** A key with a version in (timestamp, uncertaintyLimit]; the scan ends there. */
  readonly uncertain: { readonly key: Uint8Array; readonly timestamp: Timestamp } | undefined;
}

/** One record of a range's own state; undefined removes it. */
export interface RangeStateWrite {
  readonly name: string;
  readonly value: Uint8Array | undefined;
}

/** What applying one log entry changes. */
export interface Apply {
  readonly rangeId: RangeId;
  /** Of the entry; greater than any applied before. */
  readonly appliedIndex: number;
  readonly batch?: WriteBatch | undefined;
  /** Lease, descriptor and the like: changed in the same step and found again together. */
  readonly state?: readonly RangeStateWrite[] | undefined;
}

/** Counted over the flushed part of the store: up to one flush interval old. */
export interface RangeStatistics {
  /** Keys whose newest version is not a tombstone. */
  readonly liveKeys: number;
  /** Bytes of those keys and their newest values. */
  readonly liveBytes: number;
}

/**
 * The state of all ranges on this node: versions of keys, and each range's own small records.
 *
 *   apply ─→ overlay (memory, ordered) ── flush: sorted, with applied indexes, one transaction ─→ backend (LMDB)
 *                 └────────────── every read merges both ──────────────┘
 *
 * - `apply` is synchronous and visible to the next read; it becomes durable with a later flush. Until
 *   then the range's shared log holds the entry: it is truncated below durableAppliedIndex only.
 * - Versions of one key are applied in the order of their timestamps.
 * - Reads at a timestamp see the newest version at or below it.
 * - After a crash the store is as of durableAppliedIndex of each range, exactly.
 */
export class Store {
  static open(
    _runtime: Runtime,
    _disk: Disk,
    _backend: OrderedStore,
    _options?: StoreOptions,
  ): Promise<Store> {
    throw new InvariantViolation("not written yet");
  }

  /** For point writes and small batches; for large ones see `applySliced`. */
  apply(_apply: Apply): void {
    throw new InvariantViolation("not written yet");
  }

  /**
   * As `apply`, in slices that let other work run. Readers see nothing of the batch until it is
   * complete; until the promise resolves no other apply for the range may start.
   */
  applySliced(_apply: Apply): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** 0 when nothing was applied. */
  appliedIndex(_rangeId: RangeId): number {
    throw new InvariantViolation("not written yet");
  }

  /** What a restart would find; the shared log may be truncated up to here. */
  durableAppliedIndex(_rangeId: RangeId): number {
    throw new InvariantViolation("not written yet");
  }

  /** Called after each flush with the ranges whose durable applied index moved. */
  onFlushed(_handler: (rangeIds: readonly RangeId[]) => void): void {
    throw new InvariantViolation("not written yet");
  }

  /** Ranges that have applied anything here, ascending. */
  rangeIds(): readonly RangeId[] {
    throw new InvariantViolation("not written yet");
  }

  rangeState(_rangeId: RangeId, _name: string): Uint8Array | undefined {
    throw new InvariantViolation("not written yet");
  }

  statistics(_rangeId: RangeId): RangeStatistics {
    throw new InvariantViolation("not written yet");
  }

  /** The newest version at or below the timestamp, tombstones left out. The value may be kept. */
  get(_key: Uint8Array, _timestamp: Timestamp): Uint8Array | undefined {
    throw new InvariantViolation("not written yet");
  }

  /** As `get`, and says whether a version in (timestamp, uncertaintyLimit] makes the answer doubtful. */
  read(_key: Uint8Array, _timestamp: Timestamp, _uncertaintyLimit: Timestamp): PointRead {
    throw new InvariantViolation("not written yet");
  }

  /** The newest version of the key, tombstones included: for conflict checks. */
  newest(_key: Uint8Array): Version | undefined {
    throw new InvariantViolation("not written yet");
  }

  /** True when the key has a version above the timestamp. */
  hasNewer(_key: Uint8Array, _timestamp: Timestamp): boolean {
    throw new InvariantViolation("not written yet");
  }

  /** A key in the span with a version above the timestamp, and that version's time: read validation. */
  findNewer(
    _span: Span,
    _timestamp: Timestamp,
  ): { readonly key: Uint8Array; readonly timestamp: Timestamp } | undefined {
    throw new InvariantViolation("not written yet");
  }

  scan(_request: ScanRequest): ScanResult {
    throw new InvariantViolation("not written yet");
  }

  /** Makes everything applied so far durable. Concurrent calls share one flush. */
  flush(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** Flushes and closes the backend. */
  close(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}
