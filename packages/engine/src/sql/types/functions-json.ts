import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import {
  anyelement,
  bool,
  int4,
  json,
  jsonb,
  nullablePolymorphic,
  nullableScalar,
  polymorphic,
  record,
  scalar,
  text,
  textArray,
  variadicAny,
} from "./define.ts";
import type { ArgType } from "./define.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";
import { jsonKeyOf, jsonTextOf, toJsonValue } from "./json-conversion.ts";
import {
  atPath,
  concatenateJson,
  containsJson,
  deleteAtPath,
  deleteIndex,
  deleteKeys,
  insertAtPath,
  itemAt,
  jsonTypeName,
  memberOf,
  setAtPath,
  stripNulls,
} from "./json-operations.ts";
import {
  formatJson,
  isJsonArray,
  isJsonObject,
  jsonObject,
  parseJson,
  prettyJson,
  quoteJsonString,
} from "./json-text.ts";

const stable = { volatility: "stable" } as const;

/** What ->> gives: strings without quotes, nothing for JSON null. */
function asText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : formatJson(value);
}

function wrap(value: JsonValue | undefined): Jsonb | null {
  return value === undefined ? null : new Jsonb(value);
}

/** The texts of a path; undefined when one is null. */
function pathOf(path: SqlArray): string[] | undefined {
  const steps: string[] = [];
  for (const step of path.items) {
    if (typeof step !== "string") return undefined;
    steps.push(step);
  }
  return steps;
}

function follow(document: JsonValue, path: SqlArray): JsonValue | undefined {
  const steps = pathOf(path);
  return steps === undefined ? undefined : atPath(document, steps);
}

function stringsOf(array: SqlArray): string[] {
  return array.items.filter((item) => typeof item === "string");
}

/** -> ->> #> #>> and the functions behind them, for one of the two JSON types. */
function accessors<T extends Datum>(
  type: ArgType<T>,
  read: (datum: T) => JsonValue,
  write: (value: JsonValue) => T,
  prefix: string,
): { operators: ScalarFunction[]; functions: ScalarFunction[] } {
  const give = (value: JsonValue | undefined): T | null =>
    value === undefined ? null : write(value);
  return {
    operators: [
      scalar("->", [type, text], type, (document, key) => give(memberOf(read(document), key))),
      scalar("->", [type, int4], type, (document, index) => give(itemAt(read(document), index))),
      scalar("->>", [type, text], text, (document, key) => asText(memberOf(read(document), key))),
      scalar("->>", [type, int4], text, (document, index) => asText(itemAt(read(document), index))),
      scalar("#>", [type, textArray], type, (document, path) => give(follow(read(document), path))),
      scalar("#>>", [type, textArray], text, (document, path) =>
        asText(follow(read(document), path)),
      ),
    ],
    functions: [
      scalar(
        `${prefix}_extract_path`,
        [type, textArray],
        type,
        (document, path) => give(follow(read(document), path)),
        { variadic: true },
      ),
      scalar(
        `${prefix}_extract_path_text`,
        [type, textArray],
        text,
        (document, path) => asText(follow(read(document), path)),
        { variadic: true },
      ),
      scalar(`${prefix}_typeof`, [type], text, (document) => jsonTypeName(read(document))),
      scalar(`${prefix}_array_length`, [type], int4, (document) => {
        const value = read(document);
        if (isJsonArray(value)) return value.length;
        const what = isJsonObject(value) ? "a non-array" : "a scalar";
        throw new SqlError("invalid_parameter_value", `cannot get array length of ${what}`);
      }),
      scalar(`${prefix}_strip_nulls`, [type], type, (document) =>
        write(stripNulls(read(document))),
      ),
    ],
  };
}

const binary = accessors(
  jsonb,
  (document) => document.value,
  (value) => new Jsonb(value),
  "jsonb",
);

/** Items of type json are given back without their white space, unlike in PostgreSQL. */
const textual = accessors(json, parseJson, formatJson, "json");

