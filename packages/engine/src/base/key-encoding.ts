import { assert } from "./assert.ts";
import { MalformedBytes } from "./byte-reader.ts";

/**
 * Order-preserving encodings of key columns: comparing two keys as bytes compares their columns as
 * PostgreSQL does (collation "C", nulls last).
 *
 * - Every column's encoding is prefix-free and never empty, so columns are simply put one after
 *   another.
 * - The first byte of a non-null column is in [0x01, 0xFE]; null is 0xFF.
 * - A descending column is the bitwise complement of the ascending one; so its nulls come first,
 *   which is PostgreSQL's default for DESC.
 * - int2, int4 and int8 share one encoding: equal values have equal keys whatever the type.
 *
 * Lossless except where PostgreSQL itself calls different values equal: numeric (1.0 and 1.00),
 * interval (1 day and 24 hours) and float (-0 and 0). Who needs the original stores it in the value.
 */

const nullMarker = 0xff;
const presentMarker = 0x01;

/** First byte of an integer: how many bytes follow, or the value itself when it is small. */
const integerInlineFirst = 0x0a;
const integerInlineMax = 0xef - integerInlineFirst;
const integerPositiveFirst = 0xf0;

const numericNegativeInfinity = 0x01;
const numericNegative = 0x02;
const numericZero = 0x03;
const numericPositive = 0x04;
const numericInfinity = 0x05;
const numericNaN = 0x06;

const intervalSpanBias = 1n << 95n;
const microsPerDay = 86_400_000_000n;
const daysPerMonth = 30n;

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** An exact decimal, coefficient / 10^scale, or one of the special values. */
export interface KeyDecimal {
  readonly kind: "finite" | "nan" | "infinity" | "-infinity";
  readonly coefficient: bigint;
  readonly scale: number;
}

/** 256^n. */
const powers256 = [1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32, 2 ** 40, 2 ** 48, 2 ** 56] as const;

function power256(exponent: number): number {
  const power = powers256[exponent];
  assert(power !== undefined, "power of 256 out of range");
  return power;
}

/**
 * Builds a key column by column. One writer is reused for many keys: `reset`, columns, `finish`.
 */
