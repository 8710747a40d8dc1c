import type { ClusterView, NodeView, RangeView, TopologyView } from "#cluster/cluster-view.ts";
import type { HealthState as ReportedHealth } from "#cluster/node-figures.ts";
import type { ReplicaRole as DescriptorRole } from "#range/range-descriptor.ts";
import { labelKey } from "./key-label.ts";
import type {
  HealthState,
  NodeSummary,
  RangeSummary,
  ReplicaRole,
  ReplicaSummary,
  Topology,
} from "./topology.ts";

const healthNames: Readonly<Record<ReportedHealth, HealthState>> = {
  bootstrapping: "Bootstrapping",
  ready: "Ready",
  degraded: "Degraded",
  notReady: "NotReady",
};

/** A replica that is on its way out counts as outgoing to operators, whatever it does next. */
const roleNames: Readonly<Record<DescriptorRole, ReplicaRole>> = {
  voter: "voter",
  learner: "learner",
  outgoing: "outgoing",
  demoting: "outgoing",
};

/** How long a topology waits for a node. One that is slower is named as missing. */
const reportDeadlineMs = 500;

/** Asks the cluster; the answer is in the words that operators use. */
export async function readTopology(view: ClusterView): Promise<Topology> {
  return fromView(await view.topology({ deadlineMs: reportDeadlineMs }));
}

export function fromView(view: TopologyView): Topology {
  return {
    clusterId: view.clusterId,
    answeredBy: view.answeredBy,
    answeredAtMs: view.answeredAtMs,
    nodes: view.nodes.map(summarizeNode),
    ranges: view.ranges.map(summarizeRange),
    missingNodes: view.missingNodes,
    replicationFactor: view.replicationFactor,
  };
}

export function summarizeNode(view: NodeView): NodeSummary {
  const { record, report } = view;
  return {
    nodeId: record.nodeId,
    version: record.version,
    grpcAddress: record.addresses.grpc,
    sqlAddress: record.addresses.sql,
    healthAddress: record.addresses.health,
    locality: Object.fromEntries(record.locality),
    membership: record.membership,
    liveness: view.liveness,
    lastHeardMs: view.lastHeardMs,
    health: report === undefined ? undefined : healthNames[report.health],
    healthDetail: report?.healthDetail ?? "",
    clockOffsetMs: view.clockOffsetMs,
    roundTripMs: view.roundTripMs,
    leaseCount: report?.leaseCount ?? 0,
    replicaCount: report?.replicaCount ?? 0,
    startedAtMs: report?.startedAtMs ?? 0,
    residentBytes: report?.residentBytes ?? 0,
    cpuFraction: report?.cpuFraction ?? 0,
    sqlConnections: report?.sqlConnections ?? 0,
    statementsPerSecond: report?.statementsPerSecond ?? 0,
  };
}

function summarizeRange(view: RangeView): RangeSummary {
  const { descriptor } = view;
  const { start, end } = descriptor.span;
  return {
    rangeId: descriptor.rangeId,
    generation: descriptor.generation,
    startKey: start,
    endKey: end ?? new Uint8Array(0),
    startLabel: labelKey(start),
    endLabel: end === undefined ? "" : labelKey(end),
    leaseholder: view.leaseholder,
    term: view.term,
    replicas: view.replicas.map((replica): ReplicaSummary => {
      const { report } = replica;
      return {
        nodeId: replica.nodeId,
        role: roleNames[replica.role],
        leaseholder: replica.isLeaseholder,
        reported: report !== undefined,
        recordCount: report?.recordCount ?? 0,
        sizeBytes: report?.sizeBytes ?? 0,
        appliedIndex: report?.appliedIndex ?? 0,
        lastIndex: report?.lastIndex ?? 0,
        raftState: report?.raftState ?? "",
        reportedAtMs: report?.reportedAtMs ?? 0,
        error: report === undefined ? (replica.problem ?? "Unknown") : "",
      };
    }),
    failuresLeft: view.failuresLeft,
    readsPerSecond: view.readsPerSecond,
    writesPerSecond: view.writesPerSecond,
  };
}
