import { InvariantViolation } from "#base/assert.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { RangeDirectory } from "#cluster/range-directory.ts";
import type { SystemRecords } from "#cluster/system-records.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { BeginOptions, KvClient, KvTransaction } from "./api.ts";

export interface DistributedKvOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly calls: Calls;
  readonly stores: Stores;
  readonly directory: RangeDirectory;
}

/** The KvClient of a node: transactions over ranges wherever they are. */
export class DistributedKv implements KvClient {
  readonly systemRecords: SystemRecords;

  constructor(_options: DistributedKvOptions) {
    throw new InvariantViolation("not written yet");
  }

  begin(_options?: BeginOptions): KvTransaction {
    throw new InvariantViolation("not written yet");
  }

  now(): Timestamp {
    throw new InvariantViolation("not written yet");
  }

  /** Ends what waits with 57P01. */
  close(): void {
    throw new InvariantViolation("not written yet");
  }
}
