import {
  HealthState as WireHealth,
  Liveness as WireLiveness,
  Membership as WireMembership,
  ReplicaRole as WireRole,
  type GetNodeResponse,
  type NodeSummary as WireNode,
  type RangeSummary as WireRange,
  type Topology as WireTopology,
} from "@holo-fusion/proto/admin";
import type {
  HealthState,
  Liveness,
  Membership,
  NodeSummary,
  NodeView,
  RangeSummary,
  ReplicaRole,
  Topology,
} from "#admin/topology.ts";

/** The operator's words and the wire's numbers, both ways. */
const health = pairs<HealthState | undefined, WireHealth>([
  [undefined, WireHealth.HEALTH_STATE_UNSPECIFIED],
  ["Bootstrapping", WireHealth.HEALTH_STATE_BOOTSTRAPPING],
  ["Ready", WireHealth.HEALTH_STATE_READY],
  ["Degraded", WireHealth.HEALTH_STATE_DEGRADED],
  ["NotReady", WireHealth.HEALTH_STATE_NOT_READY],
]);

const liveness = pairs<Liveness, WireLiveness>([
  ["unknown", WireLiveness.LIVENESS_UNKNOWN],
  ["live", WireLiveness.LIVENESS_LIVE],
  ["suspect", WireLiveness.LIVENESS_SUSPECT],
  ["dead", WireLiveness.LIVENESS_DEAD],
]);

const membership = pairs<Membership, WireMembership>([
  ["active", WireMembership.MEMBERSHIP_ACTIVE],
  ["decommissioning", WireMembership.MEMBERSHIP_DECOMMISSIONING],
  ["removed", WireMembership.MEMBERSHIP_REMOVED],
]);

const roles = pairs<ReplicaRole, WireRole>([
  ["voter", WireRole.REPLICA_ROLE_VOTER],
  ["learner", WireRole.REPLICA_ROLE_LEARNER],
  ["outgoing", WireRole.REPLICA_ROLE_OUTGOING],
]);

export function topologyToWire(topology: Topology): WireTopology {
  return {
    clusterId: topology.clusterId,
    answeredBy: topology.answeredBy,
    answeredAtMs: whole(topology.answeredAtMs),
    nodes: topology.nodes.map(nodeToWire),
    ranges: topology.ranges.map(rangeToWire),
    missingNodes: [...topology.missingNodes],
    replicationFactor: topology.replicationFactor,
  };
}

export function topologyFromWire(message: WireTopology | undefined): Topology {
  if (message === undefined) throw new Error("the node's answer holds no topology");
  return {
    clusterId: message.clusterId,
    answeredBy: message.answeredBy,
    answeredAtMs: Number(message.answeredAtMs),
    nodes: message.nodes.map(nodeFromWire),
    ranges: message.ranges.map(rangeFromWire),
    missingNodes: message.missingNodes,
    replicationFactor: message.replicationFactor,
  };
}

export function nodeViewToWire(view: NodeView): GetNodeResponse {
  const { process } = view;
  return {
    node: nodeToWire(view.node),
    checks: view.checks.map((check) => ({ ...check, checkedAtMs: whole(check.checkedAtMs) })),
    process: {
      startedAtMs: whole(process.startedAtMs),
      residentBytes: whole(process.residentBytes),
      cpuSeconds: process.cpuSeconds,
      eventLoopDelayP99Ms: process.eventLoopDelayP99Ms,
      diskFreeBytes: whole(process.diskFreeBytes),
      diskTotalBytes: whole(process.diskTotalBytes),
      sqlConnections: process.sqlConnections,
    },
    answeredAtMs: whole(view.answeredAtMs),
  };
}

export function nodeViewFromWire(message: GetNodeResponse): NodeView {
  const { node, process } = message;
  if (node === undefined || process === undefined) {
    throw new Error("the node's answer is incomplete");
  }
  return {
    node: nodeFromWire(node),
    checks: message.checks.map((check) => ({ ...check, checkedAtMs: Number(check.checkedAtMs) })),
    process: {
      startedAtMs: Number(process.startedAtMs),
      residentBytes: Number(process.residentBytes),
      cpuSeconds: process.cpuSeconds,
      eventLoopDelayP99Ms: process.eventLoopDelayP99Ms,
      diskFreeBytes: Number(process.diskFreeBytes),
      diskTotalBytes: Number(process.diskTotalBytes),
      sqlConnections: process.sqlConnections,
    },
    answeredAtMs: Number(message.answeredAtMs),
  };
}

function nodeToWire(node: NodeSummary): WireNode {
  return {
    ...node,
    locality: { ...node.locality },
    membership: membership.toWire(node.membership),
    liveness: liveness.toWire(node.liveness),
    lastHeardMs: whole(node.lastHeardMs),
    health: health.toWire(node.health),
    startedAtMs: whole(node.startedAtMs),
    residentBytes: whole(node.residentBytes),
  };
}

function nodeFromWire(message: WireNode): NodeSummary {
  return {
    ...message,
    membership: membership.fromWire(message.membership),
    liveness: liveness.fromWire(message.liveness),
    lastHeardMs: Number(message.lastHeardMs),
    health: health.fromWire(message.health),
    startedAtMs: Number(message.startedAtMs),
    residentBytes: Number(message.residentBytes),
  };
}

function rangeToWire(range: RangeSummary): WireRange {
  return {
    ...range,
    rangeId: whole(range.rangeId),
    generation: whole(range.generation),
    startKey: Buffer.from(range.startKey),
    endKey: Buffer.from(range.endKey),
    term: whole(range.term),
    replicas: range.replicas.map((replica) => ({
      ...replica,
      role: roles.toWire(replica.role),
      recordCount: whole(replica.recordCount),
      sizeBytes: whole(replica.sizeBytes),
      appliedIndex: whole(replica.appliedIndex),
      lastIndex: whole(replica.lastIndex),
      reportedAtMs: whole(replica.reportedAtMs),
    })),
  };
}

function rangeFromWire(message: WireRange): RangeSummary {
  return {
    ...message,
    rangeId: Number(message.rangeId),
    generation: Number(message.generation),
    term: Number(message.term),
    replicas: message.replicas.map((replica) => ({
      ...replica,
      role: roles.fromWire(replica.role),
      recordCount: Number(replica.recordCount),
      sizeBytes: Number(replica.sizeBytes),
      appliedIndex: Number(replica.appliedIndex),
      lastIndex: Number(replica.lastIndex),
      reportedAtMs: Number(replica.reportedAtMs),
    })),
  };
}

function whole(value: number): bigint {
  return BigInt(Math.round(value));
}

/** A number this release does not know reads as the first pair. */
function pairs<Word, Wire>(
  table: readonly [readonly [Word, Wire], ...(readonly [Word, Wire])[]],
): {
  toWire(word: Word): Wire;
  fromWire(value: Wire): Word;
} {
  const [first] = table;
  return {
    toWire: (word) => (table.find((pair) => pair[0] === word) ?? first)[1],
    fromWire: (value) => (table.find((pair) => pair[1] === value) ?? first)[0],
  };
}
