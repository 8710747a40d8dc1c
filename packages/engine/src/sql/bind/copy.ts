import { SqlError, notSupported } from "#base/errors.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { CopyStmt, Node, RangeVar, SelectStmt } from "#sql/parse/ast.ts";
import { findTargetColumn } from "./assignment.ts";
import { bindCopyFormat } from "./copy-format.ts";
import type { Environment } from "./environment.ts";
import { nameParts } from "./environment.ts";
import { lookupRelation, lookupTable } from "./lookup-relation.ts";
import type { InsertPlan } from "./query-plan.ts";
import { bindQueryStatement } from "./query-statement.ts";
import type { CopyFromStatement, CopyToStatement } from "./statement.ts";
import { boundTableExpressions } from "./stored-expression.ts";

/** COPY … FROM STDIN and COPY … TO STDOUT. Files of the server are nobody's to read or write. */
export function bindCopy(
  environment: Environment,
  node: CopyStmt,
): CopyFromStatement | CopyToStatement {
  if (node.is_program === true) throw notSupported("COPY with a program");
  if (node.filename !== undefined) throw notSupported("COPY with a file of the server");
  return node.is_from === true ? bindCopyFrom(environment, node) : bindCopyTo(environment, node);
}

function bindCopyFrom(environment: Environment, node: CopyStmt): CopyFromStatement {
  if (node.whereClause !== undefined) throw notSupported("COPY FROM … WHERE");
  if (node.relation === undefined) throw notSupported("COPY FROM without a table");
  const table = lookupTable(environment, node.relation);
  const columns = bindColumns(environment, table, node.attlist);
  const names = columns.map((column) => column.name);
  const format = bindCopyFormat(environment, node.options ?? [], { isFrom: true, names });
  const { defaults, checks } = boundTableExpressions(environment, table);
  const given = new Set(columns.map((column) => column.id));
  const plan: InsertPlan = {
    kind: "insert",
    table,
    // The rows come from the client instead.
    source: { kind: "values", rows: [], columns: [] },
    columnIds: columns.map((column) => column.id),
    defaults: table.columns.flatMap((column) => {
      const value = given.has(column.id) ? undefined : defaults.get(column.id);
      return value === undefined ? [] : [{ columnId: column.id, value }];
    }),
    onConflict: undefined,
    checks,
    returning: undefined,
  };
  return { kind: "copyFrom", plan, columns, format };
}

/** The columns named, or all in order. */
function bindColumns(
  environment: Environment,
  table: TableDescriptor,
  nodes: readonly Node[] | undefined,
): readonly ColumnDescriptor[] {
  if (nodes === undefined) return table.columns.filter((column) => !column.hidden);
  const columns: ColumnDescriptor[] = [];
  for (const name of nameParts(nodes)) {
    const column = findTargetColumn(environment, table, { name, location: -1 });
    if (columns.includes(column)) {
      throw new SqlError("duplicate_column", `column "${name}" specified more than once`);
    }
    columns.push(column);
  }
  return columns;
}

function bindCopyTo(environment: Environment, node: CopyStmt): CopyToStatement {
  const query = bindQueryStatement(environment, sourceOf(environment, node));
  if (query.plan.columns.length === 0 && query.command !== "SELECT") {
    throw new SqlError("feature_not_supported", "COPY query must have a RETURNING clause");
  }
  const names = query.plan.columns.map((column) => column.name);
  const format = bindCopyFormat(environment, node.options ?? [], { isFrom: false, names });
  return { kind: "copyTo", query, format };
}

/** COPY of a table is COPY of a query that reads it. */
function sourceOf(environment: Environment, node: CopyStmt): Node {
  const { relation, query, attlist } = node;
  if (query !== undefined) {
    if ("SelectStmt" in query && query.SelectStmt.intoClause !== undefined) {
      throw new SqlError("feature_not_supported", "COPY (SELECT INTO) is not supported");
    }
    return query;
  }
  if (relation === undefined) throw notSupported("COPY TO without a table");
  const found = lookupRelation(environment, relation);
  if (found.kind === "table") bindColumns(environment, found.table, attlist);
  return { SelectStmt: selectFrom(relation, attlist === undefined ? ["*"] : nameParts(attlist)) };
}

function selectFrom(relation: RangeVar, names: readonly string[]): SelectStmt {
  return {
    targetList: names.map((name) => ({
      ResTarget: {
        val: {
          ColumnRef: { fields: [name === "*" ? { A_Star: {} } : { String: { sval: name } }] },
        },
      },
    })),
    fromClause: [{ RangeVar: relation }],
    limitOption: "LIMIT_OPTION_DEFAULT",
    op: "SETOP_NONE",
  };
}
