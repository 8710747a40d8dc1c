import { assert } from "#base/assert.ts";
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
    const { query } = planned;
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
    columns: bound.columns,
    planned: undefined,
    kind: bound.statement.kind,
  };
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
