import { SqlError } from "#base/errors.ts";
import { arrayOf } from "./array-text.ts";
import { oids } from "./builtin-types.ts";
import type { Datum, SqlArray } from "./datum.ts";
import {
  anyarray,
  anyelement,
  anynonarray,
  bool,
  bpchar,
  bytea,
  charType,
  int4,
  int8,
  name,
  nullablePolymorphic,
  nullableScalar,
  polymorphic,
  scalar,
  text,
  textArray,
  variadicAny,
} from "./define.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";
import { formatMessage } from "./format-function.ts";
import { quoteIdentifier, quoteLiteral } from "./object-names.ts";
import { formatText } from "./text-format.ts";
import { characterCount, sliceCharacters, trimTrailingSpaces, utf8Length } from "./text-order.ts";

function negativeLength(): SqlError {
  return new SqlError("substring_error", "negative substring length not allowed");
}

/** substring(text from start for length), positions from 1, and before 1 too. */
function substring(source: string, start: number, length?: number): string {
  if (length === undefined) return sliceCharacters(source, Math.max(start - 1, 0));
  const end = start + length;
  if (length < 0) throw negativeLength();
  return end <= 1 ? "" : sliceCharacters(source, Math.max(start - 1, 0), end - 1);
}

/** The character position, from 1, of a part; 0 when it is not there. */
function position(source: string, part: string): number {
  const at = source.indexOf(part);
  return at <= 0 ? at + 1 : characterCount(source.slice(0, at)) + 1;
}

function trimSet(characters: string): ReadonlySet<string> {
  return new Set(characters);
}

function trimText(source: string, characters: string, where: "both" | "start" | "end"): string {
  const set = trimSet(characters);
  const all = Array.from(source);
  let start = 0;
  let end = all.length;
  if (where !== "end") while (start < end && set.has(all[start] ?? "")) start++;
  if (where !== "start") while (end > start && set.has(all[end - 1] ?? "")) end--;
  return all.slice(start, end).join("");
}

function splitPart(source: string, delimiter: string, field: number): string {
  if (field === 0) {
    throw new SqlError("invalid_parameter_value", "field position must not be zero");
  }
  if (delimiter === "") return field === 1 || field === -1 ? source : "";
  const parts = source.split(delimiter);
  return (field > 0 ? parts[field - 1] : parts[parts.length + field]) ?? "";
}

/** Well below what one JavaScript string can hold. */
const textLengthMax = 2 ** 28;

function tooLong(): SqlError {
  return new SqlError("program_limit_exceeded", "requested length too large");
}

function repeat(source: string, times: number): string {
  if (times <= 0 || source === "") return "";
  if (source.length * times > textLengthMax) throw tooLong();
  return source.repeat(times);
}

function pad(source: string, length: number, fill: string, where: "start" | "end"): string {
  if (length <= 0) return "";
  if (length > textLengthMax) throw tooLong();
  const missing = length - characterCount(source);
  if (missing <= 0) return sliceCharacters(source, 0, length);
  if (fill === "") return source;
  const characters = Array.from(fill);
  let padding = "";
  for (let at = 0; at < missing; at++) padding += characters[at % characters.length] ?? "";
  return where === "start" ? padding + source : source + padding;
}

function left(source: string, count: number): string {
  return count >= 0
    ? sliceCharacters(source, 0, count)
    : sliceCharacters(source, 0, Math.max(characterCount(source) + count, 0));
}

function right(source: string, count: number): string {
  const length = characterCount(source);
  return sliceCharacters(
    source,
    count >= 0 ? Math.max(length - count, 0) : Math.min(-count, length),
  );
}

function overlay(source: string, insert: string, start: number, length: number): string {
  if (start <= 0) throw negativeLength();
  return (
    sliceCharacters(source, 0, start - 1) +
    insert +
    sliceCharacters(source, Math.max(start - 1 + length, 0))
  );
}

