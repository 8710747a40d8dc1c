import { notSupported } from "#base/errors.ts";
import type { Node, RangeVar, UpdateStmt } from "#sql/parse/ast.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import { bindAssignments } from "./assignment.ts";
import { bindCondition } from "./expression-binding.ts";
import type { Environment, QueryRequest } from "./environment.ts";
import { bindFromItem } from "./from.ts";
import { bindBeside, tableItem } from "./from-item.ts";
import type { FromItem, FromLevel } from "./from-item.ts";
import { crossJoin } from "./from-join.ts";
import { lookupTable } from "./lookup-relation.ts";
import type { QueryPlan } from "./query-plan.ts";
import { bindReturning, modifyNode } from "./returning.ts";
import { Scope } from "./scope.ts";
import { filtered } from "./plan-steps.ts";
import { clauses } from "./site.ts";
import { boundTableExpressions } from "./stored-expression.ts";

/** UPDATE … SET … [FROM …] [WHERE …] [RETURNING …]. */
export function bindUpdate(
  environment: Environment,
  update: UpdateStmt,
  request: QueryRequest,
): QueryPlan {
  if (update.relation === undefined) throw notSupported("UPDATE without a table");
  const table = lookupTable(environment, update.relation);
  const { plan, scope } = bindTargetRows(environment, {
    table,
    relation: update.relation,
    from: update.fromClause ?? [],
    where: update.whereClause,
    request,
  });
  const assignments = bindAssignments(
    { environment, scope, clause: clauses.update },
    table,
    update.targetList ?? [],
  );
  const returning = bindReturning(environment, update.returningClause, scope, plan.columns);
  return modifyNode(
    {
      kind: "update",
      table,
      source: plan,
      assignments,
      checks: boundTableExpressions(environment, table).checks,
      returning: returning.expressions,
    },
    returning,
  );
}

/** The rows that UPDATE or DELETE works on: the target's, joined with those of FROM or USING. */
export function bindTargetRows(
  environment: Environment,
  request: {
    readonly table: TableDescriptor;
    readonly relation: RangeVar;
    readonly from: readonly Node[];
    readonly where: Node | undefined;
    readonly request: QueryRequest;
  },
): { readonly plan: QueryPlan; readonly scope: Scope } {
  const { ctes } = request.request;
  const level: FromLevel = { environment, outer: undefined, ctes, bindItem: bindFromItem };
  let item: FromItem = tableItem(environment, request.table, request.relation);
  for (const node of request.from) {
    const right = bindBeside(level, item, node);
    item = crossJoin(item, right.item, right.isLateral);
  }
  const scope = new Scope(undefined, ctes);
  scope.relations = item.relations;
  scope.columns = item.columns;
  const { where } = request;
  const condition =
    where === undefined
      ? undefined
      : bindCondition({ environment, scope, clause: clauses.where }, where, "WHERE");
  return { plan: filtered(item.plan, condition), scope };
}
