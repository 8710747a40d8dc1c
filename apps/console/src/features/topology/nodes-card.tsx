import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";
import { answers, type ClusterView, type NodeView } from "../../cluster/view.ts";
import { conditionTone, conditionWord, nodeName } from "../../cluster/words.ts";
import {
  formatBytes,
  formatCount,
  formatFigure,
  formatMillis,
  formatOffset,
  formatPercent,
} from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";
import { diskUsed, PeerWord } from "./node-map.tsx";

const harm = { crit: 0, warn: 1, unknown: 2, info: 3, ok: 4 } as const;

/** The map as a table: everything about every node, worst first. */
export function NodesCard({
  view,
  openNode,
  onOpenNode,
}: {
  view: ClusterView;
  openNode: number | undefined;
  onOpenNode: (nodeId: number) => void;
}) {
  const nodes = view.nodes.toSorted(
    (a, b) => harm[conditionTone(a.condition)] - harm[conditionTone(b.condition)],
  );
  return (
    <Card title="Nodes" subtitle="worst first" flush>
      <Table caption="Nodes, worst first">
        <thead>
          <tr>
            <HeaderCell>Node</HeaderCell>
            <HeaderCell>State</HeaderCell>
            <HeaderCell>Peers</HeaderCell>
            <HeaderCell>Locality</HeaderCell>
            <HeaderCell>Address</HeaderCell>
            <HeaderCell>Version</HeaderCell>
            <HeaderCell numeric>CPU</HeaderCell>
            <HeaderCell numeric>Disk</HeaderCell>
            <HeaderCell numeric>Memory</HeaderCell>
            <HeaderCell numeric>Leases</HeaderCell>
            <HeaderCell numeric>Replicas</HeaderCell>
            <HeaderCell numeric>Stmts /s</HeaderCell>
            <HeaderCell numeric>Clock</HeaderCell>
            <HeaderCell numeric>Round trip</HeaderCell>
            <HeaderCell>Age</HeaderCell>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <NodeRow
              key={node.address}
              node={node}
              isOpen={node.nodeId !== 0 && node.nodeId === openNode}
              onOpenNode={onOpenNode}
            />
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function NodeRow({
  node,
  isOpen,
  onOpenNode,
}: {
  node: NodeView;
  isOpen: boolean;
  onOpenNode: (nodeId: number) => void;
}) {
  const isHeld = !answers(node);
  const disk = diskUsed(node);
  const now = (text: string) => (isHeld ? <Unknown /> : text);
  return (
    <Row held={isHeld} aria-selected={isOpen}>
      <RowHeader>
        {node.nodeId === 0 ? (
          "?"
        ) : (
          <button
            type="button"
            className="font-semibold text-link hover:underline"
            onClick={() => onOpenNode(node.nodeId)}
          >
            {nodeName(node)}
          </button>
        )}
      </RowHeader>
      <Cell>
        <Badge kind={conditionTone(node.condition)}>{conditionWord(node.condition)}</Badge>
      </Cell>
      <Cell className="whitespace-nowrap">
        <PeerWord node={node} />
      </Cell>
      <Cell className="whitespace-nowrap">{localityText(node) || <Unknown word="not set" />}</Cell>
      <Cell className="font-mono text-small whitespace-nowrap">
        {node.sqlAddress || node.address}
      </Cell>
      <Cell className="whitespace-nowrap">{node.version || <Unknown />}</Cell>
      <Cell numeric>{now(formatPercent(node.cpuFraction))}</Cell>
      <Cell numeric>{disk === undefined ? <Unknown /> : formatPercent(disk)}</Cell>
      <Cell numeric>{now(formatBytes(node.residentBytes))}</Cell>
      <Cell numeric>{formatCount(node.leaseCount)}</Cell>
      <Cell numeric>{formatCount(node.replicaCount)}</Cell>
      <Cell numeric>{now(formatFigure(node.statementsPerSecond))}</Cell>
      <Cell numeric>
        {isHeld || node.clockOffsetMs === undefined ? (
          <Unknown />
        ) : (
          formatOffset(node.clockOffsetMs)
        )}
      </Cell>
      <Cell numeric>
        {isHeld || node.roundTripMs === undefined ? (
          <Unknown word={isHeld ? "unknown" : "–"} />
        ) : (
          formatMillis(node.roundTripMs)
        )}
      </Cell>
      <Cell>
        <DataAge atMs={node.answeredAtMs} held={isHeld} />
      </Cell>
    </Row>
  );
}

function Unknown({ word = "unknown" }: { word?: string }) {
  return <span className="text-ink-3">{word}</span>;
}

/** `eu-west / a / host-1`, widest first. */
export function localityText(node: Pick<NodeView, "locality">): string {
  const tiers = ["region", "zone", "rack", "host"];
  const named = tiers.map((tier) => node.locality[tier]).filter((name) => name !== undefined);
  const others = Object.entries(node.locality)
    .filter(([tier]) => !tiers.includes(tier))
    .map(([tier, name]) => `${tier}=${name}`);
  return [...named, ...others].join(" / ");
}
