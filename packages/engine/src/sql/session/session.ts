import { SqlError, isSqlError } from "#base/errors.ts";
import { backoffMs, defaultRetryLimits, mayRetryTransaction } from "#kv/retry-transaction.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import type { Cancel } from "#runtime/ports.ts";
import type { SqlEngine } from "./engine.ts";
import type { Invocation } from "./invocation.ts";
import { readParameters } from "./parameters.ts";
import { nodeKind, planStatement } from "./plan-statement.ts";
import { Portal } from "./portal.ts";
import { currentQuery, prepareStatement, queryOf } from "./prepare.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import type {
  BindRequest,
  ResultSink,
  Session,
  SessionOptions,
  StatementDescription,
  TransactionStatus,
} from "./protocol.ts";
import { runPointNow, runQuery, startQuery } from "./run-query.ts";
import { duplicatePrepared, runPrepared, runUtility, unknownPrepared } from "./run-utility.ts";
import { SessionState } from "./session-state.ts";

const noParameters: readonly never[] = [];

/** Kinds of statements that may run, and run again, as a transaction of their own. */
const queryKinds: ReadonlySet<string> = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
]);

/** Statements that the session handles beside any transaction. */
const withoutTransaction: ReadonlySet<string> = new Set([
  "TransactionStmt",
  "VariableSetStmt",
  "VariableShowStmt",
  "DeallocateStmt",
  "DiscardStmt",
]);

export class SqlSession implements Session {
  readonly state: SessionState;
  readonly #closed: () => void;
  #timeout: Cancel | undefined;

  constructor(engine: SqlEngine, options: SessionOptions, closed: () => void) {
    this.state = new SessionState(engine, options);
    this.#closed = closed;
  }

  get inputContext(): InputContext {
    return this.state.inputContext;
  }

  get transactionStatus(): TransactionStatus {
    const { transaction } = this.state;
    if (transaction?.isBlock !== true) return "I";
    return transaction.isFailed ? "E" : "T";
  }

  // Simple protocol

  async simpleQuery(text: string, sink: ResultSink): Promise<void> {
    const { state } = this;
    this.#enter(text);
    try {
      const statements = state.engine.cache.parse(text);
      const [only] = statements;
      if (only === undefined) sink.empty();
      else if (statements.length === 1) await this.#runAlone(only, sink);
      else await this.#runTogether(statements, sink);
    } catch (error) {
      await state.fail();
      throw this.#reasonFor(error);
    } finally {
      this.#leave(sink);
    }
  }

