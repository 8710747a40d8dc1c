import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { isTimestampInRange, joinTimestamp, microsPerDayBig, splitTimestamp } from "./calendar.ts";
import { Interval, Jsonb, timestampInfinity } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import {
  bool,
  bpchar,
  charType,
  date,
  float4,
  float8,
  int2,
  int4,
  int8,
  interval,
  json,
  jsonb,
  name,
  numeric,
  text,
  time,
  timestamp,
  timestamptz,
  varchar,
} from "./define.ts";
import type { ArgType } from "./define.ts";
import type { EvalContext } from "./function.ts";
import { formatJson, isJsonArray, isJsonObject, parseJson } from "./json-text.ts";
import {
  int8ToInt2,
  int8ToInt4,
  checkInt2,
  floatToInt8,
  floatToInteger,
  numericToInt8,
  numericToInteger,
  toFloat4,
} from "./number-conversion.ts";
import {
  Numeric,
  formatNumeric,
  numericFromBigint,
  numericFromFloat,
  numericFromInteger,
  numericToNumber,
} from "./numeric.ts";
import { splitQualifiedName, truncateIdentifier } from "./object-names.ts";
import { parseFloat4, parseFloat8, uint4Max } from "./scalar-text.ts";
import { firstByte, trimTrailingSpaces } from "./text-order.ts";
import { getTimeZone, toLocal, toUtc } from "./time-zone.ts";

/** Where a cast may be applied: pg_cast.castcontext, weakest first. */
export type CastContext = "implicit" | "assignment" | "explicit";

/** A row of pg_cast. `convert` is undefined when the datum is the same in both types. */
export interface CastRow {
  readonly sourceOid: number;
  readonly targetOid: number;
  readonly context: CastContext;
  readonly convert: ((datum: Datum, context: EvalContext) => Datum) | undefined;
}

function cast<S extends Datum, T extends Datum>(
  source: ArgType<S>,
  target: ArgType<T>,
  context: CastContext,
  convert: (datum: S, context: EvalContext) => T,
): CastRow {
  return {
    sourceOid: source.oid,
    targetOid: target.oid,
    context,
    convert: convert as unknown as (datum: Datum, context: EvalContext) => Datum,
  };
}

function relabel(sourceOid: number, targetOid: number, context: CastContext): CastRow {
  return { sourceOid, targetOid, context, convert: undefined };
}

const integerCasts: readonly CastRow[] = [
  cast(int2, int4, "implicit", (v) => v),
  cast(int2, int8, "implicit", (v) => BigInt(v)),
  cast(int2, float4, "implicit", (v) => v),
  cast(int2, float8, "implicit", (v) => v),
  cast(int2, numeric, "implicit", numericFromInteger),
  cast(int4, int2, "assignment", checkInt2),
  cast(int4, int8, "implicit", (v) => BigInt(v)),
  cast(int4, float4, "implicit", (v) => Math.fround(v)),
  cast(int4, float8, "implicit", (v) => v),
  cast(int4, numeric, "implicit", numericFromInteger),
  cast(int4, bool, "explicit", (v) => v !== 0),
  cast(int4, charType, "explicit", (v) => {
    if (v < -128 || v > 127) {
      throw new SqlError("numeric_value_out_of_range", '"char" out of range');
    }
    return v === 0 ? "" : String.fromCharCode(v < 0 ? v + 256 : v);
  }),
  cast(charType, int4, "explicit", (v) => {
    const code = v === "" ? 0 : v.charCodeAt(0);
    return code > 127 ? code - 256 : code;
  }),
  cast(bool, int4, "explicit", (v) => (v ? 1 : 0)),
  cast(int8, int2, "assignment", int8ToInt2),
  cast(int8, int4, "assignment", int8ToInt4),
  cast(int8, float4, "implicit", (v) => Math.fround(Number(v))),
  cast(int8, float8, "implicit", (v) => Number(v)),
  cast(int8, numeric, "implicit", numericFromBigint),
];

/** Through text, as PostgreSQL goes, when the number is too large or too small for a double. */
function numericToFloat8(value: Numeric): number {
  const number = numericToNumber(value);
  if (Number.isFinite(number) && number !== 0) return number;
  return parseFloat8(formatNumeric(value));
}

