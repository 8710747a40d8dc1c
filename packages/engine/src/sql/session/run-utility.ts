import { SqlError, notSupported } from "#base/errors.ts";
import { bindExecuteArguments } from "#sql/bind/bind-statement.ts";
import type {
  BoundStatement,
  DeallocateStatement,
  DeclareCursorStatement,
  DiscardStatement,
  ExecuteStatement,
  FetchStatement,
  PrepareStatement,
} from "#sql/bind/statement.ts";
import { compileScalar } from "#sql/execute/compile-plan.ts";
import { Frame } from "#sql/execute/frame.ts";
import { evaluateOne } from "#sql/execute/operator.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { runCopyFrom, runCopyTo } from "./run-copy.ts";
import { runExplain } from "./run-explain.ts";
import { sendRows } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";
import { PlannedQuery } from "./planned-query.ts";
import { planStatement } from "./plan-statement.ts";
import { Portal } from "./portal.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import { prepareStatement, queryOf } from "./prepare.ts";
import { newRun, readOnlyError, runQuery, startQuery } from "./run-query.ts";
import { runSchemaStatement, schemaCommand } from "./run-schema-statement.ts";
import { runSet, runShow } from "./run-setting-statement.ts";
import {
  runSavepointStatement,
  runSetTransaction,
  runTransactionStatement,
} from "./run-transaction-statement.ts";
import type { SessionState } from "./session-state.ts";

/** Runs a statement that is no query. Returns its command tag. */
export async function runUtility(
  state: SessionState,
  bound: BoundStatement,
  invocation: Invocation,
): Promise<string> {
  const { statement } = bound;
  const { sink } = invocation;
  switch (statement.kind) {
    case "begin":
    case "commit":
    case "rollback":
      return runTransactionStatement(state, statement, sink);
    case "savepoint":
    case "releaseSavepoint":
    case "rollbackToSavepoint":
      return runSavepointStatement(state, statement);
    case "setTransaction":
      return runSetTransaction(state, statement, sink);
    case "set":
    case "reset":
      if (statement.kind === "set" && statement.isLocal && state.transaction?.isBlock !== true) {
        sink.notice({
          severity: "WARNING",
          error: new SqlError(
            "no_active_sql_transaction",
            "SET LOCAL can only be used in transaction blocks",
          ),
        });
        return "SET";
      }
      return runSet(state, statement);
    case "show": {
      const { columns, rows } = runShow(state, statement);
      await sendRows(invocation, bound.columns ?? columns, rows);
      return "SHOW";
    }
    case "prepare":
      return runPrepare(state, statement);
    case "execute":
      return runExecute(state, statement, invocation);
    case "deallocate":
      return runDeallocate(state, statement);
    case "discard":
      return runDiscard(state, statement);
    case "explain":
      return runExplain(state, bound, statement, invocation);
    case "declareCursor":
      return runDeclare(state, bound, statement, invocation.parameters);
    case "fetch":
      return runFetch(state, statement, invocation);
    case "copyFrom":
      return runCopyFrom(state, statement, invocation);
    case "copyTo":
      return runCopyTo(state, bound, statement, invocation);
    case "closeCursor": {
      if (statement.name === undefined) {
        await closeAll(state);
        return "CLOSE CURSOR ALL";
      }
      const portal = state.portals.get(statement.name);
      if (portal === undefined) throw unknownCursor(statement.name);
      state.portals.delete(statement.name);
      await portal.close();
      return "CLOSE CURSOR";
    }
    default: {
      const command = schemaCommand(statement.kind);
      if (command === undefined) throw notSupported(`statement ${statement.kind}`);
      if (state.requireTransaction().isReadOnly) throw readOnlyError(command);
      const tag = await runSchemaStatement(state, statement, invocation.parameters, sink);
      if (tag === undefined) throw notSupported(`statement ${statement.kind}`);
      return tag;
    }
  }
}

async function runPrepare(state: SessionState, statement: PrepareStatement): Promise<string> {
  if (state.prepared.has(statement.name)) throw duplicatePrepared(statement.name);
  const prepared = await prepareStatement(state, {
    name: statement.name,
    parsed: statement.body,
    text: statement.body.text,
    parameterTypeOids: statement.parameterTypeOids,
    isFromSql: true,
  });
  state.prepared.set(statement.name, prepared);
  return "PREPARE";
}

export function duplicatePrepared(name: string): SqlError {
  return new SqlError(
    "duplicate_prepared_statement",
    `prepared statement "${name}" already exists`,
  );
}

export function unknownPrepared(name: string): SqlError {
  return new SqlError(
    "invalid_sql_statement_name",
    name === ""
      ? "unnamed prepared statement does not exist"
      : `prepared statement "${name}" does not exist`,
  );
}

