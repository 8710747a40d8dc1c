import { SqlError } from "#base/errors.ts";
import type { JsonValue } from "./datum.ts";
import { Numeric, formatNumeric, parseNumeric } from "./numeric.ts";
import { compareText, utf8Length } from "./text-order.ts";

/** Order of keys in a jsonb object: by length in bytes, then bytewise. */
export function compareJsonKeys(left: string, right: string): number {
  return utf8Length(left) - utf8Length(right) || compareText(left, right);
}

/** An object from entries in any order; the last of equal keys wins. */
export function jsonObject(
  entries: Iterable<readonly [string, JsonValue]>,
): ReadonlyMap<string, JsonValue> {
  const map = new Map(entries);
  if (map.size < 2) return map;
  return new Map([...map].sort(([a], [b]) => compareJsonKeys(a, b)));
}

/** Readers and writers of documents recurse; this many levels fit into the stack with room to spare. */
const nestingMax = 2000;

/**
 * A reader of JSON text with PostgreSQL's complaints. With `keepAll` unset it only checks, as the
 * type json needs, and returns nothing of use.
 */
class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonValue {
    const value = this.#readValue("Expected JSON value");
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("Expected end of input");
    return value;
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return;
    }
  }

  #readValue(expectation: string): JsonValue {
    this.#skipSpace();
    const char = this.#text[this.#at];
    switch (char) {
      case "{":
        return this.#readObject();
      case "[":
        return this.#readArray();
      case '"':
        return this.#readString();
      case undefined:
      case "}":
      case "]":
      case ",":
      case ":":
        throw this.#unexpected(expectation);
      default:
        return this.#readScalar();
    }
  }

  #enter(): void {
    this.#depth++;
    if (this.#depth > nestingMax) {
      throw new SqlError("statement_too_complex", "stack depth limit exceeded");
    }
  }

  #readObject(): JsonValue {
    this.#enter();
    this.#at++;
    const entries: [string, JsonValue][] = [];
    this.#skipSpace();
    if (this.#text[this.#at] === "}") {
      this.#at++;
      this.#depth--;
      return new Map();
    }
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected(entries.length === 0 ? 'Expected string or "}"' : "Expected string");
      }
      const key = this.#readString();
      this.#skipSpace();
      if (this.#text[this.#at] !== ":") throw this.#unexpected('Expected ":"');
      this.#at++;
      entries.push([key, this.#readValue("Expected JSON value")]);
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next === ",") {
        this.#at++;
        continue;
      }
      if (next !== "}") throw this.#unexpected('Expected "," or "}"');
      this.#at++;
      this.#depth--;
      return jsonObject(entries);
    }
  }

  #readArray(): JsonValue {
    this.#enter();
    this.#at++;
    const items: JsonValue[] = [];
    this.#skipSpace();
    if (this.#text[this.#at] === "]") {
      this.#at++;
      this.#depth--;
      return items;
    }
    for (;;) {
      items.push(
        this.#readValue(
          items.length === 0 ? 'Expected array element or "]"' : "Expected JSON value",
        ),
      );
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next === ",") {
        this.#at++;
        continue;
      }
      if (next !== "]") throw this.#unexpected('Expected "," or "]"');
      this.#at++;
      this.#depth--;
      return items;
    }
  }

  #readString(): string {
    const start = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 34) {
        const plain = this.#text.slice(start, this.#at);
        this.#at++;
        return plain;
      }
      if (code === 92 || code < 32 || Number.isNaN(code)) break;
      this.#at++;
    }
    return this.#readEscapedString(start);
  }

  #readEscapedString(start: number): string {
    let result = this.#text.slice(start, this.#at);
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) {
        throw this.#fail(`Token "${this.#text.slice(start - 1)}" is invalid.`);
      }
      if (char === '"') {
        this.#at++;
        return result;
      }
      if (char < " ") {
        const code = char.charCodeAt(0).toString(16).padStart(2, "0");
        throw this.#fail(`Character with value 0x${code} must be escaped.`);
      }
      this.#at++;
      if (char !== "\\") {
        result += char;
        continue;
      }
      const escape = this.#text[this.#at++];
      switch (escape) {
        case '"':
        case "\\":
        case "/":
          result += escape;
          break;
        case "b":
          result += "\b";
          break;
        case "f":
          result += "\f";
          break;
        case "n":
          result += "\n";
          break;
        case "r":
          result += "\r";
          break;
        case "t":
          result += "\t";
          break;
        case "u":
          result += this.#readUnicodeEscape();
          break;
        case undefined:
          throw this.#fail(`Token "${this.#text.slice(start - 1)}" is invalid.`);
        default:
          throw this.#fail(`Escape sequence "\\${escape}" is invalid.`);
      }
    }
  }

  #readHex4(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw this.#fail('"\\u" must be followed by four hexadecimal digits.');
    }
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  #readUnicodeEscape(): string {
    const first = this.#readHex4();
    if (first === 0) {
      throw new SqlError("untranslatable_character", "unsupported Unicode escape sequence", {
        detail: "\\u0000 cannot be converted to text.",
        where: this.#where(),
      });
    }
    if (first >= 0xdc00 && first <= 0xdfff) {
      throw this.#fail("Unicode low surrogate must follow a high surrogate.");
    }
    if (first < 0xd800 || first > 0xdbff) return String.fromCharCode(first);
    if (!this.#text.startsWith("\\u", this.#at)) {
      throw this.#fail("Unicode low surrogate must follow a high surrogate.");
    }
    this.#at += 2;
    const second = this.#readHex4();
    if (second < 0xdc00 || second > 0xdfff) {
      throw this.#fail("Unicode low surrogate must follow a high surrogate.");
    }
    return String.fromCharCode(first, second);
  }

  #readScalar(): JsonValue {
    const word = this.#word();
    switch (word) {
      case "true":
        this.#at += 4;
        return true;
      case "false":
        this.#at += 5;
        return false;
      case "null":
        this.#at += 4;
        return null;
      default: {
        if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) {
          throw this.#fail(`Token "${word}" is invalid.`);
        }
        this.#at += word.length;
        const number = parseNumeric(word);
        if (number === undefined) throw this.#fail(`Token "${word}" is invalid.`);
        return number;
      }
    }
  }

  /** The run of characters that PostgreSQL would name as one token. */
  #word(): string {
    const pattern = /[A-Za-z0-9_+\-.\u0080-\uffff]+|[^\s]/y;
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #unexpected(expectation: string): SqlError {
    this.#skipSpace();
    if (this.#at >= this.#text.length) return this.#fail("The input string ended unexpectedly.");
    const char = this.#text[this.#at] ?? "";
    if (char === '"') {
      const start = this.#at;
      this.#readString();
      return this.#fail(`${expectation}, but found "${this.#text.slice(start, this.#at)}".`);
    }
    const word = this.#word();
    const known = /^(?:[{}[\],:]|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
    return known.test(word)
      ? this.#fail(`${expectation}, but found "${word}".`, word.length)
      : this.#fail(`Token "${word}" is invalid.`, word.length);
  }

  #fail(detail: string, tokenLength = 0): SqlError {
    return new SqlError("invalid_text_representation", "invalid input syntax for type json", {
      detail,
      where: this.#where(tokenLength),
    });
  }

  #where(tokenLength = 0): string {
    const end = Math.min(this.#at + tokenLength, this.#text.length);
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const lineStart = before.lastIndexOf("\n") + 1;
    const start = Math.max(lineStart, end - 50);
    const lineEnd = this.#text.indexOf("\n", end);
    const hasMore = end < (lineEnd === -1 ? this.#text.length : lineEnd);
    return `JSON data, line ${line}: ${start > lineStart ? "..." : ""}${this.#text.slice(start, end)}${hasMore ? "..." : ""}`;
  }
}

