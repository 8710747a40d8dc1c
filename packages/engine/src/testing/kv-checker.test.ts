import { describe, expect, test } from "vitest";
import type { Timestamp } from "#base/hlc.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { checkHistory, checkReplicas } from "./kv-checker.ts";
import type {
  KeyName,
  OwnWrites,
  ReadRecord,
  TransactionRecord,
  Value,
  VersionRecord,
} from "./kv-history.ts";

const at = (wallMs: number): Timestamp => ({ wallMs, logical: 0 });
const keys = ["a", "b", "c", "d", "e", "f"];

interface History {
  readonly transactions: TransactionRecord[];
  readonly versions: Map<KeyName, VersionRecord[]>;
}

/** A history that a correct database could have: transactions overlap, and each commits at one instant. */
function makeHistory(seed: number): History {
  const random = new SimRandom(seed);
  const versions = new Map<KeyName, VersionRecord[]>(keys.map((key) => [key, []]));
  const transactions: TransactionRecord[] = [];
  const valueAt = (key: KeyName, timestamp: number) =>
    versions.get(key)?.findLast((version) => version.timestamp.wallMs <= timestamp)?.value;

  for (let number = 1; number <= 60; number++) {
    const commit = number * 10;
    const snapshot = commit - random.integer(9) - 1;
    const reads: ReadRecord[] = [];
    const writes = new Map<KeyName, Value>();
    const inserts = new Set<KeyName>();
    for (let left = random.integer(4); left > 0; left--) {
      const own: OwnWrites = new Map(writes);
      const key = random.pick(keys);
      if (random.chance(0.3)) {
        const start = random.pick(keys);
        const reverse = random.chance(0.5);
        const rows = keys
          .filter((each) => each >= start)
          .map((each) => [each, own.has(each) ? own.get(each) : valueAt(each, snapshot)] as const)
          .filter((row): row is readonly [KeyName, string] => row[1] !== undefined);
        if (reverse) rows.reverse();
        reads.push({ kind: "scan", start, end: "z", reverse, rows, own });
      } else if (random.chance(0.5)) {
        const value = own.has(key) ? own.get(key) : valueAt(key, snapshot);
        reads.push({ kind: "get", key, value, own });
      } else if (!writes.has(key)) {
        const mayInsert = valueAt(key, commit) === undefined;
        if (mayInsert && random.chance(0.5)) inserts.add(key);
        writes.set(key, random.chance(0.2) && !inserts.has(key) ? undefined : `v${number}${key}`);
      }
    }
    const luck = random.float();
    const isLost = luck > 0.8;
    const outcome =
      luck < 0.7
        ? ({ kind: "committed", timestamp: at(commit) } as const)
        : luck < 0.9
          ? ({ kind: "unknown" } as const)
          : ({ kind: "notCommitted" } as const);
    if (!isLost) {
      for (const [key, value] of writes) versions.get(key)?.push({ timestamp: at(commit), value });
    }
    transactions.push({
      number,
      node: 1,
      startedAtMs: snapshot - 5,
      endedAtMs: outcome.kind === "unknown" ? Infinity : commit + 5,
      readTimestamp: reads.some((read) => read.kind === "scan" || !read.own.has(read.key))
        ? at(snapshot)
        : undefined,
      reads,
      writes,
      inserts,
      outcome,
    });
  }
  return { transactions, versions };
}

test("histories that a correct database could have pass", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { transactions, versions } = makeHistory(seed);
    expect({ seed, violations: checkHistory(transactions, versions) }).toEqual({
      seed,
      violations: [],
    });
  }
});

/** Changes one thing; false when the history has nothing to change in this way. */
type Injection = (history: History) => boolean;

function change(
  { transactions }: History,
  matches: (transaction: TransactionRecord) => boolean,
  edit: (transaction: TransactionRecord) => TransactionRecord,
): boolean {
  const index = transactions.findIndex(matches);
  const transaction = transactions[index];
  if (transaction === undefined) return false;
  transactions[index] = edit(transaction);
  return true;
}

const isWriter = ({ outcome, writes }: TransactionRecord) =>
  outcome.kind === "committed" && writes.size > 0;

