import { notSupported } from "#base/errors.ts";
import type { Datum } from "./datum.ts";

/** Orders two values that are not null: negative, zero or positive. Total for every type. */
export type Comparator = (left: Datum, right: Datum) => number;

/** The btree order of a type; 42883 when the type has none (json, xid). */
export function comparatorFor(typeOid: number): Comparator {
  throw notSupported(`order of type ${typeOid}`);
}

/** A string or number that is the same for two values exactly when they are equal; for Map keys. */
export type HashKey = (datum: Datum) => string | number | bigint | boolean;

export function hashKeyFor(typeOid: number): HashKey {
  throw notSupported(`hash of type ${typeOid}`);
}
