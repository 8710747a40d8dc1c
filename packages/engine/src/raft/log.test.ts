import fc from "fast-check";
import { expect, test } from "vitest";
import { configurationOf } from "#raft/configuration.ts";
import { MemoryLogStorage } from "#testing/memory-log-storage.ts";
import { RaftLog } from "./log.ts";
import type { Entry } from "./message.ts";

/**
 * The naive twin: one array of terms for what the replica believes, and what the disk holds after each
 * write that was handed out.
 */
class NaiveLog {
  terms: number[] = [0];
  base = 0;
  commit = 0;
  /** The log as of each write, in order; index 0 is what is durable. */
  writes: { readonly sequence: number; readonly terms: readonly number[] }[] = [];
  durable: readonly number[] = [0];

  get last(): number {
    return this.terms.length - 1;
  }
}

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: "command",
  command: new Uint8Array(4),
});

type Action =
  | { readonly kind: "append"; readonly back: number; readonly count: number }
  | { readonly kind: "write" }
  | { readonly kind: "durable" }
  | { readonly kind: "commit"; readonly ahead: number }
  | { readonly kind: "apply" }
  | { readonly kind: "compact" }
  | { readonly kind: "restore"; readonly ahead: number };

const actions = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        back: fc.nat(6),
        count: fc.nat(4),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("durable" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("commit" as const), ahead: fc.nat(4) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("apply" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("compact" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("restore" as const),
        ahead: fc.integer({ min: 1, max: 5 }),
      }),
    },
  ) satisfies fc.Arbitrary<Action>,
  { maxLength: 60 },
);

test("the log agrees with an array of terms, and never calls durable what is not", () => {
  fc.assert(
    fc.property(actions, (walk) => {
      const storage = new MemoryLogStorage();
      const log = new RaftLog(storage, { commit: 0, applied: 0 });
      const naive = new NaiveLog();
      let sequence = 0;
      let term = 1;
      let applied = 0;
      const pending: (() => void)[] = [];

      for (const action of walk) {
        switch (action.kind) {
          case "append": {
            // A new leader takes over from somewhere in the uncommitted tail.
            term++;
            const previous = Math.max(naive.commit, naive.last - action.back);
            const entries = Array.from({ length: action.count }, (_, at) =>
              entry(previous + 1 + at, term),
            );
            log.append(entries);
            if (entries.length > 0) {
              naive.terms.length = previous + 1;
              for (const { index } of entries) naive.terms[index] = term;
            }
            break;
          }
          case "write": {
            if (!log.hasUnwritten) break;
            const write = {
              sequence: ++sequence,
              hardState: undefined,
              ...log.takeUnwritten(sequence),
            };
            const terms = [...naive.terms];
            pending.push(() => {
              storage.append(write);
              log.written(write.sequence);
              naive.durable = terms;
            });
            break;
          }
          case "durable":
            pending.shift()?.();
            break;
          case "commit":
            naive.commit = Math.min(naive.last, naive.commit + action.ahead);
            log.commitTo(naive.commit);
            break;
          case "apply":
            for (const { index, term: appliedTerm } of log.takeCommitted(40)) {
              expect(index).toBe(Math.max(applied, storage.firstIndex - 1) + 1);
              expect(appliedTerm).toBe(naive.terms[index]);
              expect(naive.durable[index]).toBe(appliedTerm);
              applied = index;
            }
            log.applied(applied);
            break;
          case "compact":
            if (applied >= storage.firstIndex && !log.hasPendingSnapshot) {
              storage.compact(applied);
              naive.base = applied;
            }
            break;
          case "restore": {
            const index = naive.commit + action.ahead;
            log.restore({ index, term: ++term, configuration: configurationOf({ voters: [1] }) });
            naive.terms.length = index + 1;
            naive.terms[index] = term;
            naive.base = index;
            naive.commit = index;
            break;
          }
        }

        expect(log.lastIndex).toBe(naive.last);
        expect(log.commitIndex).toBe(naive.commit);
        for (let index = Math.max(1, naive.base); index <= naive.last; index++) {
          expect(log.term(index)).toBe(naive.terms[index]);
        }
        expect(log.term(naive.last + 1)).toBeUndefined();
        if (!log.hasPendingSnapshot) {
          for (let index = naive.base + 1; index <= log.stableIndex; index++) {
            expect(naive.durable[index]).toBe(naive.terms[index]);
          }
          const all = log.entries(log.firstIndex, log.lastIndex + 1, Infinity);
          expect(all.map(({ index }) => naive.terms[index])).toEqual(all.map((held) => held.term));
          expect(all).toHaveLength(log.lastIndex - log.firstIndex + 1);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
