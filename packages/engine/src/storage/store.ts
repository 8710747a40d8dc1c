import { assert } from "#base/assert.ts";
import { equalBytes, keyAfter } from "#base/bytes.ts";
import { SqlError } from "#base/errors.ts";
import { isBefore, laterTimestamp, zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { Cancel, Clock, Disk, Runtime } from "#runtime/ports.ts";
import { FlushPlan } from "./flush-plan.ts";
import type { OrderedStore } from "./ordered-store.ts";
import { OverlayLayer, keyString, type OverlayVersion } from "./overlay.ts";
import {
  newRangeRecord,
  putApplied,
  putState,
  readRangeRecords,
  type RangeRecord,
} from "./range-records.ts";
import { readInstallations, runInstallation } from "./snapshot-installation.ts";
import { StoreReader } from "./store-reader.ts";
import { encodeTimestamp, readTimestamp } from "./version-codec.ts";
import type { TransactionTag, WriteBatch } from "./write-batch.ts";

export interface StoreOptions {
  /** Longest time an applied batch waits for its flush. Default 500 ms. */
  readonly flushIntervalMs?: number;
  /** Size of the overlay that starts a flush before the interval is over. Default 4 MiB. */
  readonly overlayBytesMax?: number;
  /** Rows in one write of a flush: 1 µs each on the event loop. Default 3,000; tests use few. */
  readonly flushRowsMax?: number;
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
  /**
   * In key order, or against it when `reverse`. The caller may keep the bytes. Can be empty although
   * there is a rest: a scan also ends after many keys that have nothing to show.
   */
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
 * - After a crash each range is as of its durableAppliedIndex. Of entries above it, versions may be
 *   there already; applying those entries again changes nothing. So a range is to be read only when
 *   it has applied all that was committed before the crash, as a new leaseholder has.
 */
export class Store {
  readonly #runtime: Runtime;
  readonly #disk: Disk;
  readonly #backend: OrderedStore;
  readonly #flushIntervalMs: number;
  readonly #overlayBytesMax: number;
  readonly #flushRowsMax: number;
  readonly #freeBytesReserve: number;

  readonly #ranges: Map<RangeId, RangeRecord>;
  /** Newest first; only the first one takes writes. */
  #layers: OverlayLayer[] = [new OverlayLayer()];
  /** Layers already flushed, newest first, kept so that validation need not look into the backend. */
  #flushedLayers: OverlayLayer[] = [];
  /** Versions above this are all in #layers and #flushedLayers. */
  #unseenTimestamp: Timestamp;
  /** No flushed version is above this. */
  #flushedTimestamp: Timestamp;
  readonly #reader: StoreReader;

  /** Settles when all work on the backend that was asked for is done. */
  #backendWork: Promise<void> = Promise.resolve();
  #queuedFlush: Promise<void> | undefined;
  #flushTimer: Cancel | undefined;
  #freeBytes = Infinity;
  #freeBytesAtMs = -Infinity;
  #isClosed = false;
  readonly #flushHandlers: ((rangeIds: readonly RangeId[]) => void)[] = [];

  private constructor(runtime: Runtime, disk: Disk, backend: OrderedStore, options: StoreOptions) {
    this.#runtime = runtime;
    this.#disk = disk;
    this.#backend = backend;
    this.#flushIntervalMs = options.flushIntervalMs ?? 500;
    this.#overlayBytesMax = options.overlayBytesMax ?? 4 * 2 ** 20;
    this.#flushRowsMax = options.flushRowsMax ?? 3_000;
    this.#freeBytesReserve = options.freeBytesReserve ?? 256 * 2 ** 20;
    this.#ranges = readRangeRecords(backend);
    this.#flushedTimestamp = readFlushedTimestamp(backend);
    this.#unseenTimestamp = this.#flushedTimestamp;
    this.#reader = new StoreReader(backend);
    this.#reader.setLayers(this.#layers);
  }

  static async open(
    runtime: Runtime,
    disk: Disk,
    backend: OrderedStore,
    options: StoreOptions = {},
  ): Promise<Store> {
    for (const installation of readInstallations(backend)) {
      runtime.log.info("carrying through the installation of a snapshot", {
        rangeId: installation.rangeId,
      });
      const { maxTimestamp } = await runInstallation(backend, installation);
      const known = readFlushedTimestamp(backend);
      await putFlushedTimestamp(backend, laterTimestamp(known, maxTimestamp));
    }
    const store = new Store(runtime, disk, backend, options);
    await store.#lookAtSpace();
    return store;
  }

  /** For point writes and small batches; for large ones see `applySliced`. */
  apply(apply: Apply): void {
    const { rangeId, appliedIndex, batch, state } = apply;
    const record = this.#advance(rangeId, appliedIndex);
    const layer = this.#activeLayer();
    if (batch !== undefined) layer.add(rangeId, batch, 0, batch.writes.length);
    if (state !== undefined) applyState(record, layer, { rangeId, state });
    layer.setApplied(rangeId, appliedIndex);
    this.#scheduleFlush(layer);
  }

  /**
   * As `apply`, in slices that let other work run. Readers see nothing of the batch until it is
   * complete; until the promise resolves no other apply for the range may start.
   */
  async applySliced(apply: Apply): Promise<void> {
    const { rangeId, appliedIndex, batch, state } = apply;
    if (batch === undefined || batch.writes.length <= sliceWrites) {
      this.apply(apply);
      return;
    }
    const layer = new OverlayLayer();
    for (let from = 0; from < batch.writes.length; from += sliceWrites) {
      layer.add(rangeId, batch, from, Math.min(from + sliceWrites, batch.writes.length));
      await this.#runtime.clock.yield();
    }
    const record = this.#advance(rangeId, appliedIndex);
    if (state !== undefined) applyState(record, layer, { rangeId, state });
    layer.setApplied(rangeId, appliedIndex);
    this.#setLayers([new OverlayLayer(), layer, ...this.#layers.filter((l) => !l.isEmpty)]);
    this.#scheduleFlush(layer);
  }

  /** 0 when nothing was applied. */
  appliedIndex(rangeId: RangeId): number {
    return this.#ranges.get(rangeId)?.appliedIndex ?? 0;
  }

  /** What a restart would find; the shared log may be truncated up to here. */
  durableAppliedIndex(rangeId: RangeId): number {
    return this.#ranges.get(rangeId)?.durableAppliedIndex ?? 0;
  }

  /** Called after each flush with the ranges whose durable applied index moved. */
  onFlushed(handler: (rangeIds: readonly RangeId[]) => void): void {
    this.#flushHandlers.push(handler);
  }

  /** Ranges that have applied anything here, ascending. */
  rangeIds(): readonly RangeId[] {
    return [...this.#ranges.keys()].sort((a, b) => a - b);
  }

  rangeState(rangeId: RangeId, name: string): Uint8Array | undefined {
    return this.#ranges.get(rangeId)?.state.get(name);
  }

  statistics(rangeId: RangeId): RangeStatistics {
    return this.#ranges.get(rangeId)?.statistics ?? { liveKeys: 0, liveBytes: 0 };
  }

  /** Bytes applied and not flushed yet: what back-pressure looks at. */
  get unflushedBytes(): number {
    let bytes = 0;
    for (const layer of this.#layers) bytes += layer.bytes;
    return bytes;
  }

  /** Throws 53100 when the disk has less than the reserve left. To be asked before proposing a write. */
  ensureSpace(): void {
    this.#ensureFree(0);
  }

  /** As `ensureSpace`, for this many bytes more, by a fresh look at the disk. */
  async ensureSpaceFor(bytes: number): Promise<void> {
    await this.#lookAtSpace();
    this.#ensureFree(bytes);
  }

  #ensureFree(bytes: number): void {
    if (this.#freeBytes - bytes >= this.#freeBytesReserve) return;
    if (this.#runtime.clock.monotonicMs() - this.#freeBytesAtMs > spaceAgeMsMax) {
      void this.#lookAtSpace();
    }
    throw new SqlError("disk_full", "could not write: the data folder's disk is full", {
      detail: `${Math.floor(this.#freeBytes / 2 ** 20)} MiB are free; ${Math.floor(this.#freeBytesReserve / 2 ** 20)} MiB are kept in reserve.`,
      hint: "Free some disk space.",
    });
  }

  /** The newest version at or below the timestamp, tombstones left out. The value may be kept. */
  get(key: Uint8Array, timestamp: Timestamp): Uint8Array | undefined {
    return this.#reader.get(key, timestamp);
  }

  /** As `get`, and says whether a version in (timestamp, uncertaintyLimit] makes the answer doubtful. */
  read(key: Uint8Array, timestamp: Timestamp, uncertaintyLimit: Timestamp): PointRead {
    return this.#reader.read(key, timestamp, uncertaintyLimit);
  }

  /** The newest version of the key, tombstones included: for conflict checks. */
  newest(key: Uint8Array): Version | undefined {
    return this.#reader.newest(key);
  }

  /** True when the key has a version above the timestamp. */
  hasNewer(key: Uint8Array, timestamp: Timestamp): boolean {
    const name = keyString(key);
    for (const layer of this.#layers) {
      const version = layer.newest(name);
      if (version !== undefined) return isBefore(timestamp, version.batch.timestamp);
    }
    // What was flushed is not above #flushedTimestamp.
    if (!isBefore(timestamp, this.#flushedTimestamp)) return false;
    return this.#reader.hasNewerStored(key, timestamp);
  }

  /**
   * A key in the span with a version above the timestamp, and that version's time: read validation.
   * Looks at what was written lately, and at the whole span only for a timestamp long past.
   */
  findNewer(
    span: Span,
    timestamp: Timestamp,
  ): { readonly key: Uint8Array; readonly timestamp: Timestamp } | undefined {
    if (span.end !== undefined && equalBytes(span.end, keyAfter(span.start))) {
      if (!this.hasNewer(span.start, timestamp)) return undefined;
      const newest = this.newest(span.start);
      assert(newest !== undefined, "a newer version went away");
      return { key: span.start, timestamp: newest.timestamp };
    }
    const start = keyString(span.start);
    const end = span.end === undefined ? undefined : keyString(span.end);
    for (const layer of [...this.#layers, ...this.#flushedLayers]) {
      if (!isBefore(timestamp, layer.maxTimestamp)) continue;
      for (const cursor = layer.from(start); cursor.next();) {
        if (end !== undefined && cursor.key >= end) break;
        const { key, batch }: OverlayVersion = cursor.value;
        if (isBefore(timestamp, batch.timestamp)) return { key, timestamp: batch.timestamp };
      }
    }
    if (!isBefore(timestamp, this.#unseenTimestamp)) return undefined;
    return this.#reader.findNewerStored(span, timestamp);
  }

  scan(request: ScanRequest): ScanResult {
    return this.#reader.scan(request);
  }

  /** Makes everything applied so far durable. Concurrent calls share one flush. */
  flush(): Promise<void> {
    this.#queuedFlush ??= this.exclusively(async () => {
      this.#queuedFlush = undefined;
      this.#flushTimer?.();
      this.#flushTimer = undefined;
      await this.#flushLayers();
    });
    return this.#queuedFlush;
  }

  /** Runs the task when no flush and no other such task writes to the backend. */
  exclusively(task: (backend: OrderedStore) => Promise<void>): Promise<void> {
    const done = this.#backendWork.then(() => task(this.#backend));
    this.#backendWork = done.catch(() => {});
    return done;
  }

  get clock(): Clock {
    return this.#runtime.clock;
  }

  /** Takes over what a snapshot put into the backend in place of the range. */
  replaceRange(rangeId: RangeId, record: RangeRecord, maxTimestamp: Timestamp): void {
    assert(
      this.#layers.every((layer) => !layer.applied.has(rangeId)),
      "the range was written while its snapshot was installed",
    );
    this.#ranges.set(rangeId, record);
    this.#flushedTimestamp = laterTimestamp(this.#flushedTimestamp, maxTimestamp);
    this.#unseenTimestamp = this.#flushedTimestamp;
    this.#flushedLayers = [];
  }

  /** Flushes and closes the backend. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#flushTimer?.();
    await this.#backend.close();
  }

  #advance(rangeId: RangeId, appliedIndex: number): RangeRecord {
    assert(!this.#isClosed, "apply to a closed store");
    let record = this.#ranges.get(rangeId);
    if (record === undefined) {
      record = newRangeRecord();
      this.#ranges.set(rangeId, record);
    }
    assert(
      appliedIndex > record.appliedIndex,
      `entry ${appliedIndex} of range ${rangeId} applied after ${record.appliedIndex}`,
    );
    record.appliedIndex = appliedIndex;
    return record;
  }

  #activeLayer(): OverlayLayer {
    const layer = this.#layers[0];
    assert(layer !== undefined, "the store has no active layer");
    return layer;
  }

  #setLayers(layers: OverlayLayer[]): void {
    this.#layers = layers;
    this.#reader.setLayers(layers);
  }

  #scheduleFlush(layer: OverlayLayer): void {
    if (layer.bytes >= this.#overlayBytesMax) {
      if (this.#queuedFlush === undefined) this.#flushInBackground();
    } else if (this.#flushTimer === undefined && this.#queuedFlush === undefined) {
      this.#flushTimer = this.#runtime.clock.after(this.#flushIntervalMs, () => {
        this.#flushInBackground();
      });
    }
  }

  #flushInBackground(): void {
    this.flush().catch((error: unknown) => {
      // Nothing is lost: the layers stay, and the shared log keeps their entries.
      this.#runtime.log.error("could not flush the store; trying again", { error });
      if (this.#isClosed || this.#flushTimer !== undefined) return;
      this.#flushTimer = this.#runtime.clock.after(flushRetryMs, () => this.#flushInBackground());
    });
  }

  async #flushLayers(): Promise<void> {
    if (!this.#activeLayer().isEmpty) this.#setLayers([new OverlayLayer(), ...this.#layers]);
    for (;;) {
      const oldest = this.#layers.at(-1);
      if (oldest === undefined || this.#layers.length === 1) break;
      await this.#flushLayer(oldest);
    }
    await this.#lookAtSpace();
  }

  /**
   * In parts, so that no write holds the event loop for long. All but the last leave the applied
   * indexes where they are: after a crash between two of them the entries are applied again.
   */
  async #flushLayer(layer: OverlayLayer): Promise<void> {
    const { clock } = this.#runtime;
    let plan = this.#newPlan();
    let sliceStartMs = clock.monotonicMs();
    for (const cursor = layer.from(""); cursor.next();) {
      plan.add(cursor.value);
      if (plan.rowCount >= this.#flushRowsMax) {
        await this.#writePart(layer, plan, false);
        plan = this.#newPlan();
      } else if (plan.rowCount % 100 === 0 && clock.monotonicMs() - sliceStartMs >= sliceMs) {
        await clock.yield();
        sliceStartMs = clock.monotonicMs();
      }
    }
    await this.#writePart(layer, plan, true);
    this.#setLayers(this.#layers.filter((other) => other !== layer));
    this.#remember(layer);
    for (const handler of this.#flushHandlers) handler([...layer.applied.keys()]);
  }

  #newPlan(): FlushPlan {
    return new FlushPlan(this.#backend, (rangeId) => {
      const record = this.#ranges.get(rangeId);
      return record !== undefined && record.durableAppliedIndex < record.partialIndex;
    });
  }

  async #writePart(layer: OverlayLayer, plan: FlushPlan, isLast: boolean): Promise<void> {
    const flushedTimestamp = laterTimestamp(this.#flushedTimestamp, layer.maxTimestamp);
    const changed = [...layer.applied].map(([rangeId, appliedIndex]) => {
      const record = this.#ranges.get(rangeId);
      assert(record !== undefined, "a range without record is flushed");
      return {
        rangeId,
        record,
        durableAppliedIndex: isLast ? appliedIndex : record.durableAppliedIndex,
        partialIndex: Math.max(record.partialIndex, appliedIndex),
        statistics: plan.statistics(rangeId, record.statistics),
      };
    });
    await this.#backend.write((batch) => {
      plan.put(batch);
      for (const change of changed) putApplied(batch, change.rangeId, change);
      if (isLast) {
        for (const [rangeId, writes] of layer.state) {
          for (const [name, value] of writes) putState(batch, rangeId, { name, value });
        }
      }
      batch.put("node", flushedTimestampKey, encodeTimestamp(flushedTimestamp));
    });
    this.#flushedTimestamp = flushedTimestamp;
    for (const { record, durableAppliedIndex, statistics } of changed) {
      record.durableAppliedIndex = durableAppliedIndex;
      record.statistics = statistics;
    }
  }

  #remember(layer: OverlayLayer): void {
    this.#flushedLayers.unshift(layer);
    let bytes = 0;
    const kept = this.#flushedLayers.filter((flushed) => {
      bytes += flushed.bytes;
      return bytes <= flushedBytesMax;
    });
    for (const dropped of this.#flushedLayers.slice(kept.length)) {
      this.#unseenTimestamp = laterTimestamp(this.#unseenTimestamp, dropped.maxTimestamp);
    }
    this.#flushedLayers = kept;
  }

  async #lookAtSpace(): Promise<void> {
    this.#freeBytesAtMs = this.#runtime.clock.monotonicMs();
    const { freeBytes } = await this.#disk.space();
    this.#freeBytes = freeBytes;
  }
}

function readFlushedTimestamp(backend: OrderedStore): Timestamp {
  const stored = backend.get("node", flushedTimestampKey);
  return stored === undefined ? zeroTimestamp : readTimestamp(stored);
}

function putFlushedTimestamp(backend: OrderedStore, timestamp: Timestamp): Promise<void> {
  return backend.write((batch) => {
    batch.put("node", flushedTimestampKey, encodeTimestamp(timestamp));
  });
}

const flushedTimestampKey = Buffer.from("flushed timestamp");

/** Writes added to a layer in one go. */
const sliceWrites = 1_000;
/** How long planning a flush holds the event loop. */
const sliceMs = 3;
const flushRetryMs = 1_000;
const spaceAgeMsMax = 1_000;
/** What flushed layers may hold in memory for the sake of validation. */
const flushedBytesMax = 8 * 2 ** 20;

function applyState(
  record: RangeRecord,
  layer: OverlayLayer,
  change: { readonly rangeId: RangeId; readonly state: readonly RangeStateWrite[] },
): void {
  for (const { name, value } of change.state) {
    if (value === undefined) record.state.delete(name);
    else record.state.set(name, value);
  }
  layer.setState(change.rangeId, change.state);
}
