import { keyAfter } from "#base/bytes.ts";
import { isBefore, type Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";
import { keyBytesMax } from "#base/keys.ts";
import type { OrderedReader } from "./ordered-store.ts";
import {
  OverlayMerge,
  keyString,
  versionAt,
  type OverlayLayer,
  type OverlayVersion,
} from "./overlay.ts";
import type { PointRead, ScanRequest, ScanResult, ScanRow, Version } from "./store.ts";
import {
  cutBound,
  decodeHistory,
  decodeNewest,
  historyEnd,
  historyKey,
  historyTimestamp,
  isNewestTombstone,
  newestHeaderBytes,
  readTimestamp,
  timestampHigh,
  timestampLow,
  type StoredVersion,
} from "./version-codec.ts";

/** A scan ends after this many keys, whether or not they had anything to show. */
const scanKeysMax = 16_384;

/**
 * Reads over layers and backend. Of any key the layers hold the newest versions, the backend the
 * rest; so the first version found from the top down that is old enough is the right one.
 */
export class StoreReader {
  readonly #backend: OrderedReader;
  #layers: readonly OverlayLayer[] = [];

  constructor(backend: OrderedReader) {
    this.#backend = backend;
  }

  /** Newest first. */
  setLayers(layers: readonly OverlayLayer[]): void {
    this.#layers = layers;
  }

  get(key: Uint8Array, timestamp: Timestamp): Uint8Array | undefined {
    const version = this.#overlayVersion(keyString(key), timestamp);
    if (version !== undefined) return version.value;
    const row = this.#stored(key);
    if (row === undefined) return undefined;
    if (isRowAbove(row, timestampHigh(timestamp), timestampLow(timestamp))) {
      return this.#historic(key, timestamp)?.value;
    }
    return isNewestTombstone(row) ? undefined : Buffer.from(row.subarray(newestHeaderBytes));
  }

  read(key: Uint8Array, timestamp: Timestamp, uncertaintyLimit: Timestamp): PointRead {
    const atLimit = this.#versionAt(key, uncertaintyLimit);
    if (atLimit === undefined || !isBefore(timestamp, atLimit.timestamp)) {
      return { value: atLimit?.value, uncertain: undefined };
    }
    return { value: this.get(key, timestamp), uncertain: atLimit.timestamp };
  }

  newest(key: Uint8Array): Version | undefined {
    const name = keyString(key);
    for (const layer of this.#layers) {
      const version = layer.newest(name);
      if (version !== undefined) return asVersion(version);
    }
    const row = this.#stored(key);
    return row === undefined ? undefined : decodeNewest(row);
  }

  hasNewerStored(key: Uint8Array, timestamp: Timestamp): boolean {
    const row = this.#stored(key);
    if (row === undefined) return false;
    return isRowAbove(row, timestampHigh(timestamp), timestampLow(timestamp));
  }

  findNewerStored(
    span: Span,
    timestamp: Timestamp,
  ): { readonly key: Uint8Array; readonly timestamp: Timestamp } | undefined {
    const high = timestampHigh(timestamp);
    const low = timestampLow(timestamp);
    let found: { readonly key: Uint8Array; readonly timestamp: Timestamp } | undefined;
    this.#backend.scan("newest", cutSpan(span), (key, row) => {
      if (!isRowAbove(row, high, low)) return true;
      found = { key: Buffer.from(key), timestamp: readTimestamp(row) };
      return false;
    });
    return found;
  }

  scan(request: ScanRequest): ScanResult {
    const { span, timestamp, uncertaintyLimit } = request;
    const reverse = request.reverse === true;
    const high = timestampHigh(timestamp);
    const low = timestampLow(timestamp);
    const collector = new RowCollector(request);
    const overlay = new OverlayMerge(this.#layers, {
      start: keyString(span.start),
      end: span.end === undefined ? undefined : keyString(span.end),
      reverse,
    });

    /** Takes the key the overlay is on, or says that it has no version that is old enough. */
    const takeOverlay = (): boolean => {
      if (uncertaintyLimit !== undefined) {
        const newer = overlay.versionAt(uncertaintyLimit);
        if (newer !== undefined && isBefore(timestamp, newer.batch.timestamp)) {
          collector.uncertain = { key: newer.key, timestamp: newer.batch.timestamp };
          return true;
        }
      }
      const version = overlay.versionAt(timestamp);
      if (version === undefined) return false;
      collector.take(version.key, version.value);
      return true;
    };
    const takeOverlayBefore = (key: string | undefined): void => {
      while (!collector.isDone && overlay.isBefore(key)) {
        takeOverlay();
        overlay.next();
      }
    };

    this.#backend.scan("newest", { ...cutSpan(span), reverse }, (key, row) => {
      if (overlay.key !== undefined) {
        const name = key.toString("latin1");
        takeOverlayBefore(name);
        if (collector.isDone) return false;
        if (overlay.key === name) {
          const isTaken = takeOverlay();
          overlay.next();
          if (isTaken) return !collector.isDone;
        }
      }
      if (!isRowAbove(row, high, low)) {
        const value = isNewestTombstone(row) ? undefined : row.subarray(newestHeaderBytes);
        collector.copy(key, value);
        return !collector.isDone;
      }
      const kept = Buffer.from(key);
      if (uncertaintyLimit !== undefined) {
        const newer = this.#storedAt(kept, row, uncertaintyLimit);
        if (newer !== undefined && isBefore(timestamp, newer.timestamp)) {
          collector.uncertain = { key: kept, timestamp: newer.timestamp };
          return false;
        }
      }
      collector.take(kept, this.#historic(kept, timestamp)?.value);
      return !collector.isDone;
    });
    takeOverlayBefore(undefined);
    return collector.finish();
  }

  #versionAt(key: Uint8Array, timestamp: Timestamp): Version | undefined {
    const version = this.#overlayVersion(keyString(key), timestamp);
    if (version !== undefined) return asVersion(version);
    const row = this.#stored(key);
    return row === undefined ? undefined : this.#storedAt(key, row, timestamp);
  }

  #overlayVersion(name: string, timestamp: Timestamp): OverlayVersion | undefined {
    for (const layer of this.#layers) {
      const version = versionAt(layer.newest(name), timestamp);
      if (version !== undefined) return version;
    }
    return undefined;
  }

  /** The key's row of `newest`; no key longer than the longest is stored. */
  #stored(key: Uint8Array): Buffer | undefined {
    return key.length > keyBytesMax ? undefined : this.#backend.get("newest", key);
  }

  /** The stored version at or below the timestamp, given the key's row of `newest`. */
  #storedAt(key: Uint8Array, row: Buffer, timestamp: Timestamp): StoredVersion | undefined {
    return isRowAbove(row, timestampHigh(timestamp), timestampLow(timestamp))
      ? this.#historic(key, timestamp)
      : decodeNewest(row);
  }

  #historic(key: Uint8Array, timestamp: Timestamp): StoredVersion | undefined {
    const start = historyKey(key, timestamp);
    let found: StoredVersion | undefined;
    this.#backend.scan("history", { start, end: historyEnd(key) }, (stored, value) => {
      found = decodeHistory(value, historyTimestamp(stored));
      return false;
    });
    return found;
  }
}

