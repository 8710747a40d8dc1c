import { SqlError } from "#base/errors.ts";
import { hex } from "#base/bytes.ts";

/** Input and output of the types whose text forms stand alone: numbers, bool, bytea, uuid. */

export function invalidSyntax(typeName: string, text: string): SqlError {
  return new SqlError(
    "invalid_text_representation",
    `invalid input syntax for type ${typeName}: "${text}"`,
  );
}

export function valueOutOfRange(typeName: string, text: string): SqlError {
  return new SqlError(
    "numeric_value_out_of_range",
    `value "${text}" is out of range for type ${typeName}`,
  );
}

const integerPattern = /^[ \t\n\r\f\v]*([+-]?\d+)[ \t\n\r\f\v]*$/;

/** A whole number within [min, max], both safe integers. */
export function parseInteger(text: string, typeName: string, min: number, max: number): number {
  const length = text.length;
  // Up to nine plain digits, which is nearly all input, need no pattern.
  if (length > 0 && length <= 9) {
    let value = 0;
    let at = text.charCodeAt(0) === 45 && length > 1 ? 1 : 0;
    const negative = at === 1;
    for (; at < length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (at === length) {
      const signed = negative && value !== 0 ? -value : value;
      if (signed < min || signed > max) throw valueOutOfRange(typeName, text);
      return signed;
    }
  }
  const match = integerPattern.exec(text);
  if (match === null) throw invalidSyntax(typeName, text);
  const value = Number(match[1]);
  if (value < min || value > max) throw valueOutOfRange(typeName, text);
  return value === 0 ? 0 : value;
}

export const int2Min = -32_768;
export const int2Max = 32_767;
export const int4Min = -2_147_483_648;
export const int4Max = 2_147_483_647;
export const uint4Max = 4_294_967_295;
export const int8Min = -(2n ** 63n);
export const int8Max = 2n ** 63n - 1n;

export function parseInt8(text: string): bigint {
  const length = text.length;
  if (length > 0 && length <= 15) {
    let value = 0;
    let at = text.charCodeAt(0) === 45 && length > 1 ? 1 : 0;
    const negative = at === 1;
    for (; at < length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (at === length) return BigInt(negative ? -value : value);
  }
  const match = integerPattern.exec(text);
  if (match === null) throw invalidSyntax("bigint", text);
  const digits = match[1] ?? "";
  const value = BigInt(digits.startsWith("+") ? digits.slice(1) : digits);
  if (value < int8Min || value > int8Max) throw valueOutOfRange("bigint", text);
  return value;
}

/** oid, xid and the like: unsigned, and -1 wraps as in PostgreSQL. */
export function parseOid(text: string): number {
  const match = integerPattern.exec(text);
  if (match === null) throw invalidSyntax("oid", text);
  const value = Number(match[1]);
  if (value < int4Min || value > uint4Max) throw valueOutOfRange("oid", text);
  return value < 0 ? value + 2 ** 32 : value === 0 ? 0 : value;
}

const booleanWords: readonly (readonly [word: string, shortest: number, value: boolean])[] = [
  ["true", 1, true],
  ["false", 1, false],
  ["yes", 1, true],
  ["no", 1, false],
  ["on", 2, true],
  ["off", 2, false],
  ["1", 1, true],
  ["0", 1, false],
];

/** Any unambiguous prefix of true, false, yes, no, on, off; or 1, 0. */
export function findBoolean(text: string): boolean | undefined {
  if (text === "t") return true;
  if (text === "f") return false;
  const word = text.trim().toLowerCase();
  for (const [full, shortest, value] of booleanWords) {
    if (word.length >= shortest && full.startsWith(word)) return value;
  }
  return undefined;
}

export function parseBoolean(text: string): boolean {
  const value = findBoolean(text);
  if (value === undefined) throw invalidSyntax("boolean", text);
  return value;
}

const floatPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexFloatPattern = /^([+-]?)0[xX]([0-9a-fA-F]+)$/;

function parseFloatText(text: string, typeName: string): number {
  const trimmed = text.trim();
  if (floatPattern.test(trimmed)) return Number(trimmed);
  switch (trimmed.toLowerCase()) {
    case "nan":
      return NaN;
    case "infinity":
    case "+infinity":
    case "inf":
    case "+inf":
      return Infinity;
    case "-infinity":
    case "-inf":
      return -Infinity;
    default: {
      const hexadecimal = hexFloatPattern.exec(trimmed);
      if (hexadecimal === null) throw invalidSyntax(typeName, text);
      return Number(`0x${hexadecimal[2]}`) * (hexadecimal[1] === "-" ? -1 : 1);
    }
  }
}

function floatOutOfRange(text: string, typeName: string): SqlError {
  return new SqlError(
    "numeric_value_out_of_range",
    `"${text.trim()}" is out of range for type ${typeName}`,
  );
}

function lostAllDigits(value: number, text: string): boolean {
  return value === 0 && /[1-9]/.test(text.replace(/[eE].*$/, ""));
}

export function parseFloat8(text: string): number {
  const value = parseFloatText(text, "double precision");
  const overflow = Math.abs(value) === Infinity && !/inf/i.test(text);
  if (overflow || lostAllDigits(value, text)) throw floatOutOfRange(text, "double precision");
  return value;
}

export function parseFloat4(text: string): number {
  const value = parseFloatText(text, "real");
  const rounded = Math.fround(value);
  const overflow = Math.abs(rounded) === Infinity && !/inf/i.test(text);
  if (overflow || lostAllDigits(rounded, text)) throw floatOutOfRange(text, "real");
  return rounded;
}

/** Lays out `d.ddde±x` the way PostgreSQL does: fixed between 1e-5 and 10^fixedDigits. */
function layOutDigits(exponential: string, fixedDigits: number): string {
  const [mantissa = "", exponentText = "0"] = exponential.split("e");
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < -5 + 1 || exponent >= fixedDigits) {
    const magnitude = Math.abs(exponent);
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${magnitude < 10 ? "0" : ""}${magnitude}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1)
    return sign + digits + "0".repeat(exponent + 1 - digits.length);
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function specialFloat(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function trimmedExponential(value: number, significant: number): string {
  return value.toExponential(significant - 1).replace(/\.?0*e/, "e");
}

/** With extraFloatDigits above 0, the shortest text that reads back as the same number. */
export function formatFloat8(value: number, extraFloatDigits = 1): string {
  if (!Number.isFinite(value)) return specialFloat(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (extraFloatDigits > 0) {
    // In this range JavaScript writes numbers as PostgreSQL does.
    const magnitude = Math.abs(value);
    if (magnitude >= 1e-4 && magnitude < 1e15) return String(value);
    return layOutDigits(value.toExponential(), 15);
  }
  const digits = Math.max(15 + extraFloatDigits, 1);
  return layOutDigits(trimmedExponential(value, digits), digits);
}

export function formatFloat4(value: number, extraFloatDigits = 1): string {
  if (!Number.isFinite(value)) return specialFloat(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (extraFloatDigits > 0) {
    for (let digits = 1; digits < 9; digits++) {
      const text = value.toExponential(digits - 1);
      if (Math.fround(Number(text)) === value) {
        return layOutDigits(text.replace(/\.?0*e/, "e"), 6);
      }
    }
    return layOutDigits(trimmedExponential(value, 9), 6);
  }
  const digits = Math.max(6 + extraFloatDigits, 1);
  return layOutDigits(trimmedExponential(value, digits), digits);
}

export function formatBytea(bytes: Uint8Array, output: "hex" | "escape"): string {
  if (output === "hex") return `\\x${hex(bytes)}`;
  let text = "";
  for (const byte of bytes) {
    if (byte === 92) text += "\\\\";
    else if (byte < 32 || byte > 126) text += `\\${byte.toString(8).padStart(3, "0")}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

export function parseBytea(text: string): Uint8Array {
  if (text.startsWith("\\x")) return parseHex(text.slice(2));
  if (!text.includes("\\")) return Uint8Array.from(Buffer.from(text, "utf8"));
  const bytes: number[] = [];
  const source = Buffer.from(text, "utf8");
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    if (byte !== 92) {
      bytes.push(byte);
      continue;
    }
    if (source[at + 1] === 92) {
      bytes.push(92);
      at++;
      continue;
    }
    const octal = source.toString("latin1", at + 1, at + 4);
    if (!/^[0-3][0-7][0-7]$/.test(octal)) throw byteaSyntax();
    bytes.push(Number.parseInt(octal, 8));
    at += 3;
  }
  return Uint8Array.from(bytes);
}

function byteaSyntax(): SqlError {
  return new SqlError("invalid_text_representation", "invalid input syntax for type bytea");
}

/** Pairs of hexadecimal digits; white space may stand between pairs. */
export function parseHex(text: string): Uint8Array {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const wrong = /[^0-9a-fA-F]/u.exec(digits);
  if (wrong !== null) {
    throw new SqlError("invalid_parameter_value", `invalid hexadecimal digit: "${wrong[0]}"`);
  }
  if (digits.length % 2 !== 0) {
    throw new SqlError("invalid_parameter_value", "invalid hexadecimal data: odd number of digits");
  }
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Any case, with or without braces, hyphens after any group of four digits. */
export function parseUuid(text: string): string {
  if (canonicalUuid.test(text)) return text;
  const inner = /^\{(.*)\}$/.exec(text)?.[1] ?? text;
  if (!/^(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$/.test(inner)) throw invalidSyntax("uuid", text);
  return uuidFromHex(inner.replaceAll("-", "").toLowerCase());
}

export function uuidFromHex(digits: string): string {
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}
