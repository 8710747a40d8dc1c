import { InvariantViolation } from "#base/assert.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Node } from "#sql/parse/ast.ts";
import { parseStatements } from "#sql/parse/parser.ts";
import { assignTo } from "./assignment.ts";
import type { BindCatalog } from "./bind-catalog.ts";
import { bindCondition, bindExpression } from "./bind-expression.ts";
import { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { tableItem } from "./from.ts";
import { bindQuery } from "./query.ts";
import type { TableCheck } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { BoundTableExpressions } from "./table-expressions.ts";

/** The table's defaults and checks, bound from their stored text once per version of the table. */
export function boundTableExpressions(
  catalog: BindCatalog,
  table: TableDescriptor,
): BoundTableExpressions {
  return catalog.tableExpressions.get(table, () => bindTableExpressions(catalog, table));
}

function bindTableExpressions(catalog: BindCatalog, table: TableDescriptor): BoundTableExpressions {
  const defaults = new Map<number, Expression>();
  for (const column of table.columns) {
    if (column.defaultSql === undefined) continue;
    const { environment, node } = parseStored(catalog, column.defaultSql);
    const site = {
      environment,
      scope: new Scope(undefined, undefined),
      clause: clauses.columnDefault,
    };
    defaults.set(column.id, assignTo(environment, column, bindExpression(site, node)));
  }
  const checks = table.checks.map((check): TableCheck => {
    const { environment, node } = parseStored(catalog, check.conditionSql);
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
  catalog: BindCatalog,
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
  const environment = new Environment({
    catalog,
    source: statement.source,
    parameterTypeOids: [],
    bindQuery,
  });
  return { environment, node };
}
