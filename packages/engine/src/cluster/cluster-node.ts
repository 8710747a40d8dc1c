import { InvariantViolation } from "#base/assert.ts";
import type { NodeId } from "#base/ids.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Disk, Network, Runtime } from "#runtime/ports.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { JoinClient, JoinRequest, JoinResponse, JoinServer } from "./join.ts";
import type { LivenessTable } from "./liveness-table.ts";
import type { NodeAddresses } from "./node-record.ts";
import type { RangeDirectory } from "./range-directory.ts";
import type { SystemRecords } from "./system-records.ts";

/** Whose data folder this is; storage's NodeState is one. */
export interface IdentityStore {
  readonly identity: { readonly clusterId: string; readonly nodeId: NodeId } | undefined;
  claim(identity: { readonly clusterId: string; readonly nodeId: NodeId }): Promise<void>;
}

export interface ClusterNodeOptions {
  readonly runtime: Runtime;
  readonly nodeId: NodeId;
  readonly addresses: NodeAddresses;
  readonly locality: ReadonlyMap<string, string>;
  readonly version: string;
  /** Replicas that a range should have. Odd. */
  readonly replicationFactor: number;
  readonly identity: IdentityStore;
  /** Holds the file `peers`: where the other nodes were last. */
  readonly disk: Disk;
  readonly hlc: HlcClock;
  readonly network: Network;
  readonly calls: Calls;
  readonly liveness: LivenessTable;
  readonly stores: Stores;
}

/**
 * This node's part in the cluster: its membership, what it knows of the others, where ranges are, and
 * the care for their replicas. The order in which a node comes up:
 *
 *   HlcClock.open → LivenessTable.open → Stores.open → new ClusterNode → new DistributedKv
 *   → bootstrap | join | resume → start(kv.systemRecords) → … → close
 */
export class ClusterNode implements JoinServer {
  readonly directory: RangeDirectory;
  readonly view: ClusterView;

  constructor(_options: ClusterNodeOptions) {
    throw new InvariantViolation("not written yet");
  }

  /** Undefined before bootstrap, join or resume. */
  get clusterId(): string | undefined {
    throw new InvariantViolation("not written yet");
  }

  /** Makes a new cluster of this node alone. */
  bootstrap(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /**
   * Asks the addresses one after the other, again and again, until one lets this node in. Throws
   * JoinRefused when a member said no for good, and the signal's reason.
   */
  join(_client: JoinClient, _addresses: readonly string[], _signal?: AbortSignal): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /**
   * Takes up the life of a store that belongs to a cluster already. With a client, the others learn
   * of changed addresses in the background.
   */
  resume(_client: JoinClient | undefined, _addresses: readonly string[]): Promise<void> {
    throw new InvariantViolation("not written yet");
  }

  /** Heartbeats, serves and looks after ranges from now on. */
  start(_records: SystemRecords): void {
    throw new InvariantViolation("not written yet");
  }

  handleJoin(_request: JoinRequest): Promise<JoinResponse> {
    throw new InvariantViolation("not written yet");
  }

  close(): Promise<void> {
    throw new InvariantViolation("not written yet");
  }
}
