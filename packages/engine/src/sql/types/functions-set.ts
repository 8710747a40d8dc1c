import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Jsonb, SqlArray, timestampInfinity } from "./datum.ts";
import type { Datum, Interval, JsonValue } from "./datum.ts";
import {
  anyarray,
  anyelement,
  bool,
  int4,
  int8,
  interval,
  json,
  jsonb,
  numeric,
  polymorphicSet,
  record,
  setReturning,
  text,
  textArray,
  timestamp,
  timestamptz,
} from "./define.ts";
import type { ArgType } from "./define.ts";
import type { ResultColumn, SetReturningFunction } from "./function.ts";
import { addToTimestamp, addToTimestamptz } from "./datetime-arithmetic.ts";
import { intervalSpan } from "./compare.ts";
import { sourceItems, sourceMembers } from "./json-source.ts";
import { formatJson, isJsonArray, isJsonObject, parseJson } from "./json-text.ts";
import { numericOne, compareNumeric, numericSign } from "./numeric.ts";
import type { Numeric } from "./numeric.ts";
import { addNumeric } from "./numeric-arithmetic.ts";
import { isGlobal, matchAll, splitByPattern } from "./regular-expression.ts";
import { int4Max, int4Min, int8Max, int8Min } from "./scalar-text.ts";

function stepIsZero(): SqlError {
  return new SqlError("invalid_parameter_value", "step size cannot equal zero");
}

function* series4(start: number, stop: number, step: number): Iterable<[number]> {
  if (step === 0) throw stepIsZero();
  // Doubles hold every int4 and the one step past the last, so no overflow check is needed.
  if (step > 0)
    for (let value = start; value <= stop && value <= int4Max; value += step) yield [value];
  else for (let value = start; value >= stop && value >= int4Min; value += step) yield [value];
}

function* series8(start: bigint, stop: bigint, step: bigint): Iterable<[bigint]> {
  if (step === 0n) throw stepIsZero();
  if (step > 0n)
    for (let value = start; value <= stop && value <= int8Max; value += step) yield [value];
  else for (let value = start; value >= stop && value >= int8Min; value += step) yield [value];
}

function* seriesNumeric(start: Numeric, stop: Numeric, step: Numeric): Iterable<[Numeric]> {
  const parts = [
    ["start", start],
    ["stop", stop],
    ["step", step],
  ] as const;
  for (const [word, value] of parts) {
    const what = word === "step" ? "step size" : `${word} value`;
    if (value.kind === "nan") {
      throw new SqlError("invalid_parameter_value", `${what} cannot be NaN`);
    }
    if (value.kind !== "finite") {
      throw new SqlError("invalid_parameter_value", `${what} cannot be infinity`);
    }
  }
  const sign = numericSign(step);
  if (sign === 0) throw stepIsZero();
  for (
    let value = start;
    compareNumeric(value, stop) * sign <= 0;
    value = addNumeric(value, step)
  ) {
    yield [value];
  }
}

function* seriesTime(
  start: bigint,
  stop: bigint,
  step: Interval,
  add: (value: bigint, step: Interval) => bigint,
): Iterable<[bigint]> {
  const span = intervalSpan(step);
  if (span === 0n) throw stepIsZero();
  const endless = (value: bigint): boolean =>
    value === timestampInfinity || value === -timestampInfinity;
  if (endless(start)) return;
  if (span > 0n) for (let value = start; value <= stop; value = add(value, step)) yield [value];
  else for (let value = start; value >= stop; value = add(value, step)) yield [value];
}

const series: readonly SetReturningFunction[] = [
  setReturning("generate_series", [int4, int4], int4, (start, stop) => series4(start, stop, 1)),
  setReturning("generate_series", [int4, int4, int4], int4, series4),
  setReturning("generate_series", [int8, int8], int8, (start, stop) => series8(start, stop, 1n)),
  setReturning("generate_series", [int8, int8, int8], int8, series8),
  setReturning("generate_series", [numeric, numeric], numeric, (start, stop) =>
    seriesNumeric(start, stop, numericOne),
  ),
  setReturning("generate_series", [numeric, numeric, numeric], numeric, seriesNumeric),
  setReturning(
    "generate_series",
    [timestamp, timestamp, interval],
    timestamp,
    (start, stop, step) => seriesTime(start, stop, step, addToTimestamp),
  ),
  setReturning(
    "generate_series",
    [timestamptz, timestamptz, interval],
    timestamptz,
    (start, stop, step, context) =>
      seriesTime(start, stop, step, (value, by) => addToTimestamptz(value, by, context)),
    { volatility: "stable" },
  ),
];

function* subscripts(array: SqlArray, dimension: number, reverse: boolean): Iterable<[number]> {
  const bounds = array.dimensions[dimension - 1];
  if (bounds === undefined) return;
  const last = bounds.lowerBound + bounds.length - 1;
  if (reverse) for (let at = last; at >= bounds.lowerBound; at--) yield [at];
  else for (let at = bounds.lowerBound; at <= last; at++) yield [at];
}

const arrays: readonly SetReturningFunction[] = [
  polymorphicSet(
    "unnest",
    [anyarray],
    anyelement,
    () => (array) => array.items.map((item) => [item]),
  ),
  setReturning("generate_subscripts", [anyarray, int4], int4, (array, dimension) =>
    subscripts(array, dimension, false),
  ),
  setReturning("generate_subscripts", [anyarray, int4, bool], int4, subscripts),
];

