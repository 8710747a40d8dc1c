/** The keyspaces of a store: newest versions, older versions, ranges' own records, the node's records. */
export type TableName = "newest" | "history" | "range" | "node";

/**
 * A durable ordered map with a few tables: what Store stands on. LmdbStore in a node, MemoryStore in
 * simulation and tests.
 *
 * - Reads are synchronous and see the last write that resolved.
 * - A write is atomic, also across tables, and durable when its promise resolves. One at a time.
 */
export interface OrderedStore {
  /** The value, valid until the next call on this object: copy what is kept. */
  get(table: TableName, key: Uint8Array): Buffer | undefined;
  /** Calls visit for each entry in order until it returns false. Key and value as for `get`. */
  scan(table: TableName, range: OrderedRange, visit: (key: Buffer, value: Buffer) => boolean): void;
  /** Runs `fill`, which puts and removes; all of it commits together. Rejects when it could not. */
  write(fill: (batch: OrderedBatch) => void): Promise<void>;
  close(): Promise<void>;
}

export interface OrderedRange {
  readonly start: Uint8Array;
  /** Exclusive; undefined is the end of the table. */
  readonly end: Uint8Array | undefined;
  readonly reverse?: boolean;
}

export interface OrderedBatch {
  /** Key and value must not change until the write resolves. */
  put(table: TableName, key: Uint8Array, value: Uint8Array): void;
  remove(table: TableName, key: Uint8Array): void;
}