  /** A text of one statement. */
  async #runAlone(parsed: ParsedStatement, sink: ResultSink): Promise<void> {
    const { state } = this;
    this.#requireUsable(parsed);
    const kind = nodeKind(parsed);
    const run = (mayInsertBlind: boolean): Promise<string> =>
      this.#runParsed(parsed, { parameters: noParameters, sink, describes: true, mayInsertBlind });
    if (state.transaction !== undefined || withoutTransaction.has(kind)) {
      sink.complete(await run(false));
      return;
    }
    await this.#autocommit(sink, run);
  }

  /** Several statements are one transaction, unless they say otherwise themselves. */
  async #runTogether(statements: readonly ParsedStatement[], sink: ResultSink): Promise<void> {
    const { state } = this;
    const runAll = async (): Promise<string> => {
      let tag: string | undefined;
      for (const parsed of statements) {
        if (tag !== undefined) sink.complete(tag);
        this.#requireUsable(parsed);
        if (nodeKind(parsed) !== "TransactionStmt") state.requireTransaction();
        tag = await this.#runParsed(parsed, {
          parameters: noParameters,
          sink,
          describes: true,
          mayInsertBlind: false,
        });
      }
      return tag ?? "";
    };
    const isRepeatable = statements.every((parsed) => queryKinds.has(nodeKind(parsed)));
    if (isRepeatable && state.transaction === undefined) {
      await this.#autocommit(sink, runAll);
      return;
    }
    const tag = await runAll();
    await this.#commitImplicit();
    sink.complete(tag);
  }

  async #runParsed(parsed: ParsedStatement, invocation: Invocation): Promise<string> {
    const { state } = this;
    const planned = await planStatement(state, parsed, noParameters);
    if (planned.kind === "utility") return runUtility(state, planned.bound, invocation);
    if (planned.query.parameterTypeOids.length > 0) {
      throw new SqlError("undefined_parameter", "there is no parameter $1");
    }
    return runQuery(state, planned.query, invocation, async () => {
      const again = await planStatement(state, parsed, noParameters);
      if (again.kind === "query") return again.query;
      throw new SqlError("internal_error", "a query became another statement");
    });
  }

  // Extended protocol

  async parse(name: string, text: string, parameterTypeOids: readonly number[]): Promise<void> {
    const { state } = this;
    const hadTransaction = state.transaction !== undefined;
    this.#enter(text);
    try {
      const statements = state.engine.cache.parse(text);
      if (statements.length > 1) {
        throw new SqlError(
          "syntax_error",
          "cannot insert multiple commands into a prepared statement",
        );
      }
      if (name !== "" && state.prepared.has(name)) throw duplicatePrepared(name);
      const parsed = statements[0];
      if (parsed !== undefined) this.#requireUsable(parsed);
      const prepared = await prepareStatement(state, {
        name,
        parsed,
        text,
        parameterTypeOids,
        isFromSql: false,
      });
      state.prepared.set(name, prepared);
      // Looking at the catalog is no reason to tie the statements that follow into one transaction.
      if (!hadTransaction) state.dropUnusedTransaction();
    } catch (error) {
      await state.fail();
      throw this.#reasonFor(error);
    } finally {
      this.#leave(undefined);
    }
  }

  describeStatement(name: string): StatementDescription {
    const { parameterTypeOids, columns } = this.#requirePrepared(name);
    return { parameterTypeOids, columns };
  }

  bind(request: BindRequest): Promise<void> | undefined {
    const { state } = this;
    const statement = this.#requirePrepared(request.statement);
    if (statement.parsed !== undefined) this.#requireUsable(statement.parsed);
    if (request.portal !== "" && state.portals.has(request.portal)) {
      throw new SqlError("duplicate_cursor", `cursor "${request.portal}" already exists`);
    }
    const parameters = readParameters(statement, request, state.inputContext);
    const portal = new Portal(
      request.portal,
      statement,
      parameters,
      state.statementTimestamp,
      statement.columns,
    );
    const replaced = state.portals.get(request.portal);
    state.portals.set(request.portal, portal);
    return replaced?.execution === undefined ? undefined : replaced.close();
  }

  describePortal(name: string): readonly OutputColumn[] | undefined {
    return this.#requirePortal(name).columns;
  }

  execute(
    portalName: string,
    rowsMax: number,
    sink: ResultSink,
    syncFollows = false,
  ): boolean | Promise<boolean> {
    const portal = this.#requirePortal(portalName);
    if (syncFollows && rowsMax === 0 && this.#executeNow(portal, sink)) return true;
    return this.#execute(portal, rowsMax, sink, syncFollows);
  }

  /** A prepared read by primary key that need not wait for anything. False: nothing was done. */
  #executeNow(portal: Portal, sink: ResultSink): boolean {
    const { state } = this;
    const { statement } = portal;
    const isAlone = state.transaction === undefined && state.portals.size === 1;
    if (!isAlone || portal.isDone || portal.execution !== undefined) return false;
    const query = statement.kind === "query" ? currentQuery(state, statement) : undefined;
    if (query?.point === undefined) return false;
    state.enter(statement.text);
    try {
      const { parameters } = portal;
      const isDone = runPointNow(state, query, { parameters, sink });
      if (isDone) {
        portal.isDone = true;
        state.engine.counters.statements++;
      }
      return isDone;
    } catch (error) {
      throw this.#reasonFor(error);
    } finally {
      state.leave();
    }
  }

  async #execute(
    portal: Portal,
    rowsMax: number,
    sink: ResultSink,
    syncFollows: boolean,
  ): Promise<boolean> {
    const { state } = this;
    const { statement } = portal;
    this.#enter(statement.text);
    try {
      if (statement.parsed === undefined) {
        sink.empty();
        return true;
      }
      this.#requireUsable(statement.parsed);
      if (portal.execution !== undefined || portal.isDone) {
        return await this.#continue(portal, rowsMax, sink);
      }
      if (statement.kind === "query" && rowsMax > 0) {
        return await this.#startPortal(portal, rowsMax, sink);
      }
      portal.isDone = true;
      const run = (mayInsertBlind: boolean): Promise<string> =>
        runPrepared(state, statement, {
          parameters: portal.parameters,
          sink,
          describes: false,
          mayInsertBlind,
        });
      const kind = nodeKind(statement.parsed);
      if (syncFollows && state.transaction === undefined && !withoutTransaction.has(kind)) {
        await this.#autocommit(sink, run);
      } else {
        sink.complete(await run(false));
      }
      return true;
    } catch (error) {
      await state.fail();
      throw this.#reasonFor(error);
    } finally {
      this.#leave(sink);
    }
  }

  async #startPortal(portal: Portal, rowsMax: number, sink: ResultSink): Promise<boolean> {
    const { state } = this;
    state.requireTransaction();
    const query = await queryOf(state, portal.statement);
    portal.execution = await startQuery(state, query, portal.parameters, () =>
      queryOf(state, portal.statement),
    );
    return this.#continue(portal, rowsMax, sink);
  }

  async #continue(portal: Portal, rowsMax: number, sink: ResultSink): Promise<boolean> {
    const { execution } = portal;
    if (execution === undefined) {
      if (portal.statement.columns === undefined) {
        throw new SqlError(
          "object_not_in_prerequisite_state",
          `portal "${portal.name}" cannot be run`,
        );
      }
      sink.complete("SELECT 0");
      return true;
    }
    const isComplete = await execution.send(rowsMax, sink);
    if (isComplete) {
      portal.isDone = true;
      const tag = execution.commandTag;
      await portal.close();
      sink.complete(tag);
    }
    return isComplete;
  }

  closeStatement(name: string): void {
    this.state.prepared.delete(name);
  }

  closePortal(name: string): void {
    const portal = this.state.portals.get(name);
    if (portal === undefined) return;
    this.state.portals.delete(name);
    portal.close().catch((error: unknown) => {
      this.state.engine.runtime.log.warn("a portal did not close cleanly", { error });
    });
  }

  sync(): Promise<void> | undefined {
    const { state } = this;
    if (state.transaction === undefined) {
      state.portals.clear();
      return undefined;
    }
    return this.#sync();
  }

  async #sync(): Promise<void> {
    this.#enter(undefined);
    try {
      await this.#commitImplicit();
    } catch (error) {
      throw this.#reasonFor(error);
    } finally {
      this.#leave(undefined);
    }
  }

  failed(): void {
    const { transaction } = this.state;
    if (transaction === undefined) return;
    if (transaction.isBlock) transaction.isFailed = true;
    else {
      this.state.rollback().catch((error: unknown) => {
        this.state.engine.runtime.log.warn("a rollback did not end cleanly", { error });
      });
    }
  }

  cancel(reason: SqlError): void {
    this.state.cancel(reason);
  }

  async close(): Promise<void> {
    this.#closed();
    this.state.close();
    await this.state.rollback();
  }

  // Transactions around statements

  /**
   * Runs the body in a transaction of its own and commits. A conflict is met with another attempt
   * as long as the client has seen nothing of this one.
   */
  async #autocommit(
    sink: ResultSink,
    body: (mayInsertBlind: boolean) => Promise<string>,
  ): Promise<void> {
    const { state } = this;
    const { runtime } = state.engine;
    const limits = defaultRetryLimits;
    const startMs = runtime.clock.monotonicMs();
    let mayInsertBlind = true;
    for (let attempt = 1; ; attempt++) {
      try {
        state.begin();
        const tag = await body(mayInsertBlind);
        const outcome = await this.#commitImplicit();
        if (outcome !== "keyExists") {
          sink.complete(tag);
          return;
        }
        // Run again with reads: they find which key it is, or that it has gone.
        mayInsertBlind = false;
        sink.restart();
        continue;
      } catch (error) {
        await state.rollback();
        const isSpent =
          attempt >= limits.attemptsMax ||
          runtime.clock.monotonicMs() - startMs >= limits.elapsedMsMax;
        if (isSpent || sink.hasFlushed || !mayRetryTransaction(error)) throw error;
      }
      sink.restart();
      await runtime.clock.sleep(backoffMs(runtime, limits, attempt), state.signal);
    }
  }

  /** Commits the open transaction if it is not a block. */
  async #commitImplicit(): Promise<"committed" | "keyExists"> {
    const { state } = this;
    const { transaction } = state;
    if (transaction === undefined || transaction.isBlock) return "committed";
    return (await state.commit()).kind;
  }

  // Around each message

  #enter(text: string | undefined): void {
    const { state } = this;
    state.enter(text);
    state.engine.counters.statements++;
    const limitMs = state.settings.timeouts.statementMs;
    if (limitMs === 0) return;
    this.#timeout = state.engine.runtime.clock.after(limitMs, () => {
      state.cancel(new SqlError("query_canceled", "canceling statement due to statement timeout"));
    });
  }

  #leave(sink: ResultSink | undefined): void {
    this.#timeout?.();
    this.#timeout = undefined;
    this.state.leave();
    if (sink === undefined) return;
    for (const [name, value] of this.state.settings.takeReported()) {
      sink.parameterStatus(name, value);
    }
  }

  /** What aborted the statement says more than how the abort was noticed. */
  #reasonFor(error: unknown): unknown {
    const { signal } = this.state;
    if (isSqlError(error)) return error;
    return signal.aborted ? signal.reason : stackOverflow(error);
  }

  /** 25P02 in a failed block, except for what may end it. */
  #requireUsable(parsed: ParsedStatement): void {
    if (this.state.transaction?.isFailed !== true) return;
    if ("TransactionStmt" in parsed.node) {
      const kind = parsed.node.TransactionStmt.kind;
      const ends =
        kind === "TRANS_STMT_COMMIT" ||
        kind === "TRANS_STMT_ROLLBACK" ||
        kind === "TRANS_STMT_ROLLBACK_TO";
      if (ends) return;
    }
    throw new SqlError(
      "in_failed_sql_transaction",
      "current transaction is aborted, commands ignored until end of transaction block",
    );
  }

  #requirePrepared(name: string): PreparedStatement {
    const prepared = this.state.prepared.get(name);
    if (prepared === undefined) throw unknownPrepared(name);
    return prepared;
  }

  #requirePortal(name: string): Portal {
    const portal = this.state.portals.get(name);
    if (portal !== undefined) return portal;
    throw new SqlError("invalid_cursor_name", `portal "${name}" does not exist`);
  }
}

/** Nesting that is too deep for our recursions is the statement's fault, and its error. */
function stackOverflow(error: unknown): unknown {
  if (!(error instanceof RangeError) || !error.message.includes("call stack")) return error;
  return new SqlError("statement_too_complex", "stack depth limit exceeded", {
    hint: "Write the statement with less nesting.",
    cause: error,
  });
}
