import type {
  Evidence,
  NodeAnswer,
  NodeEvidence,
  NodeSummary,
  RangeSummary,
  ReplicaSummary,
  Topology,
} from "./evidence.ts";
import { merge } from "./merge.ts";
import { findProblems } from "./problems.ts";
import type { ClusterView } from "./view.ts";

/** 23 Nov 2026, 14:02:10 UTC: the present of every test. */
export const testNowMs = Date.UTC(2026, 10, 23, 14, 2, 10);

export function nodeSummary(nodeId: number, changes: Partial<NodeSummary> = {}): NodeSummary {
  return {
    nodeId,
    version: "0.1.0",
    grpcAddress: `127.0.0.1:${15050 + nodeId}`,
    sqlAddress: `127.0.0.1:${55431 + nodeId}`,
    healthAddress: `127.0.0.1:${18080 + nodeId}`,
    locality: { region: "eu-west", zone: "abc".charAt(nodeId - 1) },
    membership: "active",
    liveness: "live",
    lastHeardMs: testNowMs - 100,
    health: "ready",
    healthDetail: "",
    clockOffsetMs: 0.4,
    roundTripMs: 0.8,
    leaseCount: nodeId === 1 ? 1 : 0,
    replicaCount: 1,
    startedAtMs: testNowMs - 3_600_000,
    residentBytes: 160 * 1024 ** 2,
    cpuFraction: 0.31,
    sqlConnections: 4,
    statementsPerSecond: 1_000,
    ...changes,
  };
}

export function nodeAnswer(node: NodeSummary, changes: Partial<NodeAnswer> = {}): NodeAnswer {
  return {
    node,
    checks: [{ name: "storage", passed: true, detail: "", checkedAtMs: testNowMs }],
    process: {
      startedAtMs: node.startedAtMs,
      residentBytes: node.residentBytes,
      cpuSeconds: 12,
      eventLoopDelayP99Ms: 2,
      diskFreeBytes: 57e9,
      diskTotalBytes: 252e9,
      sqlConnections: 4,
    },
    ...changes,
  };
}

/** A node that answered 200 ms ago. */
export function answering(nodeId: number, changes: Partial<NodeAnswer> = {}): NodeEvidence {
  const node = nodeSummary(nodeId);
  return {
    address: node.grpcAddress,
    answer: nodeAnswer(node, changes),
    answeredAtMs: testNowMs - 200,
    roundTripMs: 3,
    failures: 0,
    failingSinceMs: undefined,
    error: undefined,
  };
}

/** A node that last answered 4 s ago and has failed three probes since. */
export function silent(nodeId: number): NodeEvidence {
  return {
    ...answering(nodeId),
    answeredAtMs: testNowMs - 4_000,
    failures: 3,
    failingSinceMs: testNowMs - 3_000,
    error: "UNAVAILABLE",
  };
}

/** A configured address that nobody ever answered on. */
export function neverHeard(nodeId: number): NodeEvidence {
  return { ...silent(nodeId), answer: undefined, answeredAtMs: undefined };
}

export function replica(nodeId: number, changes: Partial<ReplicaSummary> = {}): ReplicaSummary {
  return {
    nodeId,
    role: "voter",
    leaseholder: nodeId === 1,
    reported: true,
    recordCount: 100_214,
    sizeBytes: 14_811_136,
    appliedIndex: 18_400,
    lastIndex: 18_401,
    raftState: nodeId === 1 ? "leader" : "follower",
    error: "",
    knownAtMs: testNowMs - 300,
    ...changes,
  };
}

export function rangeSummary(changes: Partial<RangeSummary> = {}): RangeSummary {
  return {
    rangeId: "1",
    startLabel: "",
    endLabel: "",
    leaseholder: 1,
    term: 4,
    replicas: [replica(1), replica(2), replica(3)],
    failuresLeft: 1,
    readsPerSecond: 1_840,
    writesPerSecond: 402,
    ...changes,
  };
}

export function topology(changes: Partial<Topology> = {}): Topology {
  return {
    clusterId: "6d0f5c52",
    answeredBy: 1,
    answeredAtMs: testNowMs - 300,
    nodes: [nodeSummary(1), nodeSummary(2), nodeSummary(3)],
    ranges: [rangeSummary()],
    missingNodes: [],
    replicationFactor: 3,
    ...changes,
  };
}

/** What node 1 says of a cluster in which these nodes are not heard. */
export function topologyWithout(...nodeIds: readonly number[]): Topology {
  return topology({
    nodes: [1, 2, 3].map((nodeId) =>
      nodeIds.includes(nodeId)
        ? nodeSummary(nodeId, { liveness: "dead", lastHeardMs: testNowMs - 4_000 })
        : nodeSummary(nodeId),
    ),
    missingNodes: nodeIds,
  });
}

export function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    nodes: [answering(1), answering(2), answering(3)],
    topology: { topology: topology(), receivedAtMs: testNowMs - 300 },
    ...changes,
  };
}

/** The view of an evidence, as the watcher would publish it; graces count as passed. */
export function viewOf(given: Evidence, nowMs: number = testNowMs): ClusterView {
  const merged = merge(given, nowMs);
  const first = findProblems(merged, new Map(), nowMs - 60_000);
  const { problems } = findProblems(merged, first.sightings, nowMs);
  return { ...merged, problems, atMs: nowMs, revision: "1", lastChangeAtMs: undefined };
}
