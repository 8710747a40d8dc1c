"use client";

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { Tone } from "./shape.tsx";

export interface TimeSeriesPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** One value per series; null where nothing is known, which breaks the line. */
  readonly values: readonly (number | null)[];
}

export interface TimeSeriesMark {
  readonly atMs: number;
  readonly text: string;
  readonly tone: Tone;
}

export interface TimeSeriesProps {
  readonly points: readonly TimeSeriesPoint[];
  /** At most six; the second and later also differ by dash. */
  readonly series: readonly string[];
  readonly marks?: readonly TimeSeriesMark[];
  /** One sentence with the finding, read out in place of the picture. */
  readonly summary: string;
  readonly heightPx: number;
  readonly formatValue: (value: number) => string;
  readonly formatTime: (atMs: number) => string;
}

const dashes = ["", "6 3", "2 2", "8 3 2 3", "4 4", "1 3"];
const labelStyle = { fill: "var(--ink-3)", fontSize: 10.5, fontWeight: 500 };

/** One question per chart: hairlines, no axis lines, the present value at the line's end in the caller's caption. */
export function TimeSeries(props: TimeSeriesProps) {
  const { points, series, marks = [], formatValue, formatTime } = props;
  const ticks = ticksFor(Math.max(0, ...points.flatMap((point) => point.values.map(Number))));
  const data = points.map((point) => ({ atMs: point.atMs, ...point.values }));
  return (
    <div role="img" aria-label={props.summary} style={{ height: props.heightPx }}>
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart
          data={data}
          margin={{ top: 18, right: 10, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="atMs"
            type="number"
            domain={["dataMin", "dataMax"]}
            tickFormatter={formatTime}
            tickLine={false}
            axisLine={false}
            tick={labelStyle}
            minTickGap={56}
            height={22}
          />
          <YAxis
            width={46}
            ticks={ticks}
            tickFormatter={formatValue}
            tickLine={false}
            axisLine={false}
            tick={labelStyle}
            domain={[0, ticks.at(-1) ?? 1]}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: "var(--control-line)" }}
            labelFormatter={(label) => formatTime(Number(label))}
            formatter={(value, name) => [formatValue(Number(value)), series[Number(name)] ?? ""]}
            contentStyle={{
              background: "var(--raised)",
              border: "1px solid var(--line-strong)",
              borderRadius: 6,
              fontSize: 12,
              padding: "6px 10px",
            }}
            labelStyle={{ color: "var(--ink-2)" }}
            itemStyle={{ color: "var(--ink)", padding: 0 }}
          />
          {series.length === 1 && (
            <Area
              dataKey="0"
              stroke="none"
              fill="var(--s1)"
              fillOpacity="var(--area-a)"
              isAnimationActive={false}
              tooltipType="none"
              activeDot={false}
            />
          )}
          {series.map((name, index) => (
            <Line
              key={name}
              dataKey={String(index)}
              name={String(index)}
              stroke={`var(--s${(index % 6) + 1})`}
              strokeWidth={1.75}
              strokeDasharray={dashes[index % dashes.length] ?? ""}
              dot={false}
              isAnimationActive={false}
              connectNulls={false}
            />
          ))}
          {marks.map((mark) => (
            <ReferenceLine
              key={`${mark.atMs}${mark.text}`}
              x={mark.atMs}
              stroke={mark.tone === "crit" ? "var(--crit-fg)" : "var(--ink-2)"}
              strokeWidth={1.2}
              strokeDasharray={mark.tone === "crit" ? "" : "2 2"}
              label={{
                value: mark.text,
                position: "top",
                fill: mark.tone === "crit" ? "var(--crit-fg)" : "var(--ink-2)",
                fontSize: 10.5,
                fontWeight: 600,
              }}
            />
          ))}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** Three to five round values from zero to at least the top. */
export function ticksFor(top: number): number[] {
  if (!(top > 0)) return [0, 1];
  const rough = top / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * unit >= rough) ?? 10) * unit;
  const count = Math.ceil(top / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}
