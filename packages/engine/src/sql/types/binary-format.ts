import { SqlError, notSupported } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Interval, Jsonb, SqlArray, SqlRecord, timestampInfinity } from "./datum.ts";
import type { Datum } from "./datum.ts";
import type { InputContext } from "./format-settings.ts";
import { formatJson, parseJson } from "./json-text.ts";
import type { Numeric } from "./numeric.ts";
import {
  finiteNumeric,
  numericInfinity,
  numericNaN,
  numericNegativeInfinity,
  pow10,
} from "./numeric.ts";
import { uuidFromHex } from "./scalar-text.ts";
import { findType, formatType } from "./type.ts";
import { typmodCoercion } from "./typmod.ts";
import { isTimestampInRange } from "./calendar.ts";
import { timestampOutOfRange } from "./datetime-parse.ts";

const int64Min = -(2n ** 63n);
const int32Max = 2_147_483_647;
const int32Min = -2_147_483_648;

const numericSigns = {
  positive: 0x0000,
  negative: 0x4000,
  nan: 0xc000,
  infinity: 0xd000,
  negativeInfinity: 0xf000,
};

/** The display scale that PostgreSQL sends with an infinity. */
const infinityScale = 0x20;

/** Reads one binary value; every read past its end is a protocol violation. */
class BinaryValueReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new SqlError("protocol_violation", "insufficient data left in message");
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  uint8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  uint16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  float32(): number {
    return this.#buffer.readFloatBE(this.#take(4));
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of a client: well-formed UTF-8 without the character that PostgreSQL cannot store. */
export function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new SqlError(
      "character_not_in_repertoire",
      `invalid byte sequence for encoding "UTF8": ${firstBadBytes(bytes)}`,
    );
  }
  if (text.includes("\0")) {
    throw new SqlError(
      "character_not_in_repertoire",
      'invalid byte sequence for encoding "UTF8": 0x00',
    );
  }
  return text;
}

function firstBadBytes(bytes: Uint8Array): string {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      utf8.decode(bytes.subarray(at, at + length));
    } catch {
      const shown = Array.from(bytes.subarray(at, at + length));
      return shown.map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");
    }
    at += length;
  }
  return "0x00";
}

/** Reads a value in PostgreSQL's binary form (the type's recv function) and applies the modifier. */
export function parseBinary(
  typeOid: number,
  typmod: number,
  bytes: Uint8Array,
  context: InputContext,
): Datum {
  const reader = new BinaryValueReader(bytes);
  const datum = readValue(typeOid, reader, context);
  if (reader.remaining > 0) {
    throw new SqlError("invalid_binary_representation", "incorrect binary data format");
  }
  return typmod < 0 ? datum : (typmodCoercion(typeOid, typmod, false)?.(datum) ?? datum);
}

function readValue(typeOid: number, reader: BinaryValueReader, context: InputContext): Datum {
  switch (typeOid) {
    case oids.bool:
      return reader.uint8() !== 0;
    case oids.int2:
      return reader.int16();
    case oids.int4:
      return reader.int32();
    case oids.int8:
    case oids.xid8:
      return reader.int64();
    case oids.pgLsn:
      return BigInt.asUintN(64, reader.int64());
    case oids.oid:
    case oids.xid:
    case oids.cid:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return reader.uint32();
    case oids.float4:
      return reader.float32();
    case oids.float8:
      return reader.float64();
    case oids.numeric:
      return readNumeric(reader);
    case oids.text:
    case oids.varchar:
    case oids.bpchar:
    case oids.name:
    case oids.unknown:
    case oids.cstring:
      return decodeText(reader.rest());
    case oids.char:
      return readChar(reader);
    case oids.json: {
      const text = decodeText(reader.rest());
      parseJson(text);
      return text;
    }
    case oids.jsonb: {
      const version = reader.uint8();
      if (version !== 1)
        throw new SqlError("internal_error", `unsupported jsonb version number ${version}`);
      return new Jsonb(parseJson(decodeText(reader.rest())));
    }
    case oids.bytea:
      return Uint8Array.from(reader.rest());
    case oids.date: {
      const day = reader.int32();
      return day === int32Max ? Infinity : day === int32Min ? -Infinity : day;
    }
    case oids.time:
      return readTime(reader);
    case oids.timestamp:
    case oids.timestamptz: {
      const micros = reader.int64();
      if (micros === timestampInfinity) return micros;
      if (micros === int64Min) return -timestampInfinity;
      if (!isTimestampInRange(micros)) throw timestampOutOfRange();
      return micros;
    }
    case oids.interval: {
      const micros = reader.int64();
      const days = reader.int32();
      return new Interval(reader.int32(), days, micros);
    }
    case oids.uuid:
      return uuidFromHex(reader.bytes(16).toString("hex"));
    case oids.tid: {
      const block = reader.uint32();
      return `(${block},${reader.uint16()})`;
    }
    case oids.void:
      return "";
    case oids.record:
      return readRecord(reader, context);
    default: {
      const type = findType(typeOid);
      if (type?.category === "A") return readArray(type.elementOid, reader, context);
      throw notSupported(`binary input of type ${formatType(typeOid)}`);
    }
  }
}

