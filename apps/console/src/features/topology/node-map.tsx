import { Badge } from "@holo-fusion/ui/badge";
import { classNames } from "@holo-fusion/ui/class-names";
import { Meter } from "@holo-fusion/ui/meter";
import { Shape, toneText, type Tone } from "@holo-fusion/ui/shape";
import { answers, type ClusterView, type NodeView } from "../../cluster/view.ts";
import { conditionTone, conditionWord, nodeName } from "../../cluster/words.ts";
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatFigure,
  formatPercent,
} from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";
import { placesOf, type Zone } from "./places.ts";

const columns = ["", "medium:grid-cols-2", "medium:grid-cols-3", "medium:grid-cols-4"];

/** Region, zone, node: fixed places, so that a node is where one saw it last. */
export function NodeMap({
  view,
  onOpenNode,
}: {
  view: ClusterView;
  onOpenNode: (nodeId: number) => void;
}) {
  return (
    <div className="grid grid-cols-1 gap-3">
      {placesOf(view.nodes).map((region) => {
        const nodes = region.zones.flatMap((zone) => zone.nodes);
        const answering = nodes.filter(answers);
        const statements = answering.reduce((sum, node) => sum + node.statementsPerSecond, 0);
        return (
          <section
            key={region.name}
            aria-label={region.title}
            className="rounded-4 border border-line-strong bg-sunken px-3 pb-3.5 small:px-3.5"
          >
            <header className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-0.5 py-2.5">
              <h2 className="font-semibold">{region.title}</h2>
              <span className="text-small text-ink-2">
                {region.zones.length > 1 && `${formatAmount(region.zones.length, "zone")} · `}
                {formatAmount(nodes.length, "node")} · {formatFigure(statements)} statements /s from{" "}
                {formatAmount(answering.length, "node")}
              </span>
              <span className="ml-auto">
                <Badge kind={worstTone(nodes)}>
                  {worstTone(nodes) === "ok" ? "normal" : "degraded"}
                </Badge>
              </span>
            </header>
            <div
              className={classNames(
                "grid grid-cols-1 gap-3.5",
                columns[Math.min(region.zones.length, 4) - 1],
              )}
            >
              {region.zones.map((zone) => (
                <ZoneColumn key={zone.name} zone={zone} onOpenNode={onOpenNode} />
              ))}
            </div>
          </section>
        );
      })}
    </div>
  );
}

function ZoneColumn({ zone, onOpenNode }: { zone: Zone; onOpenNode: (nodeId: number) => void }) {
  const leases = zone.nodes.reduce((sum, node) => sum + node.leaseCount, 0);
  const unwell = zone.nodes.filter((node) => node.condition !== "ready").length;
  return (
    <section aria-label={zone.title ?? "Nodes"}>
      <header
        className={zone.title === undefined ? "sr-only" : "flex items-center gap-2 px-0.5 pb-2"}
      >
        <h3 className="text-small font-semibold">{zone.title ?? "Nodes"}</h3>
        <span className="text-small text-ink-2">{formatAmount(leases, "lease")}</span>
        {unwell > 0 && (
          <span className="ml-auto">
            <Badge kind={worstTone(zone.nodes)}>{unwell} not ready</Badge>
          </span>
        )}
      </header>
      <div
        className={classNames(
          "grid grid-cols-1 gap-2",
          zone.isOnly && "small:grid-cols-[repeat(auto-fit,minmax(260px,1fr))] small:gap-3.5",
        )}
      >
        {zone.nodes.map((node) => (
          <NodeCard key={node.address} node={node} onOpenNode={onOpenNode} />
        ))}
      </div>
    </section>
  );
}

const borders: Record<Tone, string> = {
  ok: "border-line",
  info: "border-info-line",
  warn: "border-warn-line shadow-[inset_3px_0_0_var(--warn-solid)]",
  crit: "border-crit-line shadow-[inset_3px_0_0_var(--crit-solid)]",
  unknown: "border-dashed border-control-line",
};

