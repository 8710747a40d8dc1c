import { describe, expect, test } from "vitest";
import type { RangeDescriptor, ReplicaRole } from "#range/range-descriptor.ts";
import { nextCareStep } from "./replica-care.ts";

/** `1v 2l`: replica 1 on node 1 is a voter, replica 2 on node 2 a learner. */
function range(text: string): RangeDescriptor {
  const roles: Record<string, ReplicaRole> = { v: "voter", l: "learner", o: "outgoing" };
  const replicas = text.split(" ").map((word) => {
    const nodeId = Number.parseInt(word, 10);
    return { nodeId, replicaId: nodeId, role: roles[word.at(-1) ?? ""] ?? "voter" };
  });
  const span = { start: new Uint8Array(0), end: undefined };
  return { rangeId: 1, span, generation: 1, nextReplicaId: 10, replicas };
}

function next(text: string, live: readonly number[], caughtUp: readonly number[] = []): string {
  const step = nextCareStep(range(text), {
    replicationFactor: 3,
    candidates: live,
    isCaughtUp: ({ nodeId }) => caughtUp.includes(nodeId),
  });
  if (step === undefined) return "nothing";
  return step.kind === "addLearner"
    ? `add ${step.nodeId}`
    : `promote ${step.learners.map(({ nodeId }) => nodeId).join(" ")}`;
}

describe("the next step for a range", () => {
  test.each([
    ["a node alone has no choice", "1v", [1], [], "nothing"],
    ["a second node learns", "1v", [1, 2], [], "add 2"],
    ["two voters would be worse than one", "1v 2l", [1, 2], [2], "nothing"],
    ["a third node learns too", "1v 2l", [1, 2, 3], [2], "add 3"],
    ["learners are waited for", "1v 2l 3l", [1, 2, 3], [2], "nothing"],
    ["both are promoted at once", "1v 2l 3l", [1, 2, 3], [2, 3], "promote 2 3"],
    ["enough is enough", "1v 2v 3v", [1, 2, 3, 4], [], "nothing"],
    ["not while a change is under way", "1v 2v 3o", [1, 2, 3, 4], [], "nothing"],
    ["a learner that is away is not waited for", "1v 2l 3l", [1, 3, 4], [3], "add 4"],
    ["nor does it keep others back", "1v 2l 3l 4l", [1, 3, 4], [3, 4], "promote 3 4"],
    ["no more than wanted", "1v 2l 3l 4l", [1, 2, 3, 4], [2, 3, 4], "promote 2 3"],
    ["two voters get a third", "1v 2v 3l", [1, 2, 3], [3], "promote 3"],
  ])("%s", (_name, text, live, caughtUp, expected) => {
    expect(next(text, live, caughtUp)).toBe(expected);
  });
});
