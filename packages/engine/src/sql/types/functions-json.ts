import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Jsonb } from "./datum.ts";
import type { Datum, JsonValue, SqlArray, SqlRecord } from "./datum.ts";
import {
  anyarray,
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
import { sourceAtPath, sourceItem, sourceItems, sourceMember } from "./json-source.ts";
import {
  formatCompactJson,
  formatJson,
  isJsonArray,
  isJsonObject,
  jsonObject,
  parseJson,
  prettyJson,
  quoteJsonString,
} from "./json-text.ts";

const stable = { volatility: "stable" } as const;

function wrap(value: JsonValue | undefined): Jsonb | undefined {
  return value === undefined ? undefined : new Jsonb(value);
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

function stringsOf(array: SqlArray): string[] {
  return array.items.filter((item) => typeof item === "string");
}

/** How one of the two JSON types is looked into; parts that are not there are undefined. */
interface JsonForm<T extends Datum> {
  readonly type: ArgType<T>;
  readonly prefix: "json" | "jsonb";
  member(document: T, key: string): T | undefined;
  item(document: T, index: number): T | undefined;
  atPath(document: T, steps: readonly string[]): T | undefined;
  read(document: T): JsonValue;
  write(value: JsonValue): T;
}

/** Of a scalar document item 0 is the scalar itself: jsonb keeps it as an array of one. */
const binaryForm: JsonForm<Jsonb> = {
  type: jsonb,
  prefix: "jsonb",
  member: (document, key) => wrap(memberOf(document.value, key)),
  item: (document, index) => {
    const { value } = document;
    const isContainer = isJsonArray(value) || isJsonObject(value);
    return wrap(itemAt(isContainer ? value : [value], index));
  },
  atPath: (document, steps) => wrap(atPath(document.value, steps)),
  read: (document) => document.value,
  write: (value) => new Jsonb(value),
};

const textualForm: JsonForm<string> = {
  type: json,
  prefix: "json",
  member: sourceMember,
  item: sourceItem,
  atPath: sourceAtPath,
  read: parseJson,
  write: formatCompactJson,
};

function textIn<T extends Datum>(form: JsonForm<T>, part: T | undefined): string | null {
  if (part === undefined) return null;
  const value = form.read(part);
  if (value === null) return null;
  if (typeof value === "string") return value;
  return part instanceof Jsonb ? formatJson(value) : String(part);
}

function accessors<T extends Datum>(
  form: JsonForm<T>,
): { operators: ScalarFunction[]; functions: ScalarFunction[] } {
  const { type, prefix } = form;
  const follow = (document: T, path: SqlArray): T | undefined => {
    const steps = pathOf(path);
    return steps === undefined ? undefined : form.atPath(document, steps);
  };
  return {
    operators: [
      scalar("->", [type, text], type, (document, key) => form.member(document, key) ?? null),
      scalar("->", [type, int4], type, (document, index) => form.item(document, index) ?? null),
      scalar("->>", [type, text], text, (document, key) =>
        textIn(form, form.member(document, key)),
      ),
      scalar("->>", [type, int4], text, (document, index) =>
        textIn(form, form.item(document, index)),
      ),
      scalar("#>", [type, textArray], type, (document, path) => follow(document, path) ?? null),
      scalar("#>>", [type, textArray], text, (document, path) =>
        textIn(form, follow(document, path)),
      ),
    ],
    functions: [
      scalar(
        `${prefix}_extract_path`,
        [type, textArray],
        type,
        (document, path) => follow(document, path) ?? null,
        { variadic: true },
      ),
      scalar(
        `${prefix}_extract_path_text`,
        [type, textArray],
        text,
        (document, path) => textIn(form, follow(document, path)),
        { variadic: true },
      ),
      scalar(`${prefix}_typeof`, [type], text, (document) => jsonTypeName(form.read(document))),
      scalar(`${prefix}_array_length`, [type], int4, (document) => {
        const value = form.read(document);
        if (isJsonArray(value)) return value.length;
        const what = isJsonObject(value) ? "a non-array" : "a scalar";
        throw new SqlError("invalid_parameter_value", `cannot get array length of ${what}`);
      }),
      scalar(`${prefix}_strip_nulls`, [type], type, (document) =>
        form.write(stripNulls(form.read(document))),
      ),
    ],
  };
}

const binary = accessors(binaryForm);
const textual = accessors(textualForm);

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
  scalar(
    "-",
    [jsonb, text],
    jsonb,
    (document, key) => new Jsonb(deleteKeys(document.value, [key])),
  ),
  scalar(
    "-",
    [jsonb, textArray],
    jsonb,
    (document, keys) => new Jsonb(deleteKeys(document.value, stringsOf(keys))),
  ),
  scalar(
    "-",
    [jsonb, int4],
    jsonb,
    (document, index) => new Jsonb(deleteIndex(document.value, index)),
  ),
  scalar(
    "#-",
    [jsonb, textArray],
    jsonb,
    (document, path) => new Jsonb(deleteAtPath(document.value, changePath(path))),
  ),
];

function hasKey(value: JsonValue, key: string): boolean {
  if (isJsonObject(value)) return value.has(key);
  if (isJsonArray(value)) return value.includes(key);
  return value === key;
}

/** The steps of a path along which a document is changed; null ones fail where they are reached. */
function changePath(path: SqlArray): (string | null)[] {
  if (path.dimensions.length > 1) {
    throw new SqlError("array_subscript_error", "wrong number of array subscripts");
  }
  return path.items.map((step) => (typeof step === "string" ? step : null));
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
    if ((values[index] ?? null) === null && functionName === "json_build_object") {
      throw new SqlError("invalid_parameter_value", `argument ${index + 1} cannot be null`, {
        hint: "Object keys should be text.",
      });
    }
    const key = jsonKeyOf(typeOids[index] ?? 0, values[index] ?? null, index + 1, context);
    result.push([key, values[index + 1] ?? null, typeOids[index + 1] ?? 0]);
  }
  return result;
}

