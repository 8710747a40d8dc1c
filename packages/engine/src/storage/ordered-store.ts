/**
 * The keyspaces of a store: newest versions, older versions, ranges' own records, the node's records,
 * and what a snapshot that is on its way has brought.
 */
export type TableName = "newest" | "history" | "range" | "node" | "staging";

export interface OrderedRange {
  readonly start: Uint8Array;
  /** Exclusive; undefined is the end of the table. */
  readonly end: Uint8Array | undefined;
  readonly reverse?: boolean;
}

export interface OrderedReader {
  /** The value, valid until the next call on this object: copy what is kept. */
  get(table: TableName, key: Uint8Array): Buffer | undefined;
  /**
   * Calls visit for each entry in order until it returns false. Key and value are as for `get`;
   * visit may read other tables, after it has used them.
   */
  scan(table: TableName, range: OrderedRange, visit: (key: Buffer, value: Buffer) => boolean): void;
}

/**
 * A durable ordered map with a few tables: what Store stands on. LmdbStore in a node, MemoryStore in
 * simulation and tests.
 *
 * - Reads are synchronous and see every write that resolved.
 * - A write is atomic, also across tables, and durable when its promise resolves. Writes happen in
 *   the order of the calls.
 */
export interface OrderedStore extends OrderedReader {
  /** Runs `fill`, which puts and removes; all of it commits together. Rejects when it could not. */
  write(fill: (batch: OrderedBatch) => void): Promise<void>;
  /** A view that does not change while it is open. Keep it for seconds, not minutes: it pins old pages. */
  openView(): OrderedReader & { close(): void };
  close(): Promise<void>;
}

export interface OrderedBatch {
  /** Key and value must not change until the write resolves. */
  put(table: TableName, key: Uint8Array, value: Uint8Array): void;
  remove(table: TableName, key: Uint8Array): void;
}
