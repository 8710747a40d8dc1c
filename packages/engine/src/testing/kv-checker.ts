import { compareTimestamps, isBefore, showTimestamp, type Timestamp } from "#base/hlc.ts";
import type {
  KeyName,
  ReadRecord,
  ReplicaRecord,
  TransactionRecord,
  Value,
  VersionHistory,
  VersionRecord,
} from "./kv-history.ts";

export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

/**
 * Explains what clients saw by the versions that the store holds in the end, and reports what cannot be:
 *
 * - lost write: a committed write has no version at its timestamp.
 * - unexplained version: a version that no committed or unknown transaction wrote (a dirty or wrong write).
 * - torn commit: of a transaction whose outcome is unknown, some writes are there and some are not.
 * - wrong read: a read is not what the snapshot held, own writes laid over it.
 * - unserialisable: between its snapshot and its commit, something that a transaction read or wrote changed.
 * - shared timestamp: two transactions that touch the same key committed at one instant.
 * - stale read, stale commit: older than what was acknowledged before the transaction began.
 * - wrong insert: an insert went over a key that was there, or was refused for one that was not.
 *
 * With these, ordering the transactions by commit timestamp gives a serial history with the same reads,
 * and it agrees with real time for every single key.
 */
export function checkHistory(
  transactions: readonly TransactionRecord[],
  history: VersionHistory,
): readonly Violation[] {
  return new HistoryCheck(transactions, history).run();
}

/** Replicas that have applied the same entries must hold the same versions. */
export function checkReplicas(replicas: readonly ReplicaRecord[]): readonly Violation[] {
  const violations: Violation[] = [];
  const byIndex = new Map<number, ReplicaRecord>();
  for (const replica of replicas) {
    const other = byIndex.get(replica.appliedIndex);
    if (other === undefined) byIndex.set(replica.appliedIndex, replica);
    else {
      const difference = findDifference(other.history, replica.history);
      if (difference !== undefined) {
        violations.push({
          rule: "diverged replica",
          detail: `nodes ${other.node} and ${replica.node} at index ${replica.appliedIndex}: ${difference}`,
        });
      }
    }
  }
  return violations;
}

class HistoryCheck {
  readonly #transactions: readonly TransactionRecord[];
  readonly #history: VersionHistory;
  readonly #violations: Violation[] = [];
  /** Commit timestamps, those of unknown outcome included when their writes were found. */
  readonly #commits = new Map<TransactionRecord, Timestamp>();

  constructor(transactions: readonly TransactionRecord[], history: VersionHistory) {
    this.#transactions = transactions;
    this.#history = history;
  }

  run(): readonly Violation[] {
    for (const transaction of this.#transactions) this.#findCommit(transaction);
    this.#checkVersions();
    for (const transaction of this.#transactions) {
      for (const read of transaction.reads) this.#checkRead(transaction, read);
      this.#checkCommit(transaction);
      if (transaction.outcome.kind === "keyExists") {
        this.#checkRefusal(transaction, transaction.outcome.key);
      }
    }
    this.#checkSharedTimestamps();
    this.#checkRealTime();
    return this.#violations;
  }

  #report(rule: string, transaction: TransactionRecord | undefined, detail: string): void {
    const who =
      transaction === undefined
        ? ""
        : `transaction ${transaction.number} on node ${transaction.node}: `;
    this.#violations.push({ rule, detail: `${who}${detail}` });
  }

