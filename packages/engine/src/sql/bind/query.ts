import { SqlError, notSupported } from "#base/errors.ts";
import type { SelectStmt } from "#sql/parse/ast.ts";
import { bindSetOperation } from "./set-operation.ts";
import type { Environment, QueryLevel, QueryRequest } from "./environment.ts";
import type { QueryPlan } from "./query-plan.ts";
import { bindSelect } from "./select.ts";
import { bindValues } from "./values.ts";
import { bindWith } from "./with.ts";

/** Binds SELECT, VALUES or a set operation, with its WITH clause. */
export function bindQuery(
  environment: Environment,
  select: SelectStmt,
  request: QueryRequest,
): QueryPlan {
  if (select.withClause === undefined) return bindBody({ environment, request }, select);
  return bindWith(environment, select.withClause, request, (inner) =>
    bindBody({ environment, request: inner }, select),
  );
}

function bindBody(level: QueryLevel, select: SelectStmt): QueryPlan {
  checkLocking(select);
  if (select.intoClause !== undefined && level.request.isTop !== true) {
    throw new SqlError("syntax_error", "SELECT ... INTO is not allowed here");
  }
  if (select.op !== undefined && select.op !== "SETOP_NONE") {
    return bindSetOperation(level, select);
  }
  if (select.valuesLists !== undefined) return bindValues(level, select);
  return bindSelect(level, select);
}

/**
 * FOR UPDATE and its kin need nothing here: what a transaction reads is checked at commit, so
 * the rows cannot change under it. The forms that ask about locks have no meaning then.
 */
function checkLocking(select: SelectStmt): void {
  for (const clause of select.lockingClause ?? []) {
    if (!("LockingClause" in clause)) continue;
    if (clause.LockingClause.waitPolicy === "LockWaitSkip") throw notSupported("SKIP LOCKED");
    if (clause.LockingClause.waitPolicy === "LockWaitError") throw notSupported("NOWAIT");
  }
}