function cannotCall(functionName: string, on: string): SqlError {
  return new SqlError("invalid_parameter_value", `cannot call ${functionName} on ${on}`);
}

/** One of the two JSON types, taken apart into parts of the same type. */
interface JsonForm<T extends Datum> {
  readonly type: ArgType<T>;
  readonly prefix: "json" | "jsonb";
  read(document: T): JsonValue;
  items(document: T): readonly T[];
  members(document: T): readonly (readonly [string, T])[];
}

const binaryForm: JsonForm<Jsonb> = {
  type: jsonb,
  prefix: "jsonb",
  read: (document) => document.value,
  items: ({ value }) => (isJsonArray(value) ? value.map((item) => new Jsonb(item)) : []),
  members: ({ value }) =>
    isJsonObject(value) ? Array.from(value, ([key, item]) => [key, new Jsonb(item)]) : [],
};

const textualForm: JsonForm<string> = {
  type: json,
  prefix: "json",
  read: parseJson,
  items: sourceItems,
  members: sourceMembers,
};

function jsonSets<T extends Datum>(form: JsonForm<T>): SetReturningFunction[] {
  const { type, prefix } = form;
  /** What ->> gives: strings without quotes, null for JSON null. */
  const asText = (part: T): string | null => {
    const value = form.read(part);
    if (value === null) return null;
    if (typeof value === "string") return value;
    return part instanceof Jsonb ? formatJson(value) : String(part);
  };
  const items = (document: T): readonly T[] => {
    const value = form.read(document);
    if (isJsonArray(value)) return form.items(document);
    const what = isJsonObject(value) ? "an object" : "a scalar";
    throw new SqlError("invalid_parameter_value", `cannot extract elements from ${what}`);
  };
  const members = (document: T, functionName: string): readonly (readonly [string, T])[] => {
    if (isJsonObject(form.read(document))) return form.members(document);
    throw cannotCall(functionName, "a non-object");
  };
  const elements = `${prefix}_array_elements`;
  const each = `${prefix}_each`;
  const keys = `${prefix}_object_keys`;
  const pair = (valueOid: number): readonly ResultColumn[] => [
    { name: "key", typeOid: oids.text },
    { name: "value", typeOid: valueOid },
  ];
  return [
    setReturning(elements, [type], type, (document) => items(document).map((item) => [item]), {
      columns: [{ name: "value", typeOid: type.oid }],
    }),
    setReturning(
      `${elements}_text`,
      [type],
      text,
      (document) => items(document).map((item) => [asText(item)]),
      { columns: [{ name: "value", typeOid: oids.text }] },
    ),
    setReturning(each, [type], record, (document) => members(document, each), {
      columns: pair(type.oid),
    }),
    setReturning(
      `${each}_text`,
      [type],
      record,
      (document) => members(document, `${each}_text`).map(([key, item]) => [key, asText(item)]),
      { columns: pair(oids.text) },
    ),
    setReturning(keys, [type], text, (document) => {
      const value = form.read(document);
      if (isJsonObject(value)) return form.members(document).map(([key]) => [key]);
      throw cannotCall(keys, isJsonArray(value) ? "an array" : "a scalar");
    }),
  ];
}

function* stringToTable(
  source: string | null,
  delimiter: string | null,
  nullText: string | null,
): Iterable<[Datum]> {
  if (source === null) return;
  const parts =
    delimiter === null ? Array.from(source) : delimiter === "" ? [source] : source.split(delimiter);
  if (source === "") return;
  for (const part of parts) yield [part === nullText ? null : part];
}

function matches(source: string, pattern: string, flags: string): Iterable<[Datum]> {
  return matchAll(source, pattern, flags).map((groups) => [
    new SqlArray(oids.text, groups, [{ length: groups.length, lowerBound: 1 }]),
  ]);
}

function checkNotGlobal(flags: string): void {
  if (!isGlobal(flags)) return;
  throw new SqlError(
    "invalid_parameter_value",
    'regexp_split_to_table() does not support the "global" option',
  );
}

const texts: readonly SetReturningFunction[] = [
  setReturning(
    "string_to_table",
    [text, text],
    text,
    (source, delimiter) => stringToTable(source, delimiter, null),
    { strict: false },
  ),
  setReturning("string_to_table", [text, text, text], text, stringToTable, { strict: false }),
  setReturning("regexp_matches", [text, text], textArray, (source, pattern) =>
    matches(source, pattern, ""),
  ),
  setReturning("regexp_matches", [text, text, text], textArray, matches),
  setReturning("regexp_split_to_table", [text, text], text, (source, pattern) =>
    splitByPattern(source, pattern, "").map((part) => [part]),
  ),
  setReturning("regexp_split_to_table", [text, text, text], text, (source, pattern, flags) => {
    checkNotGlobal(flags);
    return splitByPattern(source, pattern, flags).map((part) => [part]);
  }),
];

export const setReturningFunctions: readonly SetReturningFunction[] = [
  ...series,
  ...arrays,
  ...jsonSets(binaryForm),
  ...jsonSets(textualForm),
  ...texts,
];
