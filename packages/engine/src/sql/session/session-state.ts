import { SqlError } from "#base/errors.ts";
import { assert } from "#base/assert.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import type { CommitOutcome } from "#kv/api.ts";
import type { Cancel } from "#runtime/ports.ts";
import type { BindCatalog } from "#sql/bind/bind-catalog.ts";
import type { TransactionModes } from "#sql/bind/statement.ts";
import { StatementContext, postgresEpochMicros } from "#sql/execute/statement-context.ts";
import type { SessionActivity, SettingsView } from "#sql/execute/statement-context.ts";
import type { CatalogLookup, InputContext } from "#sql/types/format-settings.ts";
import type { SessionFacts } from "#sql/types/function.ts";
import { CatalogNames } from "./catalog-names.ts";
import type { SqlEngine } from "./engine.ts";
import type { Portal } from "./portal.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import type { SessionOptions } from "./protocol.ts";
import { setSetting, showSetting } from "./run-setting-statement.ts";
import { SessionSettings, type SettingsMark } from "./settings.ts";
import { SqlTransaction } from "./sql-transaction.ts";

/**
 * Everything one session knows between messages, and the life of its transactions. What runs
 * statements (`run-query.ts`, `run-utility.ts` …) works on this.
 */
export class SessionState {
  readonly engine: SqlEngine;
  readonly options: SessionOptions;
  readonly settings: SessionSettings;
  readonly prepared = new Map<string, PreparedStatement>();
  readonly portals = new Map<string, Portal>();
  readonly startedAt: bigint;
  transaction: SqlTransaction | undefined;
  /** When the message that is being handled came, microseconds since 2000-01-01 UTC. */
  statementTimestamp: bigint;
  statementText = "";
  isRunning = false;
  #stateChangedAt: bigint;
  /** Ends what runs now; renewed by the first transaction after an abort. */
  #controller = new AbortController();
  #idleTimeout: Cancel | undefined;
  #names: { snapshot: CatalogSnapshot; path: readonly string[]; lookup: CatalogNames } | undefined;
  #facts: SessionFacts | undefined;
  #factsNames: CatalogLookup | undefined;
  #factsSettings: SettingsMark | undefined;

  constructor(engine: SqlEngine, options: SessionOptions) {
    this.engine = engine;
    this.options = options;
    this.settings = new SessionSettings(engine.settings, options.user);
    this.startedAt = engine.server.now();
    this.statementTimestamp = this.startedAt;
    this.#stateChangedAt = this.startedAt;
  }

  // Time and cancellation

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(reason: SqlError): void {
    if (this.isRunning) this.#controller.abort(reason);
  }

  /** A message begins: the statement clock is read, and timeouts of idling end. */
  enter(text: string | undefined): void {
    this.statementTimestamp = this.now();
    this.#stateChangedAt = this.statementTimestamp;
    if (text !== undefined) this.statementText = text;
    this.isRunning = true;
    this.#idleTimeout?.();
    this.#idleTimeout = undefined;
  }

