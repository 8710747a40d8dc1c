import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";
import { Tag } from "@holo-fusion/ui/tag";
import { Tile } from "@holo-fusion/ui/tile";
import {
  topologyIsCurrent,
  type ClusterView,
  type RangeView,
  type ReplicaView,
} from "../../cluster/view.ts";
import { spanOf } from "../../cluster/words.ts";
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatFigure,
  formatList,
} from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";

const columns = 9;

/** Every range with its replicas side by side: who leads, who holds how much, who is behind. */
export function RangesCard({
  view,
  nowMs,
  className,
}: {
  view: ClusterView;
  nowMs: number;
  className?: string;
}) {
  const isCurrent = topologyIsCurrent(view, nowMs);
  return (
    <Card
      id="ranges"
      title="Ranges"
      subtitle={
        view.ranges.length === 0
          ? "none known"
          : `${formatAmount(view.ranges.length, "range")}, in key order`
      }
      flush
      {...(className === undefined ? {} : { className })}
    >
      {view.ranges.length === 0 ? (
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
        <Table caption="Ranges and their replicas, in key order">
          <thead>
            <tr>
              <HeaderCell>Replica on</HeaderCell>
              <HeaderCell>Part</HeaderCell>
              <HeaderCell>Lease</HeaderCell>
              <HeaderCell numeric>Records</HeaderCell>
              <HeaderCell numeric>Size</HeaderCell>
              <HeaderCell numeric>Applied</HeaderCell>
              <HeaderCell numeric>Behind</HeaderCell>
              <HeaderCell>State</HeaderCell>
              <HeaderCell>Age</HeaderCell>
            </tr>
          </thead>
          {view.ranges.map((range) => (
            <RangeGroup key={range.rangeId} range={range} isCurrent={isCurrent} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function RangeGroup({ range, isCurrent }: { range: RangeView; isCurrent: boolean }) {
  const front = Math.max(...range.replicas.map((replica) => replica.appliedIndex));
  return (
    <tbody>
      <tr>
        <th
          scope="colgroup"
          colSpan={columns}
          className="border-b border-line bg-sunken px-4 py-1.5 text-left text-small font-normal text-ink-2"
        >
          <span className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <span className="font-semibold text-ink">Range {range.rangeId}</span>
            <code className="font-mono">{spanOf(range)}</code>
            <AvailabilityBadge range={range} />
            <ConvergenceBadge range={range} />
            <span>
              {range.failuresLeft === undefined
                ? "failures left unknown"
                : range.failuresLeft < 0
                  ? "no failure left"
                  : `${formatAmount(range.failuresLeft, "failure")} left`}
            </span>
            <span>term {formatCount(range.term)}</span>
            {isCurrent && (
              <span>
                {formatFigure(range.readsPerSecond)} reads /s ·{" "}
                {formatFigure(range.writesPerSecond)} writes /s
              </span>
            )}
          </span>
        </th>
      </tr>
      {range.replicas.map((replica) => (
        <ReplicaRow
          key={replica.nodeId}
          replica={replica}
          isLeaseholder={range.leaseholder === replica.nodeId}
          front={front}
        />
      ))}
    </tbody>
  );
}

function ReplicaRow({
  replica,
  isLeaseholder,
  front,
}: {
  replica: ReplicaView;
  isLeaseholder: boolean;
  front: number;
}) {
  const behind = front - replica.appliedIndex;
  const isKnown = replica.knownAtMs !== undefined;
  const told = (text: string) => (isKnown ? text : <span className="text-ink-3">unknown</span>);
  return (
    <Row held={!replica.reported}>
      <RowHeader>n{replica.nodeId}</RowHeader>
      <Cell className="whitespace-nowrap">
        {[replica.role === "voter" ? "" : replica.role, isKnown ? replica.raftState : ""]
          .filter((word) => word !== "")
          .join(", ") || <span className="text-ink-3">unknown</span>}
      </Cell>
      <Cell>
        {isLeaseholder && <Tag>{replica.alive ? "leaseholder" : "last leaseholder"}</Tag>}
      </Cell>
      <Cell numeric>{told(formatCount(replica.recordCount))}</Cell>
      <Cell numeric>{told(formatBytes(replica.sizeBytes))}</Cell>
      <Cell numeric>{told(formatCount(replica.appliedIndex))}</Cell>
      <Cell numeric>{told(behind === 0 ? "0" : formatAmount(behind, "entry", "entries"))}</Cell>
      <Cell className="whitespace-nowrap">
        {!replica.alive ? (
          <Badge kind="crit">no answer</Badge>
        ) : replica.reported ? (
          <Badge kind="ok">reports</Badge>
        ) : (
          <Badge kind="unknown">{replica.error === "" ? "no report" : replica.error}</Badge>
        )}
      </Cell>
      <Cell>
        <DataAge atMs={replica.knownAtMs} held={!replica.reported} />
      </Cell>
    </Row>
  );
}

function AvailabilityBadge({ range }: { range: RangeView }) {
  switch (range.availability) {
    case "available":
      return <Badge kind="ok">available</Badge>;
    case "noLeaseholder":
      return <Badge kind="crit">no leaseholder</Badge>;
    case "noQuorum":
      return <Badge kind="crit">no quorum</Badge>;
    case "unknown":
      return <Badge kind="unknown">unknown</Badge>;
  }
}

function ConvergenceBadge({ range }: { range: RangeView }) {
  const { convergence } = range;
  switch (convergence.kind) {
    case "converged":
      return <Badge kind="ok">converged</Badge>;
    case "catchingUp":
      return (
        <Badge kind="running">
          n{convergence.nodeId} is {formatAmount(convergence.entries, "entry", "entries")} behind
        </Badge>
      );
    case "differs":
      return <Badge kind="warn">counts differ</Badge>;
    case "partial":
      return (
        <Badge kind="unknown">
          no report from {formatList(convergence.missing.map((nodeId) => `n${nodeId}`))}
        </Badge>
      );
  }
}
