import { assert } from "#base/assert.ts";
import { keyAfter } from "#base/bytes.ts";
import type { KvTransaction } from "#kv/api.ts";
import { firstUserOid } from "./builtin-objects.ts";
import type { SchemaDescriptor, TableDescriptor } from "./descriptor.ts";
import {
  decodeNumber,
  encodeRecord,
  garbageKey,
  nextIdKey,
  schemaKey,
  tableKey,
  versionKey,
} from "./record.ts";
import { virtualSchemas } from "./builtin-objects.ts";
import { CatalogSnapshot } from "./snapshot.ts";
import type { CatalogStore } from "./store.ts";
import { readVersion } from "./store.ts";

/** The statement was planned with a catalog that is not the transaction's. Plan again after `reload`. */
export class StaleCatalog extends Error {
  override readonly name = "StaleCatalog";
}

/**
 * The catalog as one transaction sees it: a snapshot, then its own schema changes over it.
 *
 *   assumed ── first read of catalogVersion ── verified ── schema changes ── changed
 *
 * While assumed, `snapshot` is the newest one this node knows; the first read of the transaction
 * brings the version along and `verify` checks it, so that the common case costs no round trip.
 */
export class TransactionCatalog {
  readonly #store: CatalogStore;
  readonly #transaction: KvTransaction;
  #snapshot: CatalogSnapshot;
  /** The committed catalog under the transaction's own changes. */
  #base: CatalogSnapshot;
  #isVerified = false;
  #watched: Set<number> | undefined;
  #hasGarbage = false;

  constructor(store: CatalogStore, transaction: KvTransaction) {
    this.#store = store;
    this.#transaction = transaction;
    this.#snapshot = store.latest;
    this.#base = store.latest;
  }

  get snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  /** Keys were left behind that somebody should collect after the commit. */
  get hasGarbage(): boolean {
    return this.#hasGarbage;
  }

  /** The transaction has changed the schema itself. */
  get isChanged(): boolean {
    return this.#snapshot.version === undefined;
  }

  /** Checks what was read at versionKey. Throws StaleCatalog when the assumption was wrong. */
  verify(version: Uint8Array | undefined): void {
    if (readVersion(version) !== this.#snapshot.version) throw new StaleCatalog();
    this.#isVerified = true;
  }

  /** Reads the version by itself, and the catalog when it is another one. */
  async reload(): Promise<CatalogSnapshot> {
    if (!this.#isVerified) {
      this.#base = await this.#store.at(this.#transaction);
      this.#snapshot = this.#base;
      this.#isVerified = true;
    }
    return this.#snapshot;
  }

  /** Makes the commit fail when a table that this transaction writes was changed meanwhile. */
  watch(table: TableDescriptor): void {
    this.#watched ??= new Set();
    if (this.#watched.has(table.id)) return;
    this.#watched.add(table.id);
    const key = tableKey(table.id);
    this.#transaction.watch({ start: key, end: keyAfter(key) });
  }

  /** The transaction's own schema changes so far, for ROLLBACK TO SAVEPOINT; undefined when there are none. */
  savepoint(): CatalogSnapshot | undefined {
    return this.isChanged ? this.#snapshot : undefined;
  }

  rollbackTo(savepoint: CatalogSnapshot | undefined): void {
    this.#snapshot = savepoint ?? this.#base;
  }

  /** Gives out ids for new objects, increasing. */
  async allocateIds(count: number): Promise<number> {
    await this.reload();
    const first = decodeNumber(await this.#transaction.get(nextIdKey), firstUserOid);
    this.#transaction.put(nextIdKey, encodeRecord(first + count));
    return first;
  }

  /** Writes the next version of the descriptor, and returns it. */
  putTable(table: TableDescriptor): TableDescriptor {
    const previous = this.#snapshot.findTableById(table.id);
    const versioned = { ...table, version: (previous?.version ?? 0) + 1 };
    this.#transaction.put(tableKey(table.id), encodeRecord(versioned));
    this.#change(this.#snapshot.schemas, [
      ...this.#snapshot.tables.filter((one) => one.id !== table.id),
      versioned,
    ]);
    return versioned;
  }

  /** Its rows stay behind, named by a garbage record: ids are never used again. */
  removeTable(table: TableDescriptor): void {
    this.#transaction.remove(tableKey(table.id));
    this.addGarbage(table.id, undefined);
    this.#change(
      this.#snapshot.schemas,
      this.#snapshot.tables.filter((one) => one.id !== table.id),
    );
  }

  /** Lets the keys of an index (or of the whole table) be removed after this transaction commits. */
  addGarbage(tableId: number, indexId: number | undefined): void {
    this.#hasGarbage = true;
    this.#transaction.put(garbageKey(tableId, indexId ?? 0), new Uint8Array(0));
  }

  putSchema(schema: SchemaDescriptor): void {
    this.#transaction.put(schemaKey(schema.id), encodeRecord(schema));
    this.#change(
      [...this.#snapshot.schemas.filter((one) => one.id !== schema.id), schema],
      this.#snapshot.tables,
    );
  }

  removeSchema(schema: SchemaDescriptor): void {
    this.#transaction.remove(schemaKey(schema.id));
    this.#change(
      this.#snapshot.schemas.filter((one) => one.id !== schema.id),
      this.#snapshot.tables,
    );
  }

  #change(schemas: readonly SchemaDescriptor[], tables: readonly TableDescriptor[]): void {
    assert(this.#isVerified, "a schema change rests on a catalog that was only assumed");
    const stored = schemas.filter((schema) => !virtualSchemas.includes(schema));
    if (!this.isChanged) {
      const { version } = this.#snapshot;
      assert(version !== undefined, "an unchanged catalog has a version");
      this.#transaction.put(versionKey, encodeRecord(version + 1));
      // Version 0 is the catalog of a new cluster, whose public schema has no record yet.
      if (version === 0) {
        for (const schema of stored) {
          this.#transaction.put(schemaKey(schema.id), encodeRecord(schema));
        }
      }
    }
    this.#snapshot = new CatalogSnapshot(
      { version: undefined, schemas: stored, tables: [...tables].sort((a, b) => a.id - b.id) },
      this.#store.virtualTables,
    );
  }
}
