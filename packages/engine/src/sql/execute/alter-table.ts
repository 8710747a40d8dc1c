import { assert, unreachable } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { hasHiddenKey, indexesOf } from "#catalog/snapshot.ts";
import type {
  AlterTableAction,
  AlterTableStatement,
  ColumnDefinition,
} from "#sql/bind/statement.ts";
import type { Expression } from "#sql/bind/expression.ts";
import type { TableCheck } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { compileScalar } from "./compile-plan.ts";
import { Frame } from "./frame.ts";
import { evaluateOne } from "./operator.ts";
import { encodeMissing } from "./row-codec.ts";
import { putWithNewIndex, takeOids } from "./schema-change.ts";
import type { SchemaChangeOptions } from "./schema-change.ts";
import {
  changeColumn,
  renameInExpression,
  withCheck,
  withColumn,
  withNewIndexIds,
  withPrimaryKey,
  withUnique,
  withoutColumn,
  withoutIndex,
} from "./table-descriptors.ts";
import { containsNulls, hasRows, rewriteTable, tableRows } from "./table-rewrite.ts";
import { quoteIdentifier } from "#sql/types/object-names.ts";

export interface AlterTableOptions extends SchemaChangeOptions {
  /** The checks of a table version, bound. */
  readonly bindChecks: (table: TableDescriptor) => readonly TableCheck[];
}

/** Runs the actions in order, each on what the one before left. */
export async function alterTable(
  statement: AlterTableStatement,
  options: AlterTableOptions,
): Promise<void> {
  for (const message of statement.notices) options.notice(message);
  let { table } = statement;
  if (table === undefined) return;
  for (const action of statement.actions) table = await apply(table, action, options);
}

async function apply(
  table: TableDescriptor,
  action: AlterTableAction,
  options: AlterTableOptions,
): Promise<TableDescriptor> {
  const { catalog } = options.run;
  switch (action.kind) {
    case "addColumn":
      return addColumn(table, action, options);
    case "dropColumn":
      return dropColumn(table, action.columnId, options);
    case "renameColumn":
      return catalog.putTable(renameColumn(table, action.columnId, action.name));
    case "renameTable":
      return catalog.putTable({ ...table, name: action.name });
    case "renameConstraint":
      return catalog.putTable(renameConstraint(table, action.from, action.to));
    case "setDefault":
      return catalog.putTable(
        changeColumn(table, action.columnId, { defaultSql: action.defaultSql }),
      );
    case "dropDefault":
      return catalog.putTable(changeColumn(table, action.columnId, { defaultSql: undefined }));
    case "setNotNull": {
      const column = requireColumn(table, action.columnId);
      await requireNoNulls(table, column, options);
      return catalog.putTable(changeColumn(table, column.id, { notNull: true }));
    }
    case "dropNotNull":
      return catalog.putTable(changeColumn(table, action.columnId, { notNull: false }));
    case "addUnique": {
      const nextOid = await takeOids(options.run, 2);
      return putWithNewIndex(withUnique(table, action.key, nextOid), options);
    }
    case "addPrimaryKey": {
      const nextOid = await takeOids(options.run, 2);
      return rewrite(table, withPrimaryKey(table, action.key, nextOid), dropLast, options);
    }
    case "addCheck": {
      const nextOid = await takeOids(options.run, 1);
      const changed = withCheck(table, action.check, nextOid);
      await requireCheck(table, action.check.name, action.condition, options);
      return catalog.putTable(changed);
    }
    case "dropConstraint":
      return dropConstraint(table, action.name, options);
    case "setSchema": {
      const schema = catalog.snapshot.findSchema(action.schema);
      assert(schema !== undefined, `schema ${action.schema} was not checked by the binder`);
      return catalog.putTable({ ...table, schemaId: schema.id, schemaName: schema.name });
    }
    case "setOwner":
      return catalog.putTable({ ...table, owner: action.owner });
    default:
      return unreachable(action);
  }
}

