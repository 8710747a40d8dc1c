import type { Timestamp } from "#base/hlc.ts";

/** Keys and values of a simulated workload are short texts; no value is ever written twice. */
export type KeyName = string;
export type Value = string | undefined;

/** The transaction's own writes at the moment of a read; undefined stands for a removal. */
export type OwnWrites = ReadonlyMap<KeyName, Value>;

export type ReadRecord =
  | {
      readonly kind: "get";
      readonly key: KeyName;
      readonly value: Value;
      readonly own: OwnWrites;
    }
  | {
      readonly kind: "scan";
      /** What the answer speaks of: [start, end), after the rest was taken off. */
      readonly start: KeyName;
      readonly end: KeyName;
      readonly reverse: boolean;
      readonly rows: readonly (readonly [KeyName, string])[];
      readonly own: OwnWrites;
    };

export type OutcomeRecord =
  | { readonly kind: "committed"; readonly timestamp: Timestamp }
  /** Refused or rolled back: nothing of it may ever be seen. */
  | { readonly kind: "notCommitted" }
  | { readonly kind: "keyExists"; readonly key: KeyName }
  /** No answer, or 40003. */
  | { readonly kind: "unknown" };

/** One transaction as its client saw it. Times are simulated milliseconds, the same for all. */
export interface TransactionRecord {
  readonly number: number;
  readonly node: number;
  readonly startedAtMs: number;
  /** When the client knew the outcome; Infinity when it never did. */
  readonly endedAtMs: number;
  /** The snapshot of all reads, as it was in the end; undefined when nothing was read. */
  readonly readTimestamp: Timestamp | undefined;
  readonly reads: readonly ReadRecord[];
  /** What commit was to write; empty for a transaction that was read-only or rolled back. */
  readonly writes: OwnWrites;
  /** Of the writes, those that required the key to be absent. */
  readonly inserts: ReadonlySet<KeyName>;
  readonly outcome: OutcomeRecord;
}

/** A version as the store holds it in the end. */
export interface VersionRecord {
  readonly timestamp: Timestamp;
  readonly value: Value;
}

/** All versions of all keys, oldest first. */
export type VersionHistory = ReadonlyMap<KeyName, readonly VersionRecord[]>;

/** What one replica holds. */
export interface ReplicaRecord {
  readonly node: number;
  readonly appliedIndex: number;
  readonly history: VersionHistory;
}
