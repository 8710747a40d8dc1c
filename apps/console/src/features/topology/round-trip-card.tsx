import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";
import { Tile } from "@holo-fusion/ui/tile";
import { answers, type ClusterView } from "../../cluster/view.ts";
import { nodeName } from "../../cluster/words.ts";
import { formatMillis, formatOffset } from "../../format/format.ts";

/** Distance and clock of each node, from the node that told the topology. */
export function RoundTripCard({ view }: { view: ClusterView }) {
  const from = view.topology?.fromNode;
  const trips = view.nodes.map((node) => (answers(node) ? (node.roundTripMs ?? 0) : 0));
  const longest = Math.max(...trips, 1e-9);
  return (
    <Card
      title="Round trip and clock"
      {...(from === undefined ? {} : { subtitle: `as n${from} measures them` })}
      flush
    >
      {view.nodes.length === 0 ? (
        <div className="px-4 py-3.5">
          <Tile
            state={{ kind: "empty", title: "No node is known yet", next: "Waiting for an answer." }}
          />
        </div>
      ) : (
        <Table caption="Round trip and clock offset per node">
          <thead>
            <tr>
              <HeaderCell>Node</HeaderCell>
              <HeaderCell>Round trip</HeaderCell>
              <HeaderCell numeric>Clock ahead by</HeaderCell>
              <HeaderCell numeric>Console → node</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {view.nodes.map((node) => {
              const isHeld = !answers(node);
              const isSource = node.nodeId === from;
              return (
                <Row key={node.address} held={isHeld}>
                  <RowHeader>{nodeName(node)}</RowHeader>
                  <Cell>
                    {isHeld || (node.roundTripMs === undefined && !isSource) ? (
                      <span className="text-ink-3">unknown</span>
                    ) : isSource ? (
                      <span className="text-ink-3">itself</span>
                    ) : (
                      <span className="flex items-center gap-2">
                        <span
                          aria-hidden="true"
                          className="h-1.5 rounded-[3px] bg-series-1"
                          style={{ width: `${((node.roundTripMs ?? 0) / longest) * 96}px` }}
                        />
                        {formatMillis(node.roundTripMs ?? 0)}
                      </span>
                    )}
                  </Cell>
                  <Cell numeric>
                    {isHeld || node.clockOffsetMs === undefined ? (
                      <span className="text-ink-3">unknown</span>
                    ) : (
                      formatOffset(node.clockOffsetMs)
                    )}
                  </Cell>
                  <Cell numeric>
                    {isHeld || node.consoleRoundTripMs === undefined ? (
                      <span className="text-ink-3">unknown</span>
                    ) : (
                      formatMillis(node.consoleRoundTripMs)
                    )}
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