const injections: Readonly<Record<string, readonly [name: string, inject: Injection][]>> = {
  "lost write": [
    [
      "an acknowledged write is gone",
      ({ transactions, versions }) => {
        const writer = transactions.findLast(isWriter);
        const [key] = writer?.writes.keys() ?? [];
        if (writer?.outcome.kind !== "committed" || key === undefined) return false;
        const { timestamp } = writer.outcome;
        const rest = versions.get(key)?.filter((version) => version.timestamp !== timestamp) ?? [];
        versions.set(
          key,
          rest.filter((version) => version.timestamp.wallMs !== timestamp.wallMs),
        );
        return true;
      },
    ],
    [
      "the timestamp that was acknowledged is not the one in the store",
      (history) =>
        change(history, isWriter, (transaction) => ({
          ...transaction,
          outcome: { kind: "committed", timestamp: at(7) },
        })),
    ],
  ],
  "unexplained version": [
    [
      "a write of a transaction that was refused is there",
      ({ transactions, versions }) => {
        const [write] = transactions
          .filter(({ outcome }) => outcome.kind === "notCommitted")
          .flatMap(({ writes }) => [...writes])
          .filter(([, value]) => value !== undefined);
        if (write === undefined) return false;
        const [key, value] = write;
        versions.get(key)?.push({ timestamp: at(100_000), value });
        return true;
      },
    ],
    [
      "a value that nobody wrote",
      ({ versions }) => {
        versions.get("c")?.push({ timestamp: at(100_000), value: "from nowhere" });
        return true;
      },
    ],
  ],
  "torn commit": [
    [
      "half of a transaction of unknown outcome is there",
      ({ transactions, versions }) => {
        transactions.push({
          number: 1_000,
          node: 1,
          startedAtMs: 0,
          endedAtMs: Infinity,
          readTimestamp: undefined,
          reads: [],
          writes: new Map([
            ["a", "half"],
            ["b", "other half"],
          ]),
          inserts: new Set(),
          outcome: { kind: "unknown" },
        });
        versions.get("a")?.push({ timestamp: at(100_000), value: "half" });
        return true;
      },
    ],
  ],
  "wrong read": [
    [
      "a get sees a value that the snapshot did not hold",
      (history) =>
        change(
          history,
          ({ reads }) => reads.some((read) => read.kind === "get"),
          (transaction) => ({
            ...transaction,
            reads: transaction.reads.map((read) =>
              read.kind === "get" ? { ...read, value: "dirty" } : read,
            ),
          }),
        ),
    ],
    [
      "a scan misses a row",
      (history) =>
        change(
          history,
          ({ reads }) => reads.some((read) => read.kind === "scan" && read.rows.length > 0),
          (transaction) => ({
            ...transaction,
            reads: transaction.reads.map((read) =>
              read.kind === "scan" ? { ...read, rows: read.rows.slice(1) } : read,
            ),
          }),
        ),
    ],
    [
      "a scan comes in the wrong order",
      (history) =>
        change(
          history,
          ({ reads }) => reads.some((read) => read.kind === "scan" && read.rows.length > 1),
          (transaction) => ({
            ...transaction,
            reads: transaction.reads.map((read) =>
              read.kind === "scan" ? { ...read, rows: read.rows.toReversed() } : read,
            ),
          }),
        ),
    ],
    [
      "a snapshot is said to be older than what it showed",
      ({ transactions, versions }) => {
        const [first] = [...versions].flatMap(([key, list]) =>
          list.filter(({ value }) => value !== undefined).map((version) => ({ key, ...version })),
        );
        if (first === undefined) return false;
        const { key, value, timestamp } = first;
        transactions.push(reader(key, value, at(timestamp.wallMs - 1)));
        return true;
      },
    ],
  ],
  unserialisable: [
    [
      "what was read changed before the commit",
      ({ transactions, versions }) => {
        const [key, list] = [...versions].find(([, all]) => all.length > 0) ?? [];
        const last = list?.at(-1);
        if (key === undefined || last === undefined) return false;
        const snapshot = at(last.timestamp.wallMs - 1);
        const seen = list?.at(-2)?.value;
        transactions.push({
          ...reader(key, seen, snapshot),
          writes: new Map([["x", "skew"]]),
          outcome: { kind: "committed", timestamp: at(100_000) },
        });
        versions.set("x", [{ timestamp: at(100_000), value: "skew" }]);
        return true;
      },
    ],
    [
      "an update of a key that another wrote meanwhile",
      ({ transactions, versions }) => {
        transactions.push(
          writerOf("x", "first", { snapshot: at(90_000), commit: at(90_010) }),
          writerOf("x", "second", { snapshot: at(90_000), commit: at(90_020) }),
        );
        versions.set("x", [
          { timestamp: at(90_010), value: "first" },
          { timestamp: at(90_020), value: "second" },
        ]);
        return true;
      },
    ],
  ],
  "shared timestamp": [
    [
      "two writers that read each other's keys commit at one instant",
      ({ transactions, versions }) => {
        const commit = at(90_000);
        const snapshot = at(80_000);
        transactions.push(
          { ...writerOf("x", "one", { snapshot, commit }), reads: [nothingAt("y")] },
          { ...writerOf("y", "two", { snapshot, commit }), reads: [nothingAt("x")] },
        );
        versions.set("x", [{ timestamp: commit, value: "one" }]);
        versions.set("y", [{ timestamp: commit, value: "two" }]);
        return true;
      },
    ],
  ],
  "stale read": [
    [
      "a transaction misses what was acknowledged before it began",
      ({ transactions, versions }) => {
        const [key, list] = [...versions].find(([, all]) => all.length > 0) ?? [];
        const last = list?.at(-1);
        if (key === undefined || last === undefined) return false;
        const writer = transactions.find(
          ({ outcome }) =>
            outcome.kind === "committed" && outcome.timestamp.wallMs === last.timestamp.wallMs,
        );
        if (writer === undefined) return false;
        const stale = reader(key, list?.at(-2)?.value, at(last.timestamp.wallMs - 1));
        transactions.push({ ...stale, startedAtMs: 200_000, endedAtMs: 200_001 });
        return true;
      },
    ],
  ],
  "stale commit": [
    [
      "a later writer commits below an earlier one",
      ({ transactions, versions }) => {
        const early = writerOf("x", "early", { snapshot: undefined, commit: at(90_020) });
        const late = writerOf("x", "late", { snapshot: undefined, commit: at(90_010) });
        transactions.push(
          { ...early, startedAtMs: 90_000, endedAtMs: 90_001 },
          { ...late, startedAtMs: 90_002, endedAtMs: 90_003 },
        );
        versions.set("x", [
          { timestamp: at(90_010), value: "late" },
          { timestamp: at(90_020), value: "early" },
        ]);
        return true;
      },
    ],
  ],
  "wrong insert": [
    [
      "an insert went over a live key",
      ({ transactions, versions }) => {
        const commit = at(90_010);
        transactions.push(writerOf("x", "there", { snapshot: undefined, commit: at(90_000) }), {
          ...writerOf("x", "again", { snapshot: undefined, commit }),
          inserts: new Set(["x"]),
        });
        versions.set("x", [
          { timestamp: at(90_000), value: "there" },
          { timestamp: commit, value: "again" },
        ]);
        return true;
      },
    ],
    [
      "an insert was refused for a key that never was",
      ({ transactions }) => {
        transactions.push({
          ...writerOf("x", "refused", { snapshot: undefined, commit: at(1) }),
          outcome: { kind: "keyExists", key: "x" },
        });
        return true;
      },
    ],
  ],
};

