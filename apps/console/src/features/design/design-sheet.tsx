import type { ReactNode } from "react";
import { Age } from "@holo-fusion/ui/age";
import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Meter } from "@holo-fusion/ui/meter";
import { Notice } from "@holo-fusion/ui/notice";
import { Shape, type Tone } from "@holo-fusion/ui/shape";
import { Tag } from "@holo-fusion/ui/tag";
import { Controls } from "./controls.tsx";
import { SampleChart } from "./sample-chart.tsx";
import { SampleTable } from "./sample-table.tsx";
import { TileStates } from "./tile-states.tsx";

const roles: readonly (readonly [tone: Tone, word: string, meaning: string, style: string])[] = [
  ["ok", "Normal", "within its own band", "border-ok-line bg-ok-bg text-ok-fg"],
  [
    "info",
    "Running",
    "work in progress, nothing wrong",
    "border-info-line bg-info-bg text-info-fg",
  ],
  ["warn", "At risk", "will hurt if it goes on", "border-warn-line bg-warn-bg text-warn-fg"],
  ["crit", "Breach", "users feel it now", "border-crit-line bg-crit-bg text-crit-fg"],
  [
    "unknown",
    "Unknown",
    "no answer; never drawn as 0",
    "border-unknown-line bg-unknown-bg text-unknown-fg",
  ],
];

const series = [
  ["blue", "bg-series-1"],
  ["vermillion", "bg-series-2"],
  ["green", "bg-series-3"],
  ["purple", "bg-series-4"],
  ["orange", "bg-series-5"],
  ["sky", "bg-series-6"],
] as const;

const heat = [
  "bg-heat-0",
  "bg-heat-1",
  "bg-heat-2",
  "bg-heat-3",
  "bg-heat-4",
  "bg-heat-5",
  "bg-heat-6",
];

/** Every primitive in one place, in the theme of the page: what new pages are made of. */
export function DesignSheet() {
  return (
    <div className="grid grid-cols-1 gap-4">
      <header>
        <h1 className="text-verdict font-semibold tracking-[-0.017em]">Design sheet</h1>
        <p className="text-ink-2">
          Calm until something is wrong, then exact about what. One verdict per page, worst news
          first, and every number carries its unit, its window and its age.
        </p>
      </header>

      <Title>Status: shape, word, colour</Title>
      <ul className="grid grid-cols-1 gap-2.5 small:grid-cols-5">
        {roles.map(([tone, word, meaning, style]) => (
          <li key={tone} className={`grid gap-1 rounded-3 border px-3 py-2.5 ${style}`}>
            <span className="flex items-center gap-2 font-semibold">
              <Shape kind={tone} />
              {word}
            </span>
            <span className="text-small">{meaning}</span>
          </li>
        ))}
      </ul>
      <div className="grid grid-cols-1 gap-4 wide:grid-cols-2">
        <Card title="Badges and ages">
          <div className="grid gap-3">
            <Lane name="Plain">
              <Badge kind="ok">Ready</Badge>
              <Badge kind="running">Catching up</Badge>
              <Badge kind="warn">Degraded</Badge>
              <Badge kind="crit">No answer</Badge>
              <Badge kind="unknown">Unknown</Badge>
            </Lane>
            <Lane name="Boxed">
              <Badge kind="ok" box>
                Ready
              </Badge>
              <Badge kind="warn" box>
                Isolated
              </Badge>
              <Badge kind="crit" box>
                No answer
              </Badge>
              <Badge kind="unknown" box>
                Unknown
              </Badge>
            </Lane>
            <Lane name="Work">
              <Badge kind="clock">waiting</Badge>
              <Badge kind="stuck">stuck</Badge>
              <Badge kind="running">running</Badge>
              <Badge kind="ok">done</Badge>
            </Lane>
            <Lane name="Data age">
              <Age freshness="fresh" text="2 s" />
              <Age freshness="late" text="5 s" />
              <Age freshness="stale" text="47 s" />
            </Lane>
            <Lane name="Tags">
              <Tag>leaseholder</Tag>
              <Tag>sealed</Tag>
            </Lane>
          </div>
        </Card>
        <Card title="Meters">
          <div className="grid gap-2">
            <Meter label="n3" fraction={0.91} text="91 %" tone="crit" />
            <Meter label="n2" fraction={0.74} text="74 %" tone="warn" />
            <Meter label="n1" fraction={0.41} text="41 %" />
            <Meter label="done" fraction={1} text="100 %" tone="ok" />
            <Meter label="n6" fraction={undefined} text="" />
          </div>
        </Card>
      </div>

      <Title>Colour</Title>
      <ul className="grid grid-cols-3 gap-2.5 medium:grid-cols-6">
        {series.map(([name, fill]) => (
          <li key={name}>
            <span className={`mb-1.5 block h-11 rounded-2 ${fill}`} />
            <b className="text-small font-semibold">{name}</b>
          </li>
        ))}
      </ul>
      <div aria-hidden="true" className="flex h-5 overflow-hidden rounded-1 border border-line">
        {heat.map((fill) => (
          <span key={fill} className={`flex-1 ${fill}`} />
        ))}
      </div>

      <Title>Controls</Title>
      <Controls />

      <Title>Notices</Title>
      <div>
        <Notice tone="warn">
          <b className="font-semibold">2 of 3 nodes answered.</b> Held figures are marked stale;
          sums leave them out.
        </Notice>
        <Notice tone="info">A notice changes how the content below must be read.</Notice>
      </div>

      <Title>Table and chart</Title>
      <div className="grid grid-cols-1 gap-4 wide:grid-cols-2">
        <SampleTable />
        <SampleChart />
      </div>

      <Title>Eight states of a tile</Title>
      <TileStates />
    </div>
  );
}

function Title({ children }: { children: string }) {
  return <h2 className="mt-4 text-title font-semibold tracking-[-0.01em]">{children}</h2>;
}

function Lane({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-2.5">
      <span className="w-[84px] flex-none text-small text-ink-2">{name}</span>
      {children}
    </div>
  );
}
