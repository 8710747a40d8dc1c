"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@holo-fusion/ui/button";
import { Card } from "@holo-fusion/ui/card";
import { Icon } from "@holo-fusion/ui/icon";
import { Tile } from "@holo-fusion/ui/tile";
import { Skeleton } from "@holo-fusion/ui/skeleton";
import type { TimeSeriesMark, TimeSeriesProps } from "@holo-fusion/ui/time-series";
import { TimeSeriesTable } from "@holo-fusion/ui/time-series-table";
import type { Sample } from "../../cluster/history.ts";
import type { ClusterView } from "../../cluster/view.ts";
import { wordsOfChange } from "../../cluster/words.ts";
import { formatClock, formatFigure, zoneName, type TimeFormat } from "../../format/format.ts";
import type { ShownChange } from "./changes-card.tsx";
import { activityNow, historySpan } from "./figures.tsx";

// The drawing library is a third of the page's script; the sentence and the figures do not wait for it.
const TimeSeries = dynamic(
  () => import("@holo-fusion/ui/time-series").then((module) => module.TimeSeries),
  { ssr: false, loading: () => <Skeleton className="h-full" /> },
);

/** How hard the cluster worked and how far apart its nodes were, with what happened drawn in. */
export function ActivityCard({
  view,
  samples,
  changes,
  time,
  className,
}: {
  view: ClusterView;
  samples: readonly Sample[];
  changes: readonly ShownChange[];
  time: TimeFormat;
  className?: string;
}) {
  const [isTable, setTable] = useState(false);
  const marks = marksOf(changes, samples);
  const clock = (atMs: number) => formatClock(atMs, time.zone);
  const { statementsPerSecond: statements, roundTripMs: trip } = activityNow(view);
  const statementSeries: TimeSeriesProps = {
    points: samples.map((sample) => ({ atMs: sample.atMs, values: [sample.statementsPerSecond] })),
    series: ["Statements /s"],
    marks,
    summary: `Statements per second, ${historySpan(samples)}: ${statements === undefined ? "unknown now" : `${formatFigure(statements)} now`}`,
    heightPx: 172,
    formatValue: formatFigure,
    formatTime: clock,
  };
  const tripSeries: TimeSeriesProps = {
    ...statementSeries,
    points: samples.map((sample) => ({ atMs: sample.atMs, values: [sample.roundTripMs] })),
    series: ["Round trip, ms"],
    marks: marks.map((mark) => ({ ...mark, text: "" })),
    summary: `Slowest round trip between nodes in milliseconds, ${historySpan(samples)}: ${trip === undefined ? "unknown now" : `${formatFigure(trip)} now`}`,
    heightPx: 140,
  };
  return (
    <Card
      title="Statements and round trips"
      subtitle={`${historySpan(samples)}, times in ${zoneName(time.nowMs, time.zone)}`}
      {...(className === undefined ? {} : { className })}
      end={
        <Button
          size="small"
          variant="ghost"
          aria-pressed={isTable}
          onClick={() => setTable(!isTable)}
        >
          <Icon name={isTable ? "chart" : "table"} />
          {isTable ? "Chart" : "Table"}
        </Button>
      }
    >
      {samples.length < 2 ? (
        <Tile
          state={{
            kind: "empty",
            title: "No samples yet",
            next: "The console keeps one each second from its start; the first line appears in a moment.",
          }}
        />
      ) : (
        <>
          <p className="mb-1 flex items-baseline justify-between gap-3 text-small text-ink-2">
            Statements per second, sum of the nodes that answer.
            <b className="font-semibold whitespace-nowrap text-ink">
              {statements === undefined ? "unknown" : `${formatFigure(statements)} /s`}
            </b>
          </p>
          {isTable ? (
            <TimeSeriesTable caption="Statements per second" {...statementSeries} />
          ) : (
            <div style={{ height: statementSeries.heightPx }}>
              <TimeSeries {...statementSeries} />
            </div>
          )}
          <p className="mt-3 mb-0.5 flex items-baseline justify-between gap-3 text-small text-ink-2">
            Slowest round trip between two nodes, milliseconds.
            <b className="font-semibold whitespace-nowrap text-ink">
              {trip === undefined ? "unknown" : `${formatFigure(trip)} ms`}
            </b>
          </p>
          {isTable ? (
            <TimeSeriesTable caption="Slowest round trip between nodes" {...tripSeries} />
          ) : (
            <div style={{ height: tripSeries.heightPx }}>
              <TimeSeries {...tripSeries} />
            </div>
          )}
        </>
      )}
    </Card>
  );
}

/** Losses are drawn solid, returns and moves dotted; the last few only, or nothing can be read. */
const marksMax = 3;

function marksOf(changes: readonly ShownChange[], samples: readonly Sample[]): TimeSeriesMark[] {
  const fromMs = samples[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const toMs = samples.at(-1)?.atMs ?? 0;
  const nearMs = (toMs - fromMs) / 8;
  const shown: ShownChange[] = [];
  for (const candidate of changes) {
    const { atMs, change } = candidate;
    if (atMs < fromMs || atMs > toMs || shortName(change) === undefined) continue;
    // Names of marks that stand close would be written over one another.
    if (shown.some((mark) => Math.abs(mark.atMs - atMs) < nearMs)) continue;
    shown.push(candidate);
  }
  return shown.slice(0, marksMax).map(({ atMs, change }) => ({
    atMs,
    text: shortName(change) ?? wordsOfChange(change).title,
    tone: change.kind === "nodeDown" || change.kind === "contactLost" ? "crit" : "info",
  }));
}

function shortName(change: ShownChange["change"]): string | undefined {
  switch (change.kind) {
    case "nodeDown":
      return `n${change.nodeId} silent`;
    case "nodeUp":
      return `n${change.nodeId} back`;
    case "leaseholderMoved":
      return change.to === 0 ? undefined : `lease → n${change.to}`;
    case "contactLost":
      return "no contact";
    default:
      return undefined;
  }
}
