import Link from "next/link";
import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";
import { Tile } from "@holo-fusion/ui/tile";
import type { Problem } from "../../cluster/problems.ts";
import type { ClusterView } from "../../cluster/view.ts";
import { wordsOfProblem } from "../../cluster/words.ts";
import { formatAmount, formatDuration, formatTime, type TimeFormat } from "../../format/format.ts";

/** Everything that is wrong, by harm. */
export function WorstFirstCard({
  view,
  time,
  className,
}: {
  view: ClusterView;
  time: TimeFormat;
  className?: string;
}) {
  const { problems } = view;
  return (
    <Card
      title="Worst first"
      subtitle={
        problems.length === 0 ? "nothing open" : formatAmount(problems.length, "open problem")
      }
      flush
      {...(className === undefined ? {} : { className })}
    >
      {problems.length === 0 ? (
        <div className="px-4 py-3.5">
          <Tile
            state={{
              kind: "empty",
              title: "Nothing is wrong",
              next: "Every node answers and passes its own checks; every range has its quorum and its leaseholder.",
            }}
          />
        </div>
      ) : (
        <Table caption="Open problems, worst first">
          <thead>
            <tr>
              <HeaderCell>Problem</HeaderCell>
              <HeaderCell>Harm</HeaderCell>
              <HeaderCell>Since</HeaderCell>
              <HeaderCell numeric>Lasts</HeaderCell>
              <HeaderCell>
                <span className="sr-only">Where</span>
              </HeaderCell>
            </tr>
          </thead>
          <tbody>
            {problems.map((problem) => {
              const words = wordsOfProblem(problem, time);
              return (
                <Row key={problem.id}>
                  <RowHeader className="min-w-64 py-2 font-medium whitespace-normal">
                    {words.title}
                    <span className="block text-small font-normal text-ink-2">{words.detail}</span>
                  </RowHeader>
                  <Cell>
                    <Badge kind={problem.tone}>{problem.tone === "crit" ? "now" : "at risk"}</Badge>
                  </Cell>
                  <Cell className="whitespace-nowrap">{formatTime(problem.sinceMs, time)}</Cell>
                  <Cell numeric>{formatDuration(time.nowMs - problem.sinceMs)}</Cell>
                  <Cell>
                    <Link href={placeOf(problem)} className="whitespace-nowrap">
                      Show
                      <span className="sr-only"> where: {words.title}</span>
                    </Link>
                  </Cell>
                </Row>
              );
            })}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

/** The page that shows the trouble, opened at it. */
function placeOf(problem: Problem): string {
  if ("nodeId" in problem) return `/topology?node=${problem.nodeId}`;
  if (problem.kind === "nodesDown" && problem.nodeIds[0] !== undefined) {
    return `/topology?node=${problem.nodeIds[0]}`;
  }
  if ("rangeId" in problem || "rangeIds" in problem) return "/topology#ranges";
  return "/topology";
}
