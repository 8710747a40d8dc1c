import { SqlError } from "#base/errors.ts";
import { SqlArray } from "./datum.ts";
import type { Datum, SqlRecord } from "./datum.ts";

const dimensionsMax = 6;

export interface ArrayDimension {
  readonly length: number;
  readonly lowerBound: number;
}

/** A one-dimensional array from 1; an empty one has no dimensions. */
export function arrayOf(elementTypeOid: number, items: readonly Datum[], lowerBound = 1): SqlArray {
  return new SqlArray(
    elementTypeOid,
    items,
    items.length === 0 ? [] : [{ length: items.length, lowerBound }],
  );
}

function malformed(text: string, detail: string): SqlError {
  return new SqlError("invalid_text_representation", `malformed array literal: "${text}"`, {
    detail,
  });
}

/** Reads `{…}` with optional `[l:u]=` bounds. */
export function parseArray(
  text: string,
  elementTypeOid: number,
  parseElement: (text: string) => Datum,
): SqlArray {
  let at = 0;
  const bounds: ArrayDimension[] = [];
  const skipSpace = (): void => {
    while (at < text.length && /\s/.test(text[at] ?? "")) at++;
  };
  skipSpace();
  while (text[at] === "[") {
    const match = /\[\s*([+-]?\d+)\s*(?::\s*([+-]?\d+)\s*)?\]\s*/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) {
      throw malformed(text, '"[" must introduce explicitly-specified array dimensions.');
    }
    const lower = found[2] === undefined ? 1 : Number(found[1]);
    const upper = Number(found[2] ?? found[1]);
    if (upper < lower) {
      throw new SqlError("array_subscript_error", "upper bound cannot be less than lower bound");
    }
    bounds.push({ length: upper - lower + 1, lowerBound: lower });
    at += found[0].length;
  }
  if (bounds.length > 0) {
    if (text[at] !== "=") throw malformed(text, 'Missing "=" after array dimensions.');
    at++;
    skipSpace();
    if (text[at] !== "{") throw malformed(text, 'Array contents must start with "{".');
  } else if (text[at] !== "{") {
    throw malformed(text, 'Array value must start with "{" or dimension information.');
  }

  const items: Datum[] = [];
  const lengths: number[] = [];
  let leafDepth = 0;

  const readItem = (): void => {
    if (text[at] === '"') {
      let value = "";
      at++;
      for (; text[at] !== '"'; at++) {
        if (at >= text.length) throw malformed(text, "Unexpected end of input.");
        if (text[at] === "\\") at++;
        value += text[at] ?? "";
      }
      at++;
      skipSpace();
      const next = text[at];
      if (next !== undefined && next !== "," && next !== "}") {
        throw malformed(text, "Unexpected array element.");
      }
      items.push(parseElement(value));
      return;
    }
    let value = "";
    let keepLength = 0;
    let escaped = false;
    for (; at < text.length; at++) {
      let char = text[at] ?? "";
      if (char === "," || char === "}") break;
      if (char === "{") throw malformed(text, 'Unexpected "{" character.');
      if (char === '"') throw malformed(text, "Unexpected array element.");
      if (char === "\\") {
        at++;
        char = text[at] ?? "";
        escaped = true;
        value += char;
        keepLength = value.length;
        continue;
      }
      value += char;
      if (!/\s/.test(char)) keepLength = value.length;
    }
    if (at >= text.length) throw malformed(text, "Unexpected end of input.");
    const trimmed = value.slice(0, keepLength);
    if (trimmed === "") throw malformed(text, `Unexpected "${text[at]}" character.`);
    items.push(!escaped && trimmed.toLowerCase() === "null" ? null : parseElement(trimmed));
  };

  const readLevel = (depth: number): void => {
    if (depth > dimensionsMax) {
      throw new SqlError(
        "program_limit_exceeded",
        `number of array dimensions (${depth}) exceeds the maximum allowed (${dimensionsMax})`,
      );
    }
    at++;
    let count = 0;
    skipSpace();
    if (text[at] === "}") {
      if (depth > 1) throw malformed(text, 'Unexpected "}" character.');
      at++;
    } else {
      for (;;) {
        skipSpace();
        if (text[at] === "{") {
          if (leafDepth !== 0 && leafDepth <= depth) {
            throw malformed(text, 'Unexpected "{" character.');
          }
          readLevel(depth + 1);
        } else {
          if (leafDepth !== 0 && leafDepth !== depth) {
            throw malformed(
              text,
              "Multidimensional arrays must have sub-arrays with matching dimensions.",
            );
          }
          leafDepth = depth;
          readItem();
        }
        count++;
        skipSpace();
        if (text[at] === ",") {
          at++;
          continue;
        }
        if (text[at] === "}") {
          at++;
          break;
        }
        if (at >= text.length) throw malformed(text, "Unexpected end of input.");
        throw malformed(text, "Unexpected array element.");
      }
    }
    const expected = lengths[depth - 1];
    if (expected === undefined) {
      for (let level = lengths.length; level < depth; level++) lengths.push(-1);
      lengths[depth - 1] = count;
    } else if (expected === -1) {
      lengths[depth - 1] = count;
    } else if (expected !== count) {
      throw malformed(
        text,
        "Multidimensional arrays must have sub-arrays with matching dimensions.",
      );
    }
  };
  readLevel(1);
  skipSpace();
  if (at < text.length) throw malformed(text, "Junk after closing right brace.");
  if (items.length === 0) return arrayOf(elementTypeOid, []);
  if (bounds.length > 0) {
    const agrees =
      bounds.length === lengths.length &&
      bounds.every((bound, index) => bound.length === lengths[index]);
    if (!agrees) throw malformed(text, "Specified array dimensions do not match array contents.");
    return new SqlArray(elementTypeOid, items, bounds);
  }
  return new SqlArray(
    elementTypeOid,
    items,
    lengths.map((length) => ({ length, lowerBound: 1 })),
  );
}

