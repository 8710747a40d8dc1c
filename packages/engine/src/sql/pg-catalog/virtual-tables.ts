import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import { statementContext } from "#sql/execute/statement-context.ts";
import type { VirtualRows } from "#sql/execute/statement-run.ts";
import { informationSchemaRows } from "./information-schema-rows.ts";
import { relationRows } from "./relation-rows.ts";
import { serverRows } from "./server-rows.ts";
import { typeRelationRows } from "./type-rows.ts";
import { placeRows, virtualDescriptors } from "./virtual-relation.ts";
import type { RelationRows } from "./virtual-relation.ts";

export const virtualTableDescriptors: readonly VirtualTableDescriptor[] = virtualDescriptors();

const pgCatalogRows: RelationRows = { ...relationRows, ...typeRelationRows, ...serverRows };

/** Rows of pg_catalog and information_schema. A relation nothing is said of has none: no triggers, no enums. */
export const virtualRows: VirtualRows = {
  rows(table, run) {
    const all = table.schemaName === "pg_catalog" ? pgCatalogRows : informationSchemaRows;
    const maker = all[table.name];
    if (maker === undefined) return [];
    const { snapshot } = run.catalog;
    const context = statementContext(run.context);
    return placeRows(table, maker({ context, snapshot, tables: snapshot.tables }));
  },
};
