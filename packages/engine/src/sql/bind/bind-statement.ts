import { SqlError } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import { SourceText } from "#sql/parse/source-text.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { formatType } from "#sql/types/type.ts";
import type { BindCatalog } from "./bind-catalog.ts";
import { bindAnyExpression } from "./bind-expression.ts";
import { bindExpression } from "./expression-binding.ts";
import { coerce } from "./coerce.ts";
import { bindCreateTableAs } from "./create-table-as.ts";
import { Environment } from "./environment.ts";
import type { Binders } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { bindModification } from "./modification.ts";
import { bindQuery } from "./query.ts";
import type { OutputColumn } from "./query-plan.ts";
import { bindQueryStatement, isQueryNode } from "./query-statement.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { BoundStatement, Statement } from "./statement.ts";
import { boundTableExpressions } from "./stored-expression.ts";
import type { BoundTableExpressions } from "./table-expressions.ts";
import { textType, typeRef } from "./type-ref.ts";
import { bindUtility } from "./utility.ts";

const binders: Binders = {
  expression: bindAnyExpression,
  query: bindQuery,
  modification: bindModification,
};

/**
 * Decides every name and type of a statement. `parameterTypeOids` are the types the client gave
 * for $1, $2 …; 0 or absent: to be inferred. Errors are PostgreSQL's, with positions.
 */
export function bindStatement(
  statement: ParsedStatement,
  catalog: BindCatalog,
  parameterTypeOids: readonly number[],
): BoundStatement {
  const environment = new Environment({
    catalog,
    source: statement.source,
    parameterTypeOids,
    binders,
  });
  const bound = bindNode(environment, statement);
  return {
    statement: bound,
    parameterTypeOids: environment.parameters.settled(),
    columns: rowShape(bound),
    tables: [...environment.tables],
    isReusable: !environment.hasTimeDependentLiteral,
  };
}

function bindNode(environment: Environment, statement: ParsedStatement): Statement {
  const { node } = statement;
  if ("SelectStmt" in node && node.SelectStmt.intoClause !== undefined) {
    return bindCreateTableAs(environment, node, node.SelectStmt.intoClause, false);
  }
  if (isQueryNode(node)) return bindQueryStatement(environment, node);
  return bindUtility(environment, statement);
}

/** What the client is told of the rows; undefined when there are none. */
function rowShape(statement: Statement): readonly OutputColumn[] | undefined {
  switch (statement.kind) {
    case "query": {
      const { plan, command } = statement;
      return command === "SELECT" || plan.columns.length > 0 ? plan.columns : undefined;
    }
    case "explain":
      return [
        {
          ...(statement.options.format === "json" ? typeRef(oids.json) : textType),
          name: "QUERY PLAN",
          tableId: 0,
          attributeNumber: 0,
        },
      ];
    case "show":
      return statement.name === "all"
        ? ["name", "setting", "description"].map(textColumn)
        : [textColumn(statement.displayName)];
    default:
      return undefined;
  }
}

function textColumn(name: string): OutputColumn {
  return { ...textType, name, tableId: 0, attributeNumber: 0 };
}

/** The defaults and checks of a table, bound from their stored text. */
export function bindStoredExpressions(
  catalog: BindCatalog,
  table: TableDescriptor,
): BoundTableExpressions {
  return boundTableExpressions(withoutText(catalog), table);
}

/** For what has no text of its own, so that errors have no position. */
function withoutText(catalog: BindCatalog): Environment {
  return new Environment({
    catalog,
    source: new SourceText(""),
    parameterTypeOids: [],
    binders,
  });
}

/** EXECUTE's arguments, coerced to the prepared statement's parameter types. */
export function bindExecuteArguments(
  argumentNodes: readonly Node[],
  catalog: BindCatalog,
  target: { readonly name: string; readonly parameterTypeOids: readonly number[] },
): readonly Expression[] {
  const { name, parameterTypeOids } = target;
  if (argumentNodes.length !== parameterTypeOids.length) {
    throw new SqlError(
      "syntax_error",
      `wrong number of parameters for prepared statement "${name}"`,
      {
        detail: `Expected ${parameterTypeOids.length} parameters but got ${argumentNodes.length}.`,
      },
    );
  }
  const environment = withoutText(catalog);
  const site = { environment, scope: new Scope(undefined, undefined), clause: clauses.execute };
  return argumentNodes.map((node, index) => {
    const bound = bindExpression(site, node);
    const oid = parameterTypeOids[index] ?? oids.text;
    const coerced = coerce(environment, bound, typeRef(oid), "assignment");
    if (coerced !== undefined) return coerced;
    throw new SqlError(
      "datatype_mismatch",
      `parameter $${index + 1} of type ${formatType(bound.result.type.oid)} cannot be coerced to the expected type ${formatType(oid)}`,
      { hint: "You will need to rewrite or cast the expression." },
    );
  });
}