export const jsonOperators: readonly ScalarFunction[] = [
  ...binary.operators,
  ...textual.operators,
  scalar("@>", [jsonb, jsonb], bool, (a, b) => containsJson(a.value, b.value)),
  scalar("<@", [jsonb, jsonb], bool, (a, b) => containsJson(b.value, a.value)),
  scalar("?", [jsonb, text], bool, (document, key) => hasKey(document.value, key)),
  scalar("?|", [jsonb, textArray], bool, (document, keys) =>
    stringsOf(keys).some((key) => hasKey(document.value, key)),
  ),
  scalar("?&", [jsonb, textArray], bool, (document, keys) =>
    stringsOf(keys).every((key) => hasKey(document.value, key)),
  ),
  scalar("||", [jsonb, jsonb], jsonb, (a, b) => new Jsonb(concatenateJson(a.value, b.value))),
  scalar("-", [jsonb, text], jsonb, (document, key) => wrap(deleteKeys(document.value, [key]))),
  scalar("-", [jsonb, textArray], jsonb, (document, keys) =>
    wrap(deleteKeys(document.value, stringsOf(keys))),
  ),
  scalar("-", [jsonb, int4], jsonb, (document, index) => wrap(deleteIndex(document.value, index))),
  scalar("#-", [jsonb, textArray], jsonb, (document, path) =>
    wrap(deleteAtPath(document.value, requirePath(path))),
  ),
];

function hasKey(value: JsonValue, key: string): boolean {
  if (isJsonObject(value)) return value.has(key);
  if (isJsonArray(value)) return value.includes(key);
  return value === key;
}

function requirePath(path: SqlArray): string[] {
  const steps = path.items.map((step, index) => {
    if (typeof step === "string") return step;
    throw new SqlError("null_value_not_allowed", `path element at position ${index + 1} is null`);
  });
  if (path.dimensions.length > 1) {
    throw new SqlError("array_subscript_error", "wrong number of array subscripts");
  }
  return steps;
}

function pairs(
  values: readonly Datum[],
  typeOids: readonly number[],
  context: EvalContext,
  functionName: string,
): [key: string, value: Datum, typeOid: number][] {
  if (values.length % 2 !== 0) {
    throw new SqlError(
      "invalid_parameter_value",
      "argument list must have even number of elements",
      { hint: `The arguments of ${functionName}() must consist of alternating keys and values.` },
    );
  }
  const result: [string, Datum, number][] = [];
  for (let index = 0; index < values.length; index += 2) {
    const key = jsonKeyOf(typeOids[index] ?? 0, values[index] ?? null, index + 1, context);
    result.push([key, values[index + 1] ?? null, typeOids[index + 1] ?? 0]);
  }
  return result;
}

const builders: readonly ScalarFunction[] = [
  variadicAny(
    "jsonb_build_object",
    [],
    jsonb,
    (call) => (values, context) =>
      new Jsonb(
        jsonObject(
          pairs(values, call.argTypes, context, "jsonb_build_object").map(
            ([key, value, typeOid]) => [key, toJsonValue(typeOid, value, context)],
          ),
        ),
      ),
    stable,
  ),
  variadicAny(
    "json_build_object",
    [],
    json,
    (call) => (values, context) => {
      const members = pairs(values, call.argTypes, context, "json_build_object").map(
        ([key, value, typeOid]) =>
          `${quoteJsonString(key)} : ${jsonTextOf(typeOid, value, context)}`,
      );
      return `{${members.join(", ")}}`;
    },
    stable,
  ),
  variadicAny(
    "jsonb_build_array",
    [],
    jsonb,
    (call) => (values, context) =>
      new Jsonb(
        values.map((value, index) => toJsonValue(call.argTypes[index] ?? 0, value, context)),
      ),
    stable,
  ),
  variadicAny(
    "json_build_array",
    [],
    json,
    (call) => (values, context) =>
      `[${values.map((value, index) => jsonTextOf(call.argTypes[index] ?? 0, value, context)).join(", ")}]`,
    stable,
  ),
  nullablePolymorphic(
    "to_jsonb",
    [anyelement],
    jsonb,
    (call) => (value, context) =>
      value === null ? null : new Jsonb(toJsonValue(call.argTypes[0] ?? 0, value, context)),
    stable,
  ),
  nullablePolymorphic(
    "to_json",
    [anyelement],
    json,
    (call) => (value, context) =>
      value === null ? null : jsonTextOf(call.argTypes[0] ?? 0, value, context),
    stable,
  ),
  scalar(
    "row_to_json",
    [record],
    json,
    (row, context) => jsonTextOf(oids.record, row, context),
    stable,
  ),
  scalar(
    "row_to_json",
    [record, bool],
    json,
    (row, pretty, context) => {
      const line = jsonTextOf(oids.record, row, context);
      return pretty ? prettyRecord(row, context) : line;
    },
    stable,
  ),
  polymorphic(
    "array_to_json",
    [{ oid: oids.anyarray } as ArgType<SqlArray>],
    json,
    () => (array, context) => jsonTextOf(oids.anyarray, array, context),
    stable,
  ),
  scalar(
    "jsonb_object",
    [textArray],
    jsonb,
    (array) => new Jsonb(jsonObject(objectEntries(array))),
  ),
  scalar(
    "jsonb_object",
    [textArray, textArray],
    jsonb,
    (keys, values) => new Jsonb(jsonObject(zipEntries(keys, values))),
  ),
];

