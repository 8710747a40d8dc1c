import { InvariantViolation } from "#base/assert.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import type { Network, Runtime } from "#runtime/ports.ts";
import type { SharedLog } from "#storage/shared-log.ts";
import type { Store } from "#storage/store.ts";
import type { RangeRequest, RangeResponse } from "./batch.ts";
import type { HlcClock } from "./hlc-clock.ts";
import type { Replica } from "./replica.ts";
import type { StoreLiveness } from "./store-liveness.ts";

export interface StoresOptions {
  readonly runtime: Runtime;
  readonly nodeId: NodeId;
  readonly hlc: HlcClock;
  readonly log: SharedLog;
  readonly store: Store;
  readonly network: Network;
  readonly liveness: StoreLiveness;
}

/** All replicas of this node, over one shared log and one store. */
export class Stores {
  /** Finds the replicas in the store and gives each its log; none of them moves before `start`. */
  static open(_options: StoresOptions): Promise<Stores> {
    throw new InvariantViolation("not written yet");
  }

  /** Ticks, receives and serves from now on. */
  start(): void {
    throw new InvariantViolation("not written yet");
  }

  /** Makes range 1 over the whole keyspace with this node as its only replica: a new cluster. */
  bootstrap(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  get replicas(): readonly Replica[] {
    throw new InvariantViolation("not written yet");
  }

  replica(_rangeId: RangeId): Replica | undefined {
    throw new InvariantViolation("not written yet");
  }

  /** Evaluates on this node's replica. Aborting the signal ends the wait, not what was proposed. */
  execute(
    _rangeId: RangeId,
    _request: RangeRequest,
    _signal?: AbortSignal,
  ): Promise<RangeResponse> {
    throw new InvariantViolation("not written yet");
  }

  /** Hands leases to other replicas as far as that is possible within the time, before a stop. */
  transferLeases(_timeoutMs: number): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  close(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}
