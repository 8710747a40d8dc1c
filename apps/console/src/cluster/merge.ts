import type { Evidence, NodeEvidence, NodeSummary, RangeSummary, Topology } from "./evidence.ts";
import {
  answers,
  topologyFreshMs,
  type Availability,
  type Condition,
  type Convergence,
  type NodeView,
  type RangeView,
  type ReplicaView,
} from "./view.ts";

/** Probes in a row that must fail before a node counts as silent: one lost probe is not news. */
const silentAfterFailures = 2;

/** Peers that heard a node within this count as hearing it now; heartbeats come every 500 ms. */
const heardWithinMs = 1_500;

export interface Merged {
  readonly clusterId: string | undefined;
  readonly replicationFactor: number;
  readonly topology: { readonly fromNode: number; readonly receivedAtMs: number } | undefined;
  readonly nodes: readonly NodeView[];
  readonly ranges: readonly RangeView[];
}

/** Puts together what each node said of itself and what the others said of it. Pure. */
export function merge(evidence: Evidence, nowMs: number): Merged {
  const { topology: told } = evidence;
  const current =
    told !== undefined && nowMs - told.receivedAtMs <= topologyFreshMs ? told : undefined;
  const nodes = mergeNodes(evidence, current?.topology, current?.receivedAtMs ?? nowMs, nowMs);
  const conditions = new Map(nodes.map((node) => [node.nodeId, node.condition]));
  return {
    clusterId:
      told === undefined || told.topology.clusterId === "" ? undefined : told.topology.clusterId,
    replicationFactor: told?.topology.replicationFactor ?? 0,
    topology:
      told === undefined
        ? undefined
        : { fromNode: told.topology.answeredBy, receivedAtMs: told.receivedAtMs },
    nodes,
    ranges: (told?.topology.ranges ?? []).map((range) =>
      mergeRange(range, conditions, {
        isCurrent: current !== undefined,
        hasContact: nodes.some(answers),
      }),
    ),
  };
}

function mergeNodes(
  evidence: Evidence,
  current: Topology | undefined,
  receivedAtMs: number,
  nowMs: number,
): NodeView[] {
  const known = new Map<number, NodeSummary>();
  for (const node of evidence.topology?.topology.nodes ?? []) {
    if (node.membership !== "removed") known.set(node.nodeId, node);
  }

  const views: NodeView[] = [];
  const seen = new Set<number>();
  for (const asked of evidence.nodes) {
    const summary =
      asked.answer?.node ?? [...known.values()].find((node) => node.grpcAddress === asked.address);
    // One node may be configured under two addresses; the first that answered stands for it.
    if (summary !== undefined && seen.has(summary.nodeId)) continue;
    if (summary !== undefined) seen.add(summary.nodeId);
    views.push(mergeNode(asked, summary, current, receivedAtMs, nowMs));
  }
  for (const [nodeId, summary] of known) {
    if (seen.has(nodeId)) continue;
    const unasked: NodeEvidence = {
      address: summary.grpcAddress,
      answer: undefined,
      answeredAtMs: undefined,
      roundTripMs: undefined,
      failures: 0,
      failingSinceMs: undefined,
      error: undefined,
    };
    views.push(mergeNode(unasked, summary, current, receivedAtMs, nowMs));
  }
  return views.sort(
    (a, b) =>
      (a.nodeId || Number.MAX_SAFE_INTEGER) - (b.nodeId || Number.MAX_SAFE_INTEGER) ||
      a.address.localeCompare(b.address),
  );
}

function mergeNode(
  asked: NodeEvidence,
  summary: NodeSummary | undefined,
  current: Topology | undefined,
  receivedAtMs: number,
  nowMs: number,
): NodeView {
  const nodeId = summary?.nodeId ?? 0;
  const isSilent = asked.failures >= silentAfterFailures;
  const peer = current?.nodes.find((node) => node.nodeId === nodeId);
  const isWitness = current?.answeredBy === nodeId;
  const peerLiveness = isWitness || peer === undefined ? undefined : peer.liveness;
  const heardAgoMs =
    current === undefined || peer?.lastHeardMs === undefined
      ? undefined
      : current.answeredAtMs - peer.lastHeardMs + (nowMs - receivedAtMs);
  const peersHear =
    peerLiveness === "live" && (heardAgoMs === undefined || heardAgoMs <= heardWithinMs);

  const health = asked.answer?.node.health ?? summary?.health ?? "unknown";
  const condition = conditionOf({
    isSilent,
    hasAnswered: asked.answeredAtMs !== undefined && !isSilent,
    peersHear,
    peersCallDead: peerLiveness === "dead",
    health,
  });
  return {
    nodeId,
    address: summary?.grpcAddress || asked.address,
    sqlAddress: summary?.sqlAddress ?? "",
    healthAddress: summary?.healthAddress ?? "",
    version: summary?.version ?? "",
    locality: summary?.locality ?? {},
    membership: summary?.membership ?? "unknown",
    condition,
    detail: detailOf(condition, asked, summary, peerLiveness !== undefined),
    silentSinceMs: isSilent ? asked.failingSinceMs : undefined,
    answeredAtMs: asked.answeredAtMs,
    error: asked.error,
    health,
    peerLiveness,
    checks: asked.answer?.checks ?? [],
    process: asked.answer?.process,
    leaseCount: peer?.leaseCount ?? summary?.leaseCount ?? 0,
    replicaCount: peer?.replicaCount ?? summary?.replicaCount ?? 0,
    startedAtMs: summary?.startedAtMs || undefined,
    residentBytes: asked.answer?.process?.residentBytes ?? summary?.residentBytes ?? 0,
    cpuFraction: summary?.cpuFraction ?? 0,
    sqlConnections: asked.answer?.process?.sqlConnections ?? summary?.sqlConnections ?? 0,
    statementsPerSecond: summary?.statementsPerSecond ?? 0,
    clockOffsetMs: peer === undefined ? undefined : isWitness ? 0 : peer.clockOffsetMs,
    roundTripMs: peer === undefined || isWitness ? undefined : peer.roundTripMs,
    consoleRoundTripMs: asked.roundTripMs,
  };
}

