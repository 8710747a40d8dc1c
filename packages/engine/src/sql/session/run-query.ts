import { SqlError } from "#base/errors.ts";
import { StaleCatalog } from "#catalog/transaction-catalog.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import { Frame } from "#sql/execute/frame.ts";
import { MemoryAccount } from "#sql/execute/memory-account.ts";
import { Pacer } from "#sql/execute/pacer.ts";
import { StatementRun } from "#sql/execute/statement-run.ts";
import type { NodeMeasure } from "#sql/execute/statement-run.ts";
import { StatementWrites } from "#sql/execute/statement-writes.ts";
import type { Row } from "#sql/types/datum.ts";
import type { Invocation } from "./invocation.ts";
import type { PlannedQuery } from "./planned-query.ts";
import { QueryExecution } from "./query-execution.ts";
import type { SessionState } from "./session-state.ts";
import type { SqlTransaction } from "./sql-transaction.ts";

export interface RunOptions {
  readonly mayInsertBlind?: boolean;
  readonly measures?: Map<QueryPlan, NodeMeasure>;
}

/** A run of some statement in the session's transaction. */
export function newRun(
  state: SessionState,
  parameters: Row,
  options: RunOptions = {},
): StatementRun {
  const { engine } = state;
  const transaction = state.requireTransaction();
  transaction.hasRunQuery = true;
  return new StatementRun({
    transaction: transaction.kv,
    catalog: transaction.catalog,
    context: state.context(),
    parameters,
    memory: new MemoryAccount(engine.limits.queryMemoryBytesMax),
    pacer: new Pacer(engine.runtime.clock, state.signal),
    writes: new StatementWrites(),
    virtualRows: engine.virtualRows,
    rowIds: engine.rowIds,
    measures: options.measures,
    measureClock: options.measures === undefined ? undefined : engine.runtime.clock,
    mayInsertBlind: options.mayInsertBlind ?? false,
  });
}

/**
 * Starts a query. When the catalog turns out to have moved on, `replan` gives the query anew,
 * under the transaction's own catalog; nothing has been sent by then.
 */
export async function startQuery(
  state: SessionState,
  query: PlannedQuery,
  parameters: Row,
  replan: () => Promise<PlannedQuery>,
  options: RunOptions = {},
): Promise<QueryExecution> {
  let planned = query;
  for (;;) {
    const transaction = state.requireTransaction();
    requireWritable(transaction, planned);
    const execution = new QueryExecution(planned, newRun(state, parameters, options));
    try {
      await execution.start();
    } catch (error) {
      await execution.close();
      if (!(error instanceof StaleCatalog)) throw error;
      await transaction.catalog.reload();
      planned = await replan();
      continue;
    }
    if (transaction.isBlock || !planned.isReadOnly) {
      for (const table of planned.tables) transaction.catalog.watch(table);
    }
    return execution;
  }
}

/** Runs a query to its end and returns its command tag. */
export async function runQuery(
  state: SessionState,
  query: PlannedQuery,
  invocation: Invocation,
  replan: () => Promise<PlannedQuery>,
): Promise<string> {
  const { sink, parameters } = invocation;
  if (query.point !== undefined) {
    const tag = await runPoint(state, query, invocation);
    if (tag !== undefined) return tag;
  }
  // Rows that may have left by the time the commit finds a duplicate could not be taken back.
  const mayInsertBlind = invocation.mayInsertBlind && query.columns === undefined;
  const execution = await startQuery(state, query, parameters, replan, { mayInsertBlind });
  try {
    const { columns } = execution.planned;
    if (invocation.describes && columns !== undefined) sink.columns(columns);
    await execution.send(0, sink);
    return execution.commandTag;
  } finally {
    await execution.close();
  }
}

/** The short way for a read by primary key. Undefined: the plan is out of date, take the long way. */
async function runPoint(
  state: SessionState,
  query: PlannedQuery,
  invocation: Invocation,
): Promise<string | undefined> {
  const { point } = query;
  if (point === undefined) return undefined;
  const { sink } = invocation;
  const run = newRun(state, invocation.parameters);
  const frame = new Frame(run, undefined, []);
  const key = point.key(frame);
  let row: Row | undefined;
  try {
    if (key === undefined) {
      await run.verifyCatalog();
    } else {
      const value = await run.get(key);
      if (value !== undefined) row = point.row(key, value, frame);
    }
  } catch (error) {
    if (!(error instanceof StaleCatalog)) throw error;
    return undefined;
  }
  const transaction = state.requireTransaction();
  if (transaction.isBlock) transaction.catalog.watch(point.table);
  if (invocation.describes && query.columns !== undefined) sink.columns(query.columns);
  if (row === undefined) return "SELECT 0";
  if (!sink.row(row)) await sink.drained();
  return "SELECT 1";
}

/**
 * The shortest way: an autocommit read by primary key whose row this node has at hand, from begin to
 * end in one go. False: nothing was done.
 */
export function runPointNow(
  state: SessionState,
  query: PlannedQuery,
  { parameters, sink }: Pick<Invocation, "parameters" | "sink">,
): boolean {
  const { point } = query;
  if (point === undefined) return false;
  try {
    const run = newRun(state, parameters);
    const frame = new Frame(run, undefined, []);
    const key = point.key(frame);
    const found = key === undefined ? undefined : run.getNow(key);
    if (key === undefined || found === undefined) return false;
    const row = found.value === undefined ? undefined : point.row(key, found.value, frame);
    if (row !== undefined) sink.row(row);
    state.endRead();
    sink.complete(row === undefined ? "SELECT 0" : "SELECT 1");
    return true;
  } catch (error) {
    if (error instanceof StaleCatalog) return false;
    throw error;
  } finally {
    if (state.transaction !== undefined) state.abandonRead();
  }
}

/** 25006 for a statement that changes data in a read-only transaction. */
export function requireWritable(transaction: SqlTransaction, query: PlannedQuery): void {
  if (query.isReadOnly || !transaction.isReadOnly) return;
  throw readOnlyError(query.command);
}

export function readOnlyError(command: string): SqlError {
  return new SqlError(
    "read_only_sql_transaction",
    `cannot execute ${command} in a read-only transaction`,
  );
}

/** A prepared statement's row shape was told to the client and must stay. */
export function requireSameColumns(before: PlannedQuery["columns"], after: PlannedQuery): void {
  const same =
    before?.length === after.columns?.length &&
    (before ?? []).every((column, at) => {
      const other = after.columns?.[at];
      return column.type.oid === other?.type.oid && column.name === other.name;
    });
  if (!same) {
    throw new SqlError("feature_not_supported", "cached plan must not change result type");
  }
}
