import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Tile } from "@holo-fusion/ui/tile";
import type { ClusterView, RangeView } from "../../cluster/view.ts";
import { formatAmount, formatCount } from "../../format/format.ts";

/** How many nodes may fail before data is unavailable, and for how much of it. */
export function FailuresCard({ view }: { view: ClusterView }) {
  const groups = groupsOf(view.ranges);
  return (
    <Card title="Failures left before writes stop" flush>
      {groups.length === 0 ? (
        <div className="px-4 py-3.5">
          <Tile
            state={{
              kind: "empty",
              title: "No range is known yet",
              next: "The first appears when the cluster is bootstrapped.",
            }}
          />
        </div>
      ) : (
        <ul className="divide-y divide-line">
          {groups.map(({ left, count }) => (
            <li key={left ?? "unknown"} className="grid gap-0.5 px-4 py-[9px]">
              <span className="flex items-center justify-between gap-3">
                <span>
                  <b className="font-semibold">
                    {left === undefined
                      ? "Unknown"
                      : left < 0
                        ? "Writes have stopped"
                        : formatAmount(left, "node")}
                  </b>{" "}
                  for {formatCount(count)} of {formatAmount(view.ranges.length, "range")}
                </span>
                {left === undefined ? (
                  <Badge kind="unknown">unknown</Badge>
                ) : left < 0 ? (
                  <Badge kind="crit">breach</Badge>
                ) : left === 0 ? (
                  <Badge kind="warn">thin</Badge>
                ) : (
                  <Badge kind="ok">normal</Badge>
                )}
              </span>
              <span className="text-small text-ink-2">{sentenceOf(left)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function sentenceOf(left: number | undefined): string {
  if (left === undefined) return "no node has told the state of the ranges lately";
  if (left < 0) return "fewer than a majority of the replicas are alive";
  if (left === 0) return "exactly a majority of the replicas is alive";
  return "more than a majority of the replicas is alive";
}

/** Worst first; what is unknown comes before what is well. */
export function groupsOf(
  ranges: readonly RangeView[],
): { readonly left: number | undefined; readonly count: number }[] {
  const counts = new Map<number | undefined, number>();
  for (const { failuresLeft } of ranges) {
    counts.set(failuresLeft, (counts.get(failuresLeft) ?? 0) + 1);
  }
  return [...counts]
    .map(([left, count]) => ({ left, count }))
    .sort((a, b) => (a.left ?? -0.5) - (b.left ?? -0.5));
}
