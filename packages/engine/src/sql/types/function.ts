import type { Datum, Row } from "./datum.ts";
import type { InputContext } from "./format-settings.ts";

/**
 * What an expression may see of the world while it runs. One per statement; everything in it
 * holds still for the statement except `clockMicros`, `random` and `randomBytes`.
 */
export interface EvalContext extends InputContext {
  /** now(): microseconds since 2000-01-01 UTC. */
  readonly transactionTimestamp: bigint;
  readonly statementTimestamp: bigint;
  /** clock_timestamp(): microseconds since 2000-01-01 UTC, read anew. */
  clockMicros(): bigint;
  /** Uniform in [0, 1). */
  random(): number;
  randomBytes(length: number): Uint8Array;
  readonly session: SessionFacts;
}

export interface SessionFacts {
  readonly currentUser: string;
  readonly sessionUser: string;
  readonly database: string;
  /** Schemas of search_path that exist, in order, without the implicit ones. */
  readonly searchPath: readonly string[];
  readonly backendPid: number;
  readonly applicationName: string;
}

export type Volatility = "immutable" | "stable" | "volatile";

/** What a call looks like once its types are settled; polymorphic functions need to know. */
export interface CallTypes {
  readonly argTypes: readonly number[];
  readonly returnType: number;
}

interface FunctionSignature {
  /** Lower-case; operators are functions named by their symbol, prefix operators with one argument. */
  readonly name: string;
  /** Oids, polymorphic ones included. For a variadic function the last is the array type (or "any"). */
  readonly argTypes: readonly number[];
  /** The last argument type stands for any number of its elements. */
  readonly variadic: boolean;
  /** How many trailing arguments may be left out; `defaults` are their values. */
  readonly defaults: readonly Datum[];
  readonly returnType: number;
}

/**
 * A function or operator of one value.
 *
 * - When `strict`, evaluate is never called with a null argument: the caller answers null.
 * - `evaluate` neither keeps nor changes `args`.
 * - A variadic function gets its variadic arguments as one SqlArray, except when the last type is
 *   "any": then args holds them one by one.
 */
export interface ScalarFunction extends FunctionSignature {
  readonly kind: "scalar";
  readonly strict: boolean;
  readonly volatility: Volatility;
  evaluate(args: readonly Datum[], context: EvalContext): Datum;
  /** The same without the array, for functions of exactly one or two arguments. */
  readonly unary: ((argument: Datum, context: EvalContext) => Datum) | undefined;
  readonly binary: ((left: Datum, right: Datum, context: EvalContext) => Datum) | undefined;
  /** For polymorphic functions: the function for one call's types. Resolution has already done it. */
  readonly specialise: ((call: CallTypes) => ScalarFunction) | undefined;
}

/** One running aggregate of one group. */
export interface Accumulator {
  /**
   * Takes one row's arguments. When the function is `strict`, rows with a null argument are left
   * out by the caller. `args` may be reused by the caller afterwards.
   */
  add(args: readonly Datum[], context: EvalContext): void;
  /** May be called more than once, and `add` again after it. */
  result(context: EvalContext): Datum;
}

export interface AggregateFunction extends FunctionSignature {
  readonly kind: "aggregate";
  readonly strict: boolean;
  newAccumulator(): Accumulator;
  readonly specialise: ((call: CallTypes) => AggregateFunction) | undefined;
}

export interface ResultColumn {
  readonly name: string;
  readonly typeOid: number;
}

/** A function that gives rows: for FROM and for the SELECT list. A strict one gives none on null. */
export interface SetReturningFunction extends FunctionSignature {
  readonly kind: "set";
  readonly strict: boolean;
  readonly volatility: Volatility;
  /**
   * One or more columns. A single column is named after the function (or its alias) by the
   * caller when `name` is empty; returnType is then that column's type, else record.
   */
  readonly columns: readonly ResultColumn[];
  rows(args: readonly Datum[], context: EvalContext): Iterable<Row>;
  readonly specialise: ((call: CallTypes) => SetReturningFunction) | undefined;
}

/** What a window function sees of its partition, rows in window order. Indexes are from 0. */
export interface WindowPartition {
  readonly rowCount: number;
  /** Value of argument `argument` at a row. */
  argument(argument: number, row: number): Datum;
  /** First and one past the last row of the row's peer group (equal under ORDER BY). */
  peerStart(row: number): number;
  peerEnd(row: number): number;
  /**
   * The row at a place in the row's frame, excluded rows not counted: 0 is the first, -1 the last.
   * Undefined when the frame has fewer.
   */
  frameRow(row: number, place: number): number | undefined;
}

/** A function of a window alone (row_number …); aggregates over windows are the executor's affair. */
export interface WindowFunction extends FunctionSignature {
  readonly kind: "window";
  /** Values for all rows of one partition, in order. */
  compute(partition: WindowPartition, context: EvalContext): Datum[];
  readonly specialise: ((call: CallTypes) => WindowFunction) | undefined;
}

export type SqlFunction =
  ScalarFunction | AggregateFunction | SetReturningFunction | WindowFunction;
