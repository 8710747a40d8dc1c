import { notSupported } from "#base/errors.ts";
import type { Node, WithClause } from "#sql/parse/ast.ts";
import { bindDelete } from "./delete.ts";
import type { Environment, Modification, QueryRequest } from "./environment.ts";
import { bindInsert } from "./insert.ts";
import type { QueryPlan } from "./query-plan.ts";
import { bindUpdate } from "./update.ts";
import { bindWith } from "./with.ts";

/** Binds INSERT, UPDATE or DELETE with its WITH clause, at the top or inside a WITH. */
export function bindModification(
  environment: Environment,
  node: Node,
  request: QueryRequest,
): Modification {
  if ("InsertStmt" in node) {
    const insert = node.InsertStmt;
    return {
      plan: underWith(environment, insert.withClause, request, (inner) =>
        bindInsert(environment, insert, inner),
      ),
      command: "INSERT",
      returnsRows: insert.returningClause !== undefined,
    };
  }
  if ("UpdateStmt" in node) {
    const update = node.UpdateStmt;
    return {
      plan: underWith(environment, update.withClause, request, (inner) =>
        bindUpdate(environment, update, inner),
      ),
      command: "UPDATE",
      returnsRows: update.returningClause !== undefined,
    };
  }
  if ("DeleteStmt" in node) {
    const remove = node.DeleteStmt;
    return {
      plan: underWith(environment, remove.withClause, request, (inner) =>
        bindDelete(environment, remove, inner),
      ),
      command: "DELETE",
      returnsRows: remove.returningClause !== undefined,
    };
  }
  if ("MergeStmt" in node) throw notSupported("MERGE");
  throw notSupported("statement in WITH");
}

function underWith(
  environment: Environment,
  clause: WithClause | undefined,
  request: QueryRequest,
  bindBody: (request: QueryRequest) => QueryPlan,
): QueryPlan {
  return clause === undefined
    ? bindBody(request)
    : bindWith(environment, clause, request, bindBody);
}
