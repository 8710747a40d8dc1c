import type { Numeric } from "./numeric.ts";

/**
 * A SQL value as the engine holds it. Which form a type uses is fixed:
 *
 *   bool                    boolean
 *   int2, int4, oid, float4, float8        number (float4 already rounded with Math.fround)
 *   int8                    bigint
 *   numeric                 Numeric (exact, with display scale, NaN and infinities)
 *   text, varchar, char(n), name, "char"   string (well-formed UTF-16; no U+0000)
 *   bytea                   Uint8Array
 *   date                    number: days since 2000-01-01; ±Infinity for the infinities
 *   time                    bigint: microseconds since midnight
 *   timestamp, timestamptz  bigint: microseconds since 2000-01-01 00:00 (UTC for timestamptz);
 *                           timestampInfinity and -timestampInfinity for the infinities
 *   interval                Interval
 *   uuid                    string, canonical lower case
 *   json                    string, as written
 *   jsonb                   Jsonb
 *   arrays, int2vector, oidvector   SqlArray
 *   record, composite       SqlRecord
 *   regclass, regtype, regproc …    number (an oid)
 *   SQL NULL of any type    null
 */
export type Datum =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Numeric
  | Interval
  | Jsonb
  | SqlArray
  | SqlRecord;

export type Row = readonly Datum[];

/** PostgreSQL's interval: three parts that do not convert into one another. */
export class Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;

  constructor(months: number, days: number, micros: bigint) {
    this.months = months;
    this.days = days;
    this.micros = micros;
  }
}

/** A jsonb document. Object keys are unique and in PostgreSQL's order: by length, then bytewise. */
export type JsonValue =
  null | boolean | string | Numeric | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** Wraps the document so that JSON null and SQL NULL stay two things. */
export class Jsonb {
  readonly value: JsonValue;

  constructor(value: JsonValue) {
    this.value = value;
  }
}

/** An array of any dimension, in row-major order. An empty array has no dimensions. */
export class SqlArray {
  readonly elementTypeOid: number;
  readonly items: readonly Datum[];
  readonly dimensions: readonly { readonly length: number; readonly lowerBound: number }[];

  constructor(
    elementTypeOid: number,
    items: readonly Datum[],
    dimensions: readonly { readonly length: number; readonly lowerBound: number }[],
  ) {
    this.elementTypeOid = elementTypeOid;
    this.items = items;
    this.dimensions = dimensions;
  }
}

/** A row value. Names are known when it is a table's row or a subquery's; ROW(…) has none. */
export class SqlRecord {
  readonly fields: readonly Datum[];
  readonly fieldTypeOids: readonly number[];
  readonly fieldNames: readonly string[] | undefined;

  constructor(
    fields: readonly Datum[],
    fieldTypeOids: readonly number[],
    fieldNames?: readonly string[],
  ) {
    this.fields = fields;
    this.fieldTypeOids = fieldTypeOids;
    this.fieldNames = fieldNames;
  }
}

/** The bigint that stands for `infinity` in timestamp and timestamptz; its negative for `-infinity`. */
export const timestampInfinity = 2n ** 63n - 1n;
