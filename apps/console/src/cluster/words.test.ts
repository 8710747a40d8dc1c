import { describe, expect, test } from "vitest";
import {
  answering,
  evidence,
  neverHeard,
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
import { findProblems } from "./problems.ts";
import { merge } from "./merge.ts";
import { verdictOf, wordsOfProblem } from "./words.ts";

const time = { zone: "UTC", nowMs: testNowMs };
const told = (given: ReturnType<typeof topology>, agoMs = 300) => ({
  topology: given,
  receivedAtMs: testNowMs - agoMs,
});

/** Thin and no-break spaces are for the eye. */
const plain = (text: string) => text.replace(/[\u2009\u00a0]/g, " ");

describe("the verdict", () => {
  test.each([
    [
      "all well",
      evidence(),
      "ok",
      "All 3 nodes are ready. All data is available; 1 node may fail before writes stop.",
    ],
    [
      "one node of one",
      evidence({
        nodes: [answering(1)],
        topology: told(
          topology({
            nodes: [nodeSummary(1)],
            ranges: [rangeSummary({ replicas: [replica(1)] })],
          }),
        ),
      }),
      "ok",
      "The node is ready. All data is available; there is no second copy.",
    ],
    [
      "a follower lost",
      evidence({
        nodes: [answering(1), silent(2), answering(3)],
        topology: told(topologyWithout(2)),
      }),
      "warn",
      "Node 2 does not answer since 14:02:07 UTC. All data is available; 1 more failure stops writes.",
    ],
    [
      "the leaseholder lost",
      evidence({
        nodes: [silent(1), answering(2), answering(3)],
        topology: told({ ...topologyWithout(1), answeredBy: 2 }),
      }),
      "crit",
      "Range 1 has no leaseholder since 14:01:10 UTC. Reads and writes wait for a new one. Node 1 does not answer since 14:02:07 UTC.",
    ],
    [
      "the majority lost",
      evidence({
        nodes: [answering(1), silent(2), silent(3)],
        topology: told(topologyWithout(2, 3)),
      }),
      "crit",
      "Range 1 has lost the quorum since 14:01:10 UTC. Reads and writes there wait. Nodes 2 and 3 do not answer since 14:02:07 UTC.",
    ],
    [
      "no node answers",
      evidence({ nodes: [silent(1), silent(2), silent(3)] }),
      "crit",
      "No node answers the console since 14:02:07 UTC. What you see is from 14:02:06 UTC.",
    ],
    [
      "no node has ever answered",
      { nodes: [neverHeard(1), neverHeard(2)], topology: undefined },
      "crit",
      "No node answers the console since 14:02:07 UTC. The console has never had an answer from this cluster.",
    ],
    [
      "nothing is known yet",
      {
        nodes: [{ ...neverHeard(1), failures: 0, failingSinceMs: undefined }],
        topology: undefined,
      },
      "unknown",
      "Waiting for the first answer from the cluster.",
    ],
    [
      "a node says it is degraded",
      evidence({
        nodes: [
          answering(1),
          answering(2),
          {
            ...answering(3),
            answer: nodeAnswer(nodeSummary(3, { health: "degraded" }), {
              checks: [
                { name: "clock", passed: false, detail: "180 ms off.", checkedAtMs: testNowMs },
              ],
            }),
          },
        ],
      }),
      "warn",
      "Node 3 is degraded since 14:01:10 UTC. All data is available; 1 node may fail before writes stop.",
    ],
    [
      "the console alone cannot reach a node",
      evidence({ nodes: [answering(1), silent(2), answering(3)] }),
      "warn",
      "The console cannot reach node 2 since 14:02:07 UTC. All data is available; 1 node may fail before writes stop.",
    ],
    [
      "the other nodes alone do not hear a node",
      evidence({ topology: told(topologyWithout(3)) }),
      "warn",
      "The other nodes do not hear node 3 since 14:01:10 UTC. All data is available; 1 more failure stops writes.",
    ],
    [
      "two troubles: the worse one leads, the other is counted",
      evidence({
        nodes: [answering(1), silent(2), answering(3)],
        topology: told(
          topology({
            nodes: [
              nodeSummary(1),
              nodeSummary(2, { liveness: "dead", lastHeardMs: undefined }),
              nodeSummary(3, { clockOffsetMs: -180 }),
            ],
          }),
        ),
      }),
      "warn",
      "Node 2 does not answer since 14:02:07 UTC. All data is available; 1 more failure stops writes. 1 more problem below.",
    ],
  ])("%s", (_name, given, tone, sentence) => {
    const verdict = verdictOf(viewOf(given), time);
    expect({ tone: verdict.tone, sentence: plain(verdict.sentence) }).toEqual({ tone, sentence });
  });

  test("times of another day name it, and the reader's zone is printed", () => {
    const view = viewOf(evidence({ nodes: [silent(1), silent(2), silent(3)] }));
    const later = { zone: "Asia/Tokyo", nowMs: testNowMs + 24 * 3_600_000 };
    expect(plain(verdictOf(view, later).sentence)).toContain("since 23 Nov, 23:02:07 GMT+9");
  });
});

describe("problems", () => {
  test("what passes by itself is not news, and what stays keeps its beginning", () => {
    const merged = merge(
      evidence({
        topology: told(
          topology({
            ranges: [
              rangeSummary({
                replicas: [replica(1), replica(2, { appliedIndex: 1_000 }), replica(3)],
              }),
            ],
          }),
        ),
      }),
      testNowMs,
    );
    const first = findProblems(merged, new Map(), testNowMs);
    expect(first.problems).toEqual([]);
    const soon = findProblems(merged, first.sightings, testNowMs + 1_000);
    expect(soon.problems).toEqual([]);
    const later = findProblems(merged, soon.sightings, testNowMs + 6_000);
    expect(later.problems.filter((problem) => problem.kind === "replicaBehind")).toMatchObject([
      { nodeId: 2, entries: 17_400, sinceMs: testNowMs },
    ]);
  });

  test("a trouble that went and came again begins anew", () => {
    const bad = merge(evidence({ topology: told(topologyWithout(3)) }), testNowMs);
    const good = merge(evidence(), testNowMs);
    const first = findProblems(bad, new Map(), testNowMs);
    const between = findProblems(good, first.sightings, testNowMs + 1_000);
    const again = findProblems(bad, between.sightings, testNowMs + 2_000);
    const late = findProblems(bad, again.sightings, testNowMs + 10_000);
    expect(late.problems.find((problem) => problem.kind === "nodeIsolated")?.sinceMs).toBe(
      testNowMs + 2_000,
    );
  });

  test.each([
    [0.2, undefined],
    [0.09, "warn"],
    [0.04, "crit"],
  ] as const)("a disk with %f free", (fraction, tone) => {
    const full = nodeAnswer(nodeSummary(2));
    const { process } = full;
    if (process === undefined) throw new Error("the fixture has process figures");
    const view = viewOf(
      evidence({
        nodes: [
          answering(1),
          answering(2, {
            process: { ...process, diskFreeBytes: process.diskTotalBytes * fraction },
          }),
          answering(3),
        ],
      }),
    );
    expect(view.problems.find((problem) => problem.kind === "diskLow")?.tone).toBe(tone);
  });

  test("versions that differ are named", () => {
    const view = viewOf(
      evidence({
        nodes: [
          answering(1),
          answering(2),
          { ...answering(3), answer: nodeAnswer(nodeSummary(3, { version: "0.2.0" })) },
        ],
      }),
    );
    const problem = view.problems.find(({ kind }) => kind === "versionsDiffer");
    expect(problem && plain(wordsOfProblem(problem, time).title)).toBe(
      "The nodes run 0.1.0 and 0.2.0 since 14:01:10 UTC.",
    );
  });
});