export class KeyWriter {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  /** Starts a new key, with this prefix. */
  reset(prefix?: Uint8Array): this {
    this.#length = 0;
    if (prefix !== undefined) this.raw(prefix);
    return this;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes as they are: prefixes, or columns already encoded. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  /** An integer in [0, 2^53) for ids: 1 byte below 240, otherwise a length byte and big-endian bytes. */
  id(value: number): this {
    assert(value >= 0 && Number.isSafeInteger(value), `id ${value} is out of range`);
    this.#reserve(8);
    if (value < 0xf0) {
      this.#buffer[this.#length++] = value;
      return this;
    }
    const bytes = unsignedLength(value);
    this.#buffer[this.#length++] = 0xf0 + bytes;
    this.#unsigned(value, bytes);
    return this;
  }

  null(): this {
    return this.u8(nullMarker);
  }

  boolean(value: boolean): this {
    return this.u8(value ? 2 : 1);
  }

  /** int2, int4, date, oid: any safe integer. Same bytes as `int64` of the same value. */
  integer(value: number): this {
    assert(Number.isSafeInteger(value), `key integer ${value} is not a safe integer`);
    this.#reserve(9);
    if (value >= 0) {
      if (value <= integerInlineMax) {
        this.#buffer[this.#length++] = integerInlineFirst + value;
        return this;
      }
      const bytes = unsignedLength(value);
      this.#buffer[this.#length++] = integerPositiveFirst + bytes - 1;
      this.#unsigned(value, bytes);
      return this;
    }
    // The complement of -value - 1: two's complement of that many bytes, which has the right order.
    const bytes = unsignedLength(-value - 1);
    this.#buffer[this.#length++] = integerInlineFirst - bytes;
    const start = this.#length;
    this.#unsigned(-value - 1, bytes);
    return this.complement(start);
  }

  /** int8, timestamps and times of day: any integer in [-2^63, 2^63). */
  int64(value: bigint): this {
    if (value >= -maxSafe && value <= maxSafe) return this.integer(Number(value));
    this.#reserve(9);
    if (value > 0n) {
      const bytes = value >= 1n << 56n ? 8 : 7;
      this.#buffer[this.#length++] = integerPositiveFirst + bytes - 1;
      this.#bigUnsigned(value, bytes);
      return this;
    }
    const bytes = value < -(1n << 56n) ? 8 : 7;
    this.#buffer[this.#length++] = integerInlineFirst - bytes;
    this.#bigUnsigned(value + (1n << BigInt(bytes * 8)), bytes);
    return this;
  }

  /** float4 and float8: -Infinity … Infinity, then NaN; -0 is 0. */
  float64(value: number): this {
    this.#reserve(9);
    const buffer = this.#buffer;
    buffer[this.#length++] = presentMarker;
    const at = this.#length;
    buffer.writeDoubleBE(value === 0 ? 0 : value, at);
    const first = buffer[at] ?? 0;
    if (Number.isNaN(value)) {
      buffer.fill(0xff, at, at + 8);
    } else if (first >= 0x80) {
      for (let i = at; i < at + 8; i++) buffer[i] = ~(buffer[i] ?? 0);
    } else {
      buffer[at] = first | 0x80;
    }
    this.#length = at + 8;
    return this;
  }

  /** -Infinity, numbers in order, Infinity, NaN. Scale is not kept: 1.0 and 1.00 give one key. */
  numeric(value: KeyDecimal): this {
    if (value.kind !== "finite") {
      return this.u8(
        value.kind === "nan"
          ? numericNaN
          : value.kind === "infinity"
            ? numericInfinity
            : numericNegativeInfinity,
      );
    }
    const { coefficient } = value;
    if (coefficient === 0n) return this.u8(numericZero);
    const isNegative = coefficient < 0n;
    const digits = (isNegative ? -coefficient : coefficient).toString();
    let digitCount = digits.length;
    while (digits.charCodeAt(digitCount - 1) === 0x30) digitCount--;

    // value = 0.d1d2d3… × 10^exponent, then two digits a byte, plus one so that 0 ends the digits.
    this.u8(isNegative ? numericNegative : numericPositive);
    const start = this.#length;
    this.integer(digits.length - value.scale);
    this.#reserve(digitCount / 2 + 2);
    for (let i = 0; i < digitCount; i += 2) {
      const tens = digits.charCodeAt(i) - 0x30;
      const ones = i + 1 < digitCount ? digits.charCodeAt(i + 1) - 0x30 : 0;
      this.#buffer[this.#length++] = tens * 10 + ones + 1;
    }
    this.#buffer[this.#length++] = 0;
    if (isNegative) this.complement(start);
    return this;
  }

  /** Compared as UTF-8 bytes: collation "C". */
  text(value: string): this {
    const start = this.#length + 1;
    this.#reserve(value.length * 3 + 3);
    const buffer = this.#buffer;
    buffer[this.#length] = presentMarker;
    const end = start + buffer.write(value, start, "utf8");
    if (value.includes("\0")) return this.bytes(Uint8Array.from(buffer.subarray(start, end)));
    buffer[end] = 0x00;
    buffer[end + 1] = 0x01;
    this.#length = end + 2;
    return this;
  }

  /** bytea: 0x00 becomes 0x00 0xFF, and 0x00 0x01 ends the column. */
  bytes(value: Uint8Array): this {
    this.#reserve(value.length * 2 + 3);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = presentMarker;
    for (const byte of value) {
      buffer[at++] = byte;
      if (byte === 0) buffer[at++] = 0xff;
    }
    buffer[at++] = 0x00;
    buffer[at++] = 0x01;
    this.#length = at;
    return this;
  }

  /** The 16 bytes of a uuid. */
  uuid(value: Uint8Array): this {
    assert(value.length === 16, "a uuid has 16 bytes");
    return this.u8(presentMarker).raw(value);
  }

  /** As PostgreSQL compares intervals: a month is 30 days, a day is 24 hours. */
  interval(value: {
    readonly months: number;
    readonly days: number;
    readonly micros: bigint;
  }): this {
    const days = BigInt(value.months) * daysPerMonth + BigInt(value.days);
    const biased = days * microsPerDay + value.micros + intervalSpanBias;
    this.#reserve(13);
    const buffer = this.#buffer;
    buffer[this.#length++] = presentMarker;
    this.#length = buffer.writeUInt32BE(Number(biased >> 64n), this.#length);
    this.#length = buffer.writeBigUInt64BE(BigInt.asUintN(64, biased), this.#length);
    return this;
  }

  /** Turns everything written since `start` (a former `length`) into its descending form. */
  complement(start: number): this {
    const buffer = this.#buffer;
    for (let i = start; i < this.#length; i++) buffer[i] = ~(buffer[i] ?? 0);
    return this;
  }

  /** A copy of the key, of exactly its length. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(copy, 0, 0, this.#length);
    return copy;
  }

  /** The key without a copy: valid until the next call. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #unsigned(value: number, bytes: number): void {
    for (let i = bytes - 1; i >= 0; i--) {
      this.#buffer[this.#length + i] = value % 256;
      value = Math.floor(value / 256);
    }
    this.#length += bytes;
  }

  #bigUnsigned(value: bigint, bytes: number): void {
    for (let i = bytes - 1; i >= 0; i--) {
      this.#buffer[this.#length + i] = Number(value & 0xffn);
      value >>= 8n;
    }
    this.#length += bytes;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(Math.ceil(needed), this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

function unsignedLength(value: number): number {
  let bytes = 1;
  while (bytes < 7 && value >= power256(bytes)) bytes++;
  return bytes;
}

/** Reads a key column by column, in the order and with the types it was written. */
export class KeyReader {
  #buffer: Buffer;
  #offset: number;

  constructor(key: Uint8Array, offset = 0) {
    this.#buffer = asBuffer(key);
    this.#offset = offset;
  }

  /** Starts on another key, so that one reader serves a whole scan. */
  reset(key: Uint8Array, offset = 0): this {
    this.#buffer = asBuffer(key);
    this.#offset = offset;
    return this;
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#buffer.length;
  }

  /** Consumes a null and says so; otherwise consumes nothing. */
  takeNull(): boolean {
    if (this.#buffer[this.#offset] !== nullMarker) return false;
    this.#offset++;
    return true;
  }

  u8(): number {
    const byte = this.#buffer[this.#offset];
    if (byte === undefined) throw new MalformedBytes("key ends early");
    this.#offset++;
    return byte;
  }

  id(): number {
    const first = this.u8();
    return first < 0xf0 ? first : this.#unsigned(first - 0xf0);
  }

  boolean(): boolean {
    const byte = this.u8();
    if (byte !== 1 && byte !== 2) throw new MalformedBytes(`key boolean ${byte}`);
    return byte === 2;
  }

  /** An integer that is known to be safe (int2, int4, date, oid). */
  integer(): number {
    const first = this.u8();
    if (first >= integerPositiveFirst) return this.#unsigned(first - integerPositiveFirst + 1);
    if (first >= integerInlineFirst) return first - integerInlineFirst;
    return -this.#unsigned(integerInlineFirst - first, 0xff) - 1;
  }

  int64(): bigint {
    const first = this.#buffer[this.#offset];
    if (first === undefined) throw new MalformedBytes("key ends early");
    const bytes =
      first >= integerPositiveFirst
        ? first - integerPositiveFirst + 1
        : first >= integerInlineFirst
          ? 0
          : integerInlineFirst - first;
    if (bytes < 7) return BigInt(this.integer());
    this.#offset++;
    const isNegative = first < integerInlineFirst;
    let value = 0n;
    for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(this.u8());
    return isNegative ? value - (1n << BigInt(bytes * 8)) : value;
  }

  /** -0 comes back as 0. */
  float64(): number {
    this.#expectPresent();
    const at = this.#take(8);
    const bytes = Buffer.allocUnsafe(8);
    this.#buffer.copy(bytes, 0, at, at + 8);
    const first = bytes[0] ?? 0;
    if (first >= 0x80) {
      if (bytes.every((byte) => byte === 0xff)) return NaN;
      bytes[0] = first & 0x7f;
    } else {
      for (let i = 0; i < 8; i++) bytes[i] = ~(bytes[i] ?? 0);
    }
    return bytes.readDoubleBE(0);
  }

  /** The value with the fewest digits after the point: 1.00 comes back as 1, 100 as 100. */
  numeric(): KeyDecimal {
    const kind = this.u8();
    if (kind === numericNaN) return { kind: "nan", coefficient: 0n, scale: 0 };
    if (kind === numericInfinity) return { kind: "infinity", coefficient: 0n, scale: 0 };
    if (kind === numericNegativeInfinity) return { kind: "-infinity", coefficient: 0n, scale: 0 };
    if (kind === numericZero) return { kind: "finite", coefficient: 0n, scale: 0 };
    const isNegative = kind === numericNegative;
    if (!isNegative && kind !== numericPositive) throw new MalformedBytes(`key numeric ${kind}`);
    const flip = isNegative ? 0xff : 0;

    const exponent = isNegative ? this.#complementedInteger() : this.integer();
    let digits = "";
    for (;;) {
      const byte = this.u8() ^ flip;
      if (byte === 0) break;
      digits += (byte - 1).toString().padStart(2, "0");
    }
    let digitCount = digits.length;
    while (digitCount > 0 && digits.charCodeAt(digitCount - 1) === 0x30) digitCount--;
    const shift = exponent - digitCount;
    const magnitude = BigInt(digits.slice(0, digitCount)) * (shift > 0 ? 10n ** BigInt(shift) : 1n);
    return {
      kind: "finite",
      coefficient: isNegative ? -magnitude : magnitude,
      scale: shift < 0 ? -shift : 0,
    };
  }

  text(): string {
    this.#expectPresent();
    const buffer = this.#buffer;
    const end = buffer.indexOf(0, this.#offset);
    if (end < 0) throw new MalformedBytes("key text does not end");
    if (buffer[end + 1] === 0x01) {
      const value = buffer.toString("utf8", this.#offset, end);
      this.#offset = end + 2;
      return value;
    }
    return Buffer.from(this.#unescaped()).toString("utf8");
  }

  bytes(): Uint8Array {
    this.#expectPresent();
    return this.#unescaped();
  }

  uuid(): Uint8Array {
    this.#expectPresent();
    const at = this.#take(16);
    return Uint8Array.from(this.#buffer.subarray(at, at + 16));
  }

  /** Microseconds, a month counted as 30 days: how PostgreSQL compares, not the value itself. */
  intervalSpan(): bigint {
    this.#expectPresent();
    const at = this.#take(12);
    const high = BigInt(this.#buffer.readUInt32BE(at));
    return ((high << 64n) | this.#buffer.readBigUInt64BE(at + 4)) - intervalSpanBias;
  }

  /** Skips to `length` further bytes, for columns whose width the caller knows. */
  skip(length: number): void {
    this.#take(length);
  }

  #unescaped(): Uint8Array {
    const out: number[] = [];
    for (;;) {
      const byte = this.u8();
      if (byte !== 0) {
        out.push(byte);
        continue;
      }
      const next = this.u8();
      if (next === 0x01) return Uint8Array.from(out);
      if (next !== 0xff) throw new MalformedBytes(`key escape ${next}`);
      out.push(0);
    }
  }

  #complementedInteger(): number {
    const width = integerWidth((~(this.#buffer[this.#offset] ?? 0) & 0xff) >>> 0);
    const bytes = Uint8Array.from(this.raw(width), (byte) => ~byte);
    return new KeyReader(bytes).integer();
  }

  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  #unsigned(bytes: number, flip = 0): number {
    const at = this.#take(bytes);
    let value = 0;
    for (let i = at; i < at + bytes; i++) value = value * 256 + ((this.#buffer[i] ?? 0) ^ flip);
    if (!Number.isSafeInteger(value)) throw new MalformedBytes("key integer is out of range");
    return value;
  }

  #expectPresent(): void {
    const marker = this.u8();
    if (marker !== presentMarker) throw new MalformedBytes(`key column marker ${marker}`);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#buffer.length - at) throw new MalformedBytes("key ends early");
    this.#offset = at + length;
    return at;
  }
}

function integerWidth(first: number): number {
  if (first >= integerPositiveFirst) return first - integerPositiveFirst + 2;
  return first >= integerInlineFirst ? 1 : integerInlineFirst - first + 1;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
