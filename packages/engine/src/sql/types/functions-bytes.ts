import { createHash } from "node:crypto";
import { SqlError } from "#base/errors.ts";
import { bytea, int4, int8, scalar, text, uuid } from "./define.ts";
import type { ScalarFunction } from "./function.ts";
import { parseBytea, parseHex, uuidFromHex } from "./scalar-text.ts";
import { decodeText } from "./binary-format.ts";

/** Byte strings: encodings, hashes, single bits; and uuids. */

const base64LineLength = 76;

function encode(bytes: Uint8Array, format: string): string {
  const buffer = Buffer.from(bytes);
  switch (format.toLowerCase()) {
    case "hex":
      return buffer.toString("hex");
    case "base64":
      return buffer
        .toString("base64")
        .replace(new RegExp(`.{${base64LineLength}}(?=.)`, "g"), "$&\n");
    case "escape": {
      let out = "";
      for (const byte of buffer) {
        if (byte === 92) out += "\\\\";
        else if (byte === 0 || byte > 127) out += `\\${byte.toString(8).padStart(3, "0")}`;
        else out += String.fromCharCode(byte);
      }
      return out;
    }
    default:
      throw new SqlError("invalid_parameter_value", `unrecognized encoding: "${format}"`);
  }
}

function decode(source: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case "hex":
      return parseHex(source);
    case "base64": {
      const digits = source.replace(/\s+/g, "");
      const wrong = /[^A-Za-z0-9+/=]/.exec(digits);
      if (wrong !== null) {
        throw new SqlError(
          "invalid_parameter_value",
          `invalid symbol "${wrong[0]}" found while decoding base64 sequence`,
        );
      }
      if (digits.length % 4 !== 0) {
        throw new SqlError("invalid_parameter_value", "invalid base64 end sequence", {
          hint: "Input data is missing padding, is truncated, or is otherwise corrupted.",
        });
      }
      return Buffer.from(digits, "base64");
    }
    case "escape":
      return parseBytea(source.startsWith("\\x") ? `\\\\${source.slice(1)}` : source);
    default:
      throw new SqlError("invalid_parameter_value", `unrecognized encoding: "${format}"`);
  }
}

function digest(algorithm: string, bytes: Uint8Array | string): Buffer {
  return createHash(algorithm).update(bytes).digest();
}

function checkIndex(index: number | bigint, length: number): number {
  if (index < 0 || index >= length) {
    throw new SqlError(
      "array_subscript_error",
      `index ${index} out of valid range, 0..${length - 1}`,
    );
  }
  return Number(index);
}

function substringBytes(bytes: Uint8Array, start: number, length?: number): Uint8Array {
  if (length !== undefined && length < 0) {
    throw new SqlError("substring_error", "negative substring length not allowed");
  }
  const end = length === undefined ? bytes.length : start - 1 + length;
  return bytes.slice(Math.max(start - 1, 0), Math.max(end, 0));
}

function indexOfBytes(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes).indexOf(part) + 1;
}

function trimBytes(
  bytes: Uint8Array,
  set: Uint8Array,
  where: "both" | "start" | "end",
): Uint8Array {
  let start = 0;
  let end = bytes.length;
  const inSet = (at: number): boolean => set.includes(bytes[at] ?? -1);
  if (where !== "end") while (start < end && inSet(start)) start++;
  if (where !== "start") while (end > start && inSet(end - 1)) end--;
  return bytes.slice(start, end);
}

function overlayBytes(
  bytes: Uint8Array,
  insert: Uint8Array,
  start: number,
  length: number,
): Uint8Array {
  if (start <= 0) throw new SqlError("substring_error", "negative substring length not allowed");
  return Buffer.concat([
    bytes.slice(0, start - 1),
    insert,
    bytes.slice(Math.max(start - 1 + length, 0)),
  ]);
}

function withByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = value;
  return copy;
}

export const byteFunctions: readonly ScalarFunction[] = [
  scalar("bit_count", [bytea], int8, (bytes) => {
    let count = 0n;
    for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count++;
    return count;
  }),
  scalar("encode", [bytea, text], text, encode),
  scalar("decode", [text, text], bytea, decode),
  scalar("md5", [text], text, (value) => digest("md5", value).toString("hex")),
  scalar("md5", [bytea], text, (value) => digest("md5", value).toString("hex")),
  scalar("sha224", [bytea], bytea, (value) => digest("sha224", value)),
  scalar("sha256", [bytea], bytea, (value) => digest("sha256", value)),
  scalar("sha384", [bytea], bytea, (value) => digest("sha384", value)),
  scalar("sha512", [bytea], bytea, (value) => digest("sha512", value)),
  scalar(
    "get_byte",
    [bytea, int4],
    int4,
    (bytes, index) => bytes[checkIndex(index, bytes.length)] ?? 0,
  ),
  scalar("set_byte", [bytea, int4, int4], bytea, (bytes, index, value) =>
    withByte(bytes, checkIndex(index, bytes.length), value & 0xff),
  ),
  scalar("get_bit", [bytea, int8], int4, (bytes, index) => {
    const bit = checkIndex(index, bytes.length * 8);
    return ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  }),
  scalar("set_bit", [bytea, int8, int4], bytea, (bytes, index, value) => {
    const bit = checkIndex(index, bytes.length * 8);
    if (value !== 0 && value !== 1) {
      throw new SqlError("invalid_parameter_value", "new bit must be 0 or 1");
    }
    const old = bytes[bit >> 3] ?? 0;
    const mask = 1 << (bit & 7);
    return withByte(bytes, bit >> 3, value === 1 ? old | mask : old & ~mask);
  }),
  ...(["substring", "substr"] as const).flatMap((one) => [
    scalar(one, [bytea, int4], bytea, (bytes, start) => substringBytes(bytes, start)),
    scalar(one, [bytea, int4, int4], bytea, substringBytes),
  ]),
  scalar("position", [bytea, bytea], int4, indexOfBytes),
  scalar("overlay", [bytea, bytea, int4], bytea, (bytes, insert, start) =>
    overlayBytes(bytes, insert, start, insert.length),
  ),
  scalar("overlay", [bytea, bytea, int4, int4], bytea, overlayBytes),
  scalar("btrim", [bytea, bytea], bytea, (bytes, set) => trimBytes(bytes, set, "both")),
  scalar("ltrim", [bytea, bytea], bytea, (bytes, set) => trimBytes(bytes, set, "start")),
  scalar("rtrim", [bytea, bytea], bytea, (bytes, set) => trimBytes(bytes, set, "end")),
  scalar("convert_to", [text, text], bytea, (value, encoding) => {
    requireUtf8(encoding);
    return Buffer.from(value, "utf8");
  }),
  scalar("convert_from", [bytea, text], text, (bytes, encoding) => {
    requireUtf8(encoding);
    return decodeText(bytes);
  }),
  scalar(
    "gen_random_uuid",
    [],
    uuid,
    (context) => {
      const bytes = Uint8Array.from(context.randomBytes(16));
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      return uuidFromHex(Buffer.from(bytes).toString("hex"));
    },
    { volatility: "volatile" },
  ),
];

function requireUtf8(encoding: string): void {
  if (!/^utf-?8$/i.test(encoding)) {
    throw new SqlError("feature_not_supported", `encoding "${encoding}" is not supported`);
  }
}
