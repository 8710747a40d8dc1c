import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import type { VirtualColumn, VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { StatementContext } from "#sql/execute/statement-context.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { SqlArray } from "#sql/types/datum.ts";
import { findType, findTypeByName } from "#sql/types/type.ts";
import { relationLayouts } from "./relation-layouts.ts";

/** What the rows of catalog relations are made from. */
export interface RowSource {
  readonly context: StatementContext;
  readonly snapshot: CatalogSnapshot;
  readonly tables: readonly TableDescriptor[];
}

/** A row by column name; what is left out is null, or nothing (0, false, '') where null cannot be. */
export type NamedRow = Readonly<Record<string, Datum>>;

export type RowMaker = (source: RowSource) => Iterable<NamedRow>;

/** Rows of the relations of one file, by name. Relations without an entry have no rows. */
export type RelationRows = Readonly<Record<string, RowMaker>>;

/** Every relation of `relation-layouts.ts` as a descriptor. */
export function virtualDescriptors(): readonly VirtualTableDescriptor[] {
  return relationLayouts
    .trim()
    .split("\n")
    .map((line): VirtualTableDescriptor => {
      const [schema, name = "", oid, kind, ...columns] = line.split(" ");
      return {
        id: Number(oid),
        schemaName: schema === "information_schema" ? "information_schema" : "pg_catalog",
        name,
        isView: kind === "v",
        columns: columns.map(readColumn),
      };
    });
}

function readColumn(text: string): VirtualColumn {
  const notNull = text.endsWith("!");
  const [name = "", typeName = ""] = (notNull ? text.slice(0, -1) : text).split(":");
  // A few columns have types that nothing here has values of; their nulls are text.
  const type = findTypeByName(typeName);
  return { name, type: { oid: type?.oid ?? oids.text, typmod: -1 }, notNull };
}

/** Puts named rows into the relation's order of columns. */
export function* placeRows(
  descriptor: VirtualTableDescriptor,
  rows: Iterable<NamedRow>,
): Generator<Row> {
  const blanks = descriptor.columns.map((column) =>
    column.notNull ? blankOf(column.type.oid) : null,
  );
  const names = descriptor.columns.map((column) => column.name);
  for (const row of rows) yield names.map((name, at) => row[name] ?? blanks[at] ?? null);
}

function blankOf(typeOid: number): Datum {
  switch (typeOid) {
    case oids.bool:
      return false;
    case oids.int8:
    case oids.timestamptz:
      return 0n;
    case oids.text:
    case oids.name:
    case oids.varchar:
    case oids.char:
    case oids.pgNodeTree:
      return "";
    default: {
      const type = findType(typeOid);
      return type?.category === "A" ? new SqlArray(type.elementOid, [], []) : 0;
    }
  }
}

/** A one-dimensional array; int2vector and oidvector count from 0. */
export function arrayValue(elementOid: number, items: readonly Datum[], lowerBound = 1): SqlArray {
  return new SqlArray(
    elementOid,
    items,
    items.length === 0 ? [] : [{ length: items.length, lowerBound }],
  );
}

export function vector(elementOid: number, items: readonly number[]): SqlArray {
  return arrayValue(elementOid, items, 0);
}
