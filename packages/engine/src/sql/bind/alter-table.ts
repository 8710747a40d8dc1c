import { SqlError, notSupported } from "#base/errors.ts";
import { virtualSchemas } from "#catalog/builtin-objects.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { indexesOf } from "#catalog/snapshot.ts";
import type {
  AlterObjectSchemaStmt,
  AlterTableCmd,
  AlterTableStmt,
  RangeVar,
  RenameStmt,
} from "#sql/parse/ast.ts";
import { systemColumns } from "./create-table.ts";
import type { Environment } from "./environment.ts";
import { findRelation, lookupTable, shownName, withoutPosition } from "./lookup-relation.ts";
import type { AlterTableAction, AlterTableStatement } from "./statement.ts";
import {
  bindCheck,
  bindColumnDefinition,
  bindDefault,
  bindKey,
  keyColumns,
  unsupportedConstraint,
} from "./table-definition.ts";
import type { ConstraintNames, NamedColumn } from "./table-definition.ts";
import { typeRef } from "./type-ref.ts";

/** ALTER TABLE with its actions checked against the table as it stands. */
export function bindAlterTable(
  environment: Environment,
  node: AlterTableStmt,
): AlterTableStatement {
  if (node.relation === undefined) throw notSupported("ALTER TABLE without a name");
  if (node.objtype !== undefined && node.objtype !== "OBJECT_TABLE") {
    throw notSupported(`ALTER ${node.objtype.replace("OBJECT_", "").replaceAll("_", " ")}`);
  }
  const found = findTarget(environment, node.relation, node.missing_ok === true);
  if (found.table === undefined) return { kind: "alterTable", actions: [], ...found };
  const { table } = found;
  const notices: string[] = [];
  const names: ConstraintNames = {
    schema: table.schemaName,
    table: table.name,
    taken: new Set([
      ...indexesOf(table).map((index) => index.name),
      ...table.checks.map((check) => check.name),
    ]),
  };
  const actions = (node.cmds ?? []).flatMap((command) =>
    "AlterTableCmd" in command
      ? bindCommand(environment, command.AlterTableCmd, { table, names, notices })
      : [],
  );
  return { kind: "alterTable", table, actions, notices };
}

function findTarget(
  environment: Environment,
  relation: RangeVar,
  missingOk: boolean,
): { readonly table: TableDescriptor | undefined; readonly notices: readonly string[] } {
  if (missingOk && findRelation(environment, relation) === undefined) {
    return {
      table: undefined,
      notices: [`relation "${shownName(relation)}" does not exist, skipping`],
    };
  }
  return { table: lookupTable(environment, withoutPosition(relation)), notices: [] };
}

interface AlterContext {
  readonly table: TableDescriptor;
  readonly names: ConstraintNames;
  readonly notices: string[];
}

function findColumn(table: TableDescriptor, name: string): ColumnDescriptor {
  const column = table.columns.find((one) => one.name === name && !one.hidden);
  if (column !== undefined) return column;
  throw new SqlError(
    "undefined_column",
    `column "${name}" of relation "${table.name}" does not exist`,
  );
}

function namedColumns(table: TableDescriptor): readonly NamedColumn[] {
  return table.columns.map((column) => ({
    name: column.name,
    type: typeRef(column.type.oid, column.type.typmod),
  }));
}

