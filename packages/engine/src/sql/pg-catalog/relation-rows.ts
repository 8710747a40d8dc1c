import { builtinOids } from "#catalog/builtin-objects.ts";
import type { ColumnDescriptor, IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { indexesOf, isNamedIndex } from "#catalog/snapshot.ts";
import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { findType } from "#sql/types/type.ts";
import { constraints, indexDefinition } from "./definition-text.ts";
import { arrayValue, vector } from "./virtual-relation.ts";
import type { NamedRow, RelationRows, RowSource } from "./virtual-relation.ts";

/** Oids of the catalogs that other catalogs refer to. */
export const catalogOids = {
  pgClass: 1259,
  pgConstraint: 2606,
  pgNamespace: 2615,
  pgType: 1247,
  pgProc: 1255,
  pgAttrdef: 2604,
  pgDatabase: 1262,
} as const;

export function visibleColumns(table: TableDescriptor): readonly ColumnDescriptor[] {
  return table.columns.filter((column) => !column.hidden);
}

export function namedIndexes(table: TableDescriptor): readonly IndexDescriptor[] {
  return indexesOf(table).filter((index) => isNamedIndex(table, index));
}

function schemaId(source: RowSource, name: string): number {
  return source.snapshot.findSchema(name)?.id ?? 0;
}

/** A default is found by its table and column; its oid only has to be its own. */
function defaultOid(table: TableDescriptor, column: ColumnDescriptor): number {
  return (table.id * 2_048 + column.id) % 2 ** 32;
}

const classCommon = {
  relowner: builtinOids.role,
  relpersistence: "p",
  relispopulated: true,
  relreplident: "d",
  reltuples: -1,
};

function* classRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    const indexes = namedIndexes(table);
    yield {
      ...classCommon,
      oid: table.id,
      relname: table.name,
      relnamespace: table.schemaId,
      relam: builtinOids.accessMethodHeap,
      relfilenode: table.id,
      relhasindex: indexes.length > 0,
      relkind: "r",
      relnatts: visibleColumns(table).length,
      relchecks: table.checks.length,
    };
    for (const index of indexes) {
      yield {
        ...classCommon,
        oid: index.oid,
        relname: index.name,
        relnamespace: table.schemaId,
        relam: builtinOids.accessMethodBtree,
        relfilenode: index.oid,
        relkind: "i",
        relreplident: "n",
        relnatts: index.columnIds.length,
      };
    }
  }
  for (const table of source.snapshot.virtualTables.all) {
    yield {
      ...classCommon,
      oid: table.id,
      relname: table.name,
      relnamespace: schemaId(source, table.schemaName),
      relam: table.isView ? 0 : builtinOids.accessMethodHeap,
      relkind: table.isView ? "v" : "r",
      relreplident: "n",
      relnatts: table.columns.length,
      relhasrules: table.isView,
    };
  }
}

function attribute(
  relationOid: number,
  number: number,
  column: {
    readonly name: string;
    readonly type: { readonly oid: number; readonly typmod: number };
    readonly notNull: boolean;
  },
): NamedRow {
  const type = findType(column.type.oid);
  return {
    attrelid: relationOid,
    attname: column.name,
    atttypid: column.type.oid,
    attstattarget: -1,
    attlen: type?.length ?? -1,
    attnum: number,
    attndims: type?.category === "A" ? 1 : 0,
    attcacheoff: -1,
    atttypmod: column.type.typmod,
    attbyval: type?.byValue ?? false,
    attalign: type?.alignment ?? "i",
    attstorage: type?.storage ?? "x",
    attcompression: "",
    attnotnull: column.notNull,
    attislocal: true,
    attcollation: type?.category === "S" ? builtinOids.collationDefault : 0,
  };
}

function* attributeRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const column of visibleColumns(table)) {
      yield {
        ...attribute(table.id, column.id, column),
        atthasdef: column.defaultSql !== undefined,
        atthasmissing: column.missingValue !== undefined,
      };
    }
    for (const index of namedIndexes(table)) {
      for (const [at, id] of index.columnIds.entries()) {
        const column = table.columns.find((one) => one.id === id);
        if (column !== undefined)
          yield { ...attribute(index.oid, at + 1, column), attnotnull: false };
      }
    }
  }
  for (const table of source.snapshot.virtualTables.all) yield* virtualAttributes(table);
}

function* virtualAttributes(table: VirtualTableDescriptor): Generator<NamedRow> {
  for (const [at, column] of table.columns.entries()) yield attribute(table.id, at + 1, column);
}

function* defaultRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const column of visibleColumns(table)) {
      if (column.defaultSql === undefined) continue;
      yield {
        oid: defaultOid(table, column),
        adrelid: table.id,
        adnum: column.id,
        adbin: column.defaultSql,
      };
    }
  }
}

/** pg_index.indoption: 1 for DESC, 2 for NULLS FIRST. */
function optionBits(index: IndexDescriptor, at: number): number {
  const order = index.columnOrders?.[at];
  return (order?.descending === true ? 1 : 0) + (order?.nullsFirst === true ? 2 : 0);
}

function* indexRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const index of namedIndexes(table)) {
      const zeros = index.columnIds.map(() => 0);
      yield {
        indexrelid: index.oid,
        indrelid: table.id,
        indnatts: index.columnIds.length,
        indnkeyatts: index.columnIds.length,
        indisunique: index.unique,
        indisprimary: index.isPrimary,
        indimmediate: true,
        indisvalid: true,
        indisready: true,
        indislive: true,
        indkey: vector(oids.int2, index.columnIds),
        indcollation: vector(oids.oid, zeros),
        indclass: vector(oids.oid, zeros),
        indoption: vector(
          oids.int2,
          index.columnIds.map((_id, at) => optionBits(index, at)),
        ),
      };
    }
  }
}

function* constraintRows(source: RowSource): Generator<NamedRow> {
  for (const constraint of constraints(source.snapshot)) {
    const { table } = constraint;
    const isKey = constraint.kind === "key";
    const columnIds = isKey ? constraint.index.columnIds : constraint.check.columnIds;
    yield {
      oid: isKey ? constraint.index.constraintOid : constraint.check.oid,
      conname: isKey ? constraint.index.name : constraint.check.name,
      connamespace: table.schemaId,
      contype: isKey ? (constraint.index.isPrimary ? "p" : "u") : "c",
      convalidated: true,
      conrelid: table.id,
      conindid: isKey ? constraint.index.oid : 0,
      confupdtype: " ",
      confdeltype: " ",
      confmatchtype: " ",
      conislocal: true,
      connoinherit: isKey,
      conkey: arrayValue(oids.int2, columnIds),
      conbin: isKey ? null : constraint.check.conditionSql,
    };
  }
}

function* descriptionRows(source: RowSource): Generator<NamedRow> {
  for (const schema of source.snapshot.schemas) {
    if (schema.comment === undefined) continue;
    yield {
      objoid: schema.id,
      classoid: catalogOids.pgNamespace,
      description: schema.comment,
    };
  }
  for (const table of source.tables) {
    const common = { objoid: table.id, classoid: catalogOids.pgClass };
    if (table.comment !== undefined) yield { ...common, description: table.comment };
    for (const column of visibleColumns(table)) {
      if (column.comment === undefined) continue;
      yield { ...common, objsubid: column.id, description: column.comment };
    }
  }
}

/** What DROP … CASCADE would follow: indexes and constraints to their tables, tables to schemas. */
function* dependRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    yield {
      classid: catalogOids.pgClass,
      objid: table.id,
      refclassid: catalogOids.pgNamespace,
      refobjid: table.schemaId,
      deptype: "n",
    };
    for (const index of namedIndexes(table)) {
      yield {
        classid: catalogOids.pgClass,
        objid: index.oid,
        refclassid: index.isConstraint ? catalogOids.pgConstraint : catalogOids.pgClass,
        refobjid: index.isConstraint ? index.constraintOid : table.id,
        deptype: index.isConstraint ? "i" : "a",
      };
    }
  }
  for (const constraint of constraints(source.snapshot)) {
    const isKey = constraint.kind === "key";
    yield {
      classid: catalogOids.pgConstraint,
      objid: isKey ? constraint.index.constraintOid : constraint.check.oid,
      refclassid: catalogOids.pgClass,
      refobjid: constraint.table.id,
      deptype: "a",
    };
  }
}

function* namespaceRows(source: RowSource): Generator<NamedRow> {
  for (const schema of source.snapshot.schemas) {
    yield { oid: schema.id, nspname: schema.name, nspowner: builtinOids.role };
  }
}

function* tableViewRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    yield {
      schemaname: table.schemaName,
      tablename: table.name,
      tableowner: table.owner,
      hasindexes: namedIndexes(table).length > 0,
      hasrules: false,
      hastriggers: false,
      rowsecurity: false,
    };
  }
  for (const table of source.snapshot.virtualTables.all) {
    if (table.isView) continue;
    yield {
      schemaname: table.schemaName,
      tablename: table.name,
      tableowner: source.context.session.currentUser,
      hasindexes: false,
      hasrules: false,
      hastriggers: false,
      rowsecurity: false,
    };
  }
}

function* indexViewRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.tables) {
    for (const index of namedIndexes(table)) {
      yield {
        schemaname: table.schemaName,
        tablename: table.name,
        indexname: index.name,
        indexdef: indexDefinition(table, index),
      };
    }
  }
}

function* viewViewRows(source: RowSource): Generator<NamedRow> {
  for (const table of source.snapshot.virtualTables.all) {
    if (!table.isView) continue;
    yield {
      schemaname: table.schemaName,
      viewname: table.name,
      viewowner: source.context.session.currentUser,
    };
  }
}

export const relationRows: RelationRows = {
  pg_class: classRows,
  pg_attribute: attributeRows,
  pg_attrdef: defaultRows,
  pg_index: indexRows,
  pg_constraint: constraintRows,
  pg_description: descriptionRows,
  pg_depend: dependRows,
  pg_namespace: namespaceRows,
  pg_tables: tableViewRows,
  pg_indexes: indexViewRows,
  pg_views: viewViewRows,
};
