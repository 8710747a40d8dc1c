import { InvariantViolation } from "#base/assert.ts";
import type { NodeId } from "#base/ids.ts";
import type { RangeDescriptor } from "#range/range-descriptor.ts";

/** Where a range is, as far as this node knows. */
export interface RangeLocation {
  readonly descriptor: RangeDescriptor;
  /** 0 when not known. */
  readonly leaseholder: NodeId;
}

/** Which range holds a key and who serves it: a cache that is corrected by the answers of ranges. */
export class RangeDirectory {
  /** From the cache, or asks around. Undefined when nobody who answers knows. */
  locate(_key: Uint8Array, _signal?: AbortSignal): Promise<RangeLocation | undefined> {
    throw new InvariantViolation("not written yet");
  }
}
