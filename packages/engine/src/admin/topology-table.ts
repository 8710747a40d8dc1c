import { membershipName } from "./state-document.ts";
import type { RangeSummary, ReplicaSummary, Topology } from "./topology.ts";

const header = ["NODE", "NODE_STATE", "ROLE", "SHARD", "RANGE", "RECORDS", "STATE"];
const boundCharactersMax = 24;

/**
 * The topology as `holoctl topology` prints it: one row per node and range, then totals.
 *
 *   | 1 | Active | leaseholder | 1 | all_keys | 1,204 | |
 */
export function renderTopologyTable(topology: Topology): string {
  const rows: (readonly string[])[] = [];
  for (const node of [...topology.nodes].sort((a, b) => a.nodeId - b.nodeId)) {
    const state = membershipName(node.membership);
    const served = topology.ranges
      .flatMap((range) =>
        range.replicas
          .filter((replica) => replica.nodeId === node.nodeId)
          .map((replica) => ({ range, replica })),
      )
      .sort((a, b) => a.range.rangeId - b.range.rangeId);
    if (served.length === 0) rows.push([`${node.nodeId}`, state, "-", "-", "-", "-", ""]);
    for (const { range, replica } of served) {
      rows.push([
        `${node.nodeId}`,
        state,
        replica.leaseholder ? "leaseholder" : "replica",
        `${range.rangeId}`,
        showRange(range),
        showRecords(replica),
        showMove(replica),
      ]);
    }
  }
  return `${renderTable(header, rows)}\n${totals(topology)}\n`;
}

/** `+---+` rules and `| cell |` rows, left aligned, each column as wide as its longest cell. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map((column, index) =>
    Math.max(...[column, ...rows.map((row) => row[index] ?? "")].map((cell) => cell.length)),
  );
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const line = (cells: readonly string[]): string =>
    `|${widths.map((width, index) => ` ${(cells[index] ?? "").padEnd(width)} `).join("|")}|`;
  return [rule, line(columns), rule, ...rows.map(line), rule].join("\n");
}

function showRange(range: RangeSummary): string {
  if (range.startKey.length === 0 && range.endKey.length === 0) return "all_keys";
  return `[${showBound(range.startKey, "start")}, ${showBound(range.endKey, "end")})`;
}

function showBound(key: Uint8Array, whenEmpty: string): string {
  if (key.length === 0) return whenEmpty;
  const text = Buffer.from(key).toString("utf8");
  const isPrintable = /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(text) && !text.includes("\uFFFD");
  return cutMiddle(isPrintable ? text : `0x${Buffer.from(key).toString("hex")}`);
}

function cutMiddle(text: string): string {
  if (text.length <= boundCharactersMax) return text;
  const kept = boundCharactersMax - 3;
  const head = Math.ceil(kept / 2);
  return `${text.slice(0, head)}...${text.slice(text.length - (kept - head))}`;
}

function showRecords(replica: ReplicaSummary): string {
  if (replica.reported) return thousands(replica.recordCount);
  return replica.error === "" ? "n/a" : `ERR(${replica.error})`;
}

function showMove(replica: ReplicaSummary): string {
  if (replica.role === "learner") return "in:Learner";
  return replica.role === "outgoing" ? "out:Outgoing" : "";
}

function totals(topology: Topology): string {
  const states = new Map<string, number>();
  for (const node of topology.nodes) {
    const name = membershipName(node.membership);
    states.set(name, (states.get(name) ?? 0) + 1);
  }
  let unique = 0;
  let replicated = 0;
  let isPartial = false;
  for (const range of topology.ranges) {
    const holder = range.replicas.find((replica) => replica.leaseholder);
    if (holder?.reported === true) unique += holder.recordCount;
    else isPartial = true;
    for (const replica of range.replicas) {
      if (replica.reported) replicated += replica.recordCount;
      else isPartial = true;
    }
  }
  const shown = [...states].map(([name, count]) => `${name}: ${count}`).join(", ");
  return [
    "TOTALS",
    `nodes: ${topology.nodes.length}`,
    `states: ${shown}`,
    `shards: ${topology.ranges.length}`,
    `unique: ${thousands(unique)}`,
    `replicated: ${thousands(replicated)}${isPartial ? " (partial)" : ""}`,
  ].join(" | ");
}

function thousands(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
