/**
 * What the nodes said and when the console heard it. Plain JSON, so that it can be stored and read
 * again after a restart; 64-bit counts are numbers (exact up to 2^53).
 */

export type Health = "unknown" | "bootstrapping" | "ready" | "degraded" | "notReady";
export type Liveness = "live" | "suspect" | "dead" | "unknown";
export type Membership = "active" | "decommissioning" | "removed" | "unknown";
export type ReplicaRole = "voter" | "learner" | "outgoing" | "unknown";

export interface NodeSummary {
  readonly nodeId: number;
  readonly version: string;
  readonly grpcAddress: string;
  readonly sqlAddress: string;
  readonly healthAddress: string;
  readonly locality: Readonly<Record<string, string>>;
  readonly membership: Membership;
  /** As the answering node judges it. */
  readonly liveness: Liveness;
  /** By the answering node's clock; undefined when it never heard from the node. */
  readonly lastHeardMs: number | undefined;
  readonly health: Health;
  readonly healthDetail: string;
  /** That node's clock minus the answering node's. */
  readonly clockOffsetMs: number;
  readonly roundTripMs: number;
  readonly leaseCount: number;
  readonly replicaCount: number;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  readonly cpuFraction: number;
  readonly sqlConnections: number;
  readonly statementsPerSecond: number;
}

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

/** A node's answer about itself. */
export interface NodeAnswer {
  readonly node: NodeSummary;
  readonly checks: readonly HealthCheck[];
  readonly process: ProcessFigures | undefined;
}

export interface ReplicaSummary {
  readonly nodeId: number;
  readonly role: ReplicaRole;
  readonly leaseholder: boolean;
  /** False when the node did not answer: counts and indexes then mean nothing. */
  readonly reported: boolean;
  readonly recordCount: number;
  readonly sizeBytes: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  readonly raftState: string;
  readonly error: string;
  /** When the console heard these figures, by its own clock; undefined when it never did. */
  readonly knownAtMs: number | undefined;
}

export interface RangeSummary {
  /** Decimal digits; ids are 64-bit. */
  readonly rangeId: string;
  readonly startLabel: string;
  readonly endLabel: string;
  /** 0 when no node holds a valid lease. */
  readonly leaseholder: number;
  readonly term: number;
  readonly replicas: readonly ReplicaSummary[];
  /** -1 when the range has already stopped accepting writes. */
  readonly failuresLeft: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

export interface Topology {
  readonly clusterId: string;
  readonly answeredBy: number;
  /** By the answering node's clock. */
  readonly answeredAtMs: number;
  readonly nodes: readonly NodeSummary[];
  readonly ranges: readonly RangeSummary[];
  readonly missingNodes: readonly number[];
  readonly replicationFactor: number;
}

/** What the console knows of one address it asks. Times are by the console's clock. */
export interface NodeEvidence {
  readonly address: string;
  /** The last good answer; undefined when there never was one. */
  readonly answer: NodeAnswer | undefined;
  readonly answeredAtMs: number | undefined;
  readonly roundTripMs: number | undefined;
  /** Probes in a row without an answer. */
  readonly failures: number;
  /** Start of the present row of failures. */
  readonly failingSinceMs: number | undefined;
  /** Why the last probe failed, such as `UNAVAILABLE`. */
  readonly error: string | undefined;
}

export interface TopologyEvidence {
  readonly topology: Topology;
  readonly receivedAtMs: number;
}

/**
 * A topology as it arrived, with the figures of replicas that did not report taken over from the one
 * before: the last known count with its age says more than nothing. Pure.
 */
export function rememberFigures(
  before: TopologyEvidence | undefined,
  topology: Topology,
  receivedAtMs: number,
): TopologyEvidence {
  const known = new Map(
    (before?.topology.ranges ?? []).flatMap((range) =>
      range.replicas.map((replica) => [`${range.rangeId}/${replica.nodeId}`, replica] as const),
    ),
  );
  const ranges = topology.ranges.map((range) => ({
    ...range,
    replicas: range.replicas.map((replica) => {
      if (replica.reported) return { ...replica, knownAtMs: receivedAtMs };
      const last = known.get(`${range.rangeId}/${replica.nodeId}`);
      if (last?.knownAtMs === undefined) return replica;
      const { role, leaseholder, reported, error } = replica;
      return { ...last, role, leaseholder, reported, error };
    }),
  }));
  return { topology: { ...topology, ranges }, receivedAtMs };
}

export interface Evidence {
  readonly nodes: readonly NodeEvidence[];
  readonly topology: TopologyEvidence | undefined;
}
