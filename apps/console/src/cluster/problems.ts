import type { Merged } from "./merge.ts";
import { answers, topologyFreshMs, type NodeView } from "./view.ts";

/** Half of the clock offset at which a node stops serving (250 ms). */
const clockOffsetWarnMs = 125;
const diskFreeWarn = 0.1;
const diskFreeCrit = 0.05;

/**
 * Something that is wrong. `crit` means users feel it now, `warn` that it will hurt if it goes on.
 * `sinceMs` is when it began, as far as the console saw.
 */
export type Problem = ProblemCause & {
  /** The same trouble keeps the same id from view to view. */
  readonly id: string;
  readonly tone: "crit" | "warn";
  readonly sinceMs: number;
};

export type ProblemCause =
  | { readonly kind: "noContact"; readonly lastAnswerMs: number | undefined }
  | { readonly kind: "noQuorum"; readonly rangeIds: readonly string[]; readonly ranges: number }
  | {
      readonly kind: "noLeaseholder";
      readonly rangeIds: readonly string[];
      readonly ranges: number;
    }
  | { readonly kind: "noTopology"; readonly lastTopologyMs: number | undefined }
  | {
      readonly kind: "nodesDown";
      readonly nodeIds: readonly number[];
      readonly addresses: readonly string[];
    }
  | { readonly kind: "nodeIsolated"; readonly nodeId: number }
  | { readonly kind: "nodeUnreachable"; readonly nodeId: number; readonly error: string }
  | {
      readonly kind: "nodeUnhealthy";
      readonly nodeId: number;
      readonly condition: "degraded" | "notReady" | "bootstrapping";
      readonly detail: string;
    }
  | {
      readonly kind: "replicasDiffer";
      readonly rangeId: string;
      readonly nodeIds: readonly number[];
    }
  | {
      readonly kind: "replicaBehind";
      readonly rangeId: string;
      readonly nodeId: number;
      readonly entries: number;
    }
  | { readonly kind: "diskLow"; readonly nodeId: number; readonly freeFraction: number }
  | { readonly kind: "clockOffset"; readonly nodeId: number; readonly offsetMs: number }
  | { readonly kind: "versionsDiffer"; readonly versions: readonly string[] };

interface Found {
  readonly id: string;
  readonly tone: "crit" | "warn";
  readonly cause: ProblemCause;
  /** When it began, if the evidence tells. */
  readonly sinceMs?: number | undefined;
  /** Not a problem before it has lasted this long: what passes by itself is not news. */
  readonly graceMs?: number;
}

/** First sighting of each trouble, by id, including those still within their grace. */
export type Sightings = ReadonlyMap<string, number>;

/** Finds what is wrong, worst first, and carries on since when. Pure. */
export function findProblems(
  merged: Merged,
  sightings: Sightings,
  nowMs: number,
): { readonly problems: readonly Problem[]; readonly sightings: Sightings } {
  const next = new Map<string, number>();
  const problems: Problem[] = [];
  for (const found of look(merged, nowMs)) {
    const sinceMs = found.sinceMs ?? sightings.get(found.id) ?? nowMs;
    next.set(found.id, sinceMs);
    if (nowMs - sinceMs < (found.graceMs ?? 0)) continue;
    problems.push({ ...found.cause, id: found.id, tone: found.tone, sinceMs });
  }
  return { problems, sightings: next };
}