function requireColumn(table: TableDescriptor, columnId: number): ColumnDescriptor {
  const column = table.columns.find((one) => one.id === columnId);
  assert(column !== undefined, `table ${table.name} has no column ${columnId}`);
  return column;
}

/** A row without the hidden row id, which stands last. */
function dropLast(row: Row): Row {
  return row.slice(0, -1);
}

async function rewrite(
  from: TableDescriptor,
  to: TableDescriptor,
  convert: (row: Row) => Row,
  options: SchemaChangeOptions,
): Promise<TableDescriptor> {
  const table = options.run.catalog.putTable(to);
  await rewriteTable(from, table, convert, options.run, options.rewriteRowsMax);
  return table;
}

async function addColumn(
  before: TableDescriptor,
  action: AlterTableAction & { readonly kind: "addColumn" },
  options: AlterTableOptions,
): Promise<TableDescriptor> {
  const { run } = options;
  const { column } = action;
  const frame = new Frame(run, undefined, []);
  const value = column.defaultValue === undefined ? undefined : compileScalar(column.defaultValue);
  let table: TableDescriptor;
  if (column.defaultValue !== undefined && value !== undefined && isVolatile(column.defaultValue)) {
    // Every row gets a value of its own.
    const filled = withNewIndexIds(withColumn(before, column, undefined));
    const isHidden = hasHiddenKey(before);
    table = await rewrite(
      before,
      filled,
      (row) => {
        const added = value.evaluate([], frame);
        return isHidden ? [...row.slice(0, -1), added, ...row.slice(-1)] : [...row, added];
      },
      options,
    );
    if (column.notNull) await requireNoNulls(table, lastVisible(table), options);
  } else {
    const missing: Datum = value === undefined ? null : await evaluateOne(value, [], frame);
    if (missing === null && column.notNull && (await hasRows(before, run))) {
      throw containsNulls(before, column.name);
    }
    table = run.catalog.putTable(
      withColumn(before, column, encodeMissing(column.type.type.oid, missing)),
    );
  }
  if (action.unique !== undefined) {
    const nextOid = await takeOids(run, 2);
    table = await putWithNewIndex(withUnique(table, action.unique, nextOid), options);
  }
  if (action.primaryKey !== undefined) {
    const nextOid = await takeOids(run, 2);
    if (!hasHiddenKey(table)) {
      throw new SqlError(
        "invalid_table_definition",
        `multiple primary keys for table "${table.name}" are not allowed`,
      );
    }
    table = await rewrite(
      table,
      withPrimaryKey(table, action.primaryKey, nextOid),
      dropLast,
      options,
    );
  }
  return addChecks(table, action.checks, options);
}

async function addChecks(
  before: TableDescriptor,
  checks: (AlterTableAction & { readonly kind: "addColumn" })["checks"],
  options: AlterTableOptions,
): Promise<TableDescriptor> {
  let table = before;
  for (const check of checks) {
    const nextOid = await takeOids(options.run, 1);
    table = options.run.catalog.putTable(withCheck(table, check, nextOid));
    const bound = options.bindChecks(table).find((one) => one.name === check.name);
    assert(bound !== undefined, `check ${check.name} was just added`);
    await requireCheck(table, check.name, bound.condition, options);
  }
  return table;
}

function lastVisible(table: TableDescriptor): ColumnDescriptor {
  const column = table.columns.filter((one) => !one.hidden).at(-1);
  assert(column !== undefined, "a column was added");
  return column;
}

/** True when each row must get its own value. */
function isVolatile(expression: ColumnDefinition["defaultValue"]): boolean {
  if (expression === undefined) return false;
  if (expression.kind === "call") {
    return expression.fn.volatility === "volatile" || expression.args.some(isVolatile);
  }
  return subexpressions(expression).some(isVolatile);
}

/** Expressions directly inside one; a default has no columns and no subqueries. */
function subexpressions(expression: Expression): readonly Expression[] {
  return Object.values(expression).flatMap((member: unknown) =>
    (Array.isArray(member) ? (member as unknown[]) : [member]).filter(isExpression),
  );
}

