import Link from "next/link";
import { buttonStyle } from "@holo-fusion/ui/button";
import { Notice } from "@holo-fusion/ui/notice";
import { answers, type ClusterView, type NodeView } from "../../cluster/view.ts";
import { nodeName } from "../../cluster/words.ts";
import {
  capitalise,
  formatList,
  formatNodes,
  formatTime,
  type TimeFormat,
} from "../../format/format.ts";

/** Sums that leave somebody out say whom. Nothing when everybody answered, or nobody did. */
export function PartialNotice({ view, time }: { view: ClusterView; time: TimeFormat }) {
  const silent = view.nodes.filter((node) => !answers(node));
  const answered = view.nodes.length - silent.length;
  if (silent.length === 0 || answered === 0) return null;
  const first = silent[0];
  const said = silent.map((node) =>
    node.answeredAtMs === undefined
      ? `${longName(node)} has never answered`
      : `${longName(node)} last answered at ${formatTime(node.answeredAtMs, time)}`,
  );
  return (
    <Notice
      tone="warn"
      end={
        first !== undefined &&
        first.nodeId !== 0 && (
          <Link href={`/topology?node=${first.nodeId}`} className={buttonStyle({ size: "small" })}>
            Show {nodeName(first)}
          </Link>
        )
      }
    >
      <b className="font-semibold">
        {answered} of {view.nodes.length} nodes answered.
      </b>{" "}
      {capitalise(formatList(said))}. Held figures are marked stale; sums leave them out.
    </Notice>
  );
}

function longName(node: NodeView): string {
  return node.nodeId === 0 ? `the node at ${node.address}` : formatNodes([node.nodeId]);
}