/** The whole decision about one node, on booleans, so that its table can be tested. */
export function conditionOf(seen: {
  readonly isSilent: boolean;
  readonly hasAnswered: boolean;
  readonly peersHear: boolean;
  readonly peersCallDead: boolean;
  readonly health: string;
}): Condition {
  if (seen.isSilent) return seen.peersHear ? "unreachable" : "down";
  if (!seen.hasAnswered && !seen.peersHear) return seen.peersCallDead ? "down" : "unknown";
  if (seen.hasAnswered && seen.peersCallDead) return "isolated";
  switch (seen.health) {
    case "ready":
    case "degraded":
    case "bootstrapping":
    case "notReady":
      return seen.health;
    default:
      return "unknown";
  }
}

function detailOf(
  condition: Condition,
  asked: NodeEvidence,
  summary: NodeSummary | undefined,
  isJudgedByPeers: boolean,
): string {
  switch (condition) {
    case "down":
      if (asked.answeredAtMs === undefined) return "It has never answered the console.";
      return isJudgedByPeers
        ? "Neither the console nor the other nodes hear it."
        : "It does not answer the console, and no other node says whether it hears it.";
    case "unreachable":
      return "The other nodes hear it; the console does not.";
    case "isolated":
      return "It answers the console; the other nodes do not hear it.";
    case "unknown":
      return "Nothing is known about it yet.";
    default: {
      const failed = (asked.answer?.checks ?? []).filter((check) => !check.passed);
      return failed.map((check) => check.detail).join(" ") || (summary?.healthDetail ?? "");
    }
  }
}

/** Conditions under which a node's replicas count for a quorum. */
export function countsForQuorum(condition: Condition | undefined): boolean {
  return condition !== "down" && condition !== "isolated" && condition !== undefined;
}

function mergeRange(
  range: RangeSummary,
  conditions: ReadonlyMap<number, Condition>,
  told: { readonly isCurrent: boolean; readonly hasContact: boolean },
): RangeView {
  const { isCurrent, hasContact } = told;
  const replicas: ReplicaView[] = range.replicas
    .map((replica) => {
      const alive = countsForQuorum(conditions.get(replica.nodeId));
      return { ...replica, alive, reported: replica.reported && alive && isCurrent };
    })
    .sort((a, b) => a.nodeId - b.nodeId);
  const voters = replicas.filter((replica) => replica.role === "voter");
  const quorum = Math.floor(voters.length / 2) + 1;
  const spare = voters.filter((replica) => replica.alive).length - quorum;
  const leaseholderAlive =
    range.leaseholder !== 0 && countsForQuorum(conditions.get(range.leaseholder));

  // Without any answer the fault may be the console's own: nothing is said about the data then.
  let availability: Availability;
  if (!hasContact) availability = "unknown";
  else if (spare < 0) availability = "noQuorum";
  else if (!isCurrent) availability = "unknown";
  else availability = leaseholderAlive ? "available" : "noLeaseholder";

  return {
    rangeId: range.rangeId,
    startLabel: range.startLabel,
    endLabel: range.endLabel,
    leaseholder: range.leaseholder,
    term: range.term,
    replicas,
    availability,
    failuresLeft:
      availability === "noQuorum" ? -1 : isCurrent && hasContact ? Math.max(0, spare) : undefined,
    convergence: convergenceOf(replicas),
    readsPerSecond: range.readsPerSecond,
    writesPerSecond: range.writesPerSecond,
  };
}

/** Positions move while nodes are asked one after the other; a few entries apart is the same place. */
const behindToleranceEntries = 64;

export function convergenceOf(replicas: readonly ReplicaView[]): Convergence {
  const missing = replicas.filter((replica) => !replica.reported).map((replica) => replica.nodeId);
  const reported = replicas.filter((replica) => replica.reported);
  const front = Math.max(0, ...reported.map((replica) => replica.appliedIndex));
  const last = reported.reduce<ReplicaView | undefined>(
    (worst, replica) =>
      worst === undefined || replica.appliedIndex < worst.appliedIndex ? replica : worst,
    undefined,
  );
  if (last !== undefined && front - last.appliedIndex > behindToleranceEntries) {
    return { kind: "catchingUp", nodeId: last.nodeId, entries: front - last.appliedIndex };
  }
  const atFront = reported.filter((replica) => replica.appliedIndex === front);
  const counts = new Set(atFront.map((replica) => replica.recordCount));
  if (counts.size > 1) {
    return { kind: "differs", nodeIds: atFront.map((replica) => replica.nodeId) };
  }
  if (missing.length > 0) return { kind: "partial", missing };
  return { kind: "converged" };
}
