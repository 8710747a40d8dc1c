import { notSupported } from "#base/errors.ts";
import type { ScalarFunction, SqlFunction } from "./function.ts";
import type { FunctionRegistry } from "./registry.ts";

/**
 * A call whose types are settled (PostgreSQL's documentation, chapter 10).
 *
 * - Each given argument i must be coerced to `argTypes[i]` (implicit cast; an unknown literal is
 *   read as that type). `argTypes` has one entry per given argument, then `defaultArgs` follow.
 * - `function` is already specialised for these types.
 * - When `variadicFrom` is set, the arguments from there on are to be gathered into one array of
 *   type `variadicArrayType` before the call.
 */
export interface ResolvedCall<F extends SqlFunction = SqlFunction> {
  readonly function: F;
  readonly argTypes: readonly number[];
  readonly returnType: number;
  readonly defaultArgs: readonly import("./datum.ts").Datum[];
  readonly variadicFrom: number | undefined;
  readonly variadicArrayType: number;
}

export interface CallOptions {
  /** The last argument was marked VARIADIC. */
  readonly variadicArray?: boolean;
  /** Names of trailing named arguments are not supported yet; 1-based statement position for errors. */
  readonly position?: number | undefined;
}

/** Finds the function a call means. Unknown literals have type oids.unknown. 42883 or 42725 otherwise. */
export function resolveFunction(
  registry: FunctionRegistry,
  name: string,
  argTypes: readonly number[],
  options: CallOptions = {},
): ResolvedCall {
  throw notSupported(`function ${name}`);
}

/** Finds the operator; left is undefined for a prefix operator. */
export function resolveOperator(
  registry: FunctionRegistry,
  symbol: string,
  left: number | undefined,
  right: number,
  position?: number,
): ResolvedCall<ScalarFunction> {
  throw notSupported(`operator ${symbol}`);
}

/**
 * The common type of UNION, CASE, VALUES, ARRAY, COALESCE, GREATEST: `context` is the word for
 * the error (`UNION types integer and text cannot be matched`, 42804).
 */
export function resolveCommonType(
  typeOids: readonly number[],
  context: string,
  position?: number,
): number {
  throw notSupported(context);
}

/** Whether a value of one type is accepted where another is wanted without an explicit cast. */
export function canCoerceImplicitly(sourceOid: number, targetOid: number): boolean {
  return sourceOid === targetOid;
}
