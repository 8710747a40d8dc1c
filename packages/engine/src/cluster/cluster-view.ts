import type { NodeId, RangeId, ReplicaId } from "#base/ids.ts";
import type { Cancel } from "#runtime/ports.ts";
import type { RangeDescriptor, ReplicaRole } from "#range/range-descriptor.ts";
import type { NodeReport } from "./node-figures.ts";
import type { NodeRecord } from "./node-record.ts";

/**
 * - `live`: heard from within the last two heartbeats or so.
 * - `suspect`: silent for longer, still within the support that was granted.
 * - `dead`: silent for longer than that.
 * - `unknown`: never heard from since this node started.
 */
export type LivenessState = "live" | "suspect" | "dead" | "unknown";

/** One node as this node sees it. */
export interface NodeView {
  readonly record: NodeRecord;
  readonly isSelf: boolean;
  readonly liveness: LivenessState;
  /** By this node's wall clock; 0 when never. For this node itself: now. */
  readonly lastHeardMs: number;
  /** What it said of itself last; undefined when it never did. */
  readonly report: NodeReport | undefined;
  /** Its clock minus this node's, as measured; 0 for this node itself. */
  readonly clockOffsetMs: number;
  readonly roundTripMs: number;
}

/** A replica's own account of itself. */
export interface ReplicaReport {
  readonly rangeId: RangeId;
  readonly nodeId: NodeId;
  readonly replicaId: ReplicaId;
  readonly raftState: "leader" | "candidate" | "follower" | "learner";
  readonly isLeaseholder: boolean;
  readonly term: number;
  readonly appliedIndex: number;
  readonly commitIndex: number;
  readonly lastIndex: number;
  /** Live keys and their bytes in this node's copy of the range. */
  readonly recordCount: number;
  readonly sizeBytes: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** By the reporting node's wall clock. */
  readonly reportedAtMs: number;
  readonly descriptor: RangeDescriptor;
}

export interface ReplicaView {
  readonly nodeId: NodeId;
  readonly replicaId: ReplicaId;
  readonly role: ReplicaRole;
  readonly isLeaseholder: boolean;
  /** Undefined when the node did not answer in time; then `problem` says why. */
  readonly report: ReplicaReport | undefined;
  readonly problem: string | undefined;
}

export interface RangeView {
  readonly descriptor: RangeDescriptor;
  /** 0 when no node holds a valid lease as far as can be told. */
  readonly leaseholder: NodeId;
  readonly term: number;
  readonly replicas: readonly ReplicaView[];
  /** Replicas that may fail before the range stops; -1 when it already has. */
  readonly failuresLeft: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

export interface TopologyView {
  readonly clusterId: string;
  readonly answeredBy: NodeId;
  readonly answeredAtMs: number;
  readonly nodes: readonly NodeView[];
  readonly ranges: readonly RangeView[];
  /** Nodes that were asked and did not answer in time. */
  readonly missingNodes: readonly NodeId[];
  readonly replicationFactor: number;
}

/** What operators see of the cluster, from one node. */
export interface ClusterView {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly replicationFactor: number;
  /** From memory, at once. In the order of their numbers. */
  nodes(): readonly NodeView[];
  /** This node's replicas. */
  localReplicas(): readonly ReplicaReport[];
  /** Asks all nodes for their replicas' reports; what does not answer within the deadline is named. */
  topology(options: { readonly deadlineMs: number }): Promise<TopologyView>;
  /** True when the local node can serve: a lease is known and reachable for every range it knows of. */
  isServing(): boolean;
  /** A node came, went, was heard from again or changed its health; a lease moved; replicas changed. */
  onChange(handler: () => void): Cancel;
}
