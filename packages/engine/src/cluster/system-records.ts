import type { Span } from "#base/ids.ts";

export interface SystemRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * The records that the cluster keeps about itself, in the replicated keyspace. `kv` implements it
 * with transactions (`systemRecords`).
 */
export interface SystemRecords {
  read(key: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  readAll(span: Span, signal?: AbortSignal): Promise<readonly SystemRecord[]>;
  /**
   * Replaces a record by what `change` makes of it, atomically. `change` may run several times;
   * undefined leaves the record as it is.
   */
  update(
    key: Uint8Array,
    change: (value: Uint8Array | undefined) => Uint8Array | undefined,
    signal?: AbortSignal,
  ): Promise<void>;
}
