import { InvariantViolation } from "#base/assert.ts";
import { oids } from "./builtin-types.ts";
import type { Datum, Interval, Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type {
  Accumulator,
  AggregateFunction,
  CallTypes,
  EvalContext,
  ResultColumn,
  ScalarFunction,
  SetReturningFunction,
  Volatility,
} from "./function.ts";
import type { Numeric } from "./numeric.ts";

/*
 * Words for writing function definitions: `scalar("repeat", [text, int4], text, (s, n) => …)`.
 * The argument types carry the JavaScript types of their datums, so bodies are checked; the one
 * cast between Datum and those types is in here.
 */

/** A SQL type together with the form its datums have. `datum` exists for the compiler alone. */
export interface ArgType<T extends Datum> {
  readonly oid: number;
  readonly datum?: T;
}

function argType<T extends Datum>(oid: number): ArgType<T> {
  return { oid };
}

export const bool = argType<boolean>(oids.bool);
export const int2 = argType<number>(oids.int2);
export const int4 = argType<number>(oids.int4);
export const int8 = argType<bigint>(oids.int8);
export const float4 = argType<number>(oids.float4);
export const float8 = argType<number>(oids.float8);
export const numeric = argType<Numeric>(oids.numeric);
export const text = argType<string>(oids.text);
export const varchar = argType<string>(oids.varchar);
export const bpchar = argType<string>(oids.bpchar);
export const name = argType<string>(oids.name);
export const charType = argType<string>(oids.char);
export const bytea = argType<Uint8Array>(oids.bytea);
export const date = argType<number>(oids.date);
export const time = argType<bigint>(oids.time);
export const timestamp = argType<bigint>(oids.timestamp);
export const timestamptz = argType<bigint>(oids.timestamptz);
export const interval = argType<Interval>(oids.interval);
export const uuid = argType<string>(oids.uuid);
export const json = argType<string>(oids.json);
export const jsonb = argType<Jsonb>(oids.jsonb);
export const oid = argType<number>(oids.oid);
export const regclass = argType<number>(oids.regclass);
export const voidType = argType<string>(oids.void);

export const record = argType<SqlRecord>(oids.record);
export const textArray = argType<SqlArray>(oids.textArray);
export const int4Array = argType<SqlArray>(oids.int4Array);
export const anyelement = argType<Datum>(oids.anyelement);
export const anyarray = argType<SqlArray>(oids.anyarray);
export const anynonarray = argType<Datum>(oids.anynonarray);
export const anycompatible = argType<Datum>(oids.anycompatible);
export const anycompatiblearray = argType<SqlArray>(oids.anycompatiblearray);
export const any = argType<Datum>(oids.any);

/** A type of this oid whose datums are of no particular form. */
export function typeOf(typeOid: number): ArgType<Datum> {
  return argType<Datum>(typeOid);
}

type ArgTypes = readonly ArgType<Datum>[];

/** [ArgType<number>, ArgType<string>] → [number, string] */
export type DatumsOf<A extends ArgTypes> = {
  -readonly [K in keyof A]: A[K] extends ArgType<infer T> ? T : never;
};

/** Bodies of functions that are called on null as well see it in every argument. */
type NullableDatumsOf<A extends ArgTypes> = {
  -readonly [K in keyof A]: A[K] extends ArgType<infer T> ? T | null : never;
};

export interface ScalarOptions {
  readonly volatility?: Volatility;
  /** The last argument type, an array, stands for any number of elements. */
  readonly variadic?: boolean;
  /** Values of trailing arguments that may be left out. */
  readonly defaults?: readonly Datum[];
}

interface AnyScalar {
  readonly functionName: string;
  readonly argTypes: ArgTypes;
  readonly returnType: ArgType<Datum>;
  readonly strict: boolean;
  readonly options: ScalarOptions;
}

/** `body` is one of the shapes below; what it may be given is fixed by argTypes. */
function makeScalar(signature: AnyScalar, body: unknown): ScalarFunction {
  const { argTypes, options } = signature;
  const call = body as (...args: readonly (Datum | EvalContext)[]) => Datum;
  const arity = argTypes.length;
  const isAny = argTypes[arity - 1]?.oid === oids.any && options.variadic === true;
  let evaluate: (args: readonly Datum[], context: EvalContext) => Datum;
  if (isAny) {
    const leading = arity - 1;
    evaluate = (args, context) =>
      (call as unknown as (...all: unknown[]) => Datum)(
        ...args.slice(0, leading),
        args.slice(leading),
        context,
      );
  } else if (arity === 0) {
    evaluate = (_args, context) => call(context);
  } else if (arity === 1) {
    evaluate = (args, context) => call(args[0] ?? null, context);
  } else if (arity === 2) {
    evaluate = (args, context) => call(args[0] ?? null, args[1] ?? null, context);
  } else if (arity === 3) {
    evaluate = (args, context) => call(args[0] ?? null, args[1] ?? null, args[2] ?? null, context);
  } else {
    evaluate = (args, context) => call(...args, context);
  }
  return {
    kind: "scalar",
    name: signature.functionName,
    argTypes: argTypes.map((type) => type.oid),
    variadic: options.variadic ?? false,
    defaults: options.defaults ?? [],
    returnType: signature.returnType.oid,
    strict: signature.strict,
    volatility: options.volatility ?? "immutable",
    evaluate,
    unary: arity === 1 && !isAny ? (body as ScalarFunction["unary"]) : undefined,
    binary: arity === 2 && !isAny ? (body as ScalarFunction["binary"]) : undefined,
    specialise: undefined,
  };
}

/** Stands in until the types of a call are known; resolution always specialises first. */
function neverCalled(): never {
  throw new InvariantViolation("a polymorphic function was called before it was specialised");
}

/** A function that answers null whenever an argument is null. The body also gets the context, last. */
export function scalar<const A extends ArgTypes, R extends Datum>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<R>,
  body: (...args: [...DatumsOf<A>, EvalContext]) => R | null,
  options: ScalarOptions = {},
): ScalarFunction {
  return makeScalar({ functionName, argTypes, returnType, strict: true, options }, body);
}

