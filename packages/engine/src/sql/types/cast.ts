import type { Datum } from "./datum.ts";
import type { EvalContext } from "./function.ts";

/** Where a cast may be applied: pg_cast.castcontext, weakest first. */
export type CastContext = "implicit" | "assignment" | "explicit";

/**
 * A way from one type to another.
 *
 * - `binary-coercible`: the same datum, nothing to do.
 * - `function`: `convert` gets a value that is not null.
 */
export interface Cast {
  readonly sourceOid: number;
  readonly targetOid: number;
  readonly context: CastContext;
  readonly method: "binary-coercible" | "function" | "text";
  convert(datum: Datum, context: EvalContext): Datum;
}

/** The cast allowed in this context, or undefined. Includes array element casts and casts through text. */
export function findCast(
  sourceOid: number,
  targetOid: number,
  context: CastContext,
): Cast | undefined {
  return undefined;
}

/** Applies a type modifier (length, precision) to a value already of the type; undefined when there is nothing to do. */
export type TypmodCoercion = (datum: Datum) => Datum;

export function typmodCoercion(
  typeOid: number,
  typmod: number,
  explicit: boolean,
): TypmodCoercion | undefined {
  return undefined;
}