const fractionCasts: readonly CastRow[] = [
  cast(float4, int2, "assignment", (v) => floatToInteger(v, "smallint")),
  cast(float4, int4, "assignment", (v) => floatToInteger(v, "integer")),
  cast(float4, int8, "assignment", floatToInt8),
  cast(float4, float8, "implicit", (v) => v),
  cast(float4, numeric, "assignment", (v) => numericFromFloat(v, 6)),
  cast(float8, int2, "assignment", (v) => floatToInteger(v, "smallint")),
  cast(float8, int4, "assignment", (v) => floatToInteger(v, "integer")),
  cast(float8, int8, "assignment", floatToInt8),
  cast(float8, float4, "assignment", toFloat4),
  cast(float8, numeric, "assignment", (v) => numericFromFloat(v, 15)),
  cast(numeric, int2, "assignment", (v) => numericToInteger(v, "smallint")),
  cast(numeric, int4, "assignment", (v) => numericToInteger(v, "integer")),
  cast(numeric, int8, "assignment", numericToInt8),
  cast(numeric, float4, "implicit", (v) => parseFloat4(formatNumeric(v))),
  cast(numeric, float8, "implicit", numericToFloat8),
];

function boolText(value: boolean): string {
  return value ? "true" : "false";
}

const textCasts: readonly CastRow[] = [
  cast(bool, text, "assignment", boolText),
  cast(bool, bpchar, "assignment", boolText),
  cast(bool, varchar, "assignment", boolText),
  cast(charType, text, "implicit", (v) => v),
  cast(charType, bpchar, "assignment", (v) => v),
  cast(charType, varchar, "assignment", (v) => v),
  cast(name, text, "implicit", (v) => v),
  cast(name, bpchar, "assignment", (v) => v),
  cast(name, varchar, "assignment", (v) => v),
  relabel(oids.text, oids.bpchar, "implicit"),
  relabel(oids.text, oids.varchar, "implicit"),
  relabel(oids.varchar, oids.text, "implicit"),
  relabel(oids.varchar, oids.bpchar, "implicit"),
  cast(bpchar, text, "implicit", trimTrailingSpaces),
  cast(bpchar, varchar, "implicit", trimTrailingSpaces),
  cast(text, name, "implicit", truncateIdentifier),
  cast(varchar, name, "implicit", truncateIdentifier),
  cast(bpchar, name, "implicit", (v) => truncateIdentifier(trimTrailingSpaces(v))),
  cast(text, charType, "assignment", firstByte),
  cast(varchar, charType, "assignment", firstByte),
  cast(bpchar, charType, "assignment", firstByte),
  relabel(oids.pgNodeTree, oids.text, "implicit"),
];

export function dateToTimestamp(day: number): bigint {
  if (day === Infinity) return timestampInfinity;
  if (day === -Infinity) return -timestampInfinity;
  const micros = joinTimestamp(day, 0);
  if (!isTimestampInRange(micros)) {
    throw new SqlError("datetime_field_overflow", "date out of range for timestamp");
  }
  return micros;
}

export function isInfiniteTimestamp(micros: bigint): boolean {
  return micros === timestampInfinity || micros === -timestampInfinity;
}

export function timestampToTimestamptz(micros: bigint, context: EvalContext): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  return toUtc(getTimeZone(context.format.timeZone), micros);
}

export function timestamptzToTimestamp(micros: bigint, context: EvalContext): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  return toLocal(getTimeZone(context.format.timeZone), micros);
}

export function timestampToDate(micros: bigint): number {
  if (micros === timestampInfinity) return Infinity;
  if (micros === -timestampInfinity) return -Infinity;
  return splitTimestamp(micros).day;
}

const dateTimeCasts: readonly CastRow[] = [
  cast(date, timestamp, "implicit", dateToTimestamp),
  cast(date, timestamptz, "implicit", (v, context) =>
    timestampToTimestamptz(dateToTimestamp(v), context),
  ),
  cast(timestamp, date, "assignment", timestampToDate),
  {
    ...cast(timestamp, time, "assignment", (v) => v),
    convert: (v) =>
      typeof v === "bigint" && !isInfiniteTimestamp(v)
        ? BigInt(splitTimestamp(v).microOfDay)
        : null,
  },
  cast(timestamp, timestamptz, "implicit", timestampToTimestamptz),
  cast(timestamptz, timestamp, "assignment", timestamptzToTimestamp),
  cast(timestamptz, date, "assignment", (v, context) =>
    timestampToDate(timestamptzToTimestamp(v, context)),
  ),
  {
    ...cast(timestamptz, time, "assignment", (v) => v),
    convert: (v, context) =>
      typeof v === "bigint" && !isInfiniteTimestamp(v)
        ? BigInt(splitTimestamp(timestamptzToTimestamp(v, context)).microOfDay)
        : null,
  },
  cast(time, interval, "implicit", (v) => new Interval(0, 0, v)),
  cast(interval, time, "assignment", (v) => {
    const rest = v.micros % microsPerDayBig;
    return rest < 0n ? rest + microsPerDayBig : rest;
  }),
];

