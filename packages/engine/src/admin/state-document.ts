import { hex } from "#base/bytes.ts";
import type { Membership, ReplicaRole, Topology } from "./topology.ts";

const membershipNames: Readonly<Record<Membership, string>> = {
  active: "Active",
  decommissioning: "Decommissioning",
  removed: "Removed",
};

const roleNames: Readonly<Record<ReplicaRole, string>> = {
  voter: "Voter",
  learner: "Learner",
  outgoing: "Outgoing",
};

export function membershipName(membership: Membership): string {
  return membershipNames[membership];
}

/**
 * The cluster state as `holoctl state` prints it. Maps by number have string keys, key bounds are
 * arrays of byte numbers and states are written in PascalCase, as operators' scripts expect.
 */
export function renderState(topology: Topology): string {
  const shards = topology.ranges.map((range, index) => ({
    shard_id: range.rangeId,
    shard_index: index,
    start_key: [...range.startKey],
    end_key: [...range.endKey],
    start_key_hex: hex(range.startKey),
    end_key_hex: hex(range.endKey),
    replicas: range.replicas.map((replica) => replica.nodeId),
    leaseholder: range.leaseholder,
    generation: range.generation,
    term: range.term,
  }));
  const document = {
    cluster_id: topology.clusterId,
    epoch: Math.max(0, ...topology.ranges.map((range) => range.generation)),
    frozen: false,
    replication_factor: topology.replicationFactor,
    answered_by: topology.answeredBy,
    answered_at_unix_ms: topology.answeredAtMs,
    members: Object.fromEntries(
      topology.nodes.map((node) => [
        node.nodeId,
        {
          node_id: node.nodeId,
          grpc_addr: node.grpcAddress,
          sql_addr: node.sqlAddress,
          health_addr: node.healthAddress,
          state: membershipNames[node.membership],
          liveness: node.liveness,
          health: node.health ?? "Unknown",
          version: node.version,
          locality: node.locality,
        },
      ]),
    ),
    shards,
    shard_replica_roles: Object.fromEntries(
      topology.ranges.map((range) => [
        range.rangeId,
        Object.fromEntries(
          range.replicas.map((replica) => [replica.nodeId, roleNames[replica.role]]),
        ),
      ]),
    ),
    shard_rebalances: {},
    shard_merges: {},
    shard_fences: {},
    retired_ranges: {},
    missing_nodes: topology.missingNodes,
  };
  return JSON.stringify(document, undefined, 2);
}
