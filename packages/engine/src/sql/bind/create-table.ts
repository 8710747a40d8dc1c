import { SqlError, notSupported } from "#base/errors.ts";
import type { Constraint, CreateStmt } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";
import { placeNewRelation } from "./new-relation.ts";
import type {
  CheckDefinition,
  ColumnDefinition,
  CreateTableStatement,
  KeyDefinition,
} from "./statement.ts";
import {
  bindCheck,
  bindColumnDefinition,
  bindKey,
  keyColumns,
  unsupportedConstraint,
} from "./table-definition.ts";
import type { BoundColumn, ConstraintNames } from "./table-definition.ts";

/** As many columns as PostgreSQL's tables hold. */
const columnsMax = 1600;

/** CREATE TABLE with columns and constraints; names of constraints are decided as PostgreSQL decides them. */
export function bindCreateTable(environment: Environment, node: CreateStmt): CreateTableStatement {
  if (node.relation === undefined) throw notSupported("CREATE TABLE without a name");
  refuseOptions(node);
  const ifNotExists = node.if_not_exists === true;
  const place = placeNewRelation(environment, node.relation, ifNotExists);
  const bound: BoundColumn[] = [];
  const constraints: Constraint[] = [];
  for (const element of node.tableElts ?? []) {
    if ("ColumnDef" in element) {
      bound.push(bindColumnDefinition(environment, element.ColumnDef, place.name));
    } else if ("Constraint" in element) {
      constraints.push(element.Constraint);
    } else {
      throw notSupported("LIKE");
    }
  }
  if (bound.length > columnsMax) {
    throw new SqlError("too_many_columns", `tables can have at most ${columnsMax} columns`);
  }
  const columns = bound.map((one) => one.column);
  checkColumnNames(columns);
  const names: ConstraintNames = { schema: place.schema, table: place.name, taken: new Set() };
  const { primaryKey, uniques } = bindKeys(environment, bound, constraints, names);
  const checks = bindChecks(environment, bound, constraints, names);
  const keyNames = new Set(primaryKey?.columns);
  return {
    kind: "createTable",
    ...place,
    ifNotExists,
    columns: columns.map((column) =>
      keyNames.has(column.name) ? { ...column, notNull: true } : column,
    ),
    primaryKey,
    uniques,
    checks,
  };
}

function refuseOptions(node: CreateStmt): void {
  if ((node.inhRelations ?? []).length > 0) throw notSupported("INHERITS");
  if (node.partspec !== undefined) throw notSupported("PARTITION BY");
  if (node.partbound !== undefined) throw notSupported("PARTITION OF");
  if (node.ofTypename !== undefined) throw notSupported("CREATE TABLE OF");
  if (node.tablespacename !== undefined) throw notSupported("TABLESPACE");
  if ((node.options ?? []).length > 0) throw notSupported("a storage parameter");
}

function checkColumnNames(columns: readonly ColumnDefinition[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (systemColumns.has(name)) {
      throw new SqlError(
        "duplicate_column",
        `column name "${name}" conflicts with a system column name`,
      );
    }
    if (seen.has(name)) {
      throw new SqlError("duplicate_column", `column "${name}" specified more than once`);
    }
    seen.add(name);
  }
}

export const systemColumns: ReadonlySet<string> = new Set([
  "tableoid",
  "ctid",
  "xmin",
  "xmax",
  "cmin",
  "cmax",
]);

function bindKeys(
  environment: Environment,
  bound: readonly BoundColumn[],
  constraints: readonly Constraint[],
  names: ConstraintNames,
): {
  readonly primaryKey: KeyDefinition | undefined;
  readonly uniques: readonly KeyDefinition[];
} {
  const columns = bound.map((one) => one.column);
  const requests: {
    readonly kind: "primary" | "unique";
    readonly name: string | undefined;
    readonly columnNames: readonly string[];
    readonly position: number | undefined;
  }[] = [];
  for (const { column, primaryKey, uniques } of bound) {
    const columnNames = [column.name];
    if (primaryKey !== undefined) {
      requests.push({ kind: "primary", columnNames, ...primaryKey });
    }
    for (const { name } of uniques) {
      requests.push({ kind: "unique", name, columnNames, position: undefined });
    }
  }
  for (const constraint of constraints) {
    const position = environment.position(constraint.location);
    switch (constraint.contype) {
      case "CONSTR_PRIMARY":
      case "CONSTR_UNIQUE":
        requests.push({
          kind: constraint.contype === "CONSTR_PRIMARY" ? "primary" : "unique",
          name: constraint.conname,
          columnNames: keyColumns(constraint),
          position,
        });
        break;
      case "CONSTR_CHECK":
        break;
      default:
        throw unsupportedConstraint(environment, constraint);
    }
  }
  // The primary key takes its name first, as it does in PostgreSQL.
  const primaries = requests.filter((request) => request.kind === "primary");
  const [primary, second] = primaries;
  if (second !== undefined) {
    throw new SqlError(
      "invalid_table_definition",
      `multiple primary keys for table "${names.table}" are not allowed`,
      { position: second.position },
    );
  }
  const primaryKey =
    primary === undefined ? undefined : bindKey(environment, { ...primary, columns, names });
  const uniques = requests
    .filter((request) => request.kind === "unique")
    .map((request) => bindKey(environment, { ...request, columns, names }));
  return { primaryKey, uniques: withoutRepeats(uniques) };
}

/** UNIQUE said twice of the same columns is one index. */
function withoutRepeats(keys: readonly KeyDefinition[]): readonly KeyDefinition[] {
  return keys.filter(
    (key, index) =>
      keys.findIndex((other) => other.columns.join("\0") === key.columns.join("\0")) === index,
  );
}

function bindChecks(
  environment: Environment,
  bound: readonly BoundColumn[],
  constraints: readonly Constraint[],
  names: ConstraintNames,
): readonly CheckDefinition[] {
  const columns = bound.map((one) => one.column);
  const nodes = [
    ...bound.flatMap((one) => one.checks),
    ...constraints.filter((constraint) => constraint.contype === "CONSTR_CHECK"),
  ];
  // Given names come first, so that made-up ones keep clear of them.
  for (const node of nodes) {
    if (node.conname === undefined) continue;
    const repeated = nodes.filter((other) => other.conname === node.conname).length > 1;
    if (repeated) {
      throw new SqlError("duplicate_object", `check constraint "${node.conname}" already exists`);
    }
  }
  return nodes.map((node) => bindCheck(environment, node, columns, names).check);
}