/** A function that is called on nulls too. */
export function nullableScalar<const A extends ArgTypes, R extends Datum>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<R>,
  body: (...args: [...NullableDatumsOf<A>, EvalContext]) => R | null,
  options: ScalarOptions = {},
): ScalarFunction {
  return makeScalar({ functionName, argTypes, returnType, strict: false, options }, body);
}

/** A variadic "any" function: leading arguments, then the rest as a list. Called on nulls. */
export function variadicAny<const A extends ArgTypes, R extends Datum>(
  functionName: string,
  leading: A,
  returnType: ArgType<R>,
  makeBody: (
    call: CallTypes,
  ) => (...args: [...NullableDatumsOf<A>, readonly Datum[], EvalContext]) => R | null,
  options: ScalarOptions = {},
): ScalarFunction {
  const signature: AnyScalar = {
    functionName,
    argTypes: [...leading, any],
    returnType,
    strict: false,
    options: { ...options, variadic: true },
  };
  const open = makeScalar(signature, neverCalled);
  return {
    ...open,
    specialise: (call) => ({ ...makeScalar(signature, makeBody(call)), argTypes: call.argTypes }),
  };
}

/** A function whose body depends on the types of the call: comparators, element types. */
export function polymorphic<const A extends ArgTypes, R extends Datum>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<R>,
  makeBody: (call: CallTypes) => (...args: [...DatumsOf<A>, EvalContext]) => R | null,
  options: ScalarOptions = {},
): ScalarFunction {
  return makePolymorphic({ functionName, argTypes, returnType, strict: true, options }, makeBody);
}