/** In the order of harm; within one kind by id. */
function* look(merged: Merged, nowMs: number): Generator<Found> {
  const { nodes, ranges, topology } = merged;
  const silent = nodes.filter((node) => node.silentSinceMs !== undefined);
  const answered = latest(nodes.map((node) => node.answeredAtMs));

  if (nodes.length > 0 && silent.length === nodes.length) {
    yield {
      id: "no-contact",
      tone: "crit",
      sinceMs: latest(silent.map((node) => node.silentSinceMs)),
      cause: { kind: "noContact", lastAnswerMs: answered },
    };
    // Everything else would be said from memory.
    return;
  }

  const withoutQuorum = ranges.filter((range) => range.availability === "noQuorum");
  if (withoutQuorum.length > 0) {
    yield {
      id: "no-quorum",
      tone: "crit",
      cause: {
        kind: "noQuorum",
        rangeIds: withoutQuorum.map((range) => range.rangeId),
        ranges: ranges.length,
      },
    };
  }
  const withoutLease = ranges.filter((range) => range.availability === "noLeaseholder");
  if (withoutLease.length > 0) {
    yield {
      id: "no-leaseholder",
      tone: "crit",
      cause: {
        kind: "noLeaseholder",
        rangeIds: withoutLease.map((range) => range.rangeId),
        ranges: ranges.length,
      },
    };
  }

  const down = nodes.filter((node) => node.condition === "down");
  if (down.length > 0) {
    yield {
      id: `nodes-down-${down.map((node) => node.nodeId || node.address).join("-")}`,
      tone: "warn",
      sinceMs: latest(down.map((node) => node.silentSinceMs)),
      cause: {
        kind: "nodesDown",
        nodeIds: down.map((node) => node.nodeId).filter((nodeId) => nodeId !== 0),
        addresses: down.filter((node) => node.nodeId === 0).map((node) => node.address),
      },
    };
  }

  for (const node of nodes) yield* lookAtNode(node);

  for (const range of ranges) {
    const { convergence } = range;
    if (convergence.kind === "differs") {
      yield {
        id: `replicas-differ-${range.rangeId}`,
        tone: "warn",
        graceMs: 10_000,
        cause: { kind: "replicasDiffer", rangeId: range.rangeId, nodeIds: convergence.nodeIds },
      };
    }
    if (convergence.kind === "catchingUp") {
      yield {
        id: `replica-behind-${range.rangeId}-${convergence.nodeId}`,
        tone: "warn",
        graceMs: 5_000,
        cause: {
          kind: "replicaBehind",
          rangeId: range.rangeId,
          nodeId: convergence.nodeId,
          entries: convergence.entries,
        },
      };
    }
  }

  const topologyAgeMs = nowMs - (topology?.receivedAtMs ?? 0);
  const hasContact = nodes.some(answers);
  if (topologyAgeMs > topologyFreshMs && hasContact) {
    yield {
      id: "no-topology",
      tone: "warn",
      sinceMs: topology === undefined ? undefined : topology.receivedAtMs,
      graceMs: topologyFreshMs,
      cause: { kind: "noTopology", lastTopologyMs: topology?.receivedAtMs },
    };
  }

  const versions = new Set(nodes.map((node) => node.version).filter((version) => version !== ""));
  if (versions.size > 1) {
    yield {
      id: "versions-differ",
      tone: "warn",
      cause: { kind: "versionsDiffer", versions: [...versions].sort() },
    };
  }
}

function* lookAtNode(node: NodeView): Generator<Found> {
  const { nodeId, condition } = node;
  if (condition === "isolated") {
    yield {
      id: `isolated-${nodeId}`,
      tone: "warn",
      graceMs: 2_000,
      cause: { kind: "nodeIsolated", nodeId },
    };
  }
  if (condition === "unreachable") {
    yield {
      id: `unreachable-${nodeId}`,
      tone: "warn",
      sinceMs: node.silentSinceMs,
      cause: { kind: "nodeUnreachable", nodeId, error: node.error ?? "no answer" },
    };
  }
  if (condition === "degraded" || condition === "notReady" || condition === "bootstrapping") {
    yield {
      id: `${condition}-${nodeId}`,
      tone: "warn",
      graceMs: condition === "bootstrapping" ? 3_000 : 0,
      cause: { kind: "nodeUnhealthy", nodeId, condition, detail: node.detail },
    };
  }
  if (node.silentSinceMs !== undefined) return;

  if (node.process !== undefined && node.process.diskTotalBytes > 0) {
    const freeFraction = node.process.diskFreeBytes / node.process.diskTotalBytes;
    if (freeFraction < diskFreeWarn) {
      yield {
        id: `disk-${nodeId}`,
        tone: freeFraction < diskFreeCrit ? "crit" : "warn",
        cause: { kind: "diskLow", nodeId, freeFraction },
      };
    }
  }
  if (Math.abs(node.clockOffsetMs ?? 0) > clockOffsetWarnMs) {
    yield {
      id: `clock-${nodeId}`,
      tone: "warn",
      graceMs: 3_000,
      cause: { kind: "clockOffset", nodeId, offsetMs: node.clockOffsetMs ?? 0 },
    };
  }
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
