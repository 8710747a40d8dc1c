import { Icon } from "@holo-fusion/ui/icon";
import { Segmented } from "@holo-fusion/ui/segmented";
import { Verdict } from "@holo-fusion/ui/verdict";
import { answers, type ClusterView } from "../../cluster/view.ts";
import { availabilityOf, verdictOf } from "../../cluster/words.ts";
import { capitalise, formatAmount, formatNodes, type TimeFormat } from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";
import { LossCard } from "./loss-card.tsx";
import { NodeMap } from "./node-map.tsx";
import { NodePanel } from "./node-panel.tsx";
import { NodesCard } from "./nodes-card.tsx";
import { RangesCard } from "./ranges-card.tsx";
import { RoundTripCard } from "./round-trip-card.tsx";

export interface TopologyViewProps {
  readonly view: ClusterView;
  readonly time: TimeFormat;
  readonly shape: "map" | "table";
  readonly openNode: number | undefined;
  readonly onShape: (shape: "map" | "table") => void;
  readonly onOpenNode: (nodeId: number | undefined) => void;
}

/** Where is it? The nodes in their failure domains, and the ranges on them. */
export function TopologyView(props: TopologyViewProps) {
  const { view, time, shape, openNode, onShape, onOpenNode } = props;
  const replicas = view.ranges.reduce((sum, range) => sum + range.replicas.length, 0);
  const verdict = headlineOf(view, time);
  return (
    <>
      <Verdict
        tone={verdict.tone}
        sentence={verdict.sentence}
        meta={
          <>
            <span>
              {formatAmount(view.ranges.length, "range")} · {formatAmount(replicas, "replica")}
              {view.replicationFactor > 0 && ` · ${view.replicationFactor} wanted per range`}
            </span>
            <span>{versionsOf(view)}</span>
            {view.topology !== undefined && <span>told by n{view.topology.fromNode}</span>}
            <DataAge atMs={view.topology?.receivedAtMs} label="ranges" />
          </>
        }
      />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Segmented
          label="View"
          value={shape}
          onChange={onShape}
          choices={[
            {
              value: "map",
              text: (
                <>
                  <Icon name="topology" /> Map
                </>
              ),
            },
            {
              value: "table",
              text: (
                <>
                  <Icon name="table" /> Table
                </>
              ),
            },
          ]}
        />
        <span className="ml-auto hidden text-small text-ink-2 medium:inline">
          {shape === "map"
            ? "Positions are fixed; the worst state decides the border."
            : "The same data as the map, for keyboard and screen readers."}
        </span>
      </div>
      {shape === "map" ? (
        <NodeMap view={view} onOpenNode={onOpenNode} />
      ) : (
        <NodesCard view={view} openNode={openNode} onOpenNode={onOpenNode} />
      )}
      <div className="mt-3 grid grid-cols-1 gap-3 small:mt-4 small:gap-4 wide:grid-cols-2">
        <LossCard view={view} nowMs={time.nowMs} />
        <RoundTripCard view={view} />
        <RangesCard view={view} nowMs={time.nowMs} className="wide:col-span-2" />
      </div>
      <NodePanel view={view} time={time} nodeId={openNode} onClose={() => onOpenNode(undefined)} />
    </>
  );
}

/** The nodes first: how many are well, which are not, and what that means for the ranges. */
function headlineOf(view: ClusterView, time: TimeFormat) {
  const worst = verdictOf(view, time);
  const well = view.nodes.filter((node) => node.condition === "ready").length;
  const unwell = view.nodes.filter((node) => node.condition !== "ready" && node.nodeId !== 0);
  if (worst.tone !== "warn" || unwell.length === 0) return worst;
  const silent = unwell.filter((node) => !answers(node)).map((node) => node.nodeId);
  const said =
    silent.length === unwell.length
      ? `${capitalise(formatNodes(silent))} ${silent.length === 1 ? "does" : "do"} not answer`
      : `${capitalise(formatNodes(unwell.map((node) => node.nodeId)))} ${unwell.length === 1 ? "is" : "are"} not`;
  return {
    tone: worst.tone,
    sentence: `${well} of ${view.nodes.length} nodes are ready. ${said}. ${availabilityOf(view)}`,
  };
}

function versionsOf(view: ClusterView): string {
  const versions = [...new Set(view.nodes.map((node) => node.version))].filter(
    (version) => version !== "",
  );
  if (versions.length === 0) return "Version unknown";
  if (versions.length === 1) return `Version ${versions[0]} on all nodes`;
  return `Versions ${versions.sort().join(", ")}`;
}
