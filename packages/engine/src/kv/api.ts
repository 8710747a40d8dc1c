import type { Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";

/**
 * What SQL sees of the cluster: transactions over one ordered keyspace. Where the ranges are,
 * who holds their leases and what failed on the way is kv's business, not the caller's.
 */
export interface KvClient {
  /** A new transaction whose snapshot is taken at its first read, or now when asked for. */
  begin(options?: BeginOptions): KvTransaction;
  /** This node's hybrid clock, for timestamps a client may pass on. */
  now(): Timestamp;
}

export interface BeginOptions {
  /** Named in conflict details and logs. */
  readonly label?: string;
  /** Refuses put and remove with 25006. */
  readonly readOnly?: boolean;
  /** Ends every wait of the transaction; its reason (a SqlError) is what the caller sees. */
  readonly signal?: AbortSignal;
  /**
   * Reads inside this span are not remembered for the check at commit. For the catalog: a
   * transaction reads all of it and then watches only the descriptors that it used.
   */
  readonly untracked?: Span;
  /** What a key stands for, at the beginning of a sentence, for the details of conflicts; else its bytes. */
  readonly describeKey?: (key: Uint8Array) => string;
}

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface ScanOptions {
  /** At most this many rows; 0 or absent: as many as one chunk holds. */
  readonly rowsMax?: number;
  /** Soft bound on the bytes of one answer; at least one row is returned. Default 1 MiB. */
  readonly bytesMax?: number;
  readonly reverse?: boolean;
}

export interface ScanChunk {
  readonly rows: readonly KeyValue[];
  /** What is left of the span; undefined when the scan is complete. Pass it to the next scan. */
  readonly rest: Span | undefined;
}

/**
 * One SERIALIZABLE transaction (engine notes b.5).
 *
 *   begin ── reads at readTimestamp, overlaid with own writes ── commit | rollback
 *
 * - Writes stay in this object until commit; no other transaction can see or wait for them.
 * - Reads see the snapshot at readTimestamp and this transaction's own writes, later over earlier.
 * - Everything read is remembered as spans and checked again at commit, unless nothing was written.
 * - After commit, rollback or an error from commit the transaction is finished and refuses use.
 *
 * Errors: 40001 when another transaction got in between (DETAIL names the key), 40003 when the
 * outcome of commit is unknown, 23505-like conditions are reported as values by `commit`.
 */
export interface KvTransaction {
  /** Random 16 bytes, hex; names the transaction in details and logs. */
  readonly id: string;
  /** Undefined until the first read. */
  readonly readTimestamp: Timestamp | undefined;
  readonly isFinished: boolean;
  /** Keys written so far. */
  readonly writeCount: number;
  /** Bytes of keys and values written so far. */
  readonly writeBytes: number;

  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of the keys. One request per range. */
  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  /**
   * As getMany, for what this node can answer without waiting: it holds the lease, and no commit is
   * in the way. Undefined otherwise; then nothing has happened, and getMany is the way.
   */
  getManyNow(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] | undefined;
  scan(span: Span, options?: ScanOptions): Promise<ScanChunk>;

  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
  /**
   * Writes a key that must not exist when the transaction commits. Saves the read that an
   * existence check would cost: a violation is reported by commit as `keyExists`. The caller
   * must not have written the key in this transaction before.
   */
  insert(key: Uint8Array, value: Uint8Array): void;
  /** True when this transaction has a live value for the key among its own writes; undefined when it has none. */
  ownWrite(key: Uint8Array): boolean | undefined;

  /**
   * Makes the commit fail with 40001 when anything in the span changed after the snapshot,
   * although nothing was read from it here (a schema record taken from a cache).
   */
  watch(span: Span): void;

  /** Marks the present point among the writes; rollbackTo drops all writes after it. */
  savepoint(): number;
  rollbackTo(savepoint: number): void;

  /** Resolves when durable on a quorum and visible. */
  commit(): Promise<CommitOutcome>;
  rollback(): void;
}

export type CommitOutcome =
  | { readonly kind: "committed"; readonly timestamp: Timestamp }
  /** Nothing was written: a key given to `insert` has a live value. */
  | { readonly kind: "keyExists"; readonly key: Uint8Array };
