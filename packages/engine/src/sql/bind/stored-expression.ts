import { InvariantViolation } from "#base/assert.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Node } from "#sql/parse/ast.ts";
import { parseStatements } from "#sql/parse/parser.ts";
import { assignTo } from "./assign-to.ts";
import { bindCondition, bindExpression } from "./expression-binding.ts";
import type { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { tableItem } from "./from-item.ts";
import type { TableCheck } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { BoundTableExpressions } from "./table-expressions.ts";

/** The table's defaults and checks, bound from their stored text once per version of the table. */
export function boundTableExpressions(
  environment: Environment,
  table: TableDescriptor,
): BoundTableExpressions {
  return environment.catalog.tableExpressions.get(table, () =>
    bindTableExpressions(environment, table),
  );
}

function bindTableExpressions(
  statement: Environment,
  table: TableDescriptor,
): BoundTableExpressions {
  const defaults = new Map<number, Expression>();
  for (const column of table.columns) {
    if (column.defaultSql === undefined) continue;
    const { environment, node } = parseStored(statement, column.defaultSql);
    const site = {
      environment,
      scope: new Scope(undefined, undefined),
      clause: clauses.columnDefault,
    };
    defaults.set(column.id, assignTo(environment, column, bindExpression(site, node)));
  }
  const checks = table.checks.map((check): TableCheck => {
    const { environment, node } = parseStored(statement, check.conditionSql);
    const scope = tableScope(environment, table);
    const site = { environment, scope, clause: clauses.check };
    return { name: check.name, condition: bindCondition(site, node, "CHECK") };
  });
  return { defaults, checks };
}

/** Names of the table's own columns over the table's row. */
export function tableScope(environment: Environment, table: TableDescriptor): Scope {
  const item = tableItem(environment, table, { relname: table.name });
  const scope = new Scope(undefined, undefined);
  scope.relations = item.relations;
  scope.columns = item.columns;
  return scope;
}

function parseStored(
  caller: Environment,
  sql: string,
): { readonly environment: Environment; readonly node: Node } {
  const [statement] = parseStatements(`SELECT ${sql}`, { statementLengthMax: Infinity });
  const select =
    statement !== undefined && "SelectStmt" in statement.node
      ? statement.node.SelectStmt
      : undefined;
  const target = select?.targetList?.[0];
  const node = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (statement === undefined || node === undefined) {
    throw new InvariantViolation(`stored expression is no expression: ${sql}`);
  }
  return { environment: caller.forText(statement.source), node };
}
