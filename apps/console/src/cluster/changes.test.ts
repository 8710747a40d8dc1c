import { describe, expect, test } from "vitest";
import { changesBetween } from "./changes.ts";
import {
  answering,
  evidence,
  nodeAnswer,
  nodeSummary,
  rangeSummary,
  silent,
  testNowMs,
  topology,
  topologyWithout,
  viewOf,
} from "./fixtures.ts";

const told = (given: ReturnType<typeof topology>) => ({
  topology: given,
  receivedAtMs: testNowMs - 300,
});
const well = viewOf(evidence());
const oneDown = viewOf(
  evidence({ nodes: [answering(1), silent(2), answering(3)], topology: told(topologyWithout(2)) }),
);
const allDown = viewOf(evidence({ nodes: [silent(1), silent(2), silent(3)] }));

describe("what became different", () => {
  test("nothing, when nothing did", () => {
    expect(changesBetween(well, well)).toEqual([]);
  });

  test("a node went and came back", () => {
    expect(changesBetween(well, oneDown)).toEqual([
      { kind: "nodeDown", nodeId: 2, reason: "UNAVAILABLE" },
    ]);
    expect(changesBetween(oneDown, well)).toEqual([{ kind: "nodeUp", nodeId: 2, silentMs: 3_000 }]);
  });

  test("a node heard by its peers first, then by the console, came back once", () => {
    const heardByPeers = viewOf(evidence({ nodes: [answering(1), silent(2), answering(3)] }));
    expect(heardByPeers.nodes[1]?.condition).toBe("unreachable");
    expect(changesBetween(oneDown, heardByPeers)).toEqual([]);
    expect(changesBetween(heardByPeers, well)).toEqual([
      { kind: "nodeUp", nodeId: 2, silentMs: 3_000 },
    ]);
    expect(changesBetween(well, heardByPeers)).toMatchObject([
      { kind: "conditionChanged", nodeId: 2, from: "ready", to: "unreachable" },
    ]);
  });

  test("the silence of all is one piece of news, and so is its end", () => {
    expect(changesBetween(well, allDown)).toEqual([{ kind: "contactLost" }]);
    expect(changesBetween(allDown, well)).toEqual([{ kind: "contactRestored", silentMs: 3_000 }]);
    expect(changesBetween(allDown, oneDown)).toEqual([
      { kind: "contactRestored", silentMs: 3_000 },
      { kind: "nodeDown", nodeId: 2, reason: "UNAVAILABLE" },
    ]);
  });

  test("a lease moved, with the term it moved in", () => {
    const moved = viewOf(
      evidence({
        topology: told(topology({ ranges: [rangeSummary({ leaseholder: 3, term: 5 })] })),
      }),
    );
    expect(changesBetween(well, moved)).toEqual([
      { kind: "leaseholderMoved", rangeId: "1", from: 1, to: 3, term: 5 },
    ]);
  });

  test("a node restarted with another version", () => {
    const summary = nodeSummary(3, { version: "0.2.0", startedAtMs: testNowMs });
    const restarted = viewOf(
      evidence({
        nodes: [answering(1), answering(2), { ...answering(3), answer: nodeAnswer(summary) }],
      }),
    );
    expect(changesBetween(well, restarted)).toEqual([
      { kind: "nodeRestarted", nodeId: 3, version: "0.2.0" },
      { kind: "versionChanged", nodeId: 3, from: "0.1.0", to: "0.2.0" },
    ]);
  });

  test("a node appeared; one that nobody knows the id of did not", () => {
    const before = viewOf({ nodes: [], topology: undefined });
    expect(
      changesBetween(before, viewOf(evidence({ nodes: [answering(1)], topology: undefined }))),
    ).toEqual([{ kind: "nodeJoined", nodeId: 1, address: "127.0.0.1:15051" }]);
  });

  test("replicas went elsewhere", () => {
    const fewer = viewOf(
      evidence({
        topology: told(
          topology({ ranges: [rangeSummary({ replicas: rangeSummary().replicas.slice(0, 2) })] }),
        ),
      }),
    );
    expect(changesBetween(well, fewer)).toEqual([
      { kind: "replicasChanged", rangeId: "1", from: [1, 2, 3], to: [1, 2] },
    ]);
  });
});
