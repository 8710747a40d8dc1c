import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { SetReturningFunction } from "#sql/types/function.ts";
import type { AggregateCall, Expression, SortKey, TypeRef, WindowCall } from "./expression.ts";

/**
 * The logical plan of a query: a tree of relational operators over rows of datums. The binder
 * builds it in its plainest form, the optimiser rewrites it into the same vocabulary, the
 * executor runs it. `sql/plan` holds the walkers, EXPLAIN and statement plans around it.
 *
 * - `columns` describes the row a node produces; slots in expressions index the input row.
 * - A join's row is the left row followed by the right row; of a semi or anti join, the left row.
 * - "The table's row" has one slot per entry of `table.columns`, in that order: the hidden row id
 *   has a slot like any other column.
 */
export type QueryPlan =
  | ScanPlan
  | VirtualScanPlan
  | ValuesPlan
  | FunctionScanPlan
  | FilterPlan
  | ProjectPlan
  | ProjectSetPlan
  | JoinPlan
  | AggregatePlan
  | WindowPlan
  | SortPlan
  | LimitPlan
  | DistinctPlan
  | SetOperationPlan
  | WithPlan
  | CteScanPlan
  | RecursivePlan
  | ModifyPlanNode;

export interface OutputColumn extends TypeRef {
  readonly name: string;
  /** Where the column comes from, for RowDescription; 0 when it is computed. */
  readonly tableId: number;
  readonly attributeNumber: number;
}

interface Node {
  readonly columns: readonly OutputColumn[];
}

/** One bound of a key column prefix. Values are constants, parameters or outer columns. */
export interface KeyBound {
  readonly values: readonly Expression[];
  readonly inclusive: boolean;
}

/**
 * Which keys of an index to read. `equalities` fix the first key columns; then at most one
 * column has bounds (each bound's values continue after the equalities). `points` lists whole
 * alternatives instead (IN lists): each is a full set of equalities. `anyOf` is an array whose
 * elements are each an alternative for the column after the equalities; no bounds go with it.
 */
export interface KeyConstraint {
  readonly equalities: readonly Expression[];
  readonly lower?: KeyBound | undefined;
  readonly upper?: KeyBound | undefined;
  readonly points?: readonly (readonly Expression[])[] | undefined;
  readonly anyOf?: Expression | undefined;
}

export interface ScanPlan extends Node {
  readonly kind: "scan";
  readonly table: TableDescriptor;
  /** The alias, for EXPLAIN. */
  readonly alias: string;
  readonly indexId: number;
  /** Column ids of the table, in slot order. */
  readonly columnIds: readonly number[];
  readonly constraint: KeyConstraint | undefined;
  /** Checked on the scan's own row. */
  readonly filter: Expression | undefined;
  readonly reverse: boolean;
  /** No more rows than this are wanted; undefined: all. */
  readonly limitHint: Expression | undefined;
}

/** A catalog table made up on the fly (pg_class, information_schema.columns …). */
export interface VirtualScanPlan extends Node {
  readonly kind: "virtualScan";
  /** Rows hold all its columns in order. */
  readonly table: VirtualTableDescriptor;
  readonly alias: string;
  readonly filter: Expression | undefined;
}

