import { Kpi, KpiStrip } from "@holo-fusion/ui/kpi";
import { Sparkline } from "@holo-fusion/ui/sparkline";
import type { Sample } from "../../cluster/history.ts";
import { answers, type ClusterView, type RangeView } from "../../cluster/view.ts";
import { fewestFailuresLeft, nodeName } from "../../cluster/words.ts";
import {
  formatAmount,
  formatCount,
  formatDuration,
  formatFigure,
  formatList,
} from "../../format/format.ts";

/** Clock offset at which nodes stop serving; half of it is a warning. */
const clockLimitMs = 250;

/** Five figures that say whether users are served, how near the edge, and how hard the cluster works. */
export function Figures({ view, samples }: { view: ClusterView; samples: readonly Sample[] }) {
  const { nodes, ranges } = view;
  const answering = nodes.filter(answers);
  const silent = nodes.filter((node) => !answers(node));
  const available = ranges.filter((range) => range.availability === "available").length;
  const left = fewestFailuresLeft(ranges);
  const { statementsPerSecond } = activityNow(view);
  const spread = samples.at(-1)?.clockSpreadMs ?? null;
  const isKnown = ranges.length > 0 && ranges.every((range) => range.availability !== "unknown");

  return (
    <KpiStrip label="Service levels">
      <Kpi
        name="Nodes"
        status={
          silent.length === 0
            ? { kind: "ok", word: "all answer" }
            : answering.length === 0
              ? { kind: "crit", word: "none answers" }
              : { kind: "warn", word: `${silent.length} silent` }
        }
        value={formatCount(answering.length)}
        unit={`of ${formatCount(nodes.length)}`}
        detail={
          silent.length === 0
            ? "answered within the last second"
            : `no answer: ${formatList(silent.map(nodeName))}`
        }
      >
        <Sparkline
          values={samples.map((sample) => sample.nodesAnswering)}
          series={silent.length === 0 ? 1 : 2}
        />
      </Kpi>
      <Kpi
        name="Ranges available"
        status={
          !isKnown
            ? { kind: "unknown", word: "unknown" }
            : available === ranges.length
              ? { kind: "ok", word: "all" }
              : { kind: "crit", word: "breach" }
        }
        value={isKnown ? formatCount(available) : undefined}
        unit={`of ${formatCount(ranges.length)}`}
        detail={replicationDetail(ranges, isKnown)}
      />
      <Kpi
        name="Failures left"
        status={
          left === undefined
            ? { kind: "unknown", word: "unknown" }
            : left < 0
              ? { kind: "crit", word: "spent" }
              : left === 0
                ? { kind: "warn", word: "at risk" }
                : { kind: "ok", word: "normal" }
        }
        value={left === undefined ? undefined : formatCount(Math.max(0, left))}
        unit={left === 1 ? "node" : "nodes"}
        detail="that may fail before writes stop"
      />
      <Kpi
        name="Statements"
        status={
          answering.length === 0
            ? { kind: "unknown", word: "unknown" }
            : silent.length > 0
              ? { kind: "warn", word: "partial" }
              : { kind: "ok", word: "all nodes" }
        }
        value={statementsPerSecond === undefined ? undefined : formatFigure(statementsPerSecond)}
        unit="/s"
        detail={`now, sum of ${formatAmount(answering.length, "node")}`}
      >
        <Sparkline values={samples.map((sample) => sample.statementsPerSecond)} />
      </Kpi>
      <Kpi
        name="Clock spread"
        status={
          spread === null
            ? { kind: "unknown", word: "unknown" }
            : spread > clockLimitMs / 2
              ? { kind: "warn", word: "raised" }
              : { kind: "ok", word: "normal" }
        }
        value={spread === null ? undefined : formatFigure(spread)}
        unit="ms"
        detail={`between nodes, limit ${clockLimitMs} ms`}
      >
        <Sparkline values={samples.map((sample) => sample.clockSpreadMs)} />
      </Kpi>
    </KpiStrip>
  );
}

function replicationDetail(ranges: readonly RangeView[], isKnown: boolean): string {
  if (!isKnown) return ranges.length === 0 ? "none is known yet" : "no node has told it lately";
  const others = ranges.filter((range) => range.convergence.kind !== "converged");
  if (others.length === 0) return "every replica holds the same";
  const missing = new Set(
    others.flatMap(({ convergence }) =>
      convergence.kind === "partial" ? convergence.missing : [],
    ),
  );
  return missing.size > 0
    ? `no replica report from ${formatList([...missing].map((nodeId) => `n${nodeId}`))}`
    : `${formatAmount(others.length, "range")} not converged`;
}

/** What the charts' last points are called: of this moment, where the samples lag by seconds. */
export function activityNow(view: ClusterView): {
  readonly statementsPerSecond: number | undefined;
  readonly roundTripMs: number | undefined;
} {
  const answering = view.nodes.filter(answers);
  const trips = answering.map((node) => node.roundTripMs).filter((trip) => trip !== undefined);
  return {
    statementsPerSecond:
      answering.length === 0
        ? undefined
        : answering.reduce((sum, node) => sum + node.statementsPerSecond, 0),
    roundTripMs: trips.length === 0 ? undefined : Math.max(...trips),
  };
}

export function historySpan(samples: readonly Sample[]): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return "no sample yet";
  return `last ${formatDuration(last.atMs - first.atMs)}`;
}
