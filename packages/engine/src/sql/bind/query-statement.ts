import { SqlError } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";
import { bindModification } from "./modification.ts";
import { inputsOf } from "./plan-walk.ts";
import { bindQuery } from "./query.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { QueryStatement } from "./statement.ts";

export function isQueryNode(node: Node): boolean {
  return (
    "SelectStmt" in node ||
    "InsertStmt" in node ||
    "UpdateStmt" in node ||
    "DeleteStmt" in node ||
    "MergeStmt" in node
  );
}

/** SELECT, VALUES, INSERT, UPDATE or DELETE at the top of a statement. */
export function bindQueryStatement(environment: Environment, node: Node): QueryStatement {
  const request = { parent: undefined, isTop: true };
  if ("SelectStmt" in node) {
    if (node.SelectStmt.intoClause !== undefined) {
      throw new SqlError("syntax_error", "SELECT ... INTO is not allowed here", {
        position: environment.position(node.SelectStmt.intoClause.rel?.location ?? -1),
      });
    }
    const plan = bindQuery(environment, node.SelectStmt, request);
    return { kind: "query", command: "SELECT", plan, isReadOnly: !modifies(plan) };
  }
  const { plan, command } = bindModification(environment, node, request);
  return { kind: "query", command, plan, isReadOnly: false };
}

function modifies(plan: QueryPlan): boolean {
  return plan.kind === "modify" || inputsOf(plan).some(modifies);
}
