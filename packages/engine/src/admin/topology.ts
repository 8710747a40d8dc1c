import type { NodeId, RangeId } from "#base/ids.ts";

/** The coarse state of a node, in the words of `/state`. */
export type HealthState = "Bootstrapping" | "Ready" | "Degraded" | "NotReady";

/** One live check of a node. `detail`: one plain sentence; when failed, what is wrong and what it stops. */
export interface HealthCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
  readonly checkedAtMs: number;
}

export interface ProcessFigures {
  readonly startedAtMs: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly eventLoopDelayP99Ms: number;
  readonly diskFreeBytes: number;
  readonly diskTotalBytes: number;
  readonly sqlConnections: number;
}

/**
 * `live`: answers heartbeats. `suspect`: missed some, for less than the support duration. `dead`:
 * silent for longer. `unknown`: never heard since the answering node started.
 */
export type Liveness = "live" | "suspect" | "dead" | "unknown";

export type Membership = "active" | "decommissioning" | "removed";

/** A node as the answering node knows it. Times are Unix milliseconds of the answering node's clock. */
export interface NodeSummary {
  readonly nodeId: NodeId;
  readonly version: string;
  readonly grpcAddress: string;
  readonly sqlAddress: string;
  readonly healthAddress: string;
  readonly locality: Readonly<Record<string, string>>;
  readonly membership: Membership;
  readonly liveness: Liveness;
  /** 0 when never. */
  readonly lastHeardMs: number;
  /** As the node last said of itself; undefined when it never did. */
  readonly health: HealthState | undefined;
  readonly healthDetail: string;
  /** That node's clock minus the answering node's. */
  readonly clockOffsetMs: number;
  readonly roundTripMs: number;
  readonly leaseCount: number;
  readonly replicaCount: number;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  /** Share of one core over the last seconds. */
  readonly cpuFraction: number;
  readonly sqlConnections: number;
  readonly statementsPerSecond: number;
}

export type ReplicaRole = "voter" | "learner" | "outgoing";

export interface ReplicaSummary {
  readonly nodeId: NodeId;
  readonly role: ReplicaRole;
  readonly leaseholder: boolean;
  /** What follows is the node's own account; false when it gave none, and then `error` says why. */
  readonly reported: boolean;
  readonly recordCount: number;
  readonly sizeBytes: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  /** `leader`, `follower`, `candidate`, `learner`. */
  readonly raftState: string;
  readonly reportedAtMs: number;
  readonly error: string;
}

export interface RangeSummary {
  readonly rangeId: RangeId;
  readonly generation: number;
  readonly startKey: Uint8Array;
  /** Empty: the end of the keyspace. */
  readonly endKey: Uint8Array;
  /** The keys in words, such as `/table/7` or `/system`. */
  readonly startLabel: string;
  readonly endLabel: string;
  /** 0 when no node holds a valid lease. */
  readonly leaseholder: NodeId;
  readonly term: number;
  readonly replicas: readonly ReplicaSummary[];
  /** Replicas that may fail before the range stops accepting writes; -1 when it has stopped. */
  readonly failuresLeft: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

export interface Topology {
  readonly clusterId: string;
  readonly answeredBy: NodeId;
  readonly answeredAtMs: number;
  readonly nodes: readonly NodeSummary[];
  readonly ranges: readonly RangeSummary[];
  /** Nodes that were asked and did not answer in time. */
  readonly missingNodes: readonly NodeId[];
  readonly replicationFactor: number;
}

export interface NodeView {
  readonly node: NodeSummary;
  readonly checks: readonly HealthCheck[];
  readonly process: ProcessFigures;
  readonly answeredAtMs: number;
}

/** A knob as it stands on the answering node. Values in the form in which they are given. */
export interface KnobView {
  readonly name: string;
  readonly variable: string;
  readonly type: string;
  readonly value: string;
  readonly defaultValue: string;
  readonly unit: string;
  readonly help: string;
  readonly source: "default" | "environment" | "flag";
  readonly minimum: string;
  readonly maximum: string;
}

/** What operators may ask a node. The node answers it; over gRPC a client offers the same. */
export interface AdminApi {
  node(signal?: AbortSignal): Promise<NodeView>;
  topology(signal?: AbortSignal): Promise<Topology>;
  /** A topology at once, then on every change and at least once per interval, until aborted. */
  watchTopology(options: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<Topology>;
  /** The cluster state as a JSON document. */
  state(signal?: AbortSignal): Promise<string>;
  knobs(signal?: AbortSignal): Promise<readonly KnobView[]>;
}