function translate(source: string, from: string, to: string): string {
  const targets = Array.from(to);
  const map = new Map<string, string>();
  for (const [index, char] of Array.from(from).entries()) {
    if (!map.has(char)) map.set(char, targets[index] ?? "");
  }
  let out = "";
  for (const char of source) out += map.get(char) ?? char;
  return out;
}

function capitalise(source: string): string {
  return source.replace(/[\p{L}\p{Nd}]+/gu, (word) => {
    const [first = ""] = word;
    return first.toUpperCase() + word.slice(first.length).toLowerCase();
  });
}

function characterOf(code: number): string {
  if (code === 0) throw new SqlError("program_limit_exceeded", "null character not permitted");
  if (code < 0) {
    throw new SqlError("invalid_parameter_value", "character number must be positive");
  }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new SqlError(
      "program_limit_exceeded",
      code > 0x10ffff
        ? `requested character too large for encoding: ${code}`
        : `requested character not valid for encoding: ${code}`,
    );
  }
  return String.fromCodePoint(code);
}

const lengths: readonly ScalarFunction[] = [
  ...(["length", "char_length", "character_length"] as const).flatMap((one) => [
    scalar(one, [text], int4, characterCount),
    scalar(one, [bpchar], int4, (value) => characterCount(trimTrailingSpaces(value))),
  ]),
  scalar("length", [bytea], int4, (bytes) => bytes.length),
  scalar("octet_length", [text], int4, utf8Length),
  scalar("octet_length", [bpchar], int4, utf8Length),
  scalar("octet_length", [bytea], int4, (bytes) => bytes.length),
  scalar("bit_length", [text], int4, (value) => utf8Length(value) * 8),
  scalar("bit_length", [bytea], int4, (bytes) => bytes.length * 8),
];

const pieces: readonly ScalarFunction[] = [
  ...(["substring", "substr"] as const).flatMap((one) => [
    scalar(one, [text, int4], text, (source, start) => substring(source, start)),
    scalar(one, [text, int4, int4], text, substring),
  ]),
  ...(["position", "strpos"] as const).map((one) => scalar(one, [text, text], int4, position)),
  scalar("replace", [text, text, text], text, (source, from, to) =>
    from === "" ? source : source.replaceAll(from, () => to),
  ),
  scalar("split_part", [text, text, int4], text, splitPart),
  scalar("left", [text, int4], text, left),
  scalar("right", [text, int4], text, right),
  scalar("overlay", [text, text, int4], text, (source, insert, start) =>
    overlay(source, insert, start, characterCount(insert)),
  ),
  scalar("overlay", [text, text, int4, int4], text, overlay),
  scalar("starts_with", [text, text], bool, (source, prefix) => source.startsWith(prefix)),
  scalar("translate", [text, text, text], text, translate),
  scalar("reverse", [text], text, (source) => Array.from(source).reverse().join("")),
  scalar("repeat", [text, int4], text, repeat),
];

function checkForm(form: string): string {
  const name = form.toUpperCase();
  if (!/^NFK?[CD]$/.test(name)) {
    throw new SqlError("invalid_parameter_value", `invalid normalization form: ${form}`);
  }
  return name;
}

/** unistr: `\0041`, `\u0041`, `\+000041` and `\U00000041`; two backslashes are one. */
function readUnicodeEscapes(source: string): string {
  const out = source.replace(
    /\\(?:\\|([0-9a-fA-F]{4})|u([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8})|)/g,
    (whole, ...groups: unknown[]) => {
      if (whole === "\\\\") return "\\";
      const digits = groups.slice(0, 4).find((one) => typeof one === "string");
      if (typeof digits !== "string") {
        throw new SqlError("syntax_error", "invalid Unicode escape", {
          hint: "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.",
        });
      }
      const code = Number.parseInt(digits, 16);
      if (code === 0 || code > 0x10ffff) {
        throw new SqlError("invalid_parameter_value", `invalid Unicode code point: ${digits}`);
      }
      return String.fromCodePoint(code);
    },
  );
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(out)) {
    throw new SqlError("syntax_error", "invalid Unicode surrogate pair");
  }
  return out;
}

