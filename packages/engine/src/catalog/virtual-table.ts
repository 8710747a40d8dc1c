import type { TypeRefData } from "./type-ref.ts";

/**
 * A table whose rows are made up when somebody looks: pg_class, information_schema.columns …
 * Only its shape is here; `sql/pg-catalog` has the rows.
 */
export interface VirtualTableDescriptor {
  /** Fixed, below 16384; pg_catalog tables have PostgreSQL's own oids. */
  readonly id: number;
  readonly schemaName: "pg_catalog" | "information_schema";
  readonly name: string;
  /** PostgreSQL has a view by this name rather than a table. */
  readonly isView: boolean;
  readonly columns: readonly VirtualColumn[];
}

export interface VirtualColumn {
  readonly name: string;
  readonly type: TypeRefData;
  readonly notNull: boolean;
}
