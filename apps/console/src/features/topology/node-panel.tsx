import { Badge } from "@holo-fusion/ui/badge";
import { Dialog } from "@holo-fusion/ui/dialog";
import { Facts } from "@holo-fusion/ui/facts";
import { Shape } from "@holo-fusion/ui/shape";
import { Tile } from "@holo-fusion/ui/tile";
import { answers, type ClusterView, type NodeView } from "../../cluster/view.ts";
import { conditionTone, conditionWord, nodeName } from "../../cluster/words.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFigure,
  formatMillis,
  formatOffset,
  formatPercent,
  formatTime,
  type TimeFormat,
} from "../../format/format.ts";
import { DataAge } from "../live/data-age.tsx";
import { PeerWord } from "./node-map.tsx";
import { localityText } from "./nodes-card.tsx";

/** Everything known about one node, opened by its id in the URL. */
export function NodePanel({
  view,
  time,
  nodeId,
  onClose,
}: {
  view: ClusterView;
  time: TimeFormat;
  nodeId: number | undefined;
  onClose: () => void;
}) {
  const node = view.nodes.find((candidate) => candidate.nodeId === nodeId);
  return (
    <Dialog
      open={nodeId !== undefined}
      onOpenChange={(open) => !open && onClose()}
      place="right"
      title={`Node ${nodeId ?? ""}`}
      description={
        node !== undefined && (
          <span className="mt-1 flex items-center gap-3">
            <Badge kind={conditionTone(node.condition)} box>
              {conditionWord(node.condition)}
            </Badge>
            <DataAge atMs={node.answeredAtMs} held={!answers(node)} />
          </span>
        )
      }
    >
      {node === undefined ? (
        <Tile
          state={{
            kind: "empty",
            title: `There is no node ${nodeId ?? ""}`,
            next: `Known are ${view.nodes.map(nodeName).join(", ") || "none"}.`,
          }}
        />
      ) : (
        <NodeDetails node={node} time={time} />
      )}
    </Dialog>
  );
}

function NodeDetails({ node, time }: { node: NodeView; time: TimeFormat }) {
  const isHeld = !answers(node);
  const { process } = node;
  const now = (text: string) =>
    isHeld ? <span className="text-ink-3">unknown now, last {text}</span> : text;
  return (
    <div className="grid grid-cols-1 gap-5">
      {node.detail !== "" && (
        <p className="font-medium">
          {node.detail}
          {node.silentSinceMs !== undefined && (
            <span className="block text-small font-normal text-ink-2">
              Silent since {formatTime(node.silentSinceMs, time)},{" "}
              {formatDuration(time.nowMs - node.silentSinceMs)}
              {node.error !== undefined && ` (${node.error})`}.
            </span>
          )}
        </p>
      )}
      <section>
        <h3 className="mb-2 text-small font-semibold text-ink-2">Its own checks</h3>
        {node.checks.length === 0 ? (
          <p className="text-small text-ink-2">The node has told none.</p>
        ) : (
          <ul className="divide-y divide-line rounded-3 border border-line">
            {node.checks
              .toSorted((a, b) => Number(a.passed) - Number(b.passed))
              .map((check) => (
                <li key={check.name} className="flex gap-2.5 px-3 py-2">
                  <Shape
                    kind={isHeld ? "unknown" : check.passed ? "ok" : "crit"}
                    className="mt-1"
                  />
                  <div className="min-w-0">
                    <p className="font-medium">
                      {check.name}
                      <span className="font-normal text-ink-2">
                        {" "}
                        {check.passed ? "passed" : "failed"}
                        {isHeld && ", last known"}
                      </span>
                    </p>
                    {check.detail !== "" && <p className="text-small text-ink-2">{check.detail}</p>}
                  </div>
                </li>
              ))}
          </ul>
        )}
      </section>
      <section>
        <h3 className="mb-2 text-small font-semibold text-ink-2">Identity</h3>
        <Facts
          items={[
            ["Version", node.version || "unknown"],
            [
              "SQL",
              <code key="sql" className="font-mono text-small">
                {node.sqlAddress || "unknown"}
              </code>,
            ],
            [
              "gRPC",
              <code key="grpc" className="font-mono text-small">
                {node.address}
              </code>,
            ],
            [
              "Health",
              <code key="health" className="font-mono text-small">
                {node.healthAddress || "unknown"}
              </code>,
            ],
            ["Locality", localityText(node) || "not set"],
            ["Membership", node.membership],
            [
              "Started",
              node.startedAtMs === undefined
                ? "unknown"
                : `${formatTime(node.startedAtMs, time)}, ${formatDuration(time.nowMs - node.startedAtMs)} ago`,
            ],
          ]}
        />
      </section>
      <section>
        <h3 className="mb-2 text-small font-semibold text-ink-2">Work</h3>
        <Facts
          items={[
            ["Peers", <PeerWord key="peers" node={node} />],
            ["Leases", formatCount(node.leaseCount)],
            ["Replicas", formatCount(node.replicaCount)],
            ["Statements", now(`${formatFigure(node.statementsPerSecond)} /s`)],
            ["SQL connections", now(formatCount(node.sqlConnections))],
          ]}
        />
      </section>
      <section>
        <h3 className="mb-2 text-small font-semibold text-ink-2">Resources</h3>
        <Facts
          items={[
            ["CPU", now(formatPercent(node.cpuFraction))],
            ["Memory", now(formatBytes(node.residentBytes))],
            [
              "Disk free",
              process === undefined
                ? "unknown"
                : now(
                    `${formatBytes(process.diskFreeBytes)} of ${formatBytes(process.diskTotalBytes)}`,
                  ),
            ],
            [
              "Event loop delay, p99",
              process === undefined ? "unknown" : now(formatMillis(process.eventLoopDelayP99Ms)),
            ],
            [
              "Clock ahead by",
              node.clockOffsetMs === undefined ? "unknown" : now(formatOffset(node.clockOffsetMs)),
            ],
            [
              "Round trip between nodes",
              node.roundTripMs === undefined ? "not measured" : now(formatMillis(node.roundTripMs)),
            ],
            [
              "Round trip to the console",
              node.consoleRoundTripMs === undefined
                ? "unknown"
                : now(formatMillis(node.consoleRoundTripMs)),
            ],
          ]}
        />
      </section>
    </div>
  );
}
