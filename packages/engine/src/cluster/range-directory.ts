import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { compareBytes } from "#base/bytes.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import {
  containsKey,
  readRangeDescriptor,
  spansOverlap,
  writeRangeDescriptor,
  type RangeDescriptor,
} from "#range/range-descriptor.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";

/** Where a range is, as far as this node knows. */
export interface RangeLocation {
  readonly descriptor: RangeDescriptor;
  /** 0 when not known. */
  readonly leaseholder: NodeId;
}

export interface RangeDirectoryOptions {
  readonly stores: Stores;
  readonly calls: Calls;
  /** Nodes that may be asked, the likeliest to answer first. */
  readonly peers: () => readonly NodeId[];
}

const locateMethod = "directory.locate";
const locateTimeoutMs = 1_000;
const formatVersion = 1;

/**
 * Which range holds a key and who serves it: a cache that this node's own replicas and the answers of
 * ranges correct. What it says may be out of date; whoever is asked in vain says where to go instead.
 *
 * - Of two descriptors for one key the higher generation is kept.
 * - Locations do not overlap and are in key order.
 */
export class RangeDirectory {
  readonly #options: RangeDirectoryOptions;
  #locations: RangeLocation[] = [];

  constructor(options: RangeDirectoryOptions) {
    this.#options = options;
    const { stores, calls } = options;
    stores.onChange(({ descriptor, leaderNode }) => {
      if (descriptor !== undefined) this.learn(descriptor, leaderNode);
    });
    for (const { descriptor, leaderNode } of stores.replicas) {
      if (descriptor !== undefined) this.learn(descriptor, leaderNode);
    }
    calls.handle(locateMethod, (_from, key) => Promise.resolve(encodeLocation(this.find(key))));
  }

  /** What is known without asking. In the order of the keys. */
  get locations(): readonly RangeLocation[] {
    return this.#locations;
  }

  find(key: Uint8Array): RangeLocation | undefined {
    const location = this.#locations[this.#indexBefore(key)];
    return location !== undefined && containsKey(location.descriptor.span, key)
      ? location
      : undefined;
  }

  /** The range of the last keys before this one; of the last keys of all when it is undefined. */
  findBefore(end: Uint8Array | undefined): RangeLocation | undefined {
    const location = this.#locations.findLast(
      ({ descriptor: { span } }) => end === undefined || compareBytes(span.start, end) < 0,
    );
    if (location === undefined) return undefined;
    const { span } = location.descriptor;
    if (span.end === undefined) return location;
    return end !== undefined && compareBytes(end, span.end) <= 0 ? location : undefined;
  }

  /** From the cache, or asks around. Undefined when nobody who answers knows. */
  async locate(key: Uint8Array, signal?: AbortSignal): Promise<RangeLocation | undefined> {
    const known = this.find(key);
    if (known !== undefined) return known;
    const { calls } = this.#options;
    for (const peer of this.#options.peers()) {
      try {
        const answer = await calls.call(peer, locateMethod, key, {
          timeoutMs: locateTimeoutMs,
          signal,
        });
        const location = decodeLocation(answer);
        if (location === undefined) continue;
        this.learn(location.descriptor, location.leaseholder);
        return this.find(key);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        // Another peer may know.
      }
    }
    return undefined;
  }

  /** Leaseholder 0 leaves what is known of it. */
  learn(descriptor: RangeDescriptor, leaseholder: NodeId): void {
    const known = this.#locations.find(
      (location) => location.descriptor.rangeId === descriptor.rangeId,
    );
    if (known !== undefined && known.descriptor.generation > descriptor.generation) {
      if (leaseholder !== 0) this.learnLeaseholder(descriptor.rangeId, leaseholder);
      return;
    }
    const kept = this.#locations.filter(
      (location) =>
        location.descriptor.rangeId !== descriptor.rangeId &&
        !spansOverlap(location.descriptor.span, descriptor.span),
    );
    kept.push({
      descriptor,
      leaseholder: leaseholder === 0 ? (known?.leaseholder ?? 0) : leaseholder,
    });
    kept.sort((a, b) => compareBytes(a.descriptor.span.start, b.descriptor.span.start));
    this.#locations = kept;
  }

  /** 0: the one that was thought to be it is not. */
  learnLeaseholder(rangeId: RangeId, leaseholder: NodeId): void {
    const at = this.#locations.findIndex(({ descriptor }) => descriptor.rangeId === rangeId);
    const location = this.#locations[at];
    if (location === undefined || location.leaseholder === leaseholder) return;
    this.#locations[at] = { descriptor: location.descriptor, leaseholder };
  }

  /** The range is not what it was thought to be; the next look-up asks. */
  forget(rangeId: RangeId): void {
    this.#locations = this.#locations.filter(({ descriptor }) => descriptor.rangeId !== rangeId);
  }

  /** Of the last location that starts at or before the key; -1 when there is none. */
  #indexBefore(key: Uint8Array): number {
    let low = 0;
    let high = this.#locations.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const location = this.#locations[middle];
      if (location !== undefined && compareBytes(location.descriptor.span.start, key) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}

function encodeLocation(location: RangeLocation | undefined): Uint8Array {
  const writer = new ByteWriter().u8(formatVersion).boolean(location !== undefined);
  if (location !== undefined) {
    writer.varint(location.leaseholder);
    writeRangeDescriptor(writer, location.descriptor);
  }
  return writer.finish();
}

function decodeLocation(bytes: Uint8Array): RangeLocation | undefined {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`location format ${format}`);
  if (!reader.boolean()) return undefined;
  const leaseholder = reader.varint();
  return { leaseholder, descriptor: readRangeDescriptor(reader) };
}
