import { describe, expect, test } from "vitest";
import { rememberFigures } from "./evidence.ts";
import {
  answering,
  evidence,
  neverHeard,
  nodeSummary,
  rangeSummary,
  replica,
  silent,
  testNowMs,
  topology,
  topologyWithout,
} from "./fixtures.ts";
import { conditionOf, convergenceOf, merge } from "./merge.ts";

const told = (given: ReturnType<typeof topology>, agoMs = 300) => ({
  topology: given,
  receivedAtMs: testNowMs - agoMs,
});

describe("the condition of a node", () => {
  const quiet = { isSilent: false, hasAnswered: true, peersHear: true, peersCallDead: false };
  test.each([
    ["answers and is heard", { ...quiet, health: "ready" }, "ready"],
    ["answers that it is degraded", { ...quiet, health: "degraded" }, "degraded"],
    ["answers that it is not ready", { ...quiet, health: "notReady" }, "notReady"],
    ["answers that it starts", { ...quiet, health: "bootstrapping" }, "bootstrapping"],
    ["answers without a state", { ...quiet, health: "unknown" }, "unknown"],
    [
      "silent, and peers hear it",
      { ...quiet, isSilent: true, hasAnswered: false, health: "ready" },
      "unreachable",
    ],
    [
      "silent, and peers do not hear it",
      { ...quiet, isSilent: true, hasAnswered: false, peersHear: false, health: "ready" },
      "down",
    ],
    [
      "answers, and peers call it dead",
      { ...quiet, peersHear: false, peersCallDead: true, health: "ready" },
      "isolated",
    ],
    [
      "not asked yet, and peers call it dead",
      { ...quiet, hasAnswered: false, peersHear: false, peersCallDead: true, health: "ready" },
      "down",
    ],
    [
      "not asked yet, and nobody says anything",
      { ...quiet, hasAnswered: false, peersHear: false, health: "unknown" },
      "unknown",
    ],
  ])("%s", (_name, seen, expected) => {
    expect(conditionOf(seen)).toBe(expected);
  });

  test("one lost probe is not news", () => {
    const late = { ...answering(2), failures: 1, failingSinceMs: testNowMs - 900 };
    const { nodes } = merge(evidence({ nodes: [answering(1), late, answering(3)] }), testNowMs);
    expect(nodes[1]).toMatchObject({ condition: "ready", silentSinceMs: undefined });
  });

  test("peers that heard it a moment before it fell silent do not count as hearing it", () => {
    const heardLongAgo = topology({
      nodes: [nodeSummary(1), nodeSummary(2, { lastHeardMs: testNowMs - 2_500 }), nodeSummary(3)],
    });
    const { nodes } = merge(
      evidence({ nodes: [answering(1), silent(2), answering(3)], topology: told(heardLongAgo) }),
      testNowMs,
    );
    expect(nodes[1]?.condition).toBe("down");
  });

  test("a judgement that is itself old is no evidence", () => {
    const { nodes } = merge(
      evidence({
        nodes: [answering(1), answering(2), answering(3)],
        topology: told(topologyWithout(2), 10_000),
      }),
      testNowMs,
    );
    expect(nodes[1]).toMatchObject({ condition: "ready", peerLiveness: undefined });
  });
});

describe("which nodes there are", () => {
  test("a node learnt from a topology is shown before it is asked", () => {
    const { nodes } = merge(evidence({ nodes: [answering(1)] }), testNowMs);
    expect(nodes.map((node) => node.nodeId)).toEqual([1, 2, 3]);
  });

  test("an address that never answered is shown by its address, after the others", () => {
    const { nodes } = merge(
      { nodes: [neverHeard(9), answering(1)], topology: undefined },
      testNowMs,
    );
    expect(nodes.map((node) => [node.nodeId, node.address])).toEqual([
      [1, "127.0.0.1:15051"],
      [0, "127.0.0.1:15059"],
    ]);
  });

  test("one node under two addresses is one node", () => {
    const { nodes } = merge(
      evidence({ nodes: [answering(1), { ...answering(1), address: "localhost:15051" }] }),
      testNowMs,
    );
    expect(nodes.filter((node) => node.nodeId === 1)).toHaveLength(1);
  });

  test("a removed node is gone", () => {
    const { nodes } = merge(
      {
        nodes: [answering(1)],
        topology: told(
          topology({ nodes: [nodeSummary(1), nodeSummary(2, { membership: "removed" })] }),
        ),
      },
      testNowMs,
    );
    expect(nodes.map((node) => node.nodeId)).toEqual([1]);
  });
});

