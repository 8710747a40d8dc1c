import { z } from "zod";
import type { ClusterView, NodeView } from "./view.ts";

const condition = z.enum([
  "ready",
  "degraded",
  "bootstrapping",
  "notReady",
  "down",
  "unreachable",
  "isolated",
  "unknown",
]);
const availability = z.enum(["available", "noLeaseholder", "noQuorum", "unknown"]);
const nodeId = z.number().int();
const rangeId = z.string();

/** Something that became different. Stored as JSON, so reading one back goes through this schema. */
export const changeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("consoleStarted") }),
  z.object({ kind: z.literal("contactLost") }),
  z.object({ kind: z.literal("contactRestored"), silentMs: z.number() }),
  z.object({ kind: z.literal("nodeJoined"), nodeId, address: z.string() }),
  z.object({ kind: z.literal("nodeDown"), nodeId, reason: z.string() }),
  z.object({ kind: z.literal("nodeUp"), nodeId, silentMs: z.number() }),
  z.object({ kind: z.literal("nodeRestarted"), nodeId, version: z.string() }),
  z.object({
    kind: z.literal("conditionChanged"),
    nodeId,
    from: condition,
    to: condition,
    detail: z.string(),
  }),
  z.object({ kind: z.literal("versionChanged"), nodeId, from: z.string(), to: z.string() }),
  z.object({
    kind: z.literal("leaseholderMoved"),
    rangeId,
    from: nodeId,
    to: nodeId,
    term: z.number(),
  }),
  z.object({
    kind: z.literal("availabilityChanged"),
    rangeId,
    from: availability,
    to: availability,
  }),
  z.object({
    kind: z.literal("replicasChanged"),
    rangeId,
    from: z.array(nodeId),
    to: z.array(nodeId),
  }),
]);

export type Change = z.infer<typeof changeSchema>;

/** A start that is this much later than before is another process, not another rounding. */
const restartToleranceMs = 1_000;

/**
 * What became different from one view to the next, in the order an operator would tell it. Pure.
 * What merely stopped being known is not a change.
 */
export function changesBetween(before: ClusterView, after: ClusterView): Change[] {
  const changes: Change[] = [];
  const lostBefore = before.problems.find((problem) => problem.kind === "noContact");
  const lostAfter = after.problems.some((problem) => problem.kind === "noContact");
  if (lostBefore === undefined && lostAfter) changes.push({ kind: "contactLost" });
  if (lostBefore !== undefined && !lostAfter) {
    changes.push({ kind: "contactRestored", silentMs: after.atMs - lostBefore.sinceMs });
  }

  const nodesBefore = new Map(before.nodes.map((node) => [node.nodeId, node]));
  for (const node of after.nodes) {
    if (node.nodeId === 0) continue;
    const old = nodesBefore.get(node.nodeId);
    if (old === undefined) {
      changes.push({ kind: "nodeJoined", nodeId: node.nodeId, address: node.address });
    } else if (!lostAfter) {
      // Silence of all is one piece of news, told above; so is its end, but for those still silent.
      const known: NodeView =
        lostBefore === undefined ? old : { ...old, condition: "unknown", silentSinceMs: undefined };
      changes.push(...nodeChanges(known, node, after.atMs));
    }
  }

  const rangesBefore = new Map(before.ranges.map((range) => [range.rangeId, range]));
  for (const range of after.ranges) {
    const old = rangesBefore.get(range.rangeId);
    if (old === undefined) continue;
    const { rangeId } = range;
    if (old.leaseholder !== range.leaseholder) {
      changes.push({
        kind: "leaseholderMoved",
        rangeId,
        from: old.leaseholder,
        to: range.leaseholder,
        term: range.term,
      });
    }
    if (
      old.availability !== range.availability &&
      old.availability !== "unknown" &&
      range.availability !== "unknown"
    ) {
      changes.push({
        kind: "availabilityChanged",
        rangeId,
        from: old.availability,
        to: range.availability,
      });
    }
    const from = old.replicas.map((replica) => replica.nodeId).sort((a, b) => a - b);
    const to = range.replicas.map((replica) => replica.nodeId).sort((a, b) => a - b);
    if (from.join() !== to.join()) changes.push({ kind: "replicasChanged", rangeId, from, to });
  }
  return changes;
}

function* nodeChanges(before: NodeView, after: NodeView, atMs: number): Generator<Change> {
  const { nodeId } = after;
  const wasSilent = before.silentSinceMs !== undefined;
  const isSilent = after.silentSinceMs !== undefined;
  if (before.condition !== "down" && after.condition === "down") {
    yield { kind: "nodeDown", nodeId, reason: after.error ?? "no answer" };
  }
  if (before.silentSinceMs !== undefined && !isSilent && after.answeredAtMs !== undefined) {
    yield { kind: "nodeUp", nodeId, silentMs: atMs - before.silentSinceMs };
  }
  if (
    before.startedAtMs !== undefined &&
    after.startedAtMs !== undefined &&
    after.startedAtMs - before.startedAtMs > restartToleranceMs
  ) {
    yield { kind: "nodeRestarted", nodeId, version: after.version };
  }
  if (before.version !== after.version && before.version !== "" && after.version !== "") {
    yield { kind: "versionChanged", nodeId, from: before.version, to: after.version };
  }
  // What a silent node turns into is told by its going and coming.
  const isTold = wasSilent || after.condition === "down";
  const isKnown = before.condition !== "unknown" && after.condition !== "unknown";
  if (!isTold && isKnown && before.condition !== after.condition) {
    yield {
      kind: "conditionChanged",
      nodeId,
      from: before.condition,
      to: after.condition,
      detail: after.condition === "ready" ? "" : after.detail,
    };
  }
}
