import {
  HealthState,
  Liveness,
  Membership,
  ReplicaRole,
  type GetNodeResponse,
  type NodeSummary as WireNode,
  type RangeSummary as WireRange,
  type Topology as WireTopology,
} from "@holo-fusion/proto/admin";
import type {
  Health,
  Liveness as LivenessWord,
  Membership as MembershipWord,
  NodeAnswer,
  NodeSummary,
  RangeSummary,
  ReplicaRole as RoleWord,
  Topology,
} from "../../cluster/evidence.ts";

/** From the wire to plain JSON: enums become words, 64-bit integers numbers (exact up to 2^53). */
export function nodeAnswerOf(response: GetNodeResponse, node: WireNode): NodeAnswer {
  const { process } = response;
  return {
    node: nodeSummaryOf(node),
    checks: response.checks.map((check) => ({
      name: check.name,
      passed: check.passed,
      detail: check.detail,
      checkedAtMs: Number(check.checkedAtMs),
    })),
    process:
      process === undefined
        ? undefined
        : {
            startedAtMs: Number(process.startedAtMs),
            residentBytes: Number(process.residentBytes),
            cpuSeconds: process.cpuSeconds,
            eventLoopDelayP99Ms: process.eventLoopDelayP99Ms,
            diskFreeBytes: Number(process.diskFreeBytes),
            diskTotalBytes: Number(process.diskTotalBytes),
            sqlConnections: process.sqlConnections,
          },
  };
}

export function topologyOf(topology: WireTopology): Topology {
  return {
    clusterId: topology.clusterId,
    answeredBy: topology.answeredBy,
    answeredAtMs: Number(topology.answeredAtMs),
    nodes: topology.nodes.map(nodeSummaryOf),
    ranges: topology.ranges.map(rangeSummaryOf),
    missingNodes: topology.missingNodes,
    replicationFactor: topology.replicationFactor,
  };
}

function nodeSummaryOf(node: WireNode): NodeSummary {
  return {
    nodeId: node.nodeId,
    version: node.version,
    grpcAddress: node.grpcAddress,
    sqlAddress: node.sqlAddress,
    healthAddress: node.healthAddress,
    locality: node.locality,
    membership: membershipWords[node.membership] ?? "unknown",
    liveness: livenessWords[node.liveness] ?? "unknown",
    lastHeardMs: node.lastHeardMs === 0n ? undefined : Number(node.lastHeardMs),
    health: healthWords[node.health] ?? "unknown",
    healthDetail: node.healthDetail,
    clockOffsetMs: node.clockOffsetMs,
    roundTripMs: node.roundTripMs,
    leaseCount: node.leaseCount,
    replicaCount: node.replicaCount,
    startedAtMs: Number(node.startedAtMs),
    residentBytes: Number(node.residentBytes),
    cpuFraction: node.cpuFraction,
    sqlConnections: node.sqlConnections,
    statementsPerSecond: node.statementsPerSecond,
  };
}

function rangeSummaryOf(range: WireRange): RangeSummary {
  return {
    rangeId: range.rangeId.toString(),
    startLabel: range.startLabel,
    endLabel: range.endLabel,
    leaseholder: range.leaseholder,
    term: Number(range.term),
    replicas: range.replicas.map((replica) => ({
      nodeId: replica.nodeId,
      role: roleWords[replica.role] ?? "unknown",
      leaseholder: replica.leaseholder,
      reported: replica.reported,
      recordCount: Number(replica.recordCount),
      sizeBytes: Number(replica.sizeBytes),
      appliedIndex: Number(replica.appliedIndex),
      lastIndex: Number(replica.lastIndex),
      raftState: replica.raftState,
      error: replica.error,
      knownAtMs: undefined,
    })),
    failuresLeft: range.failuresLeft,
    readsPerSecond: range.readsPerSecond,
    writesPerSecond: range.writesPerSecond,
  };
}

/** A number that a later version may add has no word here; the callers say "unknown". */
const healthWords: Partial<Record<number, Health>> = {
  [HealthState.HEALTH_STATE_BOOTSTRAPPING]: "bootstrapping",
  [HealthState.HEALTH_STATE_READY]: "ready",
  [HealthState.HEALTH_STATE_DEGRADED]: "degraded",
  [HealthState.HEALTH_STATE_NOT_READY]: "notReady",
};
const livenessWords: Partial<Record<number, LivenessWord>> = {
  [Liveness.LIVENESS_LIVE]: "live",
  [Liveness.LIVENESS_SUSPECT]: "suspect",
  [Liveness.LIVENESS_DEAD]: "dead",
};
const membershipWords: Partial<Record<number, MembershipWord>> = {
  [Membership.MEMBERSHIP_ACTIVE]: "active",
  [Membership.MEMBERSHIP_DECOMMISSIONING]: "decommissioning",
  [Membership.MEMBERSHIP_REMOVED]: "removed",
};
const roleWords: Partial<Record<number, RoleWord>> = {
  [ReplicaRole.REPLICA_ROLE_VOTER]: "voter",
  [ReplicaRole.REPLICA_ROLE_LEARNER]: "learner",
  [ReplicaRole.REPLICA_ROLE_OUTGOING]: "outgoing",
};
