"use client";

import { Card } from "@holo-fusion/ui/card";
import { TimeSeries, type TimeSeriesProps } from "@holo-fusion/ui/time-series";
import { formatClock, formatFigure } from "../../format/format.ts";

const startMs = Date.UTC(2026, 10, 23, 13, 22);
const onsetMs = startMs + 40 * 60_000;

/** A made-up hour with an onset and a gap. */
const sample: TimeSeriesProps = {
  points: Array.from({ length: 61 }, (_, minute) => {
    const atMs = startMs + minute * 60_000;
    const rise = Math.min(1, Math.max(0, (atMs - onsetMs) / (6 * 60_000)));
    const isGap = minute > 20 && minute < 25;
    const p99 = 58 + 126 * rise + 3 * Math.sin(minute);
    return { atMs, values: isGap ? [null, null] : [p99, 9 + 4 * rise] };
  }),
  series: ["p99", "p50"],
  marks: [{ atMs: onsetMs, text: "onset 14:02:00", tone: "crit" }],
  summary: "Sample: write p99 rose from 58 to 184 ms at 14:02",
  heightPx: 180,
  formatValue: formatFigure,
  formatTime: (atMs) => formatClock(atMs, "UTC"),
};

export function SampleChart() {
  return (
    <Card title="Lines with onset and gap" subtitle="ms; the second series also differs by dash">
      <TimeSeries {...sample} />
    </Card>
  );
}
