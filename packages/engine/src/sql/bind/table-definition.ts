import { SqlError, notSupported } from "#base/errors.ts";
import type { ColumnDef, Constraint, Node } from "#sql/parse/ast.ts";
import { formatType } from "#sql/types/type.ts";
import { bindCondition, bindExpression } from "./expression-binding.ts";
import { coerce } from "./coerce.ts";
import { deparse } from "./deparse.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { someExpression } from "./expression-walk.ts";
import { chooseRelationName } from "./new-relation.ts";
import { isOrderable } from "./orderable.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { CheckDefinition, ColumnDefinition, KeyDefinition } from "./statement.ts";
import { bindTypeName } from "./type-name.ts";
import type { TypeRef } from "./expression.ts";

/** A column as a check or key sees it while its table is being made. */
export interface NamedColumn {
  readonly name: string;
  readonly type: TypeRef;
}

/** Names given to constraints so far, so that those made up by rule differ. */
export interface ConstraintNames {
  readonly schema: string;
  readonly table: string;
  readonly taken: Set<string>;
}

/** PostgreSQL cuts names at this many bytes; made-up names give way before the label does. */
const nameBytesMax = 63;

/** `orders_total_cents_check`: table and columns are shortened until the whole fits. */
export function constraintName(table: string, columns: string, label: string): string {
  let first = table;
  let second = columns;
  const overhead = label.length + 1 + (columns === "" ? 0 : 1);
  while (first.length + second.length + overhead > nameBytesMax) {
    if (first.length > second.length) first = first.slice(0, -1);
    else second = second.slice(0, -1);
  }
  return [first, second, label].filter((part) => part !== "").join("_");
}

export interface BoundColumn {
  readonly column: ColumnDefinition;
  readonly primaryKey:
    { readonly name: string | undefined; readonly position: number | undefined } | undefined;
  readonly uniques: readonly { readonly name: string | undefined }[];
  readonly checks: readonly Constraint[];
}

/** A column definition with its own constraints; checks are bound later, when all columns are known. */
export function bindColumnDefinition(
  environment: Environment,
  node: ColumnDef,
  tableName: string,
): BoundColumn {
  const name = node.colname ?? "";
  const position = environment.position(node.location);
  if (node.typeName === undefined) throw notSupported("a column without a type", { position });
  const type = bindTypeName(environment, node.typeName);
  if (type.type.kind === "pseudo") {
    throw new SqlError(
      "invalid_table_definition",
      `column "${name}" has pseudo-type ${formatType(type.type.oid)}`,
      { position },
    );
  }
  let nullability = node.is_not_null === true ? true : undefined;
  let defaultNode: Node | undefined;
  let primaryKey: BoundColumn["primaryKey"];
  const uniques: { readonly name: string | undefined }[] = [];
  const checks: Constraint[] = [];
  for (const item of node.constraints ?? []) {
    if (!("Constraint" in item)) continue;
    const constraint = item.Constraint;
    switch (constraint.contype) {
      case "CONSTR_NOTNULL":
      case "CONSTR_NULL": {
        const saysNotNull = constraint.contype === "CONSTR_NOTNULL";
        if (nullability !== undefined && nullability !== saysNotNull) {
          throw new SqlError(
            "syntax_error",
            `conflicting NULL/NOT NULL declarations for column "${name}" of table "${tableName}"`,
            { position: environment.position(constraint.location) },
          );
        }
        nullability = saysNotNull;
        break;
      }
      case "CONSTR_DEFAULT":
        defaultNode = constraint.raw_expr;
        break;
      case "CONSTR_CHECK":
        checks.push(constraint);
        break;
      case "CONSTR_PRIMARY":
        primaryKey = {
          name: constraint.conname,
          position: environment.position(constraint.location),
        };
        break;
      case "CONSTR_UNIQUE":
        refuseKeyOptions(constraint);
        uniques.push({ name: constraint.conname });
        break;
      default:
        throw unsupportedConstraint(environment, constraint);
    }
  }
  const bound =
    defaultNode === undefined ? undefined : bindDefault(environment, { name, type }, defaultNode);
  return {
    column: {
      name,
      type,
      notNull: nullability === true,
      defaultSql: bound?.sql,
      defaultValue: bound?.value,
    },
    primaryKey,
    uniques,
    checks,
  };
}

export function unsupportedConstraint(environment: Environment, constraint: Constraint): SqlError {
  const position = environment.position(constraint.location);
  switch (constraint.contype) {
    case "CONSTR_FOREIGN":
      return notSupported("FOREIGN KEY", { position });
    case "CONSTR_IDENTITY":
      return notSupported("GENERATED AS IDENTITY", { position });
    case "CONSTR_GENERATED":
      return notSupported("a generated column", { position });
    case "CONSTR_EXCLUSION":
      return notSupported("EXCLUDE", { position });
    default:
      return notSupported("a deferrable constraint", { position });
  }
}

function refuseKeyOptions(constraint: Constraint): void {
  if (constraint.nulls_not_distinct === true) throw notSupported("NULLS NOT DISTINCT");
  if ((constraint.including ?? []).length > 0) throw notSupported("INCLUDE");
  if (constraint.deferrable === true) throw notSupported("a deferrable constraint");
}

