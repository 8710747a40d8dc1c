import { databaseName, roleName } from "#catalog/builtin-objects.ts";
import type { ColumnDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { functionsWithOids } from "#sql/execute/function-oids.ts";
import { oids } from "#sql/types/builtin-types.ts";
import {
  findType,
  formatType,
  intervalTypmod,
  lengthOfTypmod,
  numericTypmod,
} from "#sql/types/type.ts";
import { constraints } from "./definition-text.ts";
import { functionResultOid } from "./type-rows.ts";
import { visibleColumns } from "./relation-rows.ts";
import type { NamedRow, RelationRows, RowSource } from "./virtual-relation.ts";

function yesNo(value: boolean): string {
  return value ? "YES" : "NO";
}

function* schemataRows(source: RowSource): Generator<NamedRow> {
  for (const schema of source.snapshot.schemas) {
    yield {
      catalog_name: databaseName,
      schema_name: schema.name,
      schema_owner: schema.owner,
    };
  }
}

function* tableRows(source: RowSource): Generator<NamedRow> {
  const row = (schema: string, name: string, isView: boolean): NamedRow => ({
    table_catalog: databaseName,
    table_schema: schema,
    table_name: name,
    table_type: isView ? "VIEW" : "BASE TABLE",
    is_insertable_into: yesNo(!isView),
    is_typed: "NO",
  });
  for (const table of source.tables) yield row(table.schemaName, table.name, false);
  for (const table of source.snapshot.virtualTables.all) {
    yield row(table.schemaName, table.name, table.isView);
  }
}

/** Bits and digits of exact and approximate numbers, as the standard counts them. */
const numberFacts: ReadonlyMap<
  number,
  readonly [precision: number, radix: number, scale: number | null]
> = new Map([
  [oids.int2, [16, 2, 0]],
  [oids.int4, [32, 2, 0]],
  [oids.int8, [64, 2, 0]],
  [oids.float4, [24, 2, null]],
  [oids.float8, [53, 2, null]],
]);

const timeTypes: ReadonlySet<number> = new Set([oids.time, oids.timestamp, oids.timestamptz]);
const characterTypes: ReadonlySet<number> = new Set([oids.varchar, oids.bpchar]);
const octetsPerCharacter = 4;
const textOctetsMax = 1_073_741_824;

/** What the columns of `columns` and `parameters` that describe a type say. */
function typeFacts(typeOid: number, typmod: number): NamedRow {
  const type = findType(typeOid);
  const isArray = type?.category === "A" && type.name.startsWith("_");
  const numbers = numberFacts.get(typeOid);
  const decimal = typeOid === oids.numeric ? numericTypmod(typmod) : undefined;
  const length = characterTypes.has(typeOid) ? lengthOfTypmod(typmod) : undefined;
  const octets =
    length !== undefined
      ? length * octetsPerCharacter
      : characterTypes.has(typeOid) || typeOid === oids.text
        ? textOctetsMax
        : null;
  return {
    data_type: isArray ? "ARRAY" : formatType(typeOid),
    character_maximum_length: length ?? null,
    character_octet_length: octets,
    numeric_precision: numbers?.[0] ?? decimal?.precision ?? null,
    numeric_precision_radix: numbers?.[1] ?? (typeOid === oids.numeric ? 10 : null),
    numeric_scale: numbers?.[2] ?? decimal?.scale ?? null,
    datetime_precision: datetimePrecision(typeOid, typmod),
    udt_catalog: databaseName,
    udt_schema: "pg_catalog",
    udt_name: type?.name ?? null,
  };
}

function datetimePrecision(typeOid: number, typmod: number): number | null {
  if (typeOid === oids.date) return 0;
  if (timeTypes.has(typeOid)) return typmod < 0 ? 6 : typmod;
  if (typeOid === oids.interval) return intervalTypmod(typmod)?.precision ?? 6;
  return null;
}

function columnRow(
  schema: string,
  table: string,
  position: number,
  column: Pick<ColumnDescriptor, "name" | "type" | "notNull" | "defaultSql">,
): NamedRow {
  return {
    table_catalog: databaseName,
    table_schema: schema,
    table_name: table,
    column_name: column.name,
    ordinal_position: position,
    column_default: column.defaultSql ?? null,
    is_nullable: yesNo(!column.notNull),
    ...typeFacts(column.type.oid, column.type.typmod),
    dtd_identifier: String(position),
    is_self_referencing: "NO",
    is_identity: "NO",
    identity_cycle: "NO",
    is_generated: "NEVER",
    is_updatable: "YES",
  };
}

function* columnRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const column of visibleColumns(table)) {
      yield columnRow(table.schemaName, table.name, column.id, column);
    }
  }
  for (const table of source.snapshot.virtualTables.all) {
    for (const [at, column] of table.columns.entries()) {
      yield columnRow(table.schemaName, table.name, at + 1, { ...column, defaultSql: undefined });
    }
  }
}

const constraintWords = { key: "UNIQUE", check: "CHECK" } as const;

function constraintName(table: TableDescriptor, name: string): NamedRow {
  return {
    constraint_catalog: databaseName,
    constraint_schema: table.schemaName,
    constraint_name: name,
  };
}

function tableName(table: TableDescriptor): NamedRow {
  return {
    table_catalog: databaseName,
    table_schema: table.schemaName,
    table_name: table.name,
  };
}