export interface ValuesPlan extends Node {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

/** FROM f(…) [WITH ORDINALITY], ROWS FROM. Arguments may use outer columns (LATERAL). */
export interface FunctionScanPlan extends Node {
  readonly kind: "functionScan";
  readonly calls: readonly {
    readonly fn: SetReturningFunction | undefined;
    /** A scalar function in FROM gives one row. */
    readonly scalar: Expression | undefined;
    readonly args: readonly Expression[];
    readonly width: number;
  }[];
  readonly withOrdinality: boolean;
  readonly alias: string;
}

export interface FilterPlan extends Node {
  readonly kind: "filter";
  readonly input: QueryPlan;
  readonly condition: Expression;
}

export interface ProjectPlan extends Node {
  readonly kind: "project";
  readonly input: QueryPlan;
  readonly expressions: readonly Expression[];
}

/** Set-returning functions in a target list: one output row per element, shorter ones padded with NULL. */
export interface ProjectSetPlan extends Node {
  readonly kind: "projectSet";
  readonly input: QueryPlan;
  readonly items: readonly (
    | { readonly kind: "scalar"; readonly expression: Expression }
    | {
        readonly kind: "set";
        readonly fn: SetReturningFunction;
        readonly args: readonly Expression[];
      }
  )[];
}

export interface JoinPlan extends Node {
  readonly kind: "join";
  readonly type: "inner" | "left" | "right" | "full" | "semi" | "anti";
  readonly left: QueryPlan;
  readonly right: QueryPlan;
  /** Over the joined row. Undefined: every pair. */
  readonly condition: Expression | undefined;
  /** The right side reads the left row as `outer` columns of depth 1. */
  readonly isLateral: boolean;
  /**
   * Chosen by the optimiser. `hash` uses `keys` (left over the left row, right over the right
   * row) and checks `condition` on what remains. `lookup`: the right side is a scan whose
   * constraint reads the left row as `outer` columns of depth 1, in batches.
   */
  readonly algorithm: "nestedLoop" | "hash" | "lookup";
  readonly keys: readonly { readonly left: Expression; readonly right: Expression }[];
}

/**
 * Output row: the group expressions, then the aggregates, then one int4 per entry of
 * `groupingCalls`. Without groups there is exactly one row.
 */
export interface AggregatePlan extends Node {
  readonly kind: "aggregate";
  readonly input: QueryPlan;
  readonly groups: readonly Expression[];
  /** GROUPING SETS, ROLLUP, CUBE: indexes into groups, one list per set. Undefined: all groups once. */
  readonly groupingSets: readonly (readonly number[])[] | undefined;
  readonly aggregates: readonly AggregateCall[];
  /** grouping(a, b …): bit i from the right is 1 when group [n-1-i] is not in the row's grouping set. */
  readonly groupingCalls: readonly (readonly number[])[];
}

/** The input may come in any order. Output row: the input row, then one column per call. */
export interface WindowPlan extends Node {
  readonly kind: "window";
  readonly input: QueryPlan;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly calls: readonly WindowCall[];
}

export interface SortPlan extends Node {
  readonly kind: "sort";
  readonly input: QueryPlan;
  readonly keys: readonly SortKey[];
  /** Only this many first rows are wanted (top-k). */
  readonly limitHint: Expression | undefined;
}

export interface LimitPlan extends Node {
  readonly kind: "limit";
  readonly input: QueryPlan;
  readonly limit: Expression | undefined;
  readonly offset: Expression | undefined;
  /** WITH TIES: rows equal to the last one under these keys (over the input's rows) come too. */
  readonly tieKeys: readonly SortKey[] | undefined;
}

/** DISTINCT over the whole row, or DISTINCT ON the first rows of each set of keys (input sorted by them). */
export interface DistinctPlan extends Node {
  readonly kind: "distinct";
  readonly input: QueryPlan;
  readonly on: readonly Expression[] | undefined;
}

export interface SetOperationPlan extends Node {
  readonly kind: "setOperation";
  readonly operation: "union" | "intersect" | "except";
  readonly all: boolean;
  readonly left: QueryPlan;
  readonly right: QueryPlan;
}

/** WITH: named queries, each run at most once and kept; then the body. */
export interface WithPlan extends Node {
  readonly kind: "with";
  readonly ctes: readonly {
    readonly id: number;
    readonly name: string;
    readonly plan: QueryPlan;
    /** AS [NOT] MATERIALIZED; undefined when not said. */
    readonly materialized: boolean | undefined;
  }[];
  readonly body: QueryPlan;
}

export interface CteScanPlan extends Node {
  readonly kind: "cteScan";
  readonly cteId: number;
  readonly name: string;
}

/** WITH RECURSIVE: start, then step over the rows of the last round until none is new. */
export interface RecursivePlan extends Node {
  readonly kind: "recursive";
  readonly cteId: number;
  readonly start: QueryPlan;
  readonly step: QueryPlan;
  /** UNION rather than UNION ALL. */
  readonly distinct: boolean;
}

/** INSERT, UPDATE or DELETE inside WITH or at the top; its row is the RETURNING list. */
export interface ModifyPlanNode extends Node {
  readonly kind: "modify";
  readonly modify: ModifyPlan;
}

export type ModifyPlan = InsertPlan | UpdatePlan | DeletePlan;

export interface InsertPlan {
  readonly kind: "insert";
  readonly table: TableDescriptor;
  /** Rows whose slots are, in order, the values of `columnIds`. */
  readonly source: QueryPlan;
  readonly columnIds: readonly number[];
  /** For columns absent from columnIds that have a default; the rest are NULL (the hidden row id: a fresh one). */
  readonly defaults: readonly { readonly columnId: number; readonly value: Expression }[];
  readonly onConflict: OnConflict | undefined;
  /** Checks and returning are over the inserted (or updated) row, the table's row. */
  readonly checks: readonly TableCheck[];
  readonly returning: readonly Expression[] | undefined;
}

export interface TableCheck {
  readonly name: string;
  readonly condition: Expression;
}

export interface OnConflict {
  /** The arbiter indexes; empty with DO NOTHING means any unique index. */
  readonly indexIds: readonly number[];
  readonly action:
    | { readonly kind: "nothing" }
    | {
        readonly kind: "update";
        /** Over the existing row (the table's row) followed by the excluded row (the same). */
        readonly assignments: readonly Assignment[];
        readonly where: Expression | undefined;
      };
}

export interface Assignment {
  readonly columnId: number;
  readonly value: Expression;
}

export interface UpdatePlan {
  readonly kind: "update";
  readonly table: TableDescriptor;
  /** Rows: the table's row as it is, then the columns of FROM. */
  readonly source: QueryPlan;
  /** Over the source's rows. */
  readonly assignments: readonly Assignment[];
  /** Over the new row. */
  readonly checks: readonly TableCheck[];
  /** Over the new row followed by the columns of FROM. */
  readonly returning: readonly Expression[] | undefined;
}

export interface DeletePlan {
  readonly kind: "delete";
  readonly table: TableDescriptor;
  /** As in UpdatePlan, with USING. */
  readonly source: QueryPlan;
  /** Over the old row followed by the columns of USING. */
  readonly returning: readonly Expression[] | undefined;
}
