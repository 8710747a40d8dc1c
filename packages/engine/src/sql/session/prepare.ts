import { assert } from "#base/assert.ts";
import type { BoundStatement } from "#sql/bind/statement.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import { planStatement } from "./plan-statement.ts";
import type { PlannedQuery } from "./planned-query.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import { requireSameColumns } from "./run-query.ts";
import type { SessionState } from "./session-state.ts";

export interface PrepareRequest {
  readonly name: string;
  readonly parsed: ParsedStatement | undefined;
  readonly text: string;
  readonly parameterTypeOids: readonly number[];
  readonly isFromSql: boolean;
}

/** Decides a statement's parameter types and row shape. */
export async function prepareStatement(
  state: SessionState,
  request: PrepareRequest,
): Promise<PreparedStatement> {
  const { parsed } = request;
  const common = {
    name: request.name,
    parsed,
    text: request.text,
    preparedAt: state.statementTimestamp,
    isFromSql: request.isFromSql,
  };
  if (parsed === undefined) {
    return {
      ...common,
      parameterTypeOids: [],
      columns: undefined,
      planned: undefined,
      kind: "empty",
    };
  }
  const planned = await planStatement(state, parsed, request.parameterTypeOids);
  if (planned.kind === "query") {
    const query = await withKnownShape(state, parsed, request.parameterTypeOids, planned.query);
    return {
      ...common,
      parameterTypeOids: query.parameterTypeOids,
      columns: query.columns,
      planned: query,
      kind: "query",
    };
  }
  const { bound } = planned;
  return {
    ...common,
    parameterTypeOids: bound.parameterTypeOids,
    columns: columnsOf(state, bound),
    planned: undefined,
    kind: bound.statement.kind,
  };
}

/**
 * The client will hold us to the columns, so they must be those of the catalog as it is now and not
 * as this node last saw it.
 */
async function withKnownShape(
  state: SessionState,
  parsed: ParsedStatement,
  parameterTypeOids: readonly number[],
  query: PlannedQuery,
): Promise<PlannedQuery> {
  const { catalog } = state.requireTransaction();
  if (!query.readsCatalog || query.columns === undefined || catalog.isVerified) return query;
  await catalog.reload();
  if (catalog.snapshot.version === query.catalogVersion) return query;
  const again = await planStatement(state, parsed, parameterTypeOids);
  assert(again.kind === "query", "a query stays a query");
  return again.query;
}

/** Statements that give the rows of another one have its columns. */
function columnsOf(
  state: SessionState,
  { statement, columns }: BoundStatement,
): readonly OutputColumn[] | undefined {
  switch (statement.kind) {
    case "execute":
      return state.prepared.get(statement.name)?.columns;
    case "fetch":
      return statement.isMove ? undefined : state.portals.get(statement.name)?.columns;
    default:
      return columns;
  }
}

/** The plan a prepared statement has, when it may be run as it is. */
export function currentQuery(
  state: SessionState,
  prepared: PreparedStatement,
): PlannedQuery | undefined {
  const known = prepared.planned;
  if (known?.isReusable !== true) return undefined;
  if (!known.readsCatalog) return known;
  const { version } = state.snapshot;
  return version !== undefined && known.catalogVersion === version ? known : undefined;
}

/** The query of a prepared statement under the catalog that the transaction has now. */
export async function queryOf(
  state: SessionState,
  prepared: PreparedStatement,
): Promise<PlannedQuery> {
  const current = currentQuery(state, prepared);
  if (current !== undefined) return current;
  if (prepared.parsed === undefined) {
    const known = prepared.planned;
    assert(known !== undefined, "a cursor's query has no text of its own");
    return known;
  }
  const planned = await planStatement(state, prepared.parsed, prepared.parameterTypeOids);
  assert(planned.kind === "query", "a query stays a query");
  requireSameColumns(prepared.columns, planned.query);
  prepared.planned = planned.query;
  return planned.query;
}