/** A DEFAULT: its canonical text, and its value as the column takes it. NULL is no default. */
export function bindDefault(
  environment: Environment,
  column: NamedColumn,
  node: Node,
): { readonly sql: string; readonly value: Expression } | undefined {
  const site = {
    environment,
    scope: new Scope(undefined, undefined),
    clause: clauses.columnDefault,
  };
  const bound = bindExpression(site, node);
  if (bound.kind === "constant" && bound.value === null) return undefined;
  const value = coerce(environment, bound, column.type, "assignment");
  if (value === undefined) {
    throw new SqlError(
      "datatype_mismatch",
      `column "${column.name}" is of type ${formatType(column.type.type.oid)} but default expression is of type ${formatType(bound.result.type.oid)}`,
      { hint: "You will need to rewrite or cast the expression." },
    );
  }
  return { sql: storedText(bound, value), value };
}

/**
 * Implicit casts at the top are left out, since reading the text back adds them again. A
 * literal of unknown type is written as what it was read as.
 */
function storedText(written: Expression, coerced: Expression): string {
  if (written.result.type.name !== "unknown") return deparse(written);
  let shown = coerced;
  while (shown.kind === "call" && shown.syntax === "cast" && shown.args[0] !== undefined) {
    shown = shown.args[0];
  }
  return deparse(shown);
}

/** A CHECK over the columns of one table. */
export function bindCheck(
  environment: Environment,
  constraint: Constraint,
  columns: readonly NamedColumn[],
  names: ConstraintNames,
): { readonly check: CheckDefinition; readonly condition: Expression } {
  const { raw_expr: node } = constraint;
  if (node === undefined) throw notSupported("CHECK without a condition");
  if (constraint.is_no_inherit === true) throw notSupported("NO INHERIT");
  const scope = new Scope(undefined, undefined);
  scope.columns = columns.map((column, slot) => ({
    name: column.name,
    expression: { kind: "column", slot, name: column.name, result: column.type },
    tableId: 0,
    attributeNumber: 0,
    hidden: false,
  }));
  scope.relations = [
    { alias: names.table, schema: names.schema, columns: scope.columns, table: undefined },
  ];
  const condition = bindCondition({ environment, scope, clause: clauses.check }, node, "CHECK");
  const used = columnsOf(condition, columns);
  const [only] = used;
  const name =
    constraint.conname ??
    chooseConstraintName(
      names,
      constraintName(names.table, used.length === 1 ? (only ?? "") : "", "check"),
    );
  takeName(names, name, constraint.conname !== undefined);
  return { check: { name, conditionSql: deparse(condition), columns: used }, condition };
}

function columnsOf(condition: Expression, columns: readonly NamedColumn[]): readonly string[] {
  const slots = new Set<number>();
  someExpression(condition, (one) => {
    if (one.kind === "column") slots.add(one.slot);
    return false;
  });
  return columns.filter((_, slot) => slots.has(slot)).map((column) => column.name);
}

function chooseConstraintName(names: ConstraintNames, base: string): string {
  if (!names.taken.has(base)) return base;
  for (let suffix = 1; ; suffix++) {
    const name = `${base}${suffix}`;
    if (!names.taken.has(name)) return name;
  }
}

function takeName(names: ConstraintNames, name: string, isGiven: boolean): void {
  if (isGiven && names.taken.has(name)) {
    throw new SqlError(
      "duplicate_object",
      `constraint "${name}" for relation "${names.table}" already exists`,
    );
  }
  names.taken.add(name);
}

/** A PRIMARY KEY or UNIQUE constraint over columns of the table. */
export function bindKey(
  environment: Environment,
  request: {
    readonly kind: "primary" | "unique";
    readonly name: string | undefined;
    readonly columnNames: readonly string[];
    readonly columns: readonly NamedColumn[];
    readonly names: ConstraintNames;
    readonly position: number | undefined;
  },
): KeyDefinition {
  const { kind, columnNames, columns, names, position } = request;
  const word = kind === "primary" ? "primary key" : "unique";
  columnNames.forEach((columnName, index) => {
    const column = columns.find((one) => one.name === columnName);
    if (column === undefined) {
      throw new SqlError("undefined_column", `column "${columnName}" named in key does not exist`, {
        position,
      });
    }
    if (columnNames.indexOf(columnName) !== index) {
      throw new SqlError(
        "duplicate_column",
        `column "${columnName}" appears twice in ${word} constraint`,
        { position },
      );
    }
    checkKeyType(column);
  });
  const base =
    kind === "primary"
      ? constraintName(names.table, "", "pkey")
      : constraintName(names.table, columnNames.join("_"), "key");
  const name = request.name ?? chooseRelationName(environment, names.schema, base, names.taken);
  if (
    request.name !== undefined &&
    environment.catalog.snapshot.findRelation(names.schema, name) !== undefined
  ) {
    throw new SqlError("duplicate_table", `relation "${name}" already exists`);
  }
  takeName(names, name, request.name !== undefined);
  return { name, columns: columnNames };
}

/** Keys need an order for their type. */
export function checkKeyType(column: NamedColumn): void {
  const { type } = column.type;
  if (isOrderable(type.oid)) return;
  throw new SqlError(
    "undefined_object",
    `data type ${formatType(type.oid)} has no default operator class for access method "btree"`,
    {
      hint: "You must specify an operator class for the index or define a default operator class for the data type.",
    },
  );
}

/** The columns of a table constraint. */
export function keyColumns(constraint: Constraint): readonly string[] {
  refuseKeyOptions(constraint);
  if (constraint.indexname !== undefined) throw notSupported("a key USING INDEX");
  return nameParts(constraint.keys);
}
