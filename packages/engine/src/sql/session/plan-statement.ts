import { isSqlError } from "#base/errors.ts";
import { bindStatement } from "#sql/bind/bind-statement.ts";
import type { BoundStatement } from "#sql/bind/statement.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import { PlannedQuery } from "./planned-query.ts";
import type { SessionState } from "./session-state.ts";
import { planCacheKey } from "./statement-cache.ts";

/** Statements that do not look at the catalog at all. */
const withoutCatalog: ReadonlySet<string> = new Set([
  "TransactionStmt",
  "VariableSetStmt",
  "VariableShowStmt",
  "DeallocateStmt",
  "DiscardStmt",
  "ClosePortalStmt",
  "FetchStmt",
  "ExecuteStmt",
  "PrepareStmt",
]);

/** Statements that are planned with the catalog this node knows, and checked by their first read. */
const optimistic: ReadonlySet<string> = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
]);

/** The grammar's name for the kind of a statement, as `SelectStmt`. */
export function nodeKind(parsed: ParsedStatement): string {
  return Object.keys(parsed.node)[0] ?? "";
}

export type Planned =
  | { readonly kind: "query"; readonly query: PlannedQuery }
  | { readonly kind: "utility"; readonly bound: BoundStatement };

/**
 * Binds a statement under the session's transaction, which is begun when a catalog is needed.
 * Queries come planned, from the node's cache when one of the same meaning is there.
 */
export async function planStatement(
  state: SessionState,
  parsed: ParsedStatement,
  parameterTypeOids: readonly number[],
): Promise<Planned> {
  const kind = nodeKind(parsed);
  if (withoutCatalog.has(kind)) {
    return {
      kind: "utility",
      bound: bindStatement(parsed, state.bindCatalog(), parameterTypeOids),
    };
  }
  const { catalog } = state.requireTransaction();
  if (!optimistic.has(kind)) await catalog.reload();
  for (;;) {
    const known = findCached(state, parsed, parameterTypeOids);
    if (known !== undefined) return { kind: "query", query: known };
    try {
      return bindAndPlan(state, parsed, parameterTypeOids);
    } catch (error) {
      // A name that is missing here may have been created elsewhere since this node last looked.
      if (!isSqlError(error) || catalog.isVerified) throw error;
      const before = catalog.snapshot;
      if ((await catalog.reload()) === before) throw error;
    }
  }
}

function bindAndPlan(
  state: SessionState,
  parsed: ParsedStatement,
  parameterTypeOids: readonly number[],
): Planned {
  const bindCatalog = state.bindCatalog();
  const bound = bindStatement(parsed, bindCatalog, parameterTypeOids);
  if (bound.statement.kind !== "query") return { kind: "utility", bound };
  const { version } = bindCatalog.snapshot;
  const query = new PlannedQuery(bound, bound.statement, version, {
    statistics: state.engine.statistics,
    evalContext: bindCatalog.evalContext,
  });
  if (query.isReusable && version !== undefined) {
    const key = planCacheKey(parsed.text, parameterTypeOids, version, state.settings.planKey);
    state.engine.cache.keepPlan(key, query);
  }
  return { kind: "query", query };
}

function findCached(
  state: SessionState,
  parsed: ParsedStatement,
  parameterTypeOids: readonly number[],
): PlannedQuery | undefined {
  const { version } = state.snapshot;
  if (version === undefined) return undefined;
  return state.engine.cache.findPlan(
    planCacheKey(parsed.text, parameterTypeOids, version, state.settings.planKey),
  );
}
