import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import { roleName } from "#catalog/builtin-objects.ts";
import type {
  CommentStatement,
  CreateIndexStatement,
  CreateSchemaStatement,
  CreateTableAsStatement,
  CreateTableStatement,
  DropIndexStatement,
  DropSchemaStatement,
  DropTableStatement,
  TruncateStatement,
} from "#sql/bind/statement.ts";
import { compilePlan } from "./compile-plan.ts";
import { Frame } from "./frame.ts";
import type { StatementRun } from "./statement-run.ts";
import {
  changeColumn,
  newTable,
  oidsNeeded,
  withIndex,
  withNewIndexIds,
  withoutIndex,
} from "./table-descriptors.ts";
import type { OidSource, TableDefinition } from "./table-descriptors.ts";
import { fillIndex } from "./table-rewrite.ts";
import { TableWriter, writeOverheadBytes } from "./table-writer.ts";

/** What a schema change may do, and whom it tells of what it left out. */
export interface SchemaChangeOptions {
  readonly run: StatementRun;
  readonly rewriteRowsMax: number;
  readonly notice: (message: string, condition?: "duplicate_table" | "duplicate_schema") => void;
}

/** Oids, allocated in one go. */
export async function takeOids(run: StatementRun, count: number): Promise<OidSource> {
  let next = await run.catalog.allocateIds(count);
  return () => next++;
}

export async function createTable(
  statement: CreateTableStatement | CreateTableAsStatement,
  options: SchemaChangeOptions,
): Promise<TableDescriptor | undefined> {
  const { run } = options;
  if (statement.alreadyExists) {
    options.notice(`relation "${statement.name}" already exists, skipping`, "duplicate_table");
    return undefined;
  }
  const schema = run.catalog.snapshot.findSchema(statement.schema);
  assert(schema !== undefined, `schema ${statement.schema} was not checked by the binder`);
  const definition: TableDefinition =
    statement.kind === "createTable"
      ? { ...statement, schema }
      : {
          schema,
          name: statement.name,
          columns: statement.columns,
          primaryKey: undefined,
          uniques: [],
          checks: [],
        };
  const nextOid = await takeOids(run, oidsNeeded(definition));
  return run.catalog.putTable(newTable(definition, nextOid));
}

/** CREATE TABLE … AS: the table, then the rows of its query. Returns how many. */
export async function createTableAs(
  statement: CreateTableAsStatement,
  options: SchemaChangeOptions,
): Promise<number> {
  const table = await createTable(statement, options);
  if (table === undefined || !statement.withData) return 0;
  const { run } = options;
  const writer = new TableWriter(table, [], (expression) => {
    throw new Error(`a new table has no ${expression.kind} to check`);
  });
  let count = 0;
  for await (const batch of compilePlan(statement.plan).run(new Frame(run, undefined, []))) {
    for (const source of batch) {
      const { primary } = writer.encode([...source, run.rowIds.next()]);
      run.writes.put(primary, primary.value);
      run.memory.grow(primary.key.length + primary.value.length + writeOverheadBytes);
    }
    count += batch.length;
    const pause = run.pacer.pace();
    if (pause !== undefined) await pause;
  }
  run.writes.flush(run.transaction);
  return count;
}

export function dropTables(statement: DropTableStatement, options: SchemaChangeOptions): void {
  for (const message of statement.notices) options.notice(message);
  for (const table of statement.tables) options.run.catalog.removeTable(table);
}

export async function createSchema(
  statement: CreateSchemaStatement,
  options: SchemaChangeOptions,
): Promise<void> {
  if (statement.alreadyExists) {
    options.notice(`schema "${statement.name}" already exists, skipping`, "duplicate_schema");
    return;
  }
  const nextOid = await takeOids(options.run, 1);
  options.run.catalog.putSchema({
    id: nextOid(),
    name: statement.name,
    owner: roleName,
    comment: undefined,
  });
}