const cases: readonly ScalarFunction[] = [
  scalar("lower", [text], text, (source) => source.toLowerCase()),
  scalar("upper", [text], text, (source) => source.toUpperCase()),
  scalar("initcap", [text], text, capitalise),
  scalar("unistr", [text], text, readUnicodeEscapes),
  scalar("ascii", [text], int4, (source) => source.codePointAt(0) ?? 0),
  scalar("chr", [int4], text, characterOf),
  scalar("to_hex", [int4], text, (value) => (value >>> 0).toString(16)),
  scalar("to_hex", [int8], text, (value) => BigInt.asUintN(64, value).toString(16)),
  scalar("normalize", [text, text], text, (source, form) => source.normalize(checkForm(form))),
  scalar("is_normalized", [text], bool, (source) => source === source.normalize("NFC")),
  scalar(
    "is_normalized",
    [text, text],
    bool,
    (source, form) => source === source.normalize(checkForm(form)),
  ),
  scalar("normalize", [text], text, (source) => source.normalize("NFC")),
];

const paddings: readonly ScalarFunction[] = [
  scalar("lpad", [text, int4], text, (source, length) => pad(source, length, " ", "start")),
  scalar("lpad", [text, int4, text], text, (source, length, fill) =>
    pad(source, length, fill, "start"),
  ),
  scalar("rpad", [text, int4], text, (source, length) => pad(source, length, " ", "end")),
  scalar("rpad", [text, int4, text], text, (source, length, fill) =>
    pad(source, length, fill, "end"),
  ),
  ...(
    [
      ["btrim", "both"],
      ["ltrim", "start"],
      ["rtrim", "end"],
    ] as const
  ).flatMap(([one, where]) => [
    scalar(one, [text], text, (source) => trimText(source, " ", where)),
    scalar(one, [text, text], text, (source, characters) => trimText(source, characters, where)),
  ]),
];

/** Text of an argument of any type; a boolean is t or f as in output, not true or false. */
function textOf(typeOid: number, datum: Datum, context: EvalContext): string {
  return typeof datum === "string" && typeOid === oids.text
    ? datum
    : formatText(typeOid, datum, context);
}

/** Text as a cast gives it, where booleans are words. */
function castText(typeOid: number, datum: Datum, context: EvalContext): string {
  if (typeof datum === "boolean") return datum ? "true" : "false";
  return textOf(typeOid, datum, context);
}

const joining: readonly ScalarFunction[] = [
  scalar("||", [text, text], text, (a, b) => a + b),
  polymorphic(
    "||",
    [text, anynonarray],
    text,
    (call) => (a, b, context) => a + castText(call.argTypes[1] ?? 0, b, context),
    { volatility: "stable" },
  ),
  polymorphic(
    "||",
    [anynonarray, text],
    text,
    (call) => (a, b, context) => castText(call.argTypes[0] ?? 0, a, context) + b,
    { volatility: "stable" },
  ),
  scalar("||", [bytea, bytea], bytea, (a, b) => Buffer.concat([a, b])),
];

const concatenations: readonly ScalarFunction[] = [
  variadicAny(
    "concat",
    [],
    text,
    (call) => (values, context) => {
      let out = "";
      for (const [index, value] of values.entries()) {
        if (value !== null) out += textOf(call.argTypes[index] ?? 0, value, context);
      }
      return out;
    },
    { volatility: "stable" },
  ),
  variadicAny(
    "concat_ws",
    [text],
    text,
    (call) => (separator, values, context) => {
      if (separator === null) return null;
      const parts: string[] = [];
      for (const [index, value] of values.entries()) {
        if (value !== null) parts.push(textOf(call.argTypes[index + 1] ?? 0, value, context));
      }
      return parts.join(separator);
    },
    { volatility: "stable" },
  ),
  variadicAny(
    "format",
    [text],
    text,
    (call) => (pattern, values, context) =>
      pattern === null
        ? null
        : formatMessage(pattern, values, (index, value) =>
            formatText(call.argTypes[index + 1] ?? 0, value, context),
          ),
    { volatility: "stable" },
  ),
];

