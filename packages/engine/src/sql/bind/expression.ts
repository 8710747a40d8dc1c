import type { Datum } from "#sql/types/datum.ts";
import type { AggregateFunction, ScalarFunction, WindowFunction } from "#sql/types/function.ts";
import type { SqlType } from "#sql/types/type.ts";
import type { QueryPlan } from "./query-plan.ts";

/** A type with its modifier (varchar(20), numeric(10,2)); -1 when there is none. */
export interface TypeRef {
  readonly type: SqlType;
  readonly typmod: number;
}

/**
 * A scalar expression with every name, type and function decided. Evaluated against an input row
 * (an array of datums): `column` names a slot of it.
 *
 * - Every node carries its result type; arguments already have the types their function takes.
 * - Casts appear as `call` (cast functions, text I/O casts included), never implicitly.
 * - `position` is the 1-based character in the statement for run-time errors; absent when unknown.
 */
export type Expression =
  | Constant
  | Parameter
  | ColumnSlot
  | OuterColumn
  | Call
  | And
  | Or
  | Not
  | NullTest
  | BooleanTest
  | Distinct
  | Case
  | Coalesce
  | MinMax
  | InList
  | ArrayComparison
  | ArrayConstructor
  | RowConstructor
  | RowComparison
  | Subscript
  | FieldSelect
  | Subquery;

interface Typed {
  readonly result: TypeRef;
  readonly position?: number | undefined;
}

export interface Constant extends Typed {
  readonly kind: "constant";
  readonly value: Datum;
}

/** $1 is index 1. */
export interface Parameter extends Typed {
  readonly kind: "parameter";
  readonly index: number;
}

export interface ColumnSlot extends Typed {
  readonly kind: "column";
  readonly slot: number;
  /** For EXPLAIN and stored expressions: the column, and the alias of the relation it is from. */
  readonly name: string;
  readonly table?: string | undefined;
}

/** A column of an enclosing query's current row; depth 1 is the query just outside. */
export interface OuterColumn extends Typed {
  readonly kind: "outer";
  readonly depth: number;
  readonly slot: number;
  readonly name: string;
  readonly table?: string | undefined;
}

/** A function, operator or cast. `fn.strict` functions are not called when an argument is NULL. */
export interface Call extends Typed {
  readonly kind: "call";
  readonly fn: ScalarFunction;
  readonly args: readonly Expression[];
  /**
   * How EXPLAIN shows it: `lower(x)`, `a + b`, `x::text`. A relabel is a cast between types that
   * share their datums (varchar to text): the value is the argument's, nothing needs to run.
   * A length cast (`varchar(5)` over a value already of type varchar) is shown by its result type.
   */
  readonly syntax: "function" | "operator" | "cast" | "relabel";
}

export interface And extends Typed {
  readonly kind: "and";
  readonly args: readonly Expression[];
}

export interface Or extends Typed {
  readonly kind: "or";
  readonly args: readonly Expression[];
}

export interface Not extends Typed {
  readonly kind: "not";
  readonly arg: Expression;
}

export interface NullTest extends Typed {
  readonly kind: "nullTest";
  readonly arg: Expression;
  readonly negated: boolean;
}

/** IS [NOT] TRUE | FALSE | UNKNOWN. */
export interface BooleanTest extends Typed {
  readonly kind: "booleanTest";
  readonly arg: Expression;
  readonly test: "true" | "false" | "unknown";
  readonly negated: boolean;
}

/** IS [NOT] DISTINCT FROM; `equals` compares two non-null values. */
export interface Distinct extends Typed {
  readonly kind: "distinct";
  readonly left: Expression;
  readonly right: Expression;
  readonly equals: ScalarFunction;
  readonly negated: boolean;
}

/** The simple form (CASE x WHEN …) is bound to conditions on a repeated operand. NULLIF too. */
export interface Case extends Typed {
  readonly kind: "case";
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression;
}

export interface Coalesce extends Typed {
  readonly kind: "coalesce";
  readonly args: readonly Expression[];
}

export interface MinMax extends Typed {
  readonly kind: "minMax";
  readonly which: "greatest" | "least";
  readonly args: readonly Expression[];
}

/** x [NOT] IN (a, b, …) where all share one type; `equals` compares two non-null values. */
export interface InList extends Typed {
  readonly kind: "in";
  readonly arg: Expression;
  readonly items: readonly Expression[];
  readonly equals: ScalarFunction;
  readonly negated: boolean;
}

/** x op ANY (array), x op ALL (array). */
export interface ArrayComparison extends Typed {
  readonly kind: "arrayComparison";
  readonly left: Expression;
  readonly array: Expression;
  readonly operator: ScalarFunction;
  readonly quantifier: "any" | "all";
}

export interface ArrayConstructor extends Typed {
  readonly kind: "array";
  readonly items: readonly Expression[];
}

export interface RowConstructor extends Typed {
  readonly kind: "row";
  readonly fields: readonly Expression[];
  /** The columns' names when the row is a relation's; ROW(…) has none. */
  readonly names?: readonly string[] | undefined;
}

/** (a, b) < (c, d) and its like: per-field operators, compared left to right. */
export interface RowComparison extends Typed {
  readonly kind: "rowComparison";
  readonly operator: "=" | "<>" | "<" | "<=" | ">" | ">=";
  readonly left: readonly Expression[];
  readonly right: readonly Expression[];
  readonly equals: readonly ScalarFunction[];
  readonly less: readonly ScalarFunction[];
}

export interface Subscript extends Typed {
  readonly kind: "subscript";
  readonly arg: Expression;
  readonly indexes: readonly {
    readonly lower?: Expression | undefined;
    readonly upper: Expression | undefined;
    readonly isSlice: boolean;
  }[];
}

export interface FieldSelect extends Typed {
  readonly kind: "field";
  readonly arg: Expression;
  readonly index: number;
}

/**
 * A query inside an expression. The plan's `outer` columns of depth 1 read the row this
 * expression is evaluated against. `any`/`all` compare `test` (built over the operands and the
 * subquery's row: operands come first, then the subquery's columns, as slots of one row).
 */
export interface Subquery extends Typed {
  readonly kind: "subquery";
  readonly mode: "scalar" | "exists" | "any" | "all" | "array" | "row";
  readonly plan: QueryPlan;
  /** False: evaluate once per statement and keep the result. */
  readonly isCorrelated: boolean;
  readonly operands: readonly Expression[];
  readonly test: Expression | undefined;
}

export interface AggregateCall {
  readonly fn: AggregateFunction;
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  readonly filter: Expression | undefined;
  readonly orderBy: readonly SortKey[];
  readonly result: TypeRef;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** f(…) OVER (…), except partition and order, which the window node holds. */
export interface WindowCall {
  readonly fn: WindowFunction | AggregateFunction;
  readonly args: readonly Expression[];
  /** Aggregates only. */
  readonly filter: Expression | undefined;
  readonly frame: WindowFrame;
  readonly result: TypeRef;
}

/** The default frame is RANGE from unbounded preceding to the current row. */
export interface WindowFrame {
  readonly mode: "rows" | "range" | "groups";
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: "no others" | "current row" | "group" | "ties";
}

export type FrameBound =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  /** An int8 without column references for ROWS and GROUPS; any offset for RANGE. */
  | { readonly kind: "preceding" | "following"; readonly offset: Expression };
