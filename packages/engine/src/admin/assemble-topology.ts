import { isSqlError } from "#base/errors.ts";
import type { NodeId } from "#base/ids.ts";
import { CallFailed, type Calls } from "#runtime/calls.ts";
import { labelKey } from "./key-label.ts";
import type { ClusterSource, MemberFacts, RangeFacts } from "./cluster-source.ts";
import { decodeNodeReport, reportMethod, type NodeReport } from "./node-report.ts";
import type { NodeSummary, RangeSummary, ReplicaSummary, Topology } from "./topology.ts";

/** What one node answered, or the name of the reason why it did not. */
type Answer =
  | { readonly kind: "report"; readonly report: NodeReport }
  | { readonly kind: "failed"; readonly error: string };

/** How long a topology waits for a node. One that is slower is named as missing. */
const reportTimeoutMs = 500;

/** Asks every member for its figures and puts the answers together with what this node knows. */
export async function assembleTopology(
  source: ClusterSource,
  calls: Calls,
  options: { readonly nowMs: () => number; readonly signal?: AbortSignal | undefined },
): Promise<Topology> {
  const asked = source.members().filter((member) => member.membership !== "removed");
  const answers = new Map<NodeId, Answer>();
  await Promise.all(
    asked.map(async (member) => {
      answers.set(member.nodeId, await ask(source, calls, member.nodeId, options.signal));
    }),
  );
  const nowMs = options.nowMs();
  const ranges = source.ranges().map((range) => summarizeRange(range, source, answers, nowMs));
  return {
    clusterId: source.clusterId,
    answeredBy: source.self,
    answeredAtMs: nowMs,
    nodes: source.members().map((member) => {
      return summarizeNode(member, source, answers.get(member.nodeId), nowMs);
    }),
    ranges,
    missingNodes: asked
      .map((member) => member.nodeId)
      .filter((nodeId) => answers.get(nodeId)?.kind === "failed"),
    replicationFactor: source.replicationFactor,
  };
}

async function ask(
  source: ClusterSource,
  calls: Calls,
  nodeId: NodeId,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  if (nodeId === source.self) return { kind: "report", report: source.report() };
  try {
    const payload = await calls.call(nodeId, reportMethod, new Uint8Array(0), {
      timeoutMs: reportTimeoutMs,
      signal,
    });
    return { kind: "report", report: decodeNodeReport(payload) };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: "failed", error: failureName(error) };
  }
}

function failureName(error: unknown): string {
  if (error instanceof CallFailed) return error.reason;
  if (isSqlError(error)) return error.condition;
  return error instanceof Error ? error.name : "unknown";
}

export function summarizeNode(
  member: MemberFacts,
  source: ClusterSource,
  answer: Answer | undefined,
  nowMs: number,
): NodeSummary {
  const report = answer?.kind === "report" ? answer.report : undefined;
  const isSelf = member.nodeId === source.self;
  const contact = source.contact(member.nodeId);
  return {
    ...member,
    version: report?.version ?? member.version,
    liveness: isSelf ? "live" : contact.liveness,
    lastHeardMs: isSelf ? nowMs : contact.lastHeardMs,
    health: report?.health,
    healthDetail: report?.healthDetail ?? "",
    clockOffsetMs: isSelf ? 0 : contact.clockOffsetMs,
    roundTripMs: isSelf ? 0 : contact.roundTripMs,
    leaseCount: report?.replicas.filter((replica) => replica.isLeaseholder).length ?? 0,
    replicaCount: report?.replicas.length ?? 0,
    startedAtMs: report?.startedAtMs ?? 0,
    residentBytes: report?.residentBytes ?? 0,
    cpuFraction: report?.cpuFraction ?? 0,
    sqlConnections: report?.sqlConnections ?? 0,
    statementsPerSecond: report?.statementsPerSecond ?? 0,
  };
}

function summarizeRange(
  range: RangeFacts,
  source: ClusterSource,
  answers: ReadonlyMap<NodeId, Answer>,
  nowMs: number,
): RangeSummary {
  const reports = [...answers.values()].flatMap((answer) => {
    if (answer.kind === "failed") return [];
    return answer.report.replicas.filter((replica) => replica.rangeId === range.rangeId);
  });
  const leaseholder = findLeaseholder(range, answers);
  const replicas = range.replicas.map((replica): ReplicaSummary => {
    const answer = answers.get(replica.nodeId);
    return {
      nodeId: replica.nodeId,
      role: replica.role,
      isLeaseholder: replica.nodeId === leaseholder,
      report: replicaReport(answer, range, nowMs),
    };
  });
  const voters = range.replicas.filter((replica) => replica.role !== "learner");
  const liveVoters = voters.filter(({ nodeId }) => {
    return nodeId === source.self || source.contact(nodeId).liveness === "live";
  });
  const quorum = Math.floor(voters.length / 2) + 1;
  const { start, end } = range.span;
  return {
    rangeId: range.rangeId,
    generation: range.generation,
    startKey: start,
    endKey: end ?? new Uint8Array(0),
    startLabel: labelKey(start),
    endLabel: end === undefined ? "" : labelKey(end),
    leaseholder: leaseholder ?? 0,
    term: Math.max(0, ...reports.map((replica) => replica.term)),
    replicas,
    failuresLeft: Math.max(liveVoters.length - quorum, -1),
    readsPerSecond: sum(reports.map((replica) => replica.readsPerSecond)),
    writesPerSecond: Math.max(0, ...reports.map((replica) => replica.writesPerSecond)),
  };
}

/** A node's own word that it holds the lease is fresher than what was last heard of it. */
function findLeaseholder(
  range: RangeFacts,
  answers: ReadonlyMap<NodeId, Answer>,
): NodeId | undefined {
  let holder: { readonly nodeId: NodeId; readonly term: number } | undefined;
  for (const [nodeId, answer] of answers) {
    if (answer.kind === "failed") continue;
    const own = answer.report.replicas.find((replica) => replica.rangeId === range.rangeId);
    if (own?.isLeaseholder === true && own.term >= (holder?.term ?? 0)) {
      holder = { nodeId, term: own.term };
    }
  }
  return holder?.nodeId ?? range.leaseholder;
}

function replicaReport(
  answer: Answer | undefined,
  range: RangeFacts,
  nowMs: number,
): ReplicaSummary["report"] {
  if (answer === undefined) return { kind: "absent" };
  if (answer.kind === "failed") return answer;
  const own = answer.report.replicas.find((replica) => replica.rangeId === range.rangeId);
  if (own === undefined) return { kind: "absent" };
  const { recordCount, sizeBytes, appliedIndex, lastIndex, raftState } = own;
  return {
    kind: "reported",
    recordCount,
    sizeBytes,
    appliedIndex,
    lastIndex,
    raftState,
    reportedAtMs: nowMs,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