describe("the state of a range", () => {
  test.each([
    ["all replicas alive", [answering(1), answering(2), answering(3)], topology(), "available", 1],
    [
      "a follower lost",
      [answering(1), silent(2), answering(3)],
      topologyWithout(2),
      "available",
      0,
    ],
    [
      "the leaseholder lost",
      [silent(1), answering(2), answering(3)],
      { ...topologyWithout(1), answeredBy: 2 },
      "noLeaseholder",
      0,
    ],
    [
      "nobody holds the lease",
      [answering(1), answering(2), answering(3)],
      topology({ ranges: [rangeSummary({ leaseholder: 0 })] }),
      "noLeaseholder",
      1,
    ],
    [
      "the majority lost",
      [answering(1), silent(2), silent(3)],
      topologyWithout(2, 3),
      "noQuorum",
      -1,
    ],
    [
      "no node answers: nothing is claimed",
      [silent(1), silent(2), silent(3)],
      topology(),
      "unknown",
      undefined,
    ],
  ] as const)("%s", (_name, nodes, given, availability, failuresLeft) => {
    const { ranges } = merge(evidence({ nodes, topology: told(given) }), testNowMs);
    expect(ranges[0]).toMatchObject({ availability });
    expect(ranges[0]?.failuresLeft).toBe(failuresLeft);
  });

  test("learners count neither for the quorum nor against it", () => {
    const given = topology({
      ranges: [rangeSummary({ replicas: [replica(1), replica(2, { role: "learner" })] })],
    });
    const { ranges } = merge(evidence({ topology: told(given) }), testNowMs);
    expect(ranges[0]).toMatchObject({ availability: "available", failuresLeft: 0 });
  });

  test("a topology of the past says nothing about the present", () => {
    const { ranges } = merge(evidence({ topology: told(topology(), 10_000) }), testNowMs);
    expect(ranges[0]).toMatchObject({ availability: "unknown" });
    expect(ranges[0]?.failuresLeft).toBeUndefined();
  });
});

describe("whether replicas hold the same", () => {
  const alive = (...replicas: ReturnType<typeof replica>[]) =>
    replicas.map((one) => ({ ...one, alive: true }));
  test.each([
    ["same place, same count", alive(replica(1), replica(2)), { kind: "converged" }],
    [
      "a few entries apart is the same place",
      alive(replica(1), replica(2, { appliedIndex: 18_390, recordCount: 100_210 })),
      { kind: "converged" },
    ],
    [
      "far apart",
      alive(replica(1), replica(2, { appliedIndex: 10_000, recordCount: 60_000 })),
      { kind: "catchingUp", nodeId: 2, entries: 8_400 },
    ],
    [
      "same place, other count",
      alive(replica(1), replica(2, { recordCount: 100_213 })),
      { kind: "differs", nodeIds: [1, 2] },
    ],
    [
      "no report",
      alive(replica(1), replica(2, { reported: false, recordCount: 0, appliedIndex: 0 })),
      { kind: "partial", missing: [2] },
    ],
  ] as const)("%s", (_name, replicas, expected) => {
    expect(convergenceOf(replicas)).toEqual(expected);
  });
});

test("figures of a replica that does not report are the last known ones, with their time", () => {
  const before = rememberFigures(undefined, topology(), testNowMs - 5_000);
  const missing = topology({
    ranges: [
      rangeSummary({
        replicas: [
          replica(1, { recordCount: 100_300 }),
          replica(2, {
            reported: false,
            recordCount: 0,
            knownAtMs: undefined,
            error: "UNAVAILABLE",
          }),
          replica(4, { reported: false, recordCount: 0, knownAtMs: undefined }),
        ],
      }),
    ],
  });
  const { topology: after } = rememberFigures(before, missing, testNowMs);
  expect(after.ranges[0]?.replicas).toMatchObject([
    { nodeId: 1, recordCount: 100_300, knownAtMs: testNowMs },
    {
      nodeId: 2,
      recordCount: 100_214,
      knownAtMs: testNowMs - 5_000,
      reported: false,
      error: "UNAVAILABLE",
    },
    { nodeId: 4, recordCount: 0, knownAtMs: undefined },
  ]);
});
