import { assert } from "./assert.ts";
import type { Timestamp } from "./hlc.ts";

const wallMsLowBits = 2 ** 14;
const logicalRange = 2 ** 18;

/**
 * Builds a byte string: the one way in which this project writes frames, log records and values.
 *
 * - Integers of fixed width are big-endian. A varint is LEB128, for integers in [0, 2^53).
 * - A signed varint is a varint of the zigzag form, for integers in [-2^52, 2^52).
 * - `bytes` and `string` put a varint length in front; `raw` puts nothing.
 * - A timestamp is 8 bytes, big-endian, so that byte order is time order.
 *
 * A writer may be used again after `reset`; what `finish` returned stays valid.
 */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(bytesExpected = 128) {
    this.#buffer = Buffer.allocUnsafe(bytesExpected);
  }

  get length(): number {
    return this.#length;
  }

  reset(): this {
    this.#length = 0;
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  boolean(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  i64(value: bigint): this {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length);
    return this;
  }

  u64(value: bigint): this {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64BE(value, this.#length);
    return this;
  }

  f64(value: number): this {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
    return this;
  }

  varint(value: number): this {
    this.#reserve(8);
    const buffer = this.#buffer;
    let length = this.#length;
    if (value < 0x80 && value >= 0) {
      buffer[length] = value;
      this.#length = length + 1;
      return this;
    }
    assert(
      value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value),
      `varint ${value} is not in [0, 2^53)`,
    );
    while (value > 0x7fffffff) {
      buffer[length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    while (value >= 0x80) {
      buffer[length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[length++] = value;
    this.#length = length;
    return this;
  }

  signedVarint(value: number): this {
    return this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  timestamp(value: Timestamp): this {
    this.#reserve(8);
    const { wallMs, logical } = value;
    const high = Math.floor(wallMs / wallMsLowBits);
    const low = (wallMs - high * wallMsLowBits) * logicalRange + logical;
    this.#buffer.writeUInt32BE(high, this.#length);
    this.#length = this.#buffer.writeUInt32BE(low, this.#length + 4);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.varint(bytes.length);
    return this.raw(bytes);
  }

  /** UTF-8. */
  string(text: string): this {
    // A one-byte length is written first and corrected when the text turns out longer.
    const size = text.length < 0x80 / 3 ? -1 : Buffer.byteLength(text);
    if (size >= 0) {
      this.varint(size);
      this.#reserve(size);
      this.#length += this.#buffer.write(text, this.#length, size, "utf8");
      return this;
    }
    this.#reserve(1 + text.length * 3);
    const written = this.#buffer.write(text, this.#length + 1, "utf8");
    this.#buffer[this.#length] = written;
    this.#length += 1 + written;
    return this;
  }

  /** Leaves room for a u32 that is known later; returns where, for `setU32`. */
  reserveU32(): number {
    const at = this.#length;
    this.u32(0);
    return at;
  }

  setU32(at: number, value: number): this {
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  /** A copy of what was written, of exactly its length. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(copy, 0, 0, this.#length);
    return copy;
  }

  /** What was written, without a copy: valid until the next write or reset. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
