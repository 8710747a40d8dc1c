import fc from "fast-check";
import { expect, test } from "vitest";
import type { Configuration } from "./configuration.ts";
import type { PeerId } from "./message.ts";
import { hasQuorum, quorumIndex, quorumValue, voteResult } from "./quorum.ts";

const peers = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 7 });
const configurations = fc
  .tuple(peers, fc.option(peers, { nil: [] }))
  .map(([voters, votersOutgoing]): Configuration => ({
    voters,
    votersOutgoing,
    learners: [],
    learnersNext: [],
    autoLeave: false,
  }));
const halves = ({ voters, votersOutgoing }: Configuration) =>
  votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];

test("an index has a quorum exactly when a majority of each half is at or above it", () => {
  const matches = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(configurations, matches, (configuration, match) => {
      const matchOf = (peer: PeerId) => match[peer] ?? 0;
      // The naive way: try every index, and count.
      let expected = 0;
      for (let index = 1; index <= 6; index++) {
        const isHeld = halves(configuration).every(
          (half) => half.filter((peer) => matchOf(peer) >= index).length * 2 > half.length,
        );
        if (isHeld) expected = index;
      }
      expect(quorumIndex(configuration, matchOf)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});

test("an election is won, lost or open as counting every possible rest says", () => {
  const votes = fc.array(fc.option(fc.boolean()), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(configurations, votes, (configuration, vote) => {
      const wins = (rest: boolean) =>
        halves(configuration).every(
          (half) => half.filter((peer) => vote[peer] ?? rest).length * 2 > half.length,
        );
      const expected = wins(false) ? "won" : wins(true) ? "pending" : "lost";
      expect(voteResult(configuration, (peer) => vote[peer] ?? undefined)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});

test("two quorums of one configuration, or of neighbours through a joint one, overlap", () => {
  const sets = fc.array(fc.boolean(), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(configurations, sets, sets, (configuration, a, b) => {
      const isQuorum = (set: readonly boolean[]) =>
        hasQuorum(configuration, (peer) => set[peer] === true);
      fc.pre(isQuorum(a) && isQuorum(b));
      for (const half of halves(configuration)) {
        expect(half.some((peer) => a[peer] === true && b[peer] === true)).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a configuration without voters reaches nothing", () => {
  const nobody = {
    voters: [],
    votersOutgoing: [],
    learners: [1],
    learnersNext: [],
    autoLeave: false,
  };
  expect(
    quorumValue(
      nobody,
      () => 5,
      (a, b) => a - b,
    ),
  ).toBeUndefined();
  expect(hasQuorum(nobody, () => true)).toBe(false);
});