const plainFormat = scalar("format", [text], text, (pattern) =>
  formatMessage(pattern, [], () => ""),
);

const counting: readonly ScalarFunction[] = [
  variadicAny("num_nulls", [], int4, () => (values) => values.filter((one) => one === null).length),
  variadicAny(
    "num_nonnulls",
    [],
    int4,
    () => (values) => values.filter((one) => one !== null).length,
  ),
];

const quoting: readonly ScalarFunction[] = [
  scalar("quote_ident", [text], text, quoteIdentifier),
  scalar("quote_literal", [text], text, quoteLiteral),
  polymorphic(
    "quote_literal",
    [anyelement],
    text,
    (call) => (value, context) => quoteLiteral(castText(call.argTypes[0] ?? 0, value, context)),
    { volatility: "stable" },
  ),
  nullableScalar("quote_nullable", [text], text, (value) =>
    value === null ? "NULL" : quoteLiteral(value),
  ),
  nullablePolymorphic(
    "quote_nullable",
    [anyelement],
    text,
    (call) => (value, context) =>
      value === null ? "NULL" : quoteLiteral(castText(call.argTypes[0] ?? 0, value, context)),
    { volatility: "stable" },
  ),
];

function stringToArray(
  source: string | null,
  delimiter: string | null,
  nullText: string | null,
): SqlArray | null {
  if (source === null) return null;
  if (source === "") return arrayOf(oids.text, []);
  const parts =
    delimiter === null ? Array.from(source) : delimiter === "" ? [source] : source.split(delimiter);
  return arrayOf(
    oids.text,
    parts.map((part) => (part === nullText ? null : part)),
  );
}

function arrayToString(
  array: SqlArray,
  delimiter: string,
  nullText: string | null,
  context: EvalContext,
): string {
  const parts: string[] = [];
  for (const item of array.items) {
    if (item !== null) parts.push(formatText(array.elementTypeOid, item, context));
    else if (nullText !== null) parts.push(nullText);
  }
  return parts.join(delimiter);
}

const lists: readonly ScalarFunction[] = [
  nullableScalar("string_to_array", [text, text], textArray, (source, delimiter) =>
    stringToArray(source, delimiter, null),
  ),
  nullableScalar("string_to_array", [text, text, text], textArray, stringToArray),
  scalar(
    "array_to_string",
    [anyarray, text],
    text,
    (array, delimiter, context) => arrayToString(array, delimiter, null, context),
    { volatility: "stable" },
  ),
  nullableScalar(
    "array_to_string",
    [anyarray, text, text],
    text,
    (array, delimiter, nullText, context) =>
      array === null || delimiter === null
        ? null
        : arrayToString(array, delimiter, nullText, context),
    { volatility: "stable" },
  ),
];

const conversions: readonly ScalarFunction[] = [
  scalar("text", [charType], text, (value) => value),
  scalar("text", [name], text, (value) => value),
  scalar("text", [bpchar], text, trimTrailingSpaces),
];

export const textFunctions: readonly ScalarFunction[] = [
  ...lengths,
  ...pieces,
  ...cases,
  ...paddings,
  ...concatenations,
  plainFormat,
  ...counting,
  ...quoting,
  ...lists,
  ...conversions,
];

export const textOperators: readonly ScalarFunction[] = [
  ...joining,
  scalar("^@", [text, text], bool, (source, prefix) => source.startsWith(prefix)),
];