/** NOT NULL counts as a check in the standard, with a name made of oids. */
function notNullName(table: TableDescriptor, column: ColumnDescriptor): string {
  return `${table.schemaId}_${table.id}_${column.id}_not_null`;
}

function* tableConstraintRows(source: RowSource): Generator<NamedRow> {
  const common = { is_deferrable: "NO", initially_deferred: "NO", enforced: "YES" };
  for (const constraint of constraints(source.snapshot)) {
    const { table } = constraint;
    const isKey = constraint.kind === "key";
    const isPrimary = isKey && constraint.index.isPrimary;
    yield {
      ...constraintName(table, isKey ? constraint.index.name : constraint.check.name),
      ...tableName(table),
      ...common,
      constraint_type: isPrimary ? "PRIMARY KEY" : constraintWords[constraint.kind],
      nulls_distinct: isKey && !isPrimary ? "YES" : null,
    };
  }
  for (const table of source.tables) {
    for (const column of visibleColumns(table)) {
      if (!column.notNull) continue;
      yield {
        ...constraintName(table, notNullName(table, column)),
        ...tableName(table),
        ...common,
        constraint_type: "CHECK",
      };
    }
  }
}

function* keyColumnRows(source: RowSource): Generator<NamedRow> {
  for (const constraint of constraints(source.snapshot)) {
    if (constraint.kind !== "key") continue;
    const { table, index } = constraint;
    for (const [at, id] of index.columnIds.entries()) {
      const column = table.columns.find((one) => one.id === id);
      yield {
        ...constraintName(table, index.name),
        ...tableName(table),
        column_name: column?.name ?? null,
        ordinal_position: at + 1,
      };
    }
  }
}

function* constraintColumnRows(source: RowSource): Generator<NamedRow> {
  for (const constraint of constraints(source.snapshot)) {
    const { table } = constraint;
    const isKey = constraint.kind === "key";
    const ids = isKey ? constraint.index.columnIds : constraint.check.columnIds;
    for (const id of ids) {
      yield {
        ...constraintName(table, isKey ? constraint.index.name : constraint.check.name),
        ...tableName(table),
        column_name: table.columns.find((one) => one.id === id)?.name ?? null,
      };
    }
  }
}

function* checkRows(source: RowSource): Generator<NamedRow> {
  for (const constraint of constraints(source.snapshot)) {
    if (constraint.kind !== "check") continue;
    yield {
      ...constraintName(constraint.table, constraint.check.name),
      check_clause: `(${constraint.check.conditionSql})`,
    };
  }
  for (const table of source.tables) {
    for (const column of visibleColumns(table)) {
      if (!column.notNull) continue;
      yield {
        ...constraintName(table, notNullName(table, column)),
        check_clause: `${column.name} IS NOT NULL`,
      };
    }
  }
}

function* viewRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.snapshot.virtualTables.all) {
    if (!table.isView) continue;
    yield {
      table_catalog: databaseName,
      table_schema: table.schemaName,
      table_name: table.name,
      check_option: "NONE",
      is_updatable: "NO",
      is_insertable_into: "NO",
      is_trigger_updatable: "NO",
      is_trigger_deletable: "NO",
      is_trigger_insertable_into: "NO",
    };
  }
}

function* routineRows(source: RowSource): Generator<NamedRow> {
  for (const [oid, fn] of functionsWithOids(source.context.server.functions)) {
    if (fn.kind === "aggregate" || fn.kind === "window") continue;
    const specific = `${fn.name}_${oid}`;
    const facts = typeFacts(functionResultOid(fn), -1);
    yield {
      specific_catalog: databaseName,
      specific_schema: "pg_catalog",
      specific_name: specific,
      routine_catalog: databaseName,
      routine_schema: "pg_catalog",
      routine_name: fn.name,
      routine_type: "FUNCTION",
      data_type: facts["data_type"] ?? null,
      type_udt_catalog: databaseName,
      type_udt_schema: "pg_catalog",
      type_udt_name: facts["udt_name"] ?? null,
      routine_body: "EXTERNAL",
      external_language: "INTERNAL",
      is_deterministic: yesNo("volatility" in fn && fn.volatility === "immutable"),
    };
  }
}

function* privilegeRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const privilege of ["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE"]) {
      yield {
        grantor: roleName,
        grantee: roleName,
        ...tableName(table),
        privilege_type: privilege,
        is_grantable: "YES",
        with_hierarchy: yesNo(privilege === "SELECT"),
      };
    }
  }
}

function* enabledRoleRows(): Generator<NamedRow> {
  yield { role_name: roleName };
}

function* catalogNameRows(): Generator<NamedRow> {
  yield { catalog_name: databaseName };
}

export const informationSchemaRows: RelationRows = {
  schemata: schemataRows,
  tables: tableRows,
  columns: columnRows,
  table_constraints: tableConstraintRows,
  key_column_usage: keyColumnRows,
  constraint_column_usage: constraintColumnRows,
  check_constraints: checkRows,
  views: viewRows,
  routines: routineRows,
  table_privileges: privilegeRows,
  role_table_grants: privilegeRows,
  enabled_roles: enabledRoleRows,
  information_schema_catalog_name: catalogNameRows,
};
