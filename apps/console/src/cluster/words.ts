import {
  capitalise,
  formatAmount,
  formatCount,
  formatDuration,
  formatList,
  formatNodes,
  formatOffset,
  formatPercent,
  formatTime,
  type TimeFormat,
} from "../format/format.ts";
import type { Change } from "./changes.ts";
import type { Problem } from "./problems.ts";
import type { ClusterView, Condition, NodeView, RangeView } from "./view.ts";

export interface Words {
  /** Subject, verb, since when. */
  readonly title: string;
  /** What it does, or what is known about why. */
  readonly detail: string;
}

/** Says one problem in words. Pure; the reader's zone decides how times are written. */
export function wordsOfProblem(problem: Problem, time: TimeFormat): Words {
  const since = `since ${formatTime(problem.sinceMs, time)}`;
  switch (problem.kind) {
    case "noContact":
      return {
        title: `No node answers the console ${since}.`,
        detail:
          problem.lastAnswerMs === undefined
            ? "The console has never had an answer from this cluster."
            : `What you see is from ${formatTime(problem.lastAnswerMs, time)}.`,
      };
    case "noQuorum":
      return {
        title: `${rangesOf(problem)} ${problem.rangeIds.length === 1 ? "has" : "have"} lost the quorum ${since}.`,
        detail: "Reads and writes there wait until a majority of the replicas is back.",
      };
    case "noLeaseholder":
      return {
        title: `${rangesOf(problem)} ${problem.rangeIds.length === 1 ? "has" : "have"} no leaseholder ${since}.`,
        detail: "Reads and writes there wait until another replica takes the lease.",
      };
    case "noTopology":
      return {
        title: `No node has told the state of the ranges ${since}.`,
        detail:
          problem.lastTopologyMs === undefined
            ? "The nodes answer for themselves, and none of them knows the ranges yet."
            : `Ranges and replicas are shown as of ${formatTime(problem.lastTopologyMs, time)}.`,
      };
    case "nodesDown":
      return {
        title: `${capitalise(subjectOfDown(problem))} ${problem.nodeIds.length + problem.addresses.length === 1 ? "does" : "do"} not answer ${since}.`,
        detail: "Neither the console nor the other nodes hear it.",
      };
    case "nodeIsolated":
      return {
        title: `The other nodes do not hear node ${problem.nodeId} ${since}.`,
        detail: "It answers the console, so the fault is between the nodes.",
      };
    case "nodeUnreachable":
      return {
        title: `The console cannot reach node ${problem.nodeId} ${since}.`,
        detail: `The other nodes hear it. Last error: ${problem.error}.`,
      };
    case "nodeUnhealthy":
      return {
        title: `Node ${problem.nodeId} is ${conditionWord(problem.condition).toLowerCase()} ${since}.`,
        detail: problem.detail,
      };
    case "replicasDiffer":
      return {
        title: `Record counts of range ${problem.rangeId} differ ${since}.`,
        detail: `${capitalise(formatNodes(problem.nodeIds))} report different counts at the same log position.`,
      };
    case "replicaBehind":
      return {
        title: `Node ${problem.nodeId} lags in range ${problem.rangeId} ${since}.`,
        detail: `Its replica is ${formatAmount(problem.entries, "log entry", "log entries")} behind.`,
      };
    case "diskLow":
      return {
        title: `Node ${problem.nodeId} has ${formatPercent(problem.freeFraction)} of its disk left ${since}.`,
        detail: "A node stops taking writes when its disk is full.",
      };
    case "clockOffset":
      return {
        title: `The clock of node ${problem.nodeId} is ${formatOffset(problem.offsetMs)} off ${since}.`,
        detail: "A node whose clock is more than 250 ms off stops serving.",
      };
    case "versionsDiffer":
      return {
        title: `The nodes run ${formatList(problem.versions)} ${since}.`,
        detail: "Expected during an upgrade; otherwise bring all nodes to one version.",
      };
  }
}

function rangesOf(problem: {
  readonly rangeIds: readonly string[];
  readonly ranges: number;
}): string {
  return problem.rangeIds.length === 1
    ? `Range ${problem.rangeIds[0]}`
    : `${formatCount(problem.rangeIds.length)} of ${formatAmount(problem.ranges, "range")}`;
}

function subjectOfDown(problem: {
  readonly nodeIds: readonly number[];
  readonly addresses: readonly string[];
}): string {
  const parts: string[] = [];
  if (problem.nodeIds.length > 0) parts.push(formatNodes(problem.nodeIds));
  if (problem.addresses.length > 0) parts.push(`the node at ${formatList(problem.addresses)}`);
  return parts.join(" and ");
}

export interface VerdictWords {
  readonly tone: "ok" | "warn" | "crit" | "unknown";
  readonly sentence: string;
}

/** The one sentence: the worst news, then what it means for the data, then how much else there is. */
export function verdictOf(view: ClusterView, time: TimeFormat): VerdictWords {
  const [worst, ...others] = view.problems;
  if (worst === undefined) return allWell(view);

  const parts = [wordsOfProblem(worst, time).title];
  if (worst.kind === "noContact") {
    parts.push(wordsOfProblem(worst, time).detail);
    return { tone: "crit", sentence: parts.join(" ") };
  }

  // Silent nodes are the cause of most lost quorums: the two are one piece of news.
  const down = others.find((problem) => problem.kind === "nodesDown");
  const isDataNews = worst.kind === "noQuorum" || worst.kind === "noLeaseholder";
  if (isDataNews) {
    parts.push(
      worst.kind === "noQuorum"
        ? "Reads and writes there wait."
        : "Reads and writes wait for a new one.",
    );
    if (down !== undefined) parts.push(wordsOfProblem(down, time).title);
  } else {
    parts.push(availabilityOf(view));
  }
  const unsaid = others.length - (isDataNews && down !== undefined ? 1 : 0);
  if (unsaid > 0) parts.push(`${formatAmount(unsaid, "more problem")} below.`);
  return { tone: worst.tone, sentence: parts.join(" ") };
}

