import { SqlError, isSqlError } from "#base/errors.ts";
import { databaseName, roleName } from "#catalog/builtin-objects.ts";
import { collectGarbage } from "#catalog/garbage.ts";
import { VirtualTables } from "#catalog/snapshot.ts";
import { CatalogStore } from "#catalog/store.ts";
import type { KvClient } from "#kv/api.ts";
import type { Cancel, Runtime } from "#runtime/ports.ts";
import { TableExpressions } from "#sql/bind/table-expressions.ts";
import { RowIds } from "#sql/execute/row-ids.ts";
import { postgresEpochMicros } from "#sql/execute/statement-context.ts";
import type { ServerFacts, SessionActivity } from "#sql/execute/statement-context.ts";
import { loadParser } from "#sql/parse/parser.ts";
import { catalogFunctions } from "#sql/pg-catalog/catalog-functions.ts";
import { virtualRows, virtualTableDescriptors } from "#sql/pg-catalog/virtual-tables.ts";
import { unknownStatistics } from "#sql/plan/statistics.ts";
import { builtinFunctionRegistry } from "#sql/types/builtin-functions.ts";
import type { SqlEngine, SqlLimits } from "./engine.ts";
import type { Session, SessionFactory, SessionOptions } from "./protocol.ts";
import { SqlSession } from "./session.ts";
import { SessionRegistry } from "./session-registry.ts";
import { settingDefinitions } from "./setting-definitions.ts";
import { SettingCatalog } from "./settings.ts";
import { StatementCache, defaultStatementCacheLimits } from "./statement-cache.ts";

export const defaultSqlLimits: SqlLimits = {
  sessionsMax: 1_000,
  queryMemoryBytesMax: 512 * 1024 * 1024,
  rewriteRowsMax: 200_000,
};

const garbagePeriodMs = 600_000;

export interface SessionFactoryOptions {
  readonly kv: KvClient;
  readonly runtime: Runtime;
  readonly nodeId: number;
  /** HoloFusion's own version, as `0.1.0`. */
  readonly version: string;
  readonly limits?: Partial<SqlLimits>;
  readonly statementTimeoutMs?: number;
  readonly statementLengthMax?: number;
}

/** The SQL engine of one node: opens sessions, and shows and ends them. */
export interface SqlSessionFactory extends SessionFactory {
  readonly sessionCount: number;
  activities(): Iterable<SessionActivity>;
  /** False when there is no such session. */
  cancelSession(processId: number): boolean;
  terminateSession(processId: number): boolean;
  /** Statements run so far, for rates. */
  readonly statementCount: number;
  /** Ends background work. Sessions are closed by those who opened them. */
  close(): void;
}

/** The PostgreSQL version whose behaviour is followed; the part in brackets is ours. */
function serverVersion(version: string): string {
  return `15.0 (HoloFusion ${version})`;
}

/** Loads the parser and puts the engine together. */
export async function createSessionFactory(
  options: SessionFactoryOptions,
): Promise<SqlSessionFactory> {
  await loadParser();
  return new SqlSessions(options);
}

class SqlSessions implements SqlSessionFactory {
  readonly #engine: SqlEngine;
  readonly #registry = new SessionRegistry();
  readonly #closing = new AbortController();
  readonly #stopTimer: Cancel;
  #isCollecting = false;

