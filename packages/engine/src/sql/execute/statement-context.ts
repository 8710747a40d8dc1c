import { assert } from "#base/assert.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import type { CatalogLookup, FormatSettings } from "#sql/types/format-settings.ts";
import type { EvalContext, SessionFacts } from "#sql/types/function.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";

/** Microseconds between 1970-01-01 and 2000-01-01. */
export const postgresEpochMicros = 946_684_800_000_000n;

/** A session as pg_stat_activity shows it. Times are microseconds since 2000-01-01 UTC. */
export interface SessionActivity {
  readonly processId: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly startedAt: bigint;
  readonly transactionStartedAt: bigint | undefined;
  readonly statementStartedAt: bigint | undefined;
  readonly stateChangedAt: bigint;
  readonly state: "active" | "idle" | "idle in transaction" | "idle in transaction (aborted)";
  readonly statement: string;
  readonly transactionId: string | undefined;
}

/** The node as SQL functions see it. */
export interface ServerFacts {
  /** As `15.0 (HoloFusion 0.1.0)`. */
  readonly serverVersion: string;
  readonly nodeId: number;
  /** When this node started, microseconds since 2000-01-01 UTC. */
  readonly startedAt: bigint;
  readonly functions: FunctionRegistry;
  activities(): Iterable<SessionActivity>;
  /** False when there is no such session. */
  cancelSession(processId: number): boolean;
  terminateSession(processId: number): boolean;
  now(): bigint;
}

export interface SettingRow {
  readonly name: string;
  readonly value: string;
  readonly unit: string | undefined;
  readonly category: string;
  readonly help: string;
  readonly context: string;
  readonly type: string;
  readonly minimum: string | undefined;
  readonly maximum: string | undefined;
  readonly choices: readonly string[] | undefined;
  readonly bootValue: string;
  readonly resetValue: string;
  readonly isChanged: boolean;
}

/** A session's settings, as current_setting, set_config and pg_settings need them. */
export interface SettingsView {
  /** As SHOW gives it; undefined when there is no such setting. */
  show(name: string): string | undefined;
  set(name: string, value: string | undefined, isLocal: boolean): void;
  rows(): Iterable<SettingRow>;
}

export interface StatementContextOptions {
  readonly format: FormatSettings;
  readonly catalog: CatalogLookup;
  readonly snapshot: CatalogSnapshot;
  readonly transactionTimestamp: bigint;
  readonly statementTimestamp: bigint;
  /** A number for the transaction, as txid_current() gives. */
  readonly transactionNumber: () => bigint;
  readonly session: SessionFacts;
  readonly settings: SettingsView;
  readonly server: ServerFacts;
  readonly world: World;
}

/** Time and chance, read anew at each use. */
export interface World {
  clockMicros(): bigint;
  random(): number;
  randomBytes(length: number): Uint8Array;
}

/** The world of one statement's expressions; the functions of pg-catalog see all of it. */
export class StatementContext implements EvalContext {
  readonly format: FormatSettings;
  readonly catalog: CatalogLookup;
  readonly snapshot: CatalogSnapshot;
  readonly transactionTimestamp: bigint;
  readonly statementTimestamp: bigint;
  readonly transactionNumber: () => bigint;
  readonly session: SessionFacts;
  readonly settings: SettingsView;
  readonly server: ServerFacts;
  readonly #world: World;

  constructor(options: StatementContextOptions) {
    this.format = options.format;
    this.catalog = options.catalog;
    this.snapshot = options.snapshot;
    this.transactionTimestamp = options.transactionTimestamp;
    this.statementTimestamp = options.statementTimestamp;
    this.transactionNumber = options.transactionNumber;
    this.session = options.session;
    this.settings = options.settings;
    this.server = options.server;
    this.#world = options.world;
  }

  clockMicros(): bigint {
    return this.#world.clockMicros();
  }

  random(): number {
    return this.#world.random();
  }

  randomBytes(length: number): Uint8Array {
    return this.#world.randomBytes(length);
  }
}

/** What a function of pg-catalog gets, seen whole. */
export function statementContext(context: EvalContext): StatementContext {
  assert(context instanceof StatementContext, "a catalog function runs outside a statement");
  return context;
}
