import { countsForQuorum } from "./merge.ts";
import type { ClusterView, NodeView, RangeView } from "./view.ts";

/** What would follow if these nodes were lost besides those that are lost already. */
export interface LossOutcome {
  readonly key: string;
  readonly subject: string;
  /** Every node named is already lost. */
  readonly already: boolean;
  /** Ranges that would then accept no write, those without a quorum now included. */
  readonly rangesUnavailable: number;
  readonly ranges: number;
  readonly leasesToMove: number;
}

/** The localities that are failure domains, widest first. A tier of one value is no domain. */
const tiers = ["region", "zone", "rack", "host"];

/**
 * Answers "if we lose…" for each node and each failure domain; with a node already out, for each pair
 * with it too. Pure arithmetic on where the voters stand.
 */
export function lossOutcomes(view: ClusterView): LossOutcome[] {
  const nodes = view.nodes.filter((node) => node.nodeId !== 0);
  const gone = new Set(
    nodes.filter((node) => !countsForQuorum(node.condition)).map((node) => node.nodeId),
  );
  const outcomes: LossOutcome[] = [];
  for (const node of nodes) {
    const already = gone.has(node.nodeId);
    const others = [...gone].filter((nodeId) => nodeId !== node.nodeId);
    const subject = already
      ? `n${node.nodeId} (lost now)`
      : [...others, node.nodeId].map((nodeId) => `n${nodeId}`).join(" and ");
    outcomes.push({
      key: `node-${node.nodeId}`,
      subject,
      already,
      ...outcomeOf(view.ranges, new Set([...gone, node.nodeId]), new Set([node.nodeId])),
    });
  }
  for (const tier of tiers) {
    const domains = domainsOf(nodes, tier);
    // One domain holds everything, or each holds one node: the rows above have said it.
    if (domains.size < 2 || domains.size === nodes.length) continue;
    for (const [name, members] of domains) {
      outcomes.push({
        key: `${tier}-${name}`,
        subject: `${tier} ${name}`,
        already: members.every((nodeId) => gone.has(nodeId)),
        ...outcomeOf(view.ranges, new Set([...gone, ...members]), new Set(members)),
      });
    }
  }
  return outcomes.sort(
    (a, b) =>
      Number(b.already) - Number(a.already) ||
      b.rangesUnavailable - a.rangesUnavailable ||
      b.leasesToMove - a.leasesToMove,
  );
}

function outcomeOf(
  ranges: readonly RangeView[],
  lost: ReadonlySet<number>,
  moving: ReadonlySet<number>,
): { rangesUnavailable: number; ranges: number; leasesToMove: number } {
  let rangesUnavailable = 0;
  let leasesToMove = 0;
  for (const range of ranges) {
    const voters = range.replicas.filter((replica) => replica.role === "voter");
    const left = voters.filter((replica) => !lost.has(replica.nodeId)).length;
    if (left < Math.floor(voters.length / 2) + 1) rangesUnavailable += 1;
    if (moving.has(range.leaseholder)) leasesToMove += 1;
  }
  return { rangesUnavailable, ranges: ranges.length, leasesToMove };
}

function domainsOf(nodes: readonly NodeView[], tier: string): Map<string, number[]> {
  const domains = new Map<string, number[]>();
  for (const node of nodes) {
    const name = node.locality[tier];
    if (name === undefined) continue;
    domains.set(name, [...(domains.get(name) ?? []), node.nodeId]);
  }
  return domains;
}
