import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Expression } from "#sql/bind/expression.ts";
import type { DeletePlan, InsertPlan, OutputColumn, UpdatePlan } from "#sql/bind/query-plan.ts";

/**
 * A statement that touches one row found by its whole primary key, or writes one given row: it
 * needs no operator tree. `key` has one expression per primary key column, of that column's
 * type, made of constants and parameters (and functions of them); a null among them means no row.
 */
export type PointStatement = PointSelect | PointUpdate | PointDelete | PointInsert;

export interface PointSelect {
  readonly kind: "pointSelect";
  readonly table: TableDescriptor;
  readonly key: readonly Expression[];
  /** Columns of the row that filter and projections read, in slot order. */
  readonly columnIds: readonly number[];
  readonly filter: Expression | undefined;
  readonly projections: readonly Expression[];
  readonly columns: readonly OutputColumn[];
}

/** `plan.assignments`, `checks` and `returning` read all public columns; so does `filter`. */
export interface PointUpdate {
  readonly kind: "pointUpdate";
  readonly table: TableDescriptor;
  readonly key: readonly Expression[];
  readonly filter: Expression | undefined;
  readonly plan: UpdatePlan;
  readonly columns: readonly OutputColumn[];
}

export interface PointDelete {
  readonly kind: "pointDelete";
  readonly table: TableDescriptor;
  readonly key: readonly Expression[];
  readonly filter: Expression | undefined;
  readonly plan: DeletePlan;
  readonly columns: readonly OutputColumn[];
}

/** INSERT … VALUES of one row, with or without ON CONFLICT. */
export interface PointInsert {
  readonly kind: "pointInsert";
  readonly table: TableDescriptor;
  /** In the order of `plan.columnIds`; without references to any row. */
  readonly values: readonly Expression[];
  readonly plan: InsertPlan;
  readonly columns: readonly OutputColumn[];
}