export function NodeCard({
  node,
  onOpenNode,
}: {
  node: NodeView;
  onOpenNode: (nodeId: number) => void;
}) {
  const isHeld = !answers(node);
  const tone = conditionTone(node.condition);
  const disk = diskUsed(node);
  const figure = (text: string) => (isHeld ? "?" : text);
  return (
    <article
      className={classNames(
        "relative rounded-3 border bg-surface px-3.5 pt-[11px] pb-[9px] shadow-1 hover:border-control-line",
        borders[tone],
        isHeld && "hatch",
      )}
    >
      <div className="flex items-center justify-between gap-2">
        <span className="flex min-w-0 items-center gap-2">
          {node.nodeId === 0 ? (
            <b className="text-[15px] font-semibold">?</b>
          ) : (
            <button
              type="button"
              aria-label={`${nodeName(node)}, ${conditionWord(node.condition)}: open details`}
              onClick={() => onOpenNode(node.nodeId)}
              className="text-[15px] font-semibold tracking-[-0.01em] after:absolute after:inset-0 after:rounded-3"
            >
              {nodeName(node)}
            </button>
          )}
          <span className="truncate font-mono text-micro text-ink-2">
            {node.sqlAddress || node.address}
          </span>
        </span>
        <Badge kind={tone} box>
          {conditionWord(node.condition)}
        </Badge>
      </div>
      <div className="my-[9px] grid gap-1">
        <Meter
          label="CPU"
          fraction={isHeld ? undefined : node.cpuFraction}
          text={formatPercent(node.cpuFraction)}
          tone={node.cpuFraction > 0.9 ? "crit" : node.cpuFraction > 0.75 ? "warn" : "info"}
        />
        <Meter
          label="Disk"
          fraction={disk}
          text={disk === undefined ? "?" : formatPercent(disk)}
          tone={disk === undefined || disk < 0.9 ? "info" : disk < 0.95 ? "warn" : "crit"}
        />
      </div>
      <dl className="flex justify-between gap-2 border-t border-line pt-[7px]">
        <Fact name="Leases" value={formatCount(node.leaseCount)} />
        <Fact name="Replicas" value={formatCount(node.replicaCount)} />
        <Fact name="Stmts /s" value={figure(formatFigure(node.statementsPerSecond))} />
        <Fact name="Memory" value={figure(formatBytes(node.residentBytes))} />
      </dl>
      <div className="mt-1.5 flex items-center justify-between gap-2">
        <PeerWord node={node} />
        <DataAge atMs={node.answeredAtMs} held={isHeld} />
      </div>
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-micro leading-[14px] text-ink-2">{name}</dt>
      <dd className="leading-[18px] font-semibold whitespace-nowrap">{value}</dd>
    </div>
  );
}

/** What the other nodes say of it. */
export function PeerWord({ node }: { node: NodeView }) {
  const words: readonly [Tone, string] =
    node.peerLiveness === "live"
      ? ["ok", "heard by peers"]
      : node.peerLiveness === "suspect"
        ? ["warn", "suspect to peers"]
        : node.peerLiveness === "dead"
          ? ["crit", "not heard by peers"]
          : node.peerLiveness === "unknown"
            ? ["unknown", "never heard by peers"]
            : answers(node)
              ? ["ok", "tells the topology"]
              : ["unknown", "peers say nothing"];
  return (
    <span className={classNames("flex items-center gap-[5px] text-small", toneText[words[0]])}>
      <Shape kind={words[0]} />
      {words[1]}
    </span>
  );
}

/** 0 to 1; undefined when the node has not told or its answer is held. */
export function diskUsed(node: NodeView): number | undefined {
  if (node.process === undefined || node.process.diskTotalBytes === 0) return undefined;
  return 1 - node.process.diskFreeBytes / node.process.diskTotalBytes;
}

const order: readonly Tone[] = ["crit", "warn", "unknown", "info", "ok"];

export function worstTone(nodes: readonly NodeView[]): Tone {
  const tones = new Set(nodes.map((node) => conditionTone(node.condition)));
  return order.find((tone) => tones.has(tone)) ?? "unknown";
}
