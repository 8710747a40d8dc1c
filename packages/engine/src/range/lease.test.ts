import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addMs, compareTimestamps, isBefore, maxTimestamp, zeroTimestamp } from "#base/hlc.ts";
import { clockOffsetMsMax } from "./hlc-clock.ts";
import { decodeLease, encodeLease, leaseExpiration } from "./lease.ts";

const at = (wallMs: number) => ({ wallMs, logical: 0 });

function expiration(
  voterSets: readonly (readonly number[])[],
  support: Readonly<Record<number, number>>,
): number {
  return leaseExpiration(1, voterSets, (peer) => {
    const until = support[peer];
    return until === undefined ? undefined : at(until);
  }).wallMs;
}

describe("the expiration of a lease", () => {
  test.each([
    ["a voter alone holds it for good", [[1]], {}, maxTimestamp.wallMs],
    ["of two voters both are needed", [[1, 2]], { 2: 50 }, 50],
    ["of three, the better of the other two", [[1, 2, 3]], { 2: 50, 3: 70 }, 70],
    ["a silent voter does not count", [[1, 2, 3]], { 3: 70 }, 70],
    ["without a quorum there is none", [[1, 2, 3]], {}, 0],
    ["of five, the second best of the others", [[1, 2, 3, 4, 5]], { 2: 10, 3: 40, 4: 30 }, 30],
    ["a joint configuration needs both", [[1, 2, 3], [1]], { 2: 50 }, 50],
    ["also the incoming half alone", [[1], [1, 4, 5]], { 2: 90, 4: 20 }, 20],
    ["an empty half decides nothing", [[1, 2], []], { 2: 50 }, 50],
    ["a leader that does not vote counts on others only", [[2, 3]], { 2: 10, 3: 20 }, 10],
  ])("%s", (_name, voterSets, support, expected) => {
    expect(expiration(voterSets, support)).toBe(expected);
  });

  test("at that instant, and not before, a quorum can help another", () => {
    const voters = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    const support = fc.dictionary(fc.integer({ min: 1, max: 7 }).map(String), fc.nat(100));
    fc.assert(
      fc.property(voters, support, (set, until) => {
        const end = expiration([set], until);
        const freeAt = (instant: number) =>
          set.filter((voter) => voter !== 1 && (until[voter] ?? 0) <= instant).length;
        const quorum = Math.floor(set.length / 2) + 1;
        const needed = set.length - quorum + 1;
        // With the leader's own vote out of reach, the others can form no quorum before the end.
        if (end > 0 && end < maxTimestamp.wallMs) {
          expect(freeAt(end)).toBeGreaterThanOrEqual(needed);
          expect(freeAt(end - 1)).toBeLessThan(needed);
        }
      }),
    );
  });

  test("a read is safe while its uncertainty ends before it", () => {
    const end = at(10_000);
    const limitOf = (wallMs: number) => addMs(at(wallMs), clockOffsetMsMax);
    expect(isBefore(limitOf(10_000 - clockOffsetMsMax - 1), end)).toBe(true);
    expect(isBefore(limitOf(10_000 - clockOffsetMsMax), end)).toBe(false);
  });
});

test("a lease comes back as it was", () => {
  const lease = { sequence: 7, replicaId: 3, nodeId: 2, start: { wallMs: 123, logical: 4 } };
  expect(decodeLease(encodeLease(lease))).toEqual(lease);
  expect(compareTimestamps(zeroTimestamp, lease.start)).toBeLessThan(0);
});