const builders: readonly ScalarFunction[] = [
  scalar("jsonb_build_object", [], jsonb, () => new Jsonb(new Map())),
  scalar("json_build_object", [], json, () => "{}"),
  scalar("jsonb_build_array", [], jsonb, () => new Jsonb([])),
  scalar("json_build_array", [], json, () => "[]"),
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
    [anyarray, bool],
    json,
    () => (array, pretty, context) =>
      pretty
        ? `[${sourceItems(jsonTextOf(oids.anyarray, array, context)).join(",\n ")}]`
        : jsonTextOf(oids.anyarray, array, context),
    stable,
  ),
  polymorphic(
    "array_to_json",
    [anyarray],
    json,
    () => (array, context) => jsonTextOf(oids.anyarray, array, context),
    stable,
  ),
  scalar("json_object", [textArray], json, (array) => formatMembers(objectEntries(array))),
  scalar("json_object", [textArray, textArray], json, (keys, values) =>
    formatMembers(zipEntries(keys, values)),
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

/** How json_object writes: spaces around the colon, repeated keys kept. */
function formatMembers(entries: readonly [string, JsonValue][]): string {
  const members = entries.map(([key, value]) => `${quoteJsonString(key)} : ${formatJson(value)}`);
  return `{${members.join(", ")}}`;
}

function keyOf(item: Datum | undefined): string {
  if (typeof item !== "string") {
    throw new SqlError("null_value_not_allowed", "null value not allowed for object key");
  }
  return item;
}

function objectEntries(array: SqlArray): [string, JsonValue][] {
  const [, columns, more] = array.dimensions;
  if (more !== undefined) {
    throw new SqlError("array_subscript_error", "wrong number of array subscripts");
  }
  if (columns !== undefined && columns.length !== 2) {
    throw new SqlError("array_subscript_error", "array must have two columns");
  }
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
  if (keys.dimensions.length > 1 || keys.dimensions.length !== values.dimensions.length) {
    throw new SqlError("array_subscript_error", "wrong number of array subscripts");
  }
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
      new Jsonb(setAtPath(document.value, changePath(path), value.value, create)),
    { defaults: [true] },
  ),
  nullableScalar(
    "jsonb_set_lax",
    [jsonb, textArray, jsonb, bool, text],
    jsonb,
    (document, path, value, create, treatment) => {
      if (document === null || path === null || create === null) return null;
      const steps = changePath(path);
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
      new Jsonb(insertAtPath(document.value, changePath(path), value.value, after)),
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