/** Gathers the rows of one scan up to its limits. */
class RowCollector {
  readonly #span: Span;
  readonly #isReverse: boolean;
  readonly #rowsMax: number;
  readonly #bytesMax: number;
  readonly #rows: ScanRow[] = [];
  #bytes = 0;
  #keysSeen = 0;
  #lastKey: Uint8Array | undefined;
  uncertain: ScanResult["uncertain"];

  constructor(request: ScanRequest) {
    this.#span = request.span;
    this.#isReverse = request.reverse === true;
    this.#rowsMax = request.rowsMax ?? Infinity;
    this.#bytesMax = request.bytesMax ?? Infinity;
  }

  get isDone(): boolean {
    return this.#lastKey !== undefined || this.uncertain !== undefined;
  }

  /** A row whose bytes belong to it; an absent value is a key that shows nothing. */
  take(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#keysSeen++;
    if (value !== undefined) {
      this.#rows.push({ key, value });
      this.#bytes += key.length + value.length;
    }
    if (
      this.#rows.length >= this.#rowsMax ||
      this.#bytes >= this.#bytesMax ||
      this.#keysSeen >= scanKeysMax
    ) {
      this.#lastKey = key;
    }
  }

  /** As `take`, for bytes that the next read overwrites. */
  copy(key: Buffer, value: Buffer | undefined): void {
    if (value === undefined) {
      this.#keysSeen++;
      if (this.#keysSeen >= scanKeysMax) this.#lastKey = Buffer.from(key);
      return;
    }
    const both = Buffer.allocUnsafe(key.length + value.length);
    both.set(key);
    both.set(value, key.length);
    this.take(both.subarray(0, key.length), both.subarray(key.length));
  }

  finish(): ScanResult {
    return { rows: this.#rows, rest: this.#rest(), uncertain: this.uncertain };
  }

  #rest(): Span | undefined {
    if (this.uncertain !== undefined) return this.#span;
    if (this.#lastKey === undefined) return undefined;
    return this.#isReverse
      ? { start: this.#span.start, end: this.#lastKey }
      : { start: keyAfter(this.#lastKey), end: this.#span.end };
  }
}

function cutSpan(span: Span): Span {
  const { start, end } = span;
  return { start: cutBound(start), end: end === undefined ? undefined : cutBound(end) };
}

function isRowAbove(row: Buffer, high: number, low: number): boolean {
  const rowHigh = row.readUInt32BE(0);
  return rowHigh > high || (rowHigh === high && row.readUInt32BE(4) > low);
}

function asVersion(version: OverlayVersion): Version {
  const { timestamp, tag } = version.batch;
  return { timestamp, tag, value: version.value };
}