function bindCommand(
  environment: Environment,
  command: AlterTableCmd,
  context: AlterContext,
): readonly AlterTableAction[] {
  const { table } = context;
  const name = command.name ?? "";
  const cascade = command.behavior === "DROP_CASCADE";
  switch (command.subtype) {
    case "AT_AddColumn":
      return bindAddColumn(environment, command, context);
    case "AT_DropColumn": {
      const column = table.columns.find((one) => one.name === name && !one.hidden);
      if (column === undefined && command.missing_ok === true) {
        context.notices.push(
          `column "${name}" of relation "${table.name}" does not exist, skipping`,
        );
        return [];
      }
      return [{ kind: "dropColumn", columnId: findColumn(table, name).id, cascade }];
    }
    case "AT_ColumnDefault": {
      const column = findColumn(table, name);
      const type = typeRef(column.type.oid, column.type.typmod);
      const bound =
        command.def === undefined
          ? undefined
          : bindDefault(environment, { name, type }, command.def);
      return bound === undefined
        ? [{ kind: "dropDefault", columnId: column.id }]
        : [{ kind: "setDefault", columnId: column.id, defaultSql: bound.sql }];
    }
    case "AT_SetNotNull":
      return [{ kind: "setNotNull", columnId: findColumn(table, name).id }];
    case "AT_DropNotNull": {
      const column = findColumn(table, name);
      if (table.primaryIndex.columnIds.includes(column.id)) {
        throw new SqlError("invalid_table_definition", `column "${name}" is in a primary key`);
      }
      return [{ kind: "dropNotNull", columnId: column.id }];
    }
    case "AT_AddConstraint":
      return bindAddConstraint(environment, command, context);
    case "AT_DropConstraint": {
      const exists =
        table.checks.some((check) => check.name === name) ||
        indexesOf(table).some((index) => index.isConstraint && index.name === name);
      if (exists) return [{ kind: "dropConstraint", name, cascade }];
      if (command.missing_ok === true) {
        context.notices.push(
          `constraint "${name}" of relation "${table.name}" does not exist, skipping`,
        );
        return [];
      }
      throw new SqlError(
        "undefined_object",
        `constraint "${name}" of relation "${table.name}" does not exist`,
      );
    }
    case "AT_ChangeOwner":
      return [{ kind: "setOwner", owner: command.newowner?.rolename ?? "" }];
    case "AT_AlterColumnType":
      throw notSupported("ALTER COLUMN TYPE");
    default:
      throw notSupported(`ALTER TABLE ${actionName(command.subtype)}`);
  }
}

