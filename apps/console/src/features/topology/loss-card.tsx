import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";
import { Tile } from "@holo-fusion/ui/tile";
import { lossOutcomes } from "../../cluster/loss.ts";
import { topologyIsCurrent, type ClusterView } from "../../cluster/view.ts";
import { nodeName } from "../../cluster/words.ts";
import { formatCount, formatList } from "../../format/format.ts";

const rowsMax = 8;

/** The question behind every topology: what if this goes too? */
export function LossCard({ view, nowMs }: { view: ClusterView; nowMs: number }) {
  const outcomes = lossOutcomes(view).slice(0, rowsMax);
  const gone = view.nodes.filter((node) => node.condition === "down").map(nodeName);
  return (
    <Card
      title="If we lose…"
      subtitle={
        gone.length > 0
          ? `with ${formatList(gone)} already out`
          : topologyIsCurrent(view, nowMs)
            ? "where the replicas stand now"
            : "where the replicas stood last"
      }
      flush
    >
      {outcomes.length === 0 || view.ranges.length === 0 ? (
        <div className="px-4 py-3.5">
          <Tile
            state={{
              kind: "empty",
              title: "Not known yet",
              next: "It needs one topology from one node.",
            }}
          />
        </div>
      ) : (
        <Table caption="What happens if we lose a node or a failure domain">
          <thead>
            <tr>
              <HeaderCell>Loss</HeaderCell>
              <HeaderCell>Ranges unavailable</HeaderCell>
              <HeaderCell numeric>Leases to move</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {outcomes.map((outcome) => (
              <Row key={outcome.key}>
                <RowHeader>{outcome.subject}</RowHeader>
                <Cell>
                  <Badge kind={outcome.rangesUnavailable === 0 ? "ok" : "crit"}>
                    {outcome.rangesUnavailable === 0
                      ? "none"
                      : `${formatCount(outcome.rangesUnavailable)} of ${formatCount(outcome.ranges)}`}
                  </Badge>
                </Cell>
                <Cell numeric>{formatCount(outcome.leasesToMove)}</Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
