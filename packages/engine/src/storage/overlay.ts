import { assert } from "#base/assert.ts";
import { isBefore, zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import type { RangeId } from "#base/ids.ts";
import { keyBytesMax } from "#base/keys.ts";
import { OrderedMap, type OrderedCursor } from "#base/ordered-map.ts";
import type { RangeStateWrite } from "./store.ts";
import type { TransactionTag, WriteBatch } from "./write-batch.ts";

/** What all versions of one batch share. */
export interface OverlayBatch {
  readonly rangeId: RangeId;
  readonly timestamp: Timestamp;
  readonly tag: TransactionTag;
}

/** A version that is not flushed yet, and the next older one in the same layer. */
export interface OverlayVersion {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly batch: OverlayBatch;
  readonly older: OverlayVersion | undefined;
}

/** What a version costs beside its bytes. */
const versionOverheadBytes = 160;

/**
 * Batches in memory between being applied and being flushed, as one ordered map from key to its
 * versions, newest first. What one layer holds is flushed in one transaction, together with how far it
 * takes each range.
 *
 * - Of two layers, the newer one has the newer versions of every key.
 */
export class OverlayLayer {
  readonly #versions = new OrderedMap<OverlayVersion>();
  readonly #applied = new Map<RangeId, number>();
  readonly #state = new Map<RangeId, Map<string, Uint8Array | undefined>>();
  #bytes = 0;
  #maxTimestamp: Timestamp = zeroTimestamp;

  /** Keys and values of the versions, and their overhead. */
  get bytes(): number {
    return this.#bytes;
  }

  get keyCount(): number {
    return this.#versions.size;
  }

  get isEmpty(): boolean {
    return this.#applied.size === 0;
  }

  /** No version in the layer is above this. */
  get maxTimestamp(): Timestamp {
    return this.#maxTimestamp;
  }

  get applied(): ReadonlyMap<RangeId, number> {
    return this.#applied;
  }

  get state(): ReadonlyMap<RangeId, ReadonlyMap<string, Uint8Array | undefined>> {
    return this.#state;
  }

  newest(key: string): OverlayVersion | undefined {
    return this.#versions.get(key);
  }

  from(key: string): OrderedCursor<OverlayVersion> {
    return this.#versions.from(key);
  }

  before(key: string | undefined): OrderedCursor<OverlayVersion> {
    return this.#versions.before(key);
  }

  /** Adds writes [from, to) of the batch. */
  add(rangeId: RangeId, batch: WriteBatch, from: number, to: number): void {
    const { timestamp, tag } = batch;
    const shared: OverlayBatch = { rangeId, timestamp, tag };
    if (isBefore(this.#maxTimestamp, timestamp)) this.#maxTimestamp = timestamp;
    for (let at = from; at < to; at++) {
      const write = batch.writes[at];
      assert(write !== undefined, "write batch has a hole");
      const { key, value } = write;
      assert(
        key.length > 0 && key.length <= keyBytesMax,
        `a key of ${key.length} bytes was applied`,
      );
      this.#bytes += key.length + (value?.length ?? 0) + versionOverheadBytes;
      this.#versions.update(keyString(key), (older) => {
        assert(
          older === undefined || isBefore(older.batch.timestamp, timestamp),
          "a version was applied out of the order of timestamps",
        );
        return { key, value, batch: shared, older };
      });
    }
  }

  setApplied(rangeId: RangeId, appliedIndex: number): void {
    this.#applied.set(rangeId, appliedIndex);
  }

  setState(rangeId: RangeId, writes: readonly RangeStateWrite[]): void {
    let state = this.#state.get(rangeId);
    if (state === undefined) {
      state = new Map();
      this.#state.set(rangeId, state);
    }
    for (const { name, value } of writes) state.set(name, value);
  }
}

/** The newest version at or below the timestamp, from this one on. */
export function versionAt(
  newest: OverlayVersion | undefined,
  timestamp: Timestamp,
): OverlayVersion | undefined {
  let version = newest;
  while (version !== undefined && isBefore(timestamp, version.batch.timestamp)) {
    version = version.older;
  }
  return version;
}

interface LayerPlace {
  readonly cursor: OrderedCursor<OverlayVersion>;
  /** Undefined past the last key. */
  key: string | undefined;
}

/** Walks the keys of several layers, given newest first, in either direction. */
export class OverlayMerge {
  readonly #places: readonly LayerPlace[];
  readonly #isReverse: boolean;
  readonly #bound: string | undefined;
  /** The key it is on; undefined at the end. */
  key: string | undefined;

  constructor(
    layers: readonly OverlayLayer[],
    span: { readonly start: string; readonly end: string | undefined; readonly reverse: boolean },
  ) {
    this.#isReverse = span.reverse;
    this.#bound = span.reverse ? span.start : span.end;
    this.#places = layers
      .filter((layer) => layer.keyCount > 0)
      .map((layer) => ({
        cursor: span.reverse ? layer.before(span.end) : layer.from(span.start),
        key: undefined,
      }));
    for (const place of this.#places) this.#step(place);
    this.#findKey();
  }

  /** True when this key comes before the other in the direction of the walk; past the end none does. */
  isBefore(other: string | undefined): boolean {
    if (this.key === undefined) return false;
    return other === undefined || (this.#isReverse ? this.key > other : this.key < other);
  }

  /** The newest version of the key it is on that is at or below the timestamp. */
  versionAt(timestamp: Timestamp): OverlayVersion | undefined {
    for (const place of this.#places) {
      if (place.key !== this.key) continue;
      const version = versionAt(place.cursor.value, timestamp);
      if (version !== undefined) return version;
    }
    return undefined;
  }

  next(): void {
    const key = this.key;
    for (const place of this.#places) if (place.key === key) this.#step(place);
    this.#findKey();
  }

  #step(place: LayerPlace): void {
    const moved = this.#isReverse ? place.cursor.previous() : place.cursor.next();
    place.key = moved ? place.cursor.key : undefined;
    if (place.key === undefined || this.#bound === undefined) return;
    if (this.#isReverse ? place.key < this.#bound : place.key >= this.#bound) {
      place.key = undefined;
    }
  }

  #findKey(): void {
    this.key = undefined;
    for (const { key } of this.#places) {
      if (key === undefined) continue;
      if (this.key === undefined || (this.#isReverse ? key > this.key : key < this.key)) {
        this.key = key;
      }
    }
  }
}

/** A key as a latin1 string: orders like the bytes. */
export function keyString(key: Uint8Array): string {
  return Buffer.isBuffer(key)
    ? key.toString("latin1")
    : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
