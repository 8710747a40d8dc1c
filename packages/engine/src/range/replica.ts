import { InvariantViolation } from "#base/assert.ts";
import type { RangeId } from "#base/ids.ts";
import type { RangeDescriptor } from "./range-descriptor.ts";

/** One copy of a range on this node. */
export class Replica {
  readonly rangeId: RangeId;

  constructor(rangeId: RangeId) {
    this.rangeId = rangeId;
  }

  /** Undefined while the replica has no data yet. */
  get descriptor(): RangeDescriptor | undefined {
    throw new InvariantViolation("not written yet");
  }
}
