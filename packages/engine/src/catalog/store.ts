import { compareBytes, equalBytes } from "#base/bytes.ts";
import { catalogSpan } from "#base/keys.ts";
import type { Span } from "#base/ids.ts";
import type { KeyValue, KvTransaction } from "#kv/api.ts";
import { publicSchema } from "./builtin-objects.ts";
import type { SchemaDescriptor, TableDescriptor } from "./descriptor.ts";
import { decodeNumber, decodeSchema, decodeTable, recordKind, versionKey } from "./record.ts";
import { CatalogSnapshot, emptyCatalog } from "./snapshot.ts";
import type { VirtualTables } from "./snapshot.ts";

/** Snapshots kept for transactions that read in the past. */
const snapshotsMax = 8;

interface Loaded {
  readonly snapshot: CatalogSnapshot;
  /** The records the snapshot was made from, in key order: unchanged ones keep their objects. */
  readonly records: readonly LoadedRecord[];
}

interface LoadedRecord extends KeyValue {
  readonly schema: SchemaDescriptor | undefined;
  readonly table: TableDescriptor | undefined;
}

/**
 * This node's view of the catalog: a cache of snapshots by catalogVersion. It is never told of
 * changes; every transaction reads the version under its own timestamp and comes here when it is
 * not the one it was planned with.
 *
 * Transactions must be begun with `untracked: catalogSpan` and watch the descriptors they use.
 */
export class CatalogStore {
  readonly #virtualTables: VirtualTables;
  /** Newest last. */
  readonly #loaded = new Map<number, Loaded>();
  #latest: Loaded;

  constructor(virtualTables: VirtualTables) {
    this.#virtualTables = virtualTables;
    this.#latest = { snapshot: emptyCatalog(virtualTables), records: [] };
  }

  /** What to plan with before a transaction has read anything: probably right, to be verified. */
  get latest(): CatalogSnapshot {
    return this.#latest.snapshot;
  }

  get virtualTables(): VirtualTables {
    return this.#virtualTables;
  }

  /** The catalog as the transaction's snapshot has it. */
  async at(transaction: KvTransaction): Promise<CatalogSnapshot> {
    const version = readVersion(await transaction.get(versionKey));
    if (version === this.latest.version) return this.latest;
    const known = this.#loaded.get(version);
    if (known !== undefined) return known.snapshot;
    return this.#load(transaction, version);
  }

  async #load(transaction: KvTransaction, version: number): Promise<CatalogSnapshot> {
    const records: LoadedRecord[] = [];
    const previous = this.#latest.records;
    let span: Span | undefined = catalogSpan;
    while (span !== undefined) {
      const chunk = await transaction.scan(span);
      for (const row of chunk.rows) records.push(loadRecord(row, previous));
      span = chunk.rest;
    }
    const schemas = records.flatMap((record) => record.schema ?? []);
    const snapshot = new CatalogSnapshot(
      {
        version,
        // Until the first schema change nothing is written at all.
        schemas: version === 0 ? [publicSchema] : schemas,
        tables: records.flatMap((record) => record.table ?? []),
      },
      this.#virtualTables,
    );
    this.#keep(version, { snapshot, records });
    return snapshot;
  }

  #keep(version: number, loaded: Loaded): void {
    this.#loaded.set(version, loaded);
    const oldest = this.#loaded.keys().next();
    if (this.#loaded.size > snapshotsMax && oldest.done !== true) this.#loaded.delete(oldest.value);
    if (version >= (this.latest.version ?? 0)) this.#latest = loaded;
  }
}

export function readVersion(bytes: Uint8Array | undefined): number {
  return decodeNumber(bytes, 0);
}

function loadRecord(row: KeyValue, previous: readonly LoadedRecord[]): LoadedRecord {
  const known = findRecord(previous, row.key);
  if (known !== undefined && equalBytes(known.value, row.value)) return known;
  const kind = recordKind(row.key);
  return {
    key: row.key,
    value: row.value,
    schema: kind === "schema" ? decodeSchema(row.value) : undefined,
    table: kind === "table" ? decodeTable(row.value) : undefined,
  };
}

function findRecord(records: readonly LoadedRecord[], key: Uint8Array): LoadedRecord | undefined {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const record = records[middle];
    if (record !== undefined && compareBytes(record.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  const record = records[low];
  return record !== undefined && equalBytes(record.key, key) ? record : undefined;
}