function nothingAt(key: KeyName): ReadRecord {
  return { kind: "get", key, value: undefined, own: new Map() };
}

function reader(key: KeyName, value: Value, snapshot: Timestamp): TransactionRecord {
  return {
    number: 2_000,
    node: 1,
    startedAtMs: 0,
    endedAtMs: 300_000,
    readTimestamp: snapshot,
    reads: [{ kind: "get", key, value, own: new Map() }],
    writes: new Map(),
    inserts: new Set(),
    outcome: { kind: "committed", timestamp: snapshot },
  };
}

function writerOf(
  key: KeyName,
  value: string,
  when: { readonly snapshot: Timestamp | undefined; readonly commit: Timestamp },
): TransactionRecord {
  return {
    number: 3_000,
    node: 1,
    startedAtMs: 0,
    endedAtMs: 300_000,
    readTimestamp: when.snapshot,
    reads: [],
    writes: new Map([[key, value]]),
    inserts: new Set(),
    outcome: { kind: "committed", timestamp: when.commit },
  };
}

describe.for(Object.entries(injections))("%s", ([rule, cases]) => {
  test.for(cases)("%s", ([, inject]) => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const history = makeHistory(seed);
      if (!inject(history)) continue;
      const violations = checkHistory(history.transactions, history.versions);
      expect(violations.map((violation) => violation.rule)).toContain(rule);
      found++;
    }
    expect(found).toBeGreaterThan(20);
  });
});

test("replicas at one applied index that differ in one version are found", () => {
  const { versions } = makeHistory(1);
  const copy = () => new Map([...versions].map(([key, list]) => [key, [...list]]));
  const replica = (node: number, appliedIndex: number, history = copy()) => ({
    node,
    appliedIndex,
    history,
  });
  const diverged = copy();
  diverged.get("b")?.push({ timestamp: at(5), value: "only here" });
  expect(checkReplicas([replica(1, 9), replica(2, 9), replica(3, 8, diverged)])).toEqual([]);
  expect(checkReplicas([replica(1, 9), replica(2, 9), replica(3, 9, diverged)])).toMatchObject([
    { rule: "diverged replica" },
  ]);
});