  /** The message is done. */
  leave(): void {
    this.isRunning = false;
    this.#stateChangedAt = this.now();
    const { terminate } = this.options;
    if (terminate === undefined) return;
    const inBlock = this.transaction?.isBlock === true;
    const { timeouts } = this.settings;
    const limitMs = inBlock ? timeouts.idleInTransactionMs : timeouts.idleMs;
    if (limitMs === 0) return;
    this.#idleTimeout = this.engine.runtime.clock.after(limitMs, () => {
      terminate(
        inBlock
          ? new SqlError(
              "idle_in_transaction_session_timeout",
              "terminating connection due to idle-in-transaction timeout",
            )
          : new SqlError("admin_shutdown", "terminating connection due to idle-session timeout"),
      );
    });
  }

  now(): bigint {
    return this.engine.runtime.clock.wallMicros() - postgresEpochMicros;
  }

  // Transactions

  /** The open transaction, or a new implicit one. */
  requireTransaction(): SqlTransaction {
    return this.transaction ?? this.begin();
  }

  begin(modes: Partial<TransactionModes> = {}): SqlTransaction {
    assert(this.transaction === undefined, "a transaction is open already");
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    const { settings } = this;
    this.transaction = new SqlTransaction({
      kv: this.engine.kv,
      catalogStore: this.engine.catalogStore,
      signal: this.#controller.signal,
      label: this.options.user,
      startedAt: this.statementTimestamp,
      settingsMark: settings.mark(),
      isolation: modes.isolation ?? settings.transactionDefaults.isolation,
      isReadOnly: modes.readOnly ?? settings.transactionDefaults.isReadOnly,
      isDeferrable: modes.deferrable ?? settings.transactionDefaults.isDeferrable,
      inputContext: this.inputContext,
    });
    return this.transaction;
  }

  /** After this the session has no transaction, whatever came out. */
  async commit(): Promise<CommitOutcome> {
    const transaction = this.transaction;
    assert(transaction !== undefined, "no transaction is open");
    let isCommitted = false;
    try {
      if (this.portals.size > 0) await this.#closePortals();
      if (transaction.kv.writeCount === 0) {
        // What was only read was consistent already; nothing needs to be said to anybody.
        transaction.kv.rollback();
        isCommitted = true;
        return { kind: "committed", timestamp: this.engine.kv.now() };
      }
      const outcome = await transaction.kv.commit();
      isCommitted = outcome.kind === "committed";
      return outcome;
    } finally {
      this.transaction = undefined;
      if (isCommitted) this.settings.endTransaction();
      else this.settings.rollbackTo(transaction.settingsMark);
      if (isCommitted && transaction.catalog.hasGarbage) this.engine.garbageLeft();
    }
  }

  async rollback(): Promise<void> {
    const transaction = this.transaction;
    if (transaction === undefined) return;
    await this.#closePortals();
    if (!transaction.kv.isFinished) transaction.kv.rollback();
    this.settings.rollbackTo(transaction.settingsMark);
    this.settings.endTransaction();
    this.transaction = undefined;
  }

  /** Commits an implicit transaction that has only read, when every portal has run to its end. */
  endRead(): void {
    this.portals.clear();
    this.abandonRead();
    this.settings.endTransaction();
  }

  /** Forgets an implicit transaction that has only read, as if it had not begun; portals stay. */
  abandonRead(): void {
    const { transaction } = this;
    assert(
      transaction?.isBlock === false && transaction.kv.writeCount === 0,
      "the transaction is more than a read",
    );
    transaction.kv.rollback();
    this.transaction = undefined;
  }

  /** Forgets a transaction that only planning has used; portals stay. */
  dropUnusedTransaction(): void {
    const { transaction } = this;
    if (transaction === undefined || transaction.isBlock || transaction.hasRunQuery) return;
    this.abandonRead();
  }

  /** An error ended a statement: a block waits for ROLLBACK, an implicit transaction is gone. */
  async fail(): Promise<void> {
    const transaction = this.transaction;
    if (transaction === undefined) return;
    if (transaction.isBlock) {
      transaction.isFailed = true;
      await this.#closePortals();
    } else {
      await this.rollback();
    }
  }

  async #closePortals(): Promise<void> {
    if (this.portals.size === 0) return;
    const portals = [...this.portals.values()];
    this.portals.clear();
    for (const portal of portals) await portal.close();
  }

  // What statements see

  get snapshot(): CatalogSnapshot {
    return this.transaction?.catalog.snapshot ?? this.engine.catalogStore.latest;
  }

  get names(): CatalogLookup {
    const { snapshot } = this;
    const path = this.settings.searchPath;
    if (this.#names?.snapshot !== snapshot || this.#names.path !== path) {
      const lookup = new CatalogNames(snapshot, path, this.engine.functions);
      this.#names = { snapshot, path, lookup };
    }
    return this.#names.lookup;
  }

  /** For input and output of values; always shows the present state. */
  readonly inputContext: InputContext = liveInputContext(this);

  context(): StatementContext {
    const { engine, settings, transaction } = this;
    return new StatementContext({
      format: settings.format,
      catalog: this.names,
      snapshot: this.snapshot,
      transactionTimestamp: transaction?.startedAt ?? this.statementTimestamp,
      statementTimestamp: this.statementTimestamp,
      transactionNumber: this.#transactionNumber,
      session: this.#sessionFacts(),
      settings: this.#settingsView,
      server: engine.server,
      world: this.#world,
    });
  }

  bindCatalog(): BindCatalog {
    return {
      snapshot: this.snapshot,
      searchPath: this.settings.searchPath,
      functions: this.engine.functions,
      evalContext: this.context(),
      tableExpressions: this.engine.tableExpressions,
    };
  }

  activity(): SessionActivity {
    const { transaction } = this;
    const idle = transaction?.isBlock === true ? "idle in transaction" : "idle";
    return {
      processId: this.options.processId,
      user: this.options.user,
      database: this.options.database,
      applicationName: this.settings.value("application_name"),
      remoteAddress: this.options.remoteAddress,
      remotePort: this.options.remotePort,
      startedAt: this.startedAt,
      transactionStartedAt: transaction?.startedAt,
      statementStartedAt: this.statementText === "" ? undefined : this.statementTimestamp,
      stateChangedAt: this.#stateChangedAt,
      state: this.isRunning
        ? "active"
        : transaction?.isFailed === true
          ? "idle in transaction (aborted)"
          : idle,
      statement: this.statementText,
      transactionId: transaction?.kv.id,
    };
  }

  close(): void {
    this.#idleTimeout?.();
    this.#idleTimeout = undefined;
  }

  readonly #settingsView: SettingsView = {
    show: (name) => showSetting(this, name),
    set: (name, value, isLocal) => {
      setSetting(this, name, value, isLocal);
    },
    rows: () => this.settings.rows(),
  };

  readonly #transactionNumber = (): bigint => this.requireTransaction().number;

  readonly #world = {
    clockMicros: (): bigint => this.now(),
    random: (): number => this.engine.runtime.random.float(),
    randomBytes: (length: number): Uint8Array => this.engine.runtime.random.bytes(length),
  };

  #sessionFacts(): SessionFacts {
    const { names, snapshot } = this;
    const mark = this.settings.mark();
    const facts = this.#facts;
    if (facts !== undefined && this.#factsSettings === mark && this.#factsNames === names) {
      return facts;
    }
    this.#factsSettings = mark;
    this.#factsNames = names;
    const path = this.settings.searchPath;
    this.#facts = {
      currentUser: this.options.user,
      sessionUser: this.options.user,
      database: this.options.database,
      searchPath: path.filter((name) => snapshot.findSchema(name) !== undefined),
      backendPid: this.options.processId,
      applicationName: this.settings.value("application_name"),
    };
    return this.#facts;
  }
}

function liveInputContext(state: SessionState): InputContext {
  return {
    get format() {
      return state.settings.format;
    },
    get transactionTimestamp() {
      return state.transaction?.startedAt ?? state.statementTimestamp;
    },
    get catalog() {
      return state.names;
    },
  };
}