function readChar(reader: BinaryValueReader): string {
  const code = reader.uint8();
  return code === 0 ? "" : String.fromCharCode(code);
}

function readTime(reader: BinaryValueReader): bigint {
  const micros = reader.int64();
  if (micros < 0n || micros > 86_400_000_000n) {
    throw new SqlError("datetime_field_overflow", "time out of range");
  }
  return micros;
}

/** Digits of base 10000, most significant first; weight is the power of the first. */
function readNumeric(reader: BinaryValueReader): Numeric {
  const count = reader.int16();
  const weight = reader.int16();
  const sign = reader.uint16();
  const scale = reader.uint16();
  switch (sign) {
    case numericSigns.nan:
      return numericNaN;
    case numericSigns.infinity:
      return numericInfinity;
    case numericSigns.negativeInfinity:
      return numericNegativeInfinity;
    case numericSigns.positive:
    case numericSigns.negative:
      break;
    default:
      throw new SqlError(
        "invalid_binary_representation",
        'invalid sign in external "numeric" value',
      );
  }
  let digits = "";
  for (let index = 0; index < count; index++) {
    const digit = reader.uint16();
    if (digit > 9999) {
      throw new SqlError(
        "invalid_binary_representation",
        'invalid digit in external "numeric" value',
      );
    }
    digits += digit.toString().padStart(4, "0");
  }
  const magnitude = BigInt(digits === "" ? "0" : digits);
  // The digits end 4 * (count - 1 - weight) places after the point; digits beyond the scale are cut.
  const places = 4 * (count - 1 - weight);
  const shift = scale - places;
  const coefficient = shift >= 0 ? magnitude * pow10(shift) : magnitude / pow10(-shift);
  return finiteNumeric(sign === numericSigns.negative ? -coefficient : coefficient, scale);
}

function readArray(elementOid: number, reader: BinaryValueReader, context: InputContext): SqlArray {
  const depth = reader.int32();
  reader.int32();
  const sentElementOid = reader.uint32();
  if (depth < 0 || depth > 6) {
    throw new SqlError("invalid_binary_representation", `invalid number of dimensions: ${depth}`);
  }
  if (sentElementOid !== elementOid) {
    throw new SqlError(
      "datatype_mismatch",
      `binary data has array element type ${sentElementOid} (${formatType(sentElementOid)}) instead of expected ${elementOid} (${formatType(elementOid)})`,
    );
  }
  const dimensions: { length: number; lowerBound: number }[] = [];
  let count = depth === 0 ? 0 : 1;
  for (let index = 0; index < depth; index++) {
    const length = reader.int32();
    dimensions.push({ length, lowerBound: reader.int32() });
    count *= length;
  }
  // Each item takes at least its four bytes of length, so the count cannot outgrow the message.
  if (count < 0 || count * 4 > reader.remaining) {
    throw new SqlError("protocol_violation", "insufficient data left in message");
  }
  const items: Datum[] = [];
  for (let index = 0; index < count; index++) items.push(readField(elementOid, reader, context));
  return new SqlArray(elementOid, items, count === 0 ? [] : dimensions);
}

function readField(typeOid: number, reader: BinaryValueReader, context: InputContext): Datum {
  const length = reader.int32();
  if (length === -1) return null;
  return parseBinary(typeOid, -1, reader.bytes(length), context);
}

function readRecord(reader: BinaryValueReader, context: InputContext): SqlRecord {
  const count = reader.int32();
  if (count < 0 || count * 8 > reader.remaining) {
    throw new SqlError("protocol_violation", "insufficient data left in message");
  }
  const fields: Datum[] = [];
  const fieldTypeOids: number[] = [];
  for (let index = 0; index < count; index++) {
    const typeOid = reader.uint32();
    fieldTypeOids.push(typeOid);
    fields.push(readField(typeOid, reader, context));
  }
  return new SqlRecord(fields, fieldTypeOids);
}

