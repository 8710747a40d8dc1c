import Link from "next/link";
import { Card } from "@holo-fusion/ui/card";
import { classNames } from "@holo-fusion/ui/class-names";
import { Shape } from "@holo-fusion/ui/shape";
import { answers, type ClusterView } from "../../cluster/view.ts";
import { conditionTone, conditionWord, nodeName } from "../../cluster/words.ts";
import { DataAge } from "../live/data-age.tsx";

/** How old the figures of each node are. */
export function NodeAgesCard({ view, className }: { view: ClusterView; className?: string }) {
  return (
    <Card
      title="Data age per node"
      subtitle="each is asked once a second"
      flush
      {...(className === undefined ? {} : { className })}
    >
      <ul className="-mr-px -mb-px grid grid-cols-[repeat(auto-fit,minmax(140px,1fr))]">
        {view.nodes.map((node) => (
          <li
            key={node.address}
            className={classNames(
              "border-r border-b border-line px-4 py-[9px]",
              !answers(node) && "hatch",
            )}
          >
            <div className="flex items-center justify-between gap-2">
              {node.nodeId === 0 ? (
                <b className="truncate font-mono text-small font-medium">{node.address}</b>
              ) : (
                <Link href={`/topology?node=${node.nodeId}`} className="font-medium">
                  {nodeName(node)}
                </Link>
              )}
              <span className="flex items-center gap-1 text-micro text-ink-2">
                <Shape kind={conditionTone(node.condition)} />
                {conditionWord(node.condition)}
              </span>
            </div>
            <DataAge atMs={node.answeredAtMs} held={!answers(node)} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