function isExpression(value: unknown): value is Expression {
  return typeof value === "object" && value !== null && "kind" in value && "result" in value;
}

/** Indexes and checks on the column go with it; a primary key on it gives way to the hidden one. */
async function dropColumn(
  before: TableDescriptor,
  columnId: number,
  options: SchemaChangeOptions,
): Promise<TableDescriptor> {
  const { catalog } = options.run;
  let table = before;
  if (table.primaryIndex.columnIds.includes(columnId)) table = await dropPrimaryKey(table, options);
  for (const index of table.secondaryIndexes) {
    if (index.columnIds.includes(columnId)) catalog.addGarbage(table.id, index.id);
  }
  return catalog.putTable(withoutColumn(table, columnId));
}

async function dropPrimaryKey(
  table: TableDescriptor,
  options: SchemaChangeOptions,
): Promise<TableDescriptor> {
  const nextOid = await takeOids(options.run, 2);
  return rewrite(
    table,
    withPrimaryKey(table, undefined, nextOid),
    (row) => [...row, options.run.rowIds.next()],
    options,
  );
}

function renameColumn(table: TableDescriptor, columnId: number, name: string): TableDescriptor {
  const from = requireColumn(table, columnId).name;
  const renamed = changeColumn(table, columnId, { name });
  return {
    ...renamed,
    checks: renamed.checks.map((check) =>
      check.columnIds.includes(columnId)
        ? {
            ...check,
            conditionSql: renameInExpression(check.conditionSql, from, quoteIdentifier(name)),
          }
        : check,
    ),
  };
}

function renameConstraint(table: TableDescriptor, from: string, to: string): TableDescriptor {
  const isKnown =
    table.checks.some((check) => check.name === from) ||
    indexesOf(table).some((index) => index.isConstraint && index.name === from);
  if (!isKnown) {
    throw new SqlError(
      "undefined_object",
      `constraint "${from}" for table "${table.name}" does not exist`,
    );
  }
  const rename = <Named extends { readonly name: string }>(one: Named): Named =>
    one.name === from ? { ...one, name: to } : one;
  return {
    ...table,
    checks: table.checks.map(rename),
    primaryIndex: rename(table.primaryIndex),
    secondaryIndexes: table.secondaryIndexes.map(rename),
  };
}

async function dropConstraint(
  table: TableDescriptor,
  name: string,
  options: SchemaChangeOptions,
): Promise<TableDescriptor> {
  const { catalog } = options.run;
  if (table.checks.some((check) => check.name === name)) {
    return catalog.putTable({
      ...table,
      checks: table.checks.filter((check) => check.name !== name),
    });
  }
  if (table.primaryIndex.name === name) return dropPrimaryKey(table, options);
  const index = table.secondaryIndexes.find((one) => one.isConstraint && one.name === name);
  assert(index !== undefined, `constraint ${name} was not checked by the binder`);
  catalog.addGarbage(table.id, index.id);
  return catalog.putTable(withoutIndex(table, index.id));
}

async function requireNoNulls(
  table: TableDescriptor,
  column: ColumnDescriptor,
  options: SchemaChangeOptions,
): Promise<void> {
  const slot = table.columns.findIndex((one) => one.id === column.id);
  for await (const rows of tableRows(table, options.run)) {
    if (rows.some(({ row }) => (row[slot] ?? null) === null)) {
      throw containsNulls(table, column.name);
    }
  }
}

async function requireCheck(
  table: TableDescriptor,
  name: string,
  condition: Expression,
  options: SchemaChangeOptions,
): Promise<void> {
  const compiled = compileScalar(condition);
  const frame = new Frame(options.run, undefined, []);
  for await (const rows of tableRows(table, options.run)) {
    for (const { row } of rows) {
      if ((await evaluateOne(compiled, row, frame)) !== false) continue;
      throw new SqlError(
        "check_violation",
        `check constraint "${name}" of relation "${table.name}" is violated by some row`,
        { schema: table.schemaName, table: table.name, constraint: name },
      );
    }
  }
}