/** row_to_json with line feeds between the fields. */
function prettyRecord(row: SqlRecord, context: EvalContext): string {
  const fields = row.fields.map((field, index) => {
    const name = row.fieldNames?.[index] ?? `f${index + 1}`;
    return `${quoteJsonString(name)}:${jsonTextOf(row.fieldTypeOids[index] ?? 0, field, context)}`;
  });
  return `{${fields.join(",\n ")}}`;
}

function keyOf(item: Datum | undefined): string {
  if (typeof item !== "string") {
    throw new SqlError("null_value_not_allowed", "null value not allowed for object key");
  }
  return item;
}

function objectEntries(array: SqlArray): [string, JsonValue][] {
  if (array.items.length % 2 !== 0) {
    throw new SqlError("array_subscript_error", "array must have even number of elements");
  }
  const entries: [string, JsonValue][] = [];
  for (let index = 0; index < array.items.length; index += 2) {
    const value = array.items[index + 1];
    entries.push([keyOf(array.items[index]), typeof value === "string" ? value : null]);
  }
  return entries;
}

function zipEntries(keys: SqlArray, values: SqlArray): [string, JsonValue][] {
  if (keys.items.length !== values.items.length) {
    throw new SqlError("array_subscript_error", "mismatched array dimensions");
  }
  return keys.items.map((key, index) => {
    const value = values.items[index];
    return [keyOf(key), typeof value === "string" ? value : null];
  });
}

const changes: readonly ScalarFunction[] = [
  scalar(
    "jsonb_set",
    [jsonb, textArray, jsonb, bool],
    jsonb,
    (document, path, value, create) =>
      new Jsonb(setAtPath(document.value, requirePath(path), value.value, create)),
    { defaults: [true] },
  ),
  nullableScalar(
    "jsonb_set_lax",
    [jsonb, textArray, jsonb, bool, text],
    jsonb,
    (document, path, value, create, treatment) => {
      if (document === null || path === null || create === null) return null;
      const steps = requirePath(path);
      if (value !== null) return new Jsonb(setAtPath(document.value, steps, value.value, create));
      switch (treatment) {
        case "use_json_null":
          return new Jsonb(setAtPath(document.value, steps, null, create));
        case "delete_key":
          return new Jsonb(deleteAtPath(document.value, steps));
        case "return_target":
          return document;
        case "raise_exception":
          throw new SqlError("null_value_not_allowed", "JSON value must not be null", {
            detail: 'Exception was raised because null_value_treatment is "raise_exception".',
            hint: "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.",
          });
        default:
          throw new SqlError(
            "invalid_parameter_value",
            'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
          );
      }
    },
    { defaults: [true, "use_json_null"] },
  ),
  scalar(
    "jsonb_insert",
    [jsonb, textArray, jsonb, bool],
    jsonb,
    (document, path, value, after) =>
      new Jsonb(insertAtPath(document.value, requirePath(path), value.value, after)),
    { defaults: [false] },
  ),
  scalar("jsonb_pretty", [jsonb], text, (document) => prettyJson(document.value)),
];

export const jsonFunctions: readonly ScalarFunction[] = [
  ...binary.functions,
  ...textual.functions,
  ...builders,
  ...changes,
];
