import { notSupported } from "#base/errors.ts";
import type { IntoClause, Node, SelectStmt } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { SqlError } from "#base/errors.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { placeNewRelation } from "./new-relation.ts";
import { bindQueryStatement, isQueryNode } from "./query-statement.ts";
import type { ColumnDefinition, CreateTableAsStatement } from "./statement.ts";
import { textType } from "./type-ref.ts";

/** CREATE TABLE … AS query, SELECT … INTO. */
export function bindCreateTableAs(
  environment: Environment,
  query: Node,
  into: IntoClause,
  ifNotExists: boolean,
): CreateTableAsStatement {
  if (into.rel === undefined) throw notSupported("INTO without a table");
  if (!isQueryNode(query) || !("SelectStmt" in query)) {
    throw notSupported("CREATE TABLE AS from a statement other than a query");
  }
  const place = placeNewRelation(environment, into.rel, ifNotExists);
  const select: SelectStmt = { ...query.SelectStmt };
  delete select.intoClause;
  const { plan } = bindQueryStatement(environment, { SelectStmt: select });
  const names = nameParts(into.colNames);
  if (names.length > plan.columns.length) {
    throw new SqlError("syntax_error", "too many column names were specified");
  }
  const columns = plan.columns.map((column, index): ColumnDefinition => ({
    name: names[index] ?? column.name,
    type:
      column.type.oid === oids.unknown ? textType : { type: column.type, typmod: column.typmod },
    notNull: false,
    defaultSql: undefined,
    defaultValue: undefined,
  }));
  columns.forEach((column, index) => {
    if (columns.findIndex((other) => other.name === column.name) !== index) {
      throw new SqlError("duplicate_column", `column "${column.name}" specified more than once`);
    }
  });
  return {
    kind: "createTableAs",
    ...place,
    ifNotExists,
    columns,
    plan,
    withData: into.skipData !== true,
  };
}
