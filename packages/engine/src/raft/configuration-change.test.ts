import fc from "fast-check";
import { expect, test } from "vitest";
import { changeConfiguration } from "./configuration-change.ts";
import {
  configurationOf,
  isJoint,
  membersOf,
  showConfiguration,
  type Configuration,
  type ConfigurationChange,
} from "./configuration.ts";
import { decodeConfigurationChange, encodeConfigurationChange } from "./message-codec.ts";

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("addVoter", "addLearner", "remove"),
    peer: fc.integer({ min: 1, max: 6 }),
  } as const),
  { maxLength: 4 },
);
const changes: fc.Arbitrary<ConfigurationChange> = fc.record({
  transition: fc.constantFrom("automatic", "joint", "jointExplicit"),
  steps,
  context: fc.uint8Array({ maxLength: 5 }),
} as const);

const leave: ConfigurationChange = {
  transition: "automatic",
  steps: [],
  context: new Uint8Array(0),
};

/** What the members should be in the end: the steps one after the other, on plain sets. */
function naive(before: Configuration, change: ConfigurationChange) {
  const voters = new Set(before.voters);
  const learners = new Set(before.learners);
  for (const { kind, peer } of change.steps) {
    voters.delete(peer);
    learners.delete(peer);
    if (kind === "addVoter") voters.add(peer);
    if (kind === "addLearner") learners.add(peer);
  }
  const sort = (peers: Set<number>) => [...peers].sort((a, b) => a - b);
  return { voters: sort(voters), learners: sort(learners) };
}

function assertSound(configuration: Configuration): void {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  for (const list of [voters, votersOutgoing, learners, learnersNext]) {
    expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
  }
  expect(voters.length).toBeGreaterThan(0);
  for (const learner of learners) {
    expect(voters).not.toContain(learner);
    expect(votersOutgoing).not.toContain(learner);
  }
  for (const peer of learnersNext) expect(votersOutgoing).toContain(peer);
  if (!isJoint(configuration)) {
    expect(learnersNext).toEqual([]);
    expect(autoLeave).toBe(false);
  }
}

test("any walk of changes keeps the invariants and ends where plain sets end", () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (walk) => {
      let configuration = configurationOf({ voters: [1, 2, 3] });
      for (const change of walk) {
        if (change.steps.length === 0) continue;
        const expected = naive(configuration, change);
        const outcome = changeConfiguration(configuration, change);
        if (outcome.kind === "invalid") {
          expect(expected.voters).toEqual([]);
          continue;
        }
        const entered = outcome.configuration;
        assertSound(entered);
        if (isJoint(entered)) {
          expect(entered.votersOutgoing).toEqual(configuration.voters);
          expect(changeConfiguration(entered, change).kind).toBe("invalid");
          const left = changeConfiguration(entered, leave);
          if (left.kind === "invalid") throw new Error(left.reason);
          configuration = left.configuration;
        } else {
          // Only one voter may come or go at once, or the quorums would not overlap.
          const different = [...configuration.voters, ...entered.voters].filter(
            (peer) => configuration.voters.includes(peer) !== entered.voters.includes(peer),
          );
          expect(different.length).toBeLessThanOrEqual(1);
          configuration = entered;
        }
        assertSound(configuration);
        expect({ voters: configuration.voters, learners: configuration.learners }).toEqual(
          expected,
        );
        expect(membersOf(configuration)).toEqual(
          [...expected.voters, ...expected.learners].sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a change survives encoding", () => {
  fc.assert(
    fc.property(changes, (change) => {
      const decoded = decodeConfigurationChange(encodeConfigurationChange(change));
      expect({ ...decoded, context: [...decoded.context] }).toEqual({
        ...change,
        context: [...change.context],
      });
    }),
  );
});

test("what does not fit is refused with its reason", () => {
  const three = configurationOf({ voters: [1, 2, 3] });
  const reason = (change: Partial<ConfigurationChange>) => {
    const outcome = changeConfiguration(three, { ...leave, ...change });
    return outcome.kind === "invalid" ? outcome.reason : showConfiguration(outcome.configuration);
  };
  expect(reason({})).toBe("there is no joint configuration to leave");
  expect(reason({ steps: [{ kind: "addVoter", peer: 0 }] })).toBe("0 is not a peer");
  expect(reason({ steps: three.voters.map((peer) => ({ kind: "remove", peer }) as const) })).toBe(
    "the last voter cannot be removed",
  );
});