function actionName(subtype: string | undefined): string {
  return (subtype ?? "")
    .replace("AT_", "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();
}

function bindAddColumn(
  environment: Environment,
  command: AlterTableCmd,
  context: AlterContext,
): readonly AlterTableAction[] {
  const { table, names, notices } = context;
  if (command.def === undefined || !("ColumnDef" in command.def)) {
    throw notSupported("ADD COLUMN without a definition");
  }
  const bound = bindColumnDefinition(environment, command.def.ColumnDef, table.name);
  const { column } = bound;
  if (table.columns.some((one) => one.name === column.name)) {
    if (command.missing_ok === true) {
      notices.push(`column "${column.name}" of relation "${table.name}" already exists, skipping`);
      return [];
    }
    throw new SqlError(
      "duplicate_column",
      `column "${column.name}" of relation "${table.name}" already exists`,
    );
  }
  if (systemColumns.has(column.name)) {
    throw new SqlError(
      "duplicate_column",
      `column name "${column.name}" conflicts with a system column name`,
    );
  }
  const columns = [...namedColumns(table), column];
  const key = (kind: "primary" | "unique", name: string | undefined) =>
    bindKey(environment, {
      kind,
      name,
      columnNames: [column.name],
      columns,
      names,
      position: undefined,
    });
  return [
    {
      kind: "addColumn",
      column: bound.primaryKey === undefined ? column : { ...column, notNull: true },
      unique: bound.uniques[0] === undefined ? undefined : key("unique", bound.uniques[0].name),
      primaryKey:
        bound.primaryKey === undefined ? undefined : key("primary", bound.primaryKey.name),
      checks: bound.checks.map((check) => bindCheck(environment, check, columns, names).check),
    },
  ];
}

function bindAddConstraint(
  environment: Environment,
  command: AlterTableCmd,
  context: AlterContext,
): readonly AlterTableAction[] {
  const { table, names } = context;
  if (command.def === undefined || !("Constraint" in command.def)) {
    throw notSupported("ADD CONSTRAINT without a definition");
  }
  const constraint = command.def.Constraint;
  const columns = namedColumns(table);
  switch (constraint.contype) {
    case "CONSTR_CHECK": {
      if (constraint.skip_validation === true) throw notSupported("NOT VALID");
      return [{ kind: "addCheck", ...bindCheck(environment, constraint, columns, names) }];
    }
    case "CONSTR_UNIQUE":
    case "CONSTR_PRIMARY": {
      const isPrimary = constraint.contype === "CONSTR_PRIMARY";
      const hasKey = !table.columns.some((column) => column.hidden);
      if (isPrimary && hasKey) {
        throw new SqlError(
          "invalid_table_definition",
          `multiple primary keys for table "${table.name}" are not allowed`,
        );
      }
      const key = bindKey(environment, {
        kind: isPrimary ? "primary" : "unique",
        name: constraint.conname,
        columnNames: keyColumns(constraint),
        columns,
        names,
        position: environment.position(constraint.location),
      });
      return [{ kind: isPrimary ? "addPrimaryKey" : "addUnique", key }];
    }
    default:
      throw unsupportedConstraint(environment, constraint);
  }
}

/** ALTER TABLE … RENAME [COLUMN | CONSTRAINT] … TO …. */
export function bindRename(environment: Environment, node: RenameStmt): AlterTableStatement {
  const to = node.newname ?? "";
  const from = node.subname ?? "";
  const isRenameable =
    node.renameType === "OBJECT_TABLE" ||
    node.renameType === "OBJECT_TABCONSTRAINT" ||
    (node.renameType === "OBJECT_COLUMN" && node.relationType === "OBJECT_TABLE");
  if (!isRenameable || node.relation === undefined) {
    const word = (node.renameType ?? "").replace("OBJECT_", "").replaceAll("_", " ");
    throw notSupported(`ALTER ${word} RENAME`);
  }
  const found = findTarget(environment, node.relation, node.missing_ok === true);
  if (found.table === undefined) return { kind: "alterTable", actions: [], ...found };
  const { table } = found;
  const action = (): AlterTableAction => {
    switch (node.renameType) {
      case "OBJECT_TABLE":
        refuseTaken(environment, table.schemaName, to);
        return { kind: "renameTable", name: to };
      case "OBJECT_TABCONSTRAINT":
        return { kind: "renameConstraint", from, to };
      default: {
        const column = table.columns.find((one) => one.name === from && !one.hidden);
        if (column === undefined) {
          throw new SqlError("undefined_column", `column "${from}" does not exist`);
        }
        if (table.columns.some((one) => one.name === to)) {
          throw new SqlError(
            "duplicate_column",
            `column "${to}" of relation "${table.name}" already exists`,
          );
        }
        return { kind: "renameColumn", columnId: column.id, name: to };
      }
    }
  };
  return { kind: "alterTable", table, actions: [action()], notices: [] };
}

function refuseTaken(environment: Environment, schema: string, name: string): void {
  if (environment.catalog.snapshot.findRelation(schema, name) !== undefined) {
    throw new SqlError("duplicate_table", `relation "${name}" already exists`);
  }
}

/** ALTER TABLE … SET SCHEMA …. */
export function bindSetSchema(
  environment: Environment,
  node: AlterObjectSchemaStmt,
): AlterTableStatement {
  if (node.objectType !== "OBJECT_TABLE" || node.relation === undefined) {
    throw notSupported("SET SCHEMA of this object");
  }
  const schema = node.newschema ?? "";
  const found = findTarget(environment, node.relation, node.missing_ok === true);
  if (found.table === undefined) return { kind: "alterTable", actions: [], ...found };
  if (environment.catalog.snapshot.findSchema(schema) === undefined) {
    throw new SqlError("invalid_schema_name", `schema "${schema}" does not exist`);
  }
  if (virtualSchemas.some((one) => one.name === schema)) {
    throw new SqlError(
      "insufficient_privilege",
      `permission denied to create in schema "${schema}"`,
    );
  }
  const isThere = schema === found.table.schemaName;
  if (!isThere) refuseTaken(environment, schema, found.table.name);
  return {
    kind: "alterTable",
    table: found.table,
    actions: isThere ? [] : [{ kind: "setSchema", schema }],
    notices: [],
  };
}