/** Writes a value that is not null in PostgreSQL's binary form (the type's send function). */
export function formatBinary(typeOid: number, datum: Datum): Uint8Array {
  switch (typeOid) {
    case oids.bool:
      return Uint8Array.of(datum === true ? 1 : 0);
    case oids.int2: {
      const bytes = Buffer.allocUnsafe(2);
      bytes.writeInt16BE(Number(datum));
      return bytes;
    }
    case oids.int4:
      return int32Bytes(Number(datum));
    case oids.oid:
    case oids.xid:
    case oids.cid:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return int32Bytes(Number(datum) | 0);
    case oids.int8:
    case oids.time:
    case oids.xid8:
    case oids.pgLsn:
      return int64Bytes(datum as bigint);
    case oids.timestamp:
    case oids.timestamptz:
      return int64Bytes(datum === -timestampInfinity ? int64Min : (datum as bigint));
    case oids.float4: {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeFloatBE(Number(datum));
      return bytes;
    }
    case oids.float8: {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleBE(Number(datum));
      return bytes;
    }
    case oids.numeric:
      return numericBytes(datum as Numeric);
    case oids.jsonb:
      return Buffer.concat([
        Uint8Array.of(1),
        Buffer.from(formatJson((datum as Jsonb).value), "utf8"),
      ]);
    case oids.bytea:
      return datum as Uint8Array;
    case oids.date: {
      const day = Number(datum);
      return int32Bytes(day === Infinity ? int32Max : day === -Infinity ? int32Min : day);
    }
    case oids.interval: {
      const { months, days, micros } = datum as Interval;
      const bytes = Buffer.allocUnsafe(16);
      bytes.writeBigInt64BE(micros, 0);
      bytes.writeInt32BE(days, 8);
      bytes.writeInt32BE(months, 12);
      return bytes;
    }
    case oids.uuid:
      return Buffer.from(String(datum).replaceAll("-", ""), "hex");
    case oids.char:
      return Uint8Array.of(datum === "" ? 0 : String(datum).charCodeAt(0));
    case oids.tid: {
      const match = /^\((\d+),(\d+)\)$/.exec(String(datum));
      const bytes = Buffer.allocUnsafe(6);
      bytes.writeUInt32BE(Number(match?.[1] ?? 0), 0);
      bytes.writeUInt16BE(Number(match?.[2] ?? 0), 4);
      return bytes;
    }
    case oids.void:
      return Buffer.alloc(0);
    case oids.pgNodeTree:
    case oids.text:
    case oids.varchar:
    case oids.bpchar:
    case oids.name:
    case oids.json:
    case oids.unknown:
    case oids.cstring:
      return Buffer.from(String(datum), "utf8");
    default:
      if (datum instanceof SqlArray) return arrayBytes(datum);
      if (datum instanceof SqlRecord) return recordBytes(datum);
      throw new SqlError(
        "undefined_function",
        `no binary output function available for type ${formatType(typeOid)}`,
      );
  }
}

function int32Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64Bytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
}

function numericHeader(count: number, weight: number, sign: number, scale: number): Buffer {
  const bytes = Buffer.allocUnsafe(8 + count * 2);
  bytes.writeInt16BE(count, 0);
  bytes.writeInt16BE(weight, 2);
  bytes.writeUInt16BE(sign, 4);
  bytes.writeUInt16BE(scale, 6);
  return bytes;
}

function numericBytes(value: Numeric): Buffer {
  switch (value.kind) {
    case "nan":
      return numericHeader(0, 0, numericSigns.nan, 0);
    case "infinity":
      return numericHeader(0, 0, numericSigns.infinity, infinityScale);
    case "-infinity":
      return numericHeader(0, 0, numericSigns.negativeInfinity, infinityScale);
    case "finite":
      break;
  }
  const { coefficient, scale } = value;
  if (coefficient === 0n) return numericHeader(0, 0, numericSigns.positive, scale);
  const magnitude = coefficient < 0n ? -coefficient : coefficient;
  // Digits are aligned on the point in groups of four.
  const padding = (4 - (scale % 4)) % 4;
  const text = (padding === 0 ? magnitude : magnitude * pow10(padding)).toString();
  const aligned = text.padStart(Math.ceil(text.length / 4) * 4, "0");
  const groups: number[] = [];
  for (let at = 0; at < aligned.length; at += 4) groups.push(Number(aligned.slice(at, at + 4)));
  const weight = groups.length - 1 - (scale + padding) / 4;
  while (groups[groups.length - 1] === 0) groups.pop();
  const sign = coefficient < 0n ? numericSigns.negative : numericSigns.positive;
  const bytes = numericHeader(groups.length, weight, sign, scale);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(group, 8 + index * 2);
  return bytes;
}

const nullLength = int32Bytes(-1);

function fieldBytes(typeOid: number, item: Datum, parts: Uint8Array[]): void {
  if (item === null) {
    parts.push(nullLength);
    return;
  }
  const bytes = formatBinary(typeOid, item);
  parts.push(int32Bytes(bytes.length), bytes);
}

function arrayBytes(array: SqlArray): Buffer {
  const { dimensions, items, elementTypeOid } = array;
  const hasNull = items.includes(null) ? 1 : 0;
  const parts: Uint8Array[] = [
    int32Bytes(dimensions.length),
    int32Bytes(hasNull),
    int32Bytes(elementTypeOid),
  ];
  for (const { length, lowerBound } of dimensions) {
    parts.push(int32Bytes(length), int32Bytes(lowerBound));
  }
  for (const item of items) fieldBytes(elementTypeOid, item, parts);
  return Buffer.concat(parts);
}

function recordBytes(record: SqlRecord): Buffer {
  const parts: Uint8Array[] = [int32Bytes(record.fields.length)];
  for (const [index, field] of record.fields.entries()) {
    const typeOid = record.fieldTypeOids[index] ?? 0;
    parts.push(int32Bytes(typeOid | 0));
    fieldBytes(typeOid, field, parts);
  }
  return Buffer.concat(parts);
}