function allWell(view: ClusterView): VerdictWords {
  const unheard = view.nodes.filter((node) => node.answeredAtMs === undefined);
  if (view.nodes.length === 0 || unheard.length > 0) {
    return {
      tone: "unknown",
      sentence: `Waiting for ${unheard.length === view.nodes.length ? "the first answer" : formatNodes(unheard.map((node) => node.nodeId))} from the cluster.`,
    };
  }
  if (view.ranges.length === 0) {
    return {
      tone: "unknown",
      sentence: `${capitalise(nodesWord(view.nodes.length))} ${view.nodes.length === 1 ? "answers" : "answer"}; no range is known yet.`,
    };
  }
  return {
    tone: "ok",
    sentence: `${view.nodes.length === 1 ? "The node is" : `All ${view.nodes.length} nodes are`} ready. ${availabilityOf(view)}`,
  };
}

function nodesWord(count: number): string {
  return formatAmount(count, "node");
}

/** What the state of the ranges means to someone with data in them. */
export function availabilityOf(view: ClusterView): string {
  const { ranges } = view;
  if (ranges.length === 0) return "Nothing is known about the data.";
  if (ranges.some((range) => range.availability === "unknown")) {
    return "Whether all data is available is not known.";
  }
  const least = fewestFailuresLeft(ranges);
  if (least === undefined || least < 0) return "Part of the data is not available.";
  return `All data is available; ${
    least === 0
      ? view.nodes.length === 1
        ? "there is no second copy."
        : "1 more failure stops writes."
      : `${formatAmount(least, "node")} may fail before writes stop.`
  }`;
}

/** Over all ranges; undefined when unknown for one of them or when there is none. */
export function fewestFailuresLeft(ranges: readonly RangeView[]): number | undefined {
  let least: number | undefined;
  for (const range of ranges) {
    if (range.failuresLeft === undefined) return undefined;
    least = Math.min(least ?? Number.POSITIVE_INFINITY, range.failuresLeft);
  }
  return least;
}

export function conditionWord(condition: Condition): string {
  const words: Record<Condition, string> = {
    ready: "Ready",
    degraded: "Degraded",
    bootstrapping: "Starting",
    notReady: "Not ready",
    down: "No answer",
    unreachable: "Not reachable",
    isolated: "Isolated",
    unknown: "Unknown",
  };
  return words[condition];
}

export function conditionTone(condition: Condition): "ok" | "warn" | "crit" | "info" | "unknown" {
  switch (condition) {
    case "ready":
      return "ok";
    case "bootstrapping":
      return "info";
    case "degraded":
    case "notReady":
    case "unreachable":
    case "isolated":
      return "warn";
    case "down":
      return "crit";
    case "unknown":
      return "unknown";
  }
}

/** `n2`, or the address of a node that has not said its id. */
export function nodeName(node: Pick<NodeView, "nodeId" | "address">): string {
  return node.nodeId === 0 ? node.address : `n${node.nodeId}`;
}

/** `/min – orders/8812`; the ends of the keyspace are said in words. */
export function spanOf(range: Pick<RangeView, "startLabel" | "endLabel">): string {
  const start = range.startLabel === "" ? "first key" : range.startLabel;
  const end = range.endLabel === "" ? "last key" : range.endLabel;
  return `${start} – ${end}`;
}

/** Says one recorded change in words. */
export function wordsOfChange(change: Change): Words {
  switch (change.kind) {
    case "consoleStarted":
      return { title: "Console started", detail: "Changes before this moment were not recorded." };
    case "contactLost":
      return { title: "No node answers the console", detail: "" };
    case "contactRestored":
      return {
        title: "The cluster answers again",
        detail: `after ${formatDuration(change.silentMs)} of silence`,
      };
    case "nodeJoined":
      return { title: `Node ${change.nodeId} appeared`, detail: change.address };
    case "nodeDown":
      return { title: `Node ${change.nodeId} stopped answering`, detail: change.reason };
    case "nodeUp":
      return {
        title: `Node ${change.nodeId} answers again`,
        detail: `after ${formatDuration(change.silentMs)}`,
      };
    case "nodeRestarted":
      return { title: `Node ${change.nodeId} restarted`, detail: `version ${change.version}` };
    case "conditionChanged":
      return {
        title: `Node ${change.nodeId}: ${conditionWord(change.from)} → ${conditionWord(change.to)}`,
        detail: change.detail,
      };
    case "versionChanged":
      return {
        title: `Node ${change.nodeId}: version ${change.from} → ${change.to}`,
        detail: "",
      };
    case "leaseholderMoved":
      return {
        title: `Lease of range ${change.rangeId}: ${leaseName(change.from)} → ${leaseName(change.to)}`,
        detail: `term ${change.term}`,
      };
    case "availabilityChanged":
      return {
        title: `Range ${change.rangeId} is ${change.to === "available" ? "available again" : change.to === "noQuorum" ? "without a quorum" : "without a leaseholder"}`,
        detail: "",
      };
    case "replicasChanged":
      return {
        title: `Range ${change.rangeId}: replicas on ${formatNodes(change.to)}`,
        detail: `before on ${formatNodes(change.from)}`,
      };
  }
}

function leaseName(nodeId: number): string {
  return nodeId === 0 ? "nobody" : `n${nodeId}`;
}
