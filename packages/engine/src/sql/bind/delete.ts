import { notSupported } from "#base/errors.ts";
import type { DeleteStmt } from "#sql/parse/ast.ts";
import type { Environment, QueryRequest } from "./environment.ts";
import { lookupTable } from "./lookup-relation.ts";
import type { QueryPlan } from "./query-plan.ts";
import { bindReturning, modifyNode } from "./returning.ts";
import { bindTargetRows } from "./update.ts";

/** DELETE FROM … [USING …] [WHERE …] [RETURNING …]. */
export function bindDelete(
  environment: Environment,
  remove: DeleteStmt,
  request: QueryRequest,
): QueryPlan {
  if (remove.relation === undefined) throw notSupported("DELETE without a table");
  const table = lookupTable(environment, remove.relation);
  const { plan, scope } = bindTargetRows(environment, {
    table,
    relation: remove.relation,
    from: remove.usingClause ?? [],
    where: remove.whereClause,
    request,
  });
  const returning = bindReturning(environment, remove.returningClause, scope, plan.columns);
  return modifyNode(
    { kind: "delete", table, source: plan, returning: returning.expressions },
    returning,
  );
}