const arrayItemNeedsQuotes = /[\s{},"\\]/;

function quoteArrayItem(text: string): string {
  if (text !== "" && !arrayItemNeedsQuotes.test(text) && text.toLowerCase() !== "null") return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export function formatArray(array: SqlArray, formatElement: (datum: Datum) => string): string {
  const { dimensions, items } = array;
  if (dimensions.length === 0) return "{}";
  let next = 0;
  const level = (depth: number): string => {
    const { length } = dimensions[depth] ?? { length: 0 };
    const parts: string[] = [];
    for (let index = 0; index < length; index++) {
      if (depth + 1 < dimensions.length) {
        parts.push(level(depth + 1));
        continue;
      }
      const item = items[next++] ?? null;
      parts.push(item === null ? "NULL" : quoteArrayItem(formatElement(item)));
    }
    return `{${parts.join(",")}}`;
  };
  const body = level(0);
  if (dimensions.every((dimension) => dimension.lowerBound === 1)) return body;
  const bounds = dimensions.map(
    ({ length, lowerBound }) => `[${lowerBound}:${lowerBound + length - 1}]`,
  );
  return `${bounds.join("")}=${body}`;
}

/** int2vector and oidvector: numbers with spaces between. */
export function parseVector(
  text: string,
  elementTypeOid: number,
  parseElement: (text: string) => Datum,
): SqlArray {
  const words = text.trim() === "" ? [] : text.trim().split(/\s+/);
  return arrayOf(elementTypeOid, words.map(parseElement), 0);
}

const recordFieldNeedsQuotes = /[\s(),"\\]/;

/** `(1,"a b",)`: an empty place is NULL. */
export function formatRecord(
  record: SqlRecord,
  formatField: (typeOid: number, datum: Datum) => string,
): string {
  const parts = record.fields.map((field, index) => {
    if (field === null) return "";
    const text = formatField(record.fieldTypeOids[index] ?? 0, field);
    if (text !== "" && !recordFieldNeedsQuotes.test(text)) return text;
    return `"${text.replace(/["\\]/g, "$&$&")}"`;
  });
  return `(${parts.join(",")})`;
}