export function parseJson(text: string): JsonValue {
  return new JsonReader(text).readDocument();
}

// eslint-disable-next-line no-control-regex -- control characters are what must be escaped
const needsEscape = /["\\\u0000-\u001f]/;

export function quoteJsonString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return JSON.stringify(text);
}

/** jsonb's text form: one space after colons and commas. */
export function formatJson(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoteJsonString(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value instanceof Numeric) return formatNumeric(value);
  if (isJsonArray(value)) return `[${value.map(formatJson).join(", ")}]`;
  let text = "{";
  for (const [key, item] of value) {
    text += `${text.length === 1 ? "" : ", "}${quoteJsonString(key)}: ${formatJson(item)}`;
  }
  return `${text}}`;
}

/** The same without spaces, as functions of type json write it. */
export function formatCompactJson(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(formatCompactJson).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Array.from(
      value,
      ([key, item]) => `${quoteJsonString(key)}:${formatCompactJson(item)}`,
    );
    return `{${members.join(",")}}`;
  }
  return formatJson(value);
}

export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isJsonObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

/** jsonb_pretty's layout. */
export function prettyJson(value: JsonValue, indent = ""): string {
  const inner = `${indent}    `;
  if (isJsonArray(value)) {
    if (value.length === 0) return "[\n" + indent + "]";
    const items = value.map((item) => inner + prettyJson(item, inner));
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (isJsonObject(value)) {
    if (value.size === 0) return "{\n" + indent + "}";
    const items = [...value].map(
      ([key, item]) => `${inner}${quoteJsonString(key)}: ${prettyJson(item, inner)}`,
    );
    return `{\n${items.join(",\n")}\n${indent}}`;
  }
  return formatJson(value);
}
