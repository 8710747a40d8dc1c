import { Verdict } from "@holo-fusion/ui/verdict";
import type { Sample } from "../../cluster/history.ts";
import type { ClusterView } from "../../cluster/view.ts";
import { verdictOf } from "../../cluster/words.ts";
import { formatAmount, formatDuration, type TimeFormat } from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";
import { ActivityCard } from "./activity-card.tsx";
import { ChangesCard, type ShownChange } from "./changes-card.tsx";
import { FailuresCard } from "./failures-card.tsx";
import { Figures } from "./figures.tsx";
import { NodeAgesCard } from "./node-ages-card.tsx";
import { PartialNotice } from "./partial-notice.tsx";
import { WorstFirstCard } from "./worst-first-card.tsx";

export interface SituationViewProps {
  readonly view: ClusterView;
  readonly changes: readonly ShownChange[];
  readonly samples: readonly Sample[];
  readonly time: TimeFormat;
}

/** Is it bad, since when, what changed, what first? */
export function SituationView({ view, changes, samples, time }: SituationViewProps) {
  const verdict = verdictOf(view, time);
  const worst = view.problems[0];
  return (
    <>
      <Verdict
        tone={verdict.tone}
        sentence={verdict.sentence}
        meta={
          <>
            {worst !== undefined && (
              <span>
                <b className="font-medium text-ink">{formatDuration(time.nowMs - worst.sinceMs)}</b>{" "}
                and ongoing
              </span>
            )}
            <span>
              {formatAmount(view.nodes.length, "node")} ·{" "}
              {formatAmount(view.ranges.length, "range")}
              {view.replicationFactor > 0 && ` · ${view.replicationFactor} replicas wanted`}
            </span>
            <DataAge atMs={newestAnswer(view)} label="data" />
          </>
        }
      />
      <PartialNotice view={view} time={time} />
      <Figures view={view} samples={samples} />
      <div className="mt-4 grid grid-cols-1 gap-3 small:gap-4 wide:grid-cols-3">
        <ActivityCard
          view={view}
          samples={samples}
          changes={changes}
          time={time}
          className="wide:col-span-2"
        />
        <ChangesCard changes={changes} time={time} />
        <WorstFirstCard view={view} time={time} className="wide:col-span-2" />
        <FailuresCard view={view} />
        <NodeAgesCard view={view} className="wide:col-span-3" />
      </div>
    </>
  );
}

/** The moment of the freshest answer of any node: what the page shows is at best this new. */
function newestAnswer(view: ClusterView): number | undefined {
  const times = view.nodes.map((node) => node.answeredAtMs).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
