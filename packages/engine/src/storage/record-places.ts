import type { RangeId } from "#base/ids.ts";
import type { LogRecord } from "./log-record.ts";
import type { RangeLog } from "./range-log.ts";

interface RangePlaces {
  /** Per segment that holds entries of the range, oldest first: the highest index among them. */
  entrySegments: { readonly segment: number; lastIndex: number }[];
  /** Segment of the range's last record, which alone says its hard state. */
  lastSegment: number;
  /** Where the range's log is cut, as its last record says. */
  truncatedIndex: number;
}

export interface SegmentNeeds {
  /** Ranges with entries or their last record in the segment: all they have must be written again. */
  readonly live: readonly RangeLog[];
  /** Ranges whose entries in it are truncated, which no record that remains says yet. */
  readonly cut: readonly RangeLog[];
}

/** Which segments hold what the ranges still need. */
export class RecordPlaces {
  readonly #ranges = new Map<RangeId, RangePlaces>();

  written(segment: number, record: LogRecord): void {
    if (record.kind === "remove") {
      this.#ranges.delete(record.rangeId);
      return;
    }
    let places = this.#ranges.get(record.rangeId);
    if (places === undefined) {
      places = { entrySegments: [], lastSegment: segment, truncatedIndex: 0 };
      this.#ranges.set(record.rangeId, places);
    }
    places.lastSegment = segment;
    places.truncatedIndex = record.truncated.index;
    if (record.kind === "replace") places.entrySegments = [];
    const last = record.entries.at(-1);
    if (last === undefined) return;
    const newest = places.entrySegments.at(-1);
    if (newest?.segment === segment) newest.lastIndex = Math.max(newest.lastIndex, last.index);
    else places.entrySegments.push({ segment, lastIndex: last.index });
  }

  needsOf(segment: number, find: (rangeId: RangeId) => RangeLog | undefined): SegmentNeeds {
    const live: RangeLog[] = [];
    const cut: RangeLog[] = [];
    for (const [rangeId, places] of this.#ranges) {
      const log = find(rangeId);
      if (log === undefined) continue;
      const oldest = places.entrySegments[0];
      const lastIndex = oldest?.segment === segment ? oldest.lastIndex : 0;
      if (places.lastSegment === segment || lastIndex > log.truncated.index) live.push(log);
      else if (lastIndex > places.truncatedIndex) cut.push(log);
    }
    return { live, cut };
  }

  removed(segment: number): void {
    for (const places of this.#ranges.values()) {
      if (places.entrySegments[0]?.segment === segment) places.entrySegments.shift();
    }
  }
}
