import type { Timestamp } from "./hlc.ts";

/** The bytes are not what their format promises: cut short, too long, or a value out of range. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

/**
 * Reads what a ByteWriter wrote, front to back. Every read past the end throws MalformedBytes, so a
 * decoder needs no checks of its own. `raw` and `bytes` return views into the input, not copies.
 */
export class ByteReader {
  readonly #buffer: Buffer;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#buffer.length - this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#buffer.length;
  }

  /** Throws unless everything was read: the last call of most decoders. */
  expectEnd(): void {
    if (!this.isAtEnd) throw new MalformedBytes(`${this.remaining} bytes left over`);
  }

  u8(): number {
    const value = this.#buffer[this.#offset];
    if (value === undefined) throw new MalformedBytes("bytes end early");
    this.#offset++;
    return value;
  }

  boolean(): boolean {
    const value = this.u8();
    if (value > 1) throw new MalformedBytes(`boolean ${value}`);
    return value === 1;
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  i64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8));
  }

  f64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  varint(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("varint above 2^53");
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 56) throw new MalformedBytes("varint too long");
    }
  }

  signedVarint(): number {
    const zigzag = this.varint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  timestamp(): Timestamp {
    const at = this.#take(8);
    const high = this.#buffer.readUInt32BE(at);
    const low = this.#buffer.readUInt32BE(at + 4);
    return { wallMs: high * 2 ** 14 + (low >>> 18), logical: low & 0x3ffff };
  }

  /** A view of the next bytes. */
  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** A view of the next length-prefixed bytes. */
  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  string(): string {
    const length = this.varint();
    const at = this.#take(length);
    return this.#buffer.toString("utf8", at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#buffer.length - at) throw new MalformedBytes("bytes end early");
    this.#offset = at + length;
    return at;
  }
}