  constructor(options: SessionFactoryOptions) {
    const { runtime, kv } = options;
    const functions = builtinFunctionRegistry([catalogFunctions]);
    const now = (): bigint => runtime.clock.wallMicros() - postgresEpochMicros;
    const server: ServerFacts = {
      serverVersion: serverVersion(options.version),
      nodeId: options.nodeId,
      startedAt: now(),
      functions,
      activities: () => this.#registry.activities(),
      cancelSession: (processId) => this.#registry.cancel(processId),
      terminateSession: (processId) => this.#registry.terminate(processId),
      now,
    };
    this.#engine = {
      runtime,
      kv,
      catalogStore: new CatalogStore(new VirtualTables(virtualTableDescriptors)),
      cache: new StatementCache({
        ...defaultStatementCacheLimits,
        statementLengthMax:
          options.statementLengthMax ?? defaultStatementCacheLimits.statementLengthMax,
      }),
      functions,
      tableExpressions: new TableExpressions(),
      statistics: unknownStatistics,
      virtualRows,
      rowIds: new RowIds(runtime.clock, options.nodeId),
      settings: new SettingCatalog(
        settingDefinitions({
          serverVersion: server.serverVersion,
          statementTimeoutMs: options.statementTimeoutMs ?? 0,
        }),
      ),
      server,
      limits: { ...defaultSqlLimits, ...options.limits },
      counters: { statements: 0 },
      garbageLeft: () => {
        this.#collectGarbage();
      },
    };
    // What a node left when it stopped, or met a conflict on, waits for the next round of any node.
    this.#stopTimer = runtime.clock.every(garbagePeriodMs, () => {
      this.#collectGarbage();
    });
  }

  get sessionCount(): number {
    return this.#registry.size;
  }

  get statementCount(): number {
    return this.#engine.counters.statements;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- refusals must reject, not throw
  async open(options: SessionOptions): Promise<Session> {
    if (options.user !== roleName) {
      throw new SqlError(
        "invalid_authorization_specification",
        `role "${options.user}" does not exist`,
      );
    }
    if (options.database !== databaseName) {
      throw new SqlError("invalid_catalog_name", `database "${options.database}" does not exist`);
    }
    if (this.#registry.size >= this.#engine.limits.sessionsMax) {
      throw new SqlError("too_many_connections", "sorry, too many clients already");
    }
    const session = new SqlSession(this.#engine, options, () => {
      this.#registry.remove(options.processId);
    });
    for (const [name, value] of startupSettings(options.parameters)) {
      session.state.settings.setDefault(name, value);
    }
    this.#registry.add(options.processId, session);
    return session;
  }

  initialParameterStatus(session: Session): readonly (readonly [string, string])[] {
    if (!(session instanceof SqlSession)) return [];
    const { settings, options } = session.state;
    return [...settings.initialReport(), ["session_authorization", options.user]];
  }

  activities(): Iterable<SessionActivity> {
    return this.#registry.activities();
  }

  cancelSession(processId: number): boolean {
    return this.#registry.cancel(processId);
  }

  terminateSession(processId: number): boolean {
    return this.#registry.terminate(processId);
  }

  close(): void {
    this.#stopTimer();
    this.#closing.abort(new SqlError("admin_shutdown", "the node stops"));
  }

  /** One collector at a time. */
  #collectGarbage(): void {
    if (this.#isCollecting || this.#closing.signal.aborted) return;
    this.#isCollecting = true;
    const { kv, runtime } = this.#engine;
    collectGarbage(kv, this.#closing.signal)
      .then((keys) => {
        if (keys > 0) runtime.log.info("removed rows of dropped objects", { keys });
      })
      .catch((error: unknown) => {
        const level = isSqlError(error) ? "debug" : "warn";
        runtime.log[level]("rows of dropped objects stay for now", { error });
      })
      .finally(() => {
        this.#isCollecting = false;
      });
  }
}

/** Connection facts that are no settings. */
const notSettings: ReadonlySet<string> = new Set(["user", "database", "options", "replication"]);

/** The settings of a start-up packet, those in `options` (`-c name=value`) first. */
function* startupSettings(
  parameters: ReadonlyMap<string, string>,
): Iterable<readonly [string, string]> {
  const options = parameters.get("options") ?? "";
  const words = options.match(/(?:\\.|\S)+/g)?.map((word) => word.replaceAll(/\\(.)/g, "$1")) ?? [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    let assignment: string | undefined;
    if (word === "-c") assignment = words[++at];
    else if (word.startsWith("--")) assignment = word.slice(2);
    else if (word.startsWith("-c")) assignment = word.slice(2);
    const equals = assignment?.indexOf("=") ?? -1;
    if (assignment === undefined || equals < 1) {
      throw new SqlError(
        "syntax_error",
        `invalid command-line argument for server process: ${word}`,
      );
    }
    yield [assignment.slice(0, equals).replaceAll("-", "_"), assignment.slice(equals + 1)];
  }
  for (const [name, value] of parameters) {
    if (!notSettings.has(name) && !name.startsWith("_pq_.")) yield [name, value];
  }
}