export function nullablePolymorphic<const A extends ArgTypes, R extends Datum>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<R>,
  makeBody: (call: CallTypes) => (...args: [...NullableDatumsOf<A>, EvalContext]) => R | null,
  options: ScalarOptions = {},
): ScalarFunction {
  return makePolymorphic({ functionName, argTypes, returnType, strict: false, options }, makeBody);
}

function makePolymorphic(
  signature: AnyScalar,
  makeBody: (call: CallTypes) => unknown,
): ScalarFunction {
  const open = makeScalar(signature, neverCalled);
  return {
    ...open,
    specialise: (call) => ({
      ...makeScalar(signature, makeBody(call)),
      argTypes: call.argTypes,
      returnType: call.returnType,
    }),
  };
}

/** An accumulator from two closures over its state. */
export function accumulator<const A extends ArgTypes>(
  add: (...args: [...NullableDatumsOf<A>, EvalContext]) => void,
  result: (context: EvalContext) => Datum,
): Accumulator {
  const call = add as unknown as (...args: readonly unknown[]) => void;
  return {
    add: (args, context) => call(...args, context),
    result,
  };
}

export interface AggregateOptions {
  readonly strict?: boolean;
  readonly variadic?: boolean;
}

export function aggregate(
  functionName: string,
  argTypes: ArgTypes,
  returnType: ArgType<Datum>,
  newAccumulator: () => Accumulator,
  options: AggregateOptions = {},
): AggregateFunction {
  return {
    kind: "aggregate",
    name: functionName,
    argTypes: argTypes.map((type) => type.oid),
    variadic: options.variadic ?? false,
    defaults: [],
    returnType: returnType.oid,
    strict: options.strict ?? true,
    newAccumulator,
    specialise: undefined,
  };
}

export function polymorphicAggregate(
  functionName: string,
  argTypes: ArgTypes,
  returnType: ArgType<Datum>,
  makeAccumulator: (call: CallTypes) => () => Accumulator,
  options: AggregateOptions = {},
): AggregateFunction {
  const open = aggregate(
    functionName,
    argTypes,
    returnType,
    () => ({ add: () => undefined, result: () => null }),
    options,
  );
  return {
    ...open,
    specialise: (call) => ({
      ...open,
      argTypes: call.argTypes,
      returnType: call.returnType,
      newAccumulator: makeAccumulator(call),
      specialise: undefined,
    }),
  };
}

export interface SetOptions extends ScalarOptions {
  readonly strict?: boolean;
  /** Named result columns; without them there is one column, of the return type. */
  readonly columns?: readonly ResultColumn[];
}

export function setReturning<const A extends ArgTypes>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<Datum>,
  rows: (...args: [...DatumsOf<A>, EvalContext]) => Iterable<readonly Datum[]>,
  options: SetOptions = {},
): SetReturningFunction {
  const call = rows as unknown as (...args: readonly unknown[]) => Iterable<readonly Datum[]>;
  return {
    kind: "set",
    name: functionName,
    argTypes: argTypes.map((type) => type.oid),
    variadic: options.variadic ?? false,
    defaults: options.defaults ?? [],
    returnType: returnType.oid,
    strict: options.strict ?? true,
    volatility: options.volatility ?? "immutable",
    columns: options.columns ?? [{ name: "", typeOid: returnType.oid }],
    rows: (args, context) => call(...args, context),
    specialise: undefined,
  };
}

/** A set-returning function over polymorphic types; its one column has the call's return type. */
export function polymorphicSet<const A extends ArgTypes>(
  functionName: string,
  argTypes: A,
  returnType: ArgType<Datum>,
  makeRows: (
    call: CallTypes,
  ) => (...args: [...DatumsOf<A>, EvalContext]) => Iterable<readonly Datum[]>,
): SetReturningFunction {
  const open = setReturning(functionName, argTypes, returnType, () => []);
  return {
    ...open,
    specialise: (call) => ({
      ...setReturning(functionName, argTypes, returnType, makeRows(call)),
      argTypes: call.argTypes,
      returnType: call.returnType,
      columns: [{ name: "", typeOid: call.returnType }],
    }),
  };
}
