import { assert } from "#base/assert.ts";
import { compareTimestamps } from "#base/hlc.ts";
import type { RangeId } from "#base/ids.ts";
import type { OrderedBatch, OrderedReader } from "./ordered-store.ts";
import type { OverlayLayer, OverlayVersion } from "./overlay.ts";
import type { RangeStatistics } from "./store.ts";
import {
  encodeHistory,
  encodeNewest,
  historyKey,
  isNewestTombstone,
  newestHeaderBytes,
  readTimestamp,
  timestampBytes,
  type StoredVersion,
} from "./version-codec.ts";

interface Row {
  readonly table: "newest" | "history";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * The rows that a layer becomes: its newest version of each key replaces the stored one, which moves
 * to the history with the layer's other versions. Counts what that does to the ranges' live keys.
 */
export class FlushPlan {
  readonly #reader: OrderedReader;
  readonly #rows: Row[] = [];
  readonly #changes = new Map<RangeId, { liveKeys: number; liveBytes: number }>();

  constructor(reader: OrderedReader) {
    this.#reader = reader;
  }

  /** Plans keys from the layer in order; yields about every two hundred, so that the caller can let others run. */
  *planLayer(layer: OverlayLayer): Generator<void> {
    let planned = 0;
    for (const cursor = layer.from(""); cursor.next();) {
      this.#planKey(cursor.value);
      if (++planned % 200 === 0) yield;
    }
  }

  put(batch: OrderedBatch): void {
    for (const { table, key, value } of this.#rows) batch.put(table, key, value);
  }

  statistics(rangeId: RangeId, before: RangeStatistics): RangeStatistics {
    const change = this.#changes.get(rangeId);
    return {
      liveKeys: before.liveKeys + (change?.liveKeys ?? 0),
      liveBytes: before.liveBytes + (change?.liveBytes ?? 0),
    };
  }

  #planKey(newest: OverlayVersion): void {
    const { key } = newest;
    const stored = this.#reader.get("newest", key);
    const change = this.#changeOf(newest.batch.rangeId);
    let oldest = newest;
    while (oldest.older !== undefined) {
      oldest = oldest.older;
      const version = storedVersion(oldest);
      const historic = historyKey(key, version.timestamp);
      this.#rows.push({ table: "history", key: historic, value: encodeHistory(version) });
    }
    if (stored !== undefined) {
      const timestamp = readTimestamp(stored);
      assert(
        compareTimestamps(timestamp, oldest.batch.timestamp) < 0,
        "a version was applied that is not newer than the stored one",
      );
      if (!isNewestTombstone(stored)) {
        change.liveKeys--;
        change.liveBytes -= key.length + stored.length - newestHeaderBytes;
      }
      const value = Buffer.from(stored.subarray(timestampBytes));
      this.#rows.push({ table: "history", key: historyKey(key, timestamp), value });
    }
    if (newest.value !== undefined) {
      change.liveKeys++;
      change.liveBytes += key.length + newest.value.length;
    }
    this.#rows.push({ table: "newest", key, value: encodeNewest(storedVersion(newest)) });
  }

  #changeOf(rangeId: RangeId): { liveKeys: number; liveBytes: number } {
    let change = this.#changes.get(rangeId);
    if (change === undefined) {
      change = { liveKeys: 0, liveBytes: 0 };
      this.#changes.set(rangeId, change);
    }
    return change;
  }
}

function storedVersion(version: OverlayVersion): StoredVersion {
  const { timestamp, tag } = version.batch;
  return { timestamp, tag, value: version.value };
}
