import { catalogSpan } from "#base/keys.ts";
import type { Timestamp } from "#base/hlc.ts";
import { timestampToBigint } from "#base/hlc.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import type { CatalogStore } from "#catalog/store.ts";
import { TransactionCatalog } from "#catalog/transaction-catalog.ts";
import type { KvClient, KvTransaction } from "#kv/api.ts";
import type { IsolationLevel } from "#sql/bind/statement.ts";
import { describeKey } from "#sql/execute/key-description.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import type { SettingsMark } from "./settings.ts";

export interface Savepoint {
  readonly name: string;
  readonly kv: number;
  readonly catalog: CatalogSnapshot | undefined;
  readonly settings: SettingsMark;
}

export interface TransactionOptions {
  readonly kv: KvClient;
  readonly catalogStore: CatalogStore;
  readonly signal: AbortSignal;
  readonly label: string;
  /** now(), microseconds since 2000-01-01 UTC. */
  readonly startedAt: bigint;
  readonly settingsMark: SettingsMark;
  readonly isolation: IsolationLevel;
  readonly isReadOnly: boolean;
  readonly isDeferrable: boolean;
  /** For the values of keys in the details of conflicts. */
  readonly inputContext: InputContext;
}

/**
 * A SQL transaction: the kv transaction under it and what SQL adds.
 *
 *   implicit ── BEGIN in the same text ── block ── error ── failed block ── ROLLBACK
 */
export class SqlTransaction {
  readonly kv: KvTransaction;
  readonly catalog: TransactionCatalog;
  readonly startedAt: bigint;
  /** Settings to go back to on rollback. */
  readonly settingsMark: SettingsMark;
  readonly savepoints: Savepoint[] = [];
  /** Opened by BEGIN, so it lasts beyond the statement. */
  isBlock = false;
  isFailed = false;
  isolation: IsolationLevel;
  isReadOnly: boolean;
  isDeferrable: boolean;
  /** A statement that reads or writes has run: the isolation level can no longer be set. */
  hasRunQuery = false;
  readonly #now: () => Timestamp;
  #number: bigint | undefined;

  constructor(options: TransactionOptions) {
    this.kv = options.kv.begin({
      label: options.label,
      signal: options.signal,
      untracked: catalogSpan,
      describeKey: (key) => describeKey(key, this.catalog.snapshot, options.inputContext),
    });
    this.catalog = new TransactionCatalog(options.catalogStore, this.kv);
    this.startedAt = options.startedAt;
    this.settingsMark = options.settingsMark;
    this.isolation = options.isolation;
    this.isReadOnly = options.isReadOnly;
    this.isDeferrable = options.isDeferrable;
    this.#now = () => options.kv.now();
  }

  /** As txid_current(): unique, and later transactions have larger ones. */
  get number(): bigint {
    this.#number ??= timestampToBigint(this.#now());
    return this.#number;
  }
}