  #findCommit(transaction: TransactionRecord): void {
    const { outcome, writes } = transaction;
    if (writes.size === 0) return;
    if (outcome.kind === "committed") {
      this.#commits.set(transaction, outcome.timestamp);
      for (const [key, value] of writes) {
        const version = this.#versionAt(key, outcome.timestamp);
        if (version === undefined || version.value !== value) {
          const found = version === undefined ? "nothing" : show(version.value);
          const at = showTimestamp(outcome.timestamp);
          this.#report("lost write", transaction, `${key}=${show(value)} at ${at}, found ${found}`);
        }
      }
    } else if (outcome.kind === "unknown") {
      this.#findUnknownCommit(transaction);
    }
  }

  /** A value is written once, so one that is found tells the timestamp of them all. */
  #findUnknownCommit(transaction: TransactionRecord): void {
    const { writes } = transaction;
    let timestamp: Timestamp | undefined;
    for (const [key, value] of writes) {
      if (value === undefined) continue;
      timestamp ??= this.#history.get(key)?.find((version) => version.value === value)?.timestamp;
    }
    if (timestamp === undefined) return;
    this.#commits.set(transaction, timestamp);
    for (const [key, value] of writes) {
      const version = this.#versionAt(key, timestamp);
      if (version === undefined || version.value !== value) {
        this.#report(
          "torn commit",
          transaction,
          `no ${key}=${show(value)} at ${showTimestamp(timestamp)}`,
        );
      }
    }
  }

  #checkVersions(): void {
    const explained = new Set<string>();
    const removals = new Set<KeyName>();
    for (const transaction of this.#transactions) {
      const timestamp = this.#commits.get(transaction);
      for (const [key, value] of transaction.writes) {
        if (timestamp !== undefined)
          explained.add(`${key}@${showTimestamp(timestamp)}=${show(value)}`);
        // A removal of unknown outcome that stands alone cannot be told from another's.
        else if (transaction.outcome.kind === "unknown" && value === undefined) removals.add(key);
      }
    }
    for (const [key, versions] of this.#history) {
      for (const { timestamp, value } of versions) {
        const name = `${key}@${showTimestamp(timestamp)}=${show(value)}`;
        const isExplained = explained.has(name) || (value === undefined && removals.has(key));
        if (!isExplained) this.#report("unexplained version", undefined, name);
      }
    }
  }

  #checkRead(transaction: TransactionRecord, read: ReadRecord): void {
    const { readTimestamp } = transaction;
    if (read.kind === "get" && read.own.has(read.key)) {
      const expected = read.own.get(read.key);
      if (expected !== read.value) {
        this.#report(
          "wrong read",
          transaction,
          `own ${read.key} was ${show(read.value)}, not ${show(expected)}`,
        );
      }
      return;
    }
    if (readTimestamp === undefined) {
      this.#report("wrong read", transaction, "a read without a snapshot");
    } else if (read.kind === "get") {
      const expected = this.#valueAt(read.key, readTimestamp);
      if (expected !== read.value) {
        const at = showTimestamp(readTimestamp);
        this.#report(
          "wrong read",
          transaction,
          `${read.key} at ${at} was ${show(read.value)}, not ${show(expected)}`,
        );
      }
    } else {
      const expected = this.#rowsAt(read, readTimestamp);
      const found = read.rows.map(([key, value]) => `${key}=${value}`).join(" ");
      if (expected !== found) {
        const span = `[${read.start}, ${read.end}) at ${showTimestamp(readTimestamp)}`;
        this.#report("wrong read", transaction, `${span} was (${found}), not (${expected})`);
      }
    }
  }

  /** Everything that was read is unchanged up to the commit, and nobody else wrote what it writes. */
  #checkCommit(transaction: TransactionRecord): void {
    const commit = this.#commits.get(transaction);
    if (commit === undefined) return;
    for (const key of transaction.inserts) {
      const before = this.#versionBefore(key, commit);
      if (before?.value !== undefined) {
        this.#report("wrong insert", transaction, `${key} held ${before.value} already`);
      }
    }
    const { readTimestamp } = transaction;
    if (readTimestamp === undefined) return;
    if (!isBefore(readTimestamp, commit)) {
      this.#report("unserialisable", transaction, "committed at or before its snapshot");
    }
    const keysRead = this.#keysRead(transaction);
    for (const key of this.#keysOf(transaction)) {
      // An insert asks only that the key is absent when it commits.
      if (transaction.inserts.has(key) && !keysRead.has(key)) continue;
      const before = this.#versionBefore(key, commit);
      if (before !== undefined && isBefore(readTimestamp, before.timestamp)) {
        const between = `${showTimestamp(readTimestamp)} and ${showTimestamp(commit)}`;
        this.#report("unserialisable", transaction, `${key} changed between ${between}`);
      }
    }
  }

  /** `keyExists` for a key that was there at no moment of the transaction. */
  #checkRefusal(transaction: TransactionRecord, key: KeyName): void {
    const versions = this.#history.get(key) ?? [];
    const mayHaveSeen = versions.some(({ value, timestamp }, at) => {
      if (value === undefined) return false;
      const writer = this.#writerOf(key, timestamp);
      const next = versions[at + 1];
      const remover = next === undefined ? undefined : this.#writerOf(key, next.timestamp);
      const wasGone = remover !== undefined && remover.endedAtMs < transaction.startedAtMs;
      return !wasGone && (writer === undefined || writer.startedAtMs < transaction.endedAtMs);
    });
    if (!mayHaveSeen) this.#report("wrong insert", transaction, `${key} was refused and not there`);
  }

  #checkSharedTimestamps(): void {
    const byTimestamp = new Map<string, TransactionRecord>();
    for (const [transaction, timestamp] of this.#commits) {
      const name = showTimestamp(timestamp);
      const other = byTimestamp.get(name);
      if (other !== undefined) {
        const keys = this.#keysOf(other);
        const shared = [...this.#keysOf(transaction)].find((key) => keys.has(key));
        if (shared !== undefined) {
          this.#report("shared timestamp", transaction, `${shared} at ${name}, as ${other.number}`);
        }
      }
      byTimestamp.set(name, transaction);
    }
  }

  /** Walks through real time: what is acknowledged before a transaction begins, it must not miss. */
  #checkRealTime(): void {
    const events: {
      readonly atMs: number;
      readonly isStart: boolean;
      readonly of: TransactionRecord;
    }[] = [];
    for (const transaction of this.#transactions) {
      events.push({ atMs: transaction.startedAtMs, isStart: true, of: transaction });
      if (transaction.outcome.kind === "committed" && transaction.writes.size > 0) {
        events.push({ atMs: transaction.endedAtMs, isStart: false, of: transaction });
      }
    }
    // At one instant, starts come first: what ends then was not acknowledged before.
    events.sort((a, b) => a.atMs - b.atMs || Number(b.isStart) - Number(a.isStart));
    const latest = new Map<KeyName, Timestamp>();
    for (const { isStart, of: transaction } of events) {
      if (isStart) this.#checkAgainst(transaction, latest);
      else {
        const commit = this.#commits.get(transaction);
        for (const key of commit === undefined ? [] : transaction.writes.keys()) {
          const known = latest.get(key);
          if (commit !== undefined && (known === undefined || isBefore(known, commit))) {
            latest.set(key, commit);
          }
        }
      }
    }
  }

  #checkAgainst(transaction: TransactionRecord, latest: ReadonlyMap<KeyName, Timestamp>): void {
    const { readTimestamp } = transaction;
    const commit = this.#commits.get(transaction);
    for (const key of readTimestamp === undefined ? [] : this.#keysRead(transaction)) {
      const known = latest.get(key);
      if (known !== undefined && readTimestamp !== undefined && isBefore(readTimestamp, known)) {
        const ago = `${key} was written at ${showTimestamp(known)} and acknowledged before`;
        this.#report("stale read", transaction, `${ago}; read at ${showTimestamp(readTimestamp)}`);
      }
    }
    for (const key of commit === undefined ? [] : transaction.writes.keys()) {
      const known = latest.get(key);
      if (known !== undefined && commit !== undefined && !isBefore(known, commit)) {
        this.#report(
          "stale commit",
          transaction,
          `${key} at ${showTimestamp(commit)} is not the latest`,
        );
      }
    }
  }

  #keysOf(transaction: TransactionRecord): ReadonlySet<KeyName> {
    return new Set([...this.#keysRead(transaction), ...transaction.writes.keys()]);
  }

  /** What came from the store; a key that only the transaction itself had written is not among them. */
  #keysRead(transaction: TransactionRecord): ReadonlySet<KeyName> {
    const keys = new Set<KeyName>();
    for (const read of transaction.reads) {
      if (read.kind === "get") {
        if (!read.own.has(read.key)) keys.add(read.key);
      } else {
        for (const key of this.#history.keys()) {
          if (key >= read.start && key < read.end) keys.add(key);
        }
      }
    }
    return keys;
  }

  #rowsAt(read: ReadRecord & { readonly kind: "scan" }, timestamp: Timestamp): string {
    const rows = new Map<KeyName, string>();
    const add = (key: KeyName, value: Value) => {
      if (key < read.start || key >= read.end) return;
      if (value === undefined) rows.delete(key);
      else rows.set(key, value);
    };
    for (const key of this.#history.keys()) add(key, this.#valueAt(key, timestamp));
    for (const [key, value] of read.own) add(key, value);
    const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
    if (read.reverse) sorted.reverse();
    return sorted.map(([key, value]) => `${key}=${value}`).join(" ");
  }

  #valueAt(key: KeyName, timestamp: Timestamp): Value {
    const versions = this.#history.get(key) ?? [];
    return versions.findLast((version) => !isBefore(timestamp, version.timestamp))?.value;
  }

  #versionAt(key: KeyName, timestamp: Timestamp): VersionRecord | undefined {
    const versions = this.#history.get(key) ?? [];
    return versions.find((version) => compareTimestamps(version.timestamp, timestamp) === 0);
  }

  #versionBefore(key: KeyName, timestamp: Timestamp): VersionRecord | undefined {
    const versions = this.#history.get(key) ?? [];
    return versions.findLast((version) => isBefore(version.timestamp, timestamp));
  }

  #writerOf(key: KeyName, timestamp: Timestamp): TransactionRecord | undefined {
    for (const [transaction, commit] of this.#commits) {
      if (compareTimestamps(commit, timestamp) === 0 && transaction.writes.has(key)) {
        return transaction;
      }
    }
    return undefined;
  }
}

function findDifference(a: VersionHistory, b: VersionHistory): string | undefined {
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const left = showVersions(a.get(key));
    const right = showVersions(b.get(key));
    if (left !== right) return `${key} is (${left}) and (${right})`;
  }
  return undefined;
}

function showVersions(versions: readonly VersionRecord[] = []): string {
  return versions
    .map(({ timestamp, value }) => `${showTimestamp(timestamp)}=${show(value)}`)
    .join(" ");
}

function show(value: Value): string {
  return value ?? "removed";
}
