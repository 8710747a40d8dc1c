import { assert } from "#base/assert.ts";
import { isBefore, type Timestamp } from "#base/hlc.ts";
import type { RangeId } from "#base/ids.ts";
import type { OrderedBatch, OrderedReader } from "./ordered-store.ts";
import type { OverlayVersion } from "./overlay.ts";
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
 * The rows that keys of a layer become: the newest version replaces the stored one, which moves
 * to the history with the layer's other versions. Counts what that does to the ranges' live keys.
 */
export class FlushPlan {
  readonly #reader: OrderedReader;
  readonly #rows: Row[] = [];
  readonly #changes = new Map<RangeId, { liveKeys: number; liveBytes: number }>();

  readonly #isReplaying: (rangeId: RangeId) => boolean;

  /** While a range replays its log, what it writes may be in the backend already. */
  constructor(reader: OrderedReader, isReplaying: (rangeId: RangeId) => boolean) {
    this.#reader = reader;
    this.#isReplaying = isReplaying;
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  /** Adds this key's versions, given the newest. */
  add(newest: OverlayVersion): void {
    const { key, batch } = newest;
    const stored = this.#reader.get("newest", key);
    if (stored === undefined) {
      this.#addVersions(newest, undefined);
      return;
    }
    const timestamp = readTimestamp(stored);
    if (!isBefore(timestamp, oldestOf(newest).batch.timestamp)) {
      assert(
        this.#isReplaying(batch.rangeId),
        "a version was applied that is not newer than the stored one",
      );
      if (!isBefore(timestamp, batch.timestamp)) return;
    }
    if (!isNewestTombstone(stored)) {
      const change = this.#changeOf(batch.rangeId);
      change.liveKeys--;
      change.liveBytes -= key.length + stored.length - newestHeaderBytes;
    }
    const value = Buffer.from(stored.subarray(timestampBytes));
    this.#rows.push({ table: "history", key: historyKey(key, timestamp), value });
    this.#addVersions(newest, timestamp);
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

  /** The newest version, and those older ones that are above what is stored. */
  #addVersions(newest: OverlayVersion, stored: Timestamp | undefined): void {
    const { key, value } = newest;
    for (let older = newest.older; older !== undefined; older = older.older) {
      const version = storedVersion(older);
      if (stored !== undefined && !isBefore(stored, version.timestamp)) break;
      const historic = historyKey(key, version.timestamp);
      this.#rows.push({ table: "history", key: historic, value: encodeHistory(version) });
    }
    if (value !== undefined) {
      const change = this.#changeOf(newest.batch.rangeId);
      change.liveKeys++;
      change.liveBytes += key.length + value.length;
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

function oldestOf(newest: OverlayVersion): OverlayVersion {
  let oldest = newest;
  while (oldest.older !== undefined) oldest = oldest.older;
  return oldest;
}

function storedVersion(version: OverlayVersion): StoredVersion {
  const { timestamp, tag } = version.batch;
  return { timestamp, tag, value: version.value };
}
