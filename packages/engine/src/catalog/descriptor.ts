import type { TypeRefData } from "./type-ref.ts";

/** A schema. Id is its oid; `public` and the ones users create. */
export interface SchemaDescriptor {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly comment: string | undefined;
}

/**
 * Everything known of one table at one version. Immutable; a schema change writes a new version
 * under the same id. Stored as JSON under the catalog keyspace (`keys.ts`).
 *
 * - `id` is the table's oid in pg_class; ids of all objects come from one counter and are never reused.
 * - Ids of columns and indexes are never reused within a table, so old rows stay readable.
 * - attributeNumber is the column id, from 1; dropped columns keep theirs, as in PostgreSQL.
 * - A table row in memory has one slot per entry of `columns`, in their order.
 * - primaryIndex.columnIds is never empty: a table without a primary key has a hidden int8 row id.
 */
export interface TableDescriptor {
  readonly id: number;
  readonly schemaId: number;
  /** Denormalised for messages. */
  readonly schemaName: string;
  readonly name: string;
  readonly version: number;
  readonly owner: string;
  /** Public columns in order; dropped ones are not listed. */
  readonly columns: readonly ColumnDescriptor[];
  readonly nextColumnId: number;
  readonly primaryIndex: IndexDescriptor;
  /** UNIQUE constraints and indexes. */
  readonly secondaryIndexes: readonly IndexDescriptor[];
  readonly nextIndexId: number;
  readonly checks: readonly CheckDescriptor[];
  readonly comment: string | undefined;
}

export interface ColumnDescriptor {
  readonly id: number;
  readonly name: string;
  readonly type: TypeRefData;
  readonly notNull: boolean;
  /** SQL text of the DEFAULT expression, deparsed. */
  readonly defaultSql: string | undefined;
  /**
   * What rows written before the column existed show: the value of a constant default at ADD
   * COLUMN, in the value encoding, base64. Undefined: NULL.
   */
  readonly missingValue: string | undefined;
  /**
   * The hidden row id of a table without a primary key: absent from `*` and from INSERT. It has
   * column id 0 and always stands last among the columns.
   */
  readonly hidden: boolean;
  readonly comment: string | undefined;
}

export interface IndexDescriptor {
  /** Within the table; part of every key. The primary index is 1 unless it was rebuilt. */
  readonly id: number;
  /** The index's own oid in pg_class. */
  readonly oid: number;
  /** Oid in pg_constraint; 0 for a bare index. */
  readonly constraintOid: number;
  readonly name: string;
  readonly unique: boolean;
  readonly columnIds: readonly number[];
  /**
   * The order each column was declared with; absent when all are plain. Only shown: keys are stored
   * ascending with nulls last, and are read in both directions.
   */
  readonly columnOrders?: readonly IndexColumnOrder[] | undefined;
  /** PRIMARY KEY or UNIQUE constraint rather than a bare index. */
  readonly isConstraint: boolean;
  readonly isPrimary: boolean;
}

export interface IndexColumnOrder {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface CheckDescriptor {
  readonly oid: number;
  readonly name: string;
  /** SQL text of the condition, deparsed, without the outer parentheses. */
  readonly conditionSql: string;
  readonly columnIds: readonly number[];
}