export function dropSchemas(statement: DropSchemaStatement, options: SchemaChangeOptions): void {
  const { catalog } = options.run;
  for (const message of statement.notices) options.notice(message);
  for (const name of statement.names) {
    const schema = catalog.snapshot.findSchema(name);
    assert(schema !== undefined, `schema ${name} was not checked by the binder`);
    const tables = catalog.snapshot.tables.filter((table) => table.schemaId === schema.id);
    if (tables.length > 0 && !statement.cascade) {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop schema ${name} because other objects depend on it`,
        {
          detail: tables
            .map((table) => `table ${name}.${table.name} depends on schema ${name}`)
            .join("\n"),
          hint: "Use DROP ... CASCADE to drop the dependent objects too.",
        },
      );
    }
    for (const table of tables) catalog.removeTable(table);
    if (tables.length === 1) options.notice(`drop cascades to table ${name}.${tables[0]?.name}`);
    else if (tables.length > 1) options.notice(`drop cascades to ${tables.length} other objects`);
    catalog.removeSchema(schema);
  }
}

export async function createIndex(
  statement: CreateIndexStatement,
  options: SchemaChangeOptions,
): Promise<void> {
  const { run } = options;
  if (statement.alreadyExists) {
    options.notice(`relation "${statement.name}" already exists, skipping`, "duplicate_table");
    return;
  }
  const nextOid = await takeOids(run, 1);
  const changed = withIndex(statement.table, {
    oid: nextOid(),
    constraintOid: 0,
    name: statement.name,
    unique: statement.unique,
    columnIds: statement.columnIds,
    columnOrders: statement.columnOrders,
    isConstraint: false,
    isPrimary: false,
  });
  await putWithNewIndex(changed, options);
}

/** Stores a version whose last index is new, and writes that index's entries. */
export async function putWithNewIndex(
  changed: TableDescriptor,
  options: SchemaChangeOptions,
): Promise<TableDescriptor> {
  const table = options.run.catalog.putTable(changed);
  const index = table.secondaryIndexes.at(-1);
  assert(index !== undefined, "an index was added");
  await fillIndex(table, index, options.run, options.rewriteRowsMax);
  return table;
}

export function dropIndexes(statement: DropIndexStatement, options: SchemaChangeOptions): void {
  const { catalog } = options.run;
  for (const message of statement.notices) options.notice(message);
  for (const { table, index } of statement.indexes) {
    if (index.isConstraint) {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop index ${index.name} because constraint ${index.name} on table ${table.name} requires it`,
        { hint: `You can drop constraint ${index.name} on table ${table.name} instead.` },
      );
    }
    // One statement may drop several indexes of one table.
    const current = catalog.snapshot.findTableById(table.id) ?? table;
    catalog.putTable(withoutIndex(current, index.id));
    catalog.addGarbage(table.id, index.id);
  }
}

/** The rows stay behind under index ids that nothing names any more. */
export function truncate(statement: TruncateStatement, options: SchemaChangeOptions): void {
  const { catalog } = options.run;
  for (const table of statement.tables) {
    catalog.putTable(withNewIndexIds(table));
    catalog.addGarbage(table.id, table.primaryIndex.id);
    for (const index of table.secondaryIndexes) catalog.addGarbage(table.id, index.id);
  }
}

export function comment(statement: CommentStatement, options: SchemaChangeOptions): void {
  const { catalog } = options.run;
  const { target, text } = statement;
  switch (target.kind) {
    case "table":
      catalog.putTable({ ...target.table, comment: text });
      return;
    case "column":
      catalog.putTable(changeColumn(target.table, target.columnId, { comment: text }));
      return;
    case "schema": {
      const schema = catalog.snapshot.findSchema(target.name);
      assert(schema !== undefined, `schema ${target.name} was not checked by the binder`);
      catalog.putSchema({ ...schema, comment: text });
    }
  }
}
