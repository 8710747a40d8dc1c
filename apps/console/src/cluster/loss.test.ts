import { describe, expect, test } from "vitest";
import {
  answering,
  evidence,
  nodeAnswer,
  nodeSummary,
  rangeSummary,
  replica,
  silent,
  testNowMs,
  topology,
  topologyWithout,
  viewOf,
} from "./fixtures.ts";
import { lossOutcomes } from "./loss.ts";

describe("if we lose", () => {
  test("one of three: nothing is unavailable, its leases move", () => {
    expect(lossOutcomes(viewOf(evidence()))).toMatchObject([
      { subject: "n1", rangesUnavailable: 0, leasesToMove: 1 },
      { subject: "n2", rangesUnavailable: 0, leasesToMove: 0 },
      { subject: "n3", rangesUnavailable: 0, leasesToMove: 0 },
    ]);
  });

  test("one more, with one out already", () => {
    const view = viewOf(
      evidence({
        nodes: [answering(1), silent(2), answering(3)],
        topology: { topology: topologyWithout(2), receivedAtMs: testNowMs - 300 },
      }),
    );
    expect(lossOutcomes(view)).toMatchObject([
      { subject: "n2 (lost now)", already: true, rangesUnavailable: 0 },
      { subject: "n2 and n1", rangesUnavailable: 1, leasesToMove: 1 },
      { subject: "n2 and n3", rangesUnavailable: 1, leasesToMove: 0 },
    ]);
  });

  test("a zone with two of the replicas", () => {
    const nodes = [1, 2, 3].map((nodeId) =>
      nodeSummary(nodeId, { locality: { region: "eu", zone: nodeId < 3 ? "a" : "b" } }),
    );
    const view = viewOf({
      nodes: nodes.map((node) => ({ ...answering(node.nodeId), answer: nodeAnswer(node) })),
      topology: {
        topology: topology({
          nodes,
          ranges: [rangeSummary(), rangeSummary({ rangeId: "2", replicas: [replica(3)] })],
        }),
        receivedAtMs: testNowMs - 300,
      },
    });
    expect(lossOutcomes(view).filter(({ key }) => key.startsWith("zone"))).toMatchObject([
      { subject: "zone a", rangesUnavailable: 1, ranges: 2, leasesToMove: 2 },
      { subject: "zone b", rangesUnavailable: 1, ranges: 2, leasesToMove: 0 },
    ]);
  });
});