async function runExecute(
  state: SessionState,
  statement: ExecuteStatement,
  invocation: Invocation,
): Promise<string> {
  const { prepared, parameters } = await openExecute(state, statement);
  return runPrepared(state, prepared, { ...invocation, parameters });
}

/** What EXECUTE names, with its arguments evaluated. */
export async function openExecute(
  state: SessionState,
  statement: ExecuteStatement,
): Promise<{ readonly prepared: PreparedStatement; readonly parameters: Row }> {
  const prepared = state.prepared.get(statement.name);
  if (prepared === undefined) throw unknownPrepared(statement.name);
  const expressions = bindExecuteArguments(statement.argumentNodes, state.bindCatalog(), {
    name: statement.name,
    parameterTypeOids: prepared.parameterTypeOids,
  });
  const parameters: Datum[] = [];
  if (expressions.length > 0) {
    const frame = new Frame(newRun(state, []), undefined, []);
    for (const expression of expressions) {
      parameters.push(await evaluateOne(compileScalar(expression), [], frame));
    }
  }
  return { prepared, parameters };
}

/** Runs a prepared statement, planning again when its plan is out of date. */
export async function runPrepared(
  state: SessionState,
  prepared: PreparedStatement,
  invocation: Invocation,
): Promise<string> {
  const { parsed } = prepared;
  if (parsed === undefined) return "";
  if (prepared.kind === "query") {
    state.requireTransaction();
    const query = await queryOf(state, prepared);
    return runQuery(state, query, invocation, () => queryOf(state, prepared));
  }
  const planned = await planStatement(state, parsed, prepared.parameterTypeOids);
  if (planned.kind === "query") {
    return runQuery(state, planned.query, invocation, () => queryOf(state, prepared));
  }
  return runUtility(state, planned.bound, invocation);
}

function runDeallocate(state: SessionState, statement: DeallocateStatement): string {
  if (statement.name === undefined) {
    state.prepared.clear();
    return "DEALLOCATE ALL";
  }
  if (!state.prepared.delete(statement.name)) throw unknownPrepared(statement.name);
  return "DEALLOCATE";
}

async function runDiscard(state: SessionState, statement: DiscardStatement): Promise<string> {
  if (statement.target === "all") {
    // Alone it has no transaction at all, so any means a block or a text of several statements.
    if (state.transaction !== undefined) {
      throw new SqlError(
        "active_sql_transaction",
        "DISCARD ALL cannot run inside a transaction block",
      );
    }
    await closeAll(state);
    state.prepared.clear();
    state.settings.resetAll();
  }
  return `DISCARD ${statement.target.toUpperCase()}`;
}

async function closeAll(state: SessionState): Promise<void> {
  const portals = [...state.portals.values()];
  state.portals.clear();
  for (const portal of portals) await portal.close();
}

async function runDeclare(
  state: SessionState,
  bound: BoundStatement,
  statement: DeclareCursorStatement,
  parameters: Row,
): Promise<string> {
  if (statement.withHold) throw notSupported("DECLARE CURSOR WITH HOLD");
  if (state.transaction?.isBlock !== true) {
    throw new SqlError(
      "no_active_sql_transaction",
      "DECLARE CURSOR can only be used in transaction blocks",
    );
  }
  if (state.portals.has(statement.name)) {
    throw new SqlError("duplicate_cursor", `cursor "${statement.name}" already exists`);
  }
  const { query } = statement;
  const planned = new PlannedQuery(
    { ...bound, statement: query, columns: query.plan.columns },
    query,
    undefined,
    { statistics: state.engine.statistics, evalContext: state.context() },
  );
  const prepared: PreparedStatement = {
    name: statement.name,
    parsed: undefined,
    text: state.statementText,
    parameterTypeOids: bound.parameterTypeOids,
    columns: planned.columns,
    planned,
    kind: "query",
    preparedAt: state.statementTimestamp,
    isFromSql: true,
  };
  const portal = new Portal(
    statement.name,
    prepared,
    parameters,
    state.statementTimestamp,
    planned.columns,
  );
  // The cursor sees what was there when it was declared, so it starts now.
  portal.execution = await startQuery(state, planned, parameters, () => Promise.resolve(planned));
  state.portals.set(statement.name, portal);
  return "DECLARE CURSOR";
}

async function runFetch(
  state: SessionState,
  statement: FetchStatement,
  invocation: Invocation,
): Promise<string> {
  const portal = state.portals.get(statement.name);
  const execution = portal?.execution;
  if (portal === undefined || execution === undefined) throw unknownCursor(statement.name);
  const rows = await execution.take(statement.count);
  if (statement.isMove) return `MOVE ${rows.length}`;
  await sendRows(invocation, portal.columns ?? [], rows);
  return `FETCH ${rows.length}`;
}

export function unknownCursor(name: string): SqlError {
  return new SqlError("invalid_cursor_name", `cursor "${name}" does not exist`);
}