function jsonKindName(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof Numeric) return "numeric";
  if (isJsonArray(value)) return "array";
  return isJsonObject(value) ? "object" : "value";
}

function cannotCastJson(value: JsonValue, typeName: string): SqlError {
  return new SqlError(
    "invalid_parameter_value",
    `cannot cast jsonb ${jsonKindName(value)} to type ${typeName}`,
  );
}

function jsonNumber(document: Jsonb, typeName: string): Numeric {
  if (document.value instanceof Numeric) return document.value;
  throw cannotCastJson(document.value, typeName);
}

const jsonCasts: readonly CastRow[] = [
  cast(json, jsonb, "assignment", (v) => new Jsonb(parseJson(v))),
  cast(jsonb, json, "assignment", (v) => formatJson(v.value)),
  cast(jsonb, bool, "explicit", (v) => {
    if (typeof v.value !== "boolean") throw cannotCastJson(v.value, "boolean");
    return v.value;
  }),
  cast(jsonb, int2, "explicit", (v) => numericToInteger(jsonNumber(v, "smallint"), "smallint")),
  cast(jsonb, int4, "explicit", (v) => numericToInteger(jsonNumber(v, "integer"), "integer")),
  cast(jsonb, int8, "explicit", (v) => numericToInt8(jsonNumber(v, "bigint"))),
  cast(jsonb, float4, "explicit", (v) => toFloat4(numericToNumber(jsonNumber(v, "real")))),
  cast(jsonb, float8, "explicit", (v) => numericToNumber(jsonNumber(v, "double precision"))),
  cast(jsonb, numeric, "explicit", (v) => jsonNumber(v, "numeric")),
];

const xid: ArgType<number> = { oid: oids.xid };
const xid8: ArgType<bigint> = { oid: oids.xid8 };

const objectOids = [
  oids.regproc,
  oids.regprocedure,
  oids.regclass,
  oids.regtype,
  oids.regnamespace,
  oids.regrole,
] as const;

function int8ToOid(value: bigint): number {
  if (value < 0n || value > BigInt(uint4Max)) {
    throw new SqlError("numeric_value_out_of_range", "OID out of range");
  }
  return Number(value);
}

function unsigned(value: number): number {
  return value < 0 ? value + 2 ** 32 : value;
}

function signed(value: number): number {
  return value > 0x7fffffff ? value - 2 ** 32 : value;
}

/** The object types are oids under other names; text is looked up as a relation. */
function objectCasts(): CastRow[] {
  const rows: CastRow[] = [];
  for (const target of [oids.oid, ...objectOids]) {
    const type: ArgType<number> = { oid: target };
    rows.push(
      cast(int2, type, "implicit", unsigned),
      cast(int4, type, "implicit", unsigned),
      cast(int8, type, "implicit", int8ToOid),
      cast(type, int4, "assignment", signed),
      cast(type, int8, "assignment", (v) => BigInt(v)),
    );
    if (target !== oids.oid) {
      rows.push(relabel(oids.oid, target, "implicit"), relabel(target, oids.oid, "implicit"));
    }
  }
  rows.push(
    relabel(oids.regproc, oids.regprocedure, "implicit"),
    relabel(oids.regprocedure, oids.regproc, "implicit"),
  );
  const toRegclass = (value: string, context: EvalContext): number => {
    const parts = splitQualifiedName(value);
    const relation = context.catalog.findRelation(parts);
    if (relation === undefined) {
      throw new SqlError("undefined_table", `relation "${parts.join(".")}" does not exist`);
    }
    return relation;
  };
  const regclass: ArgType<number> = { oid: oids.regclass };
  rows.push(cast(text, regclass, "implicit", toRegclass));
  rows.push(cast(varchar, regclass, "implicit", toRegclass));
  rows.push(cast(xid8, xid, "explicit", (v) => Number(BigInt.asUintN(32, v))));
  rows.push(relabel(oids.oidvector, oids.oidArray, "implicit"));
  rows.push(relabel(oids.int2vector, oids.int2Array, "implicit"));
  return rows;
}

/** Every cast between built-in types that is not through text or by array elements. */
export const castRows: readonly CastRow[] = [
  ...integerCasts,
  ...fractionCasts,
  ...textCasts,
  ...dateTimeCasts,
  ...jsonCasts,
  ...objectCasts(),
];
