import { SqlError } from "#base/errors.ts";

/**
 * Bytes that are not a protocol message: a length that cannot be, a field cut short, a message
 * type that does not exist. There is no way to find the next message, so the connection ends.
 */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** PostgreSQL's bound on a start-up packet. */
const startupBytesMax = 10_000;
/** No length a client sends may exceed this, whatever the configured limit: PostgreSQL's bound. */
const lengthMax = 0x3fff_ffff;
/** Messages whose size the client's data decides; all others are small. */
const largeTypes = new Set([..."QPBdp"].map((letter) => letter.charCodeAt(0)));
const smallMessageBytesMax = 30_000;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Cuts a stream of bytes into frontend messages and reads their fields. After `next` returned
 * "message", the field methods read that message's body; `end` checks that all of it was read.
 *
 * - Bytes given out by `bytes` stay valid: memory is never written over once it was consumed.
 * - A message longer than `messageBytesMax` is reported once and its body dropped as it arrives,
 *   so that one statement that is too long costs no memory and not the connection.
 */
export class MessageReader {
  readonly #messageBytesMax: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Whether #buffer's tail past #end is ours to fill. */
  #ownsTail = false;
  /** [#at, #end) holds what is not consumed. */
  #at = 0;
  #end = 0;
  #skipBytes = 0;
  #messageType = 0;
  #cursor = 0;
  #bodyEnd = 0;

  constructor(options: { readonly messageBytesMax: number }) {
    this.#messageBytesMax = options.messageBytesMax;
  }

  /** Code of the message's first byte. */
  get messageType(): number {
    return this.#messageType;
  }

  get bufferedBytes(): number {
    return this.#end - this.#at;
  }

  /** Takes ownership of the chunk. */
  push(chunk: Uint8Array): void {
    if (this.#skipBytes > 0) {
      const skipped = Math.min(this.#skipBytes, chunk.length);
      this.#skipBytes -= skipped;
      if (skipped === chunk.length) return;
      chunk = chunk.subarray(skipped);
    }
    if (this.#at === this.#end) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#ownsTail = false;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    const kept = this.#end - this.#at;
    if (!this.#ownsTail || this.#end + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * (kept + chunk.length), 1024));
      this.#buffer.copy(grown, 0, this.#at, this.#end);
      this.#buffer = grown;
      this.#ownsTail = true;
      this.#at = 0;
      this.#end = kept;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** True when `next` would return something other than "none". */
  get hasMessage(): boolean {
    const available = this.#end - this.#at;
    return available >= 5 && available > this.#buffer.readUInt32BE(this.#at + 1);
  }

  /** The type of the message after the present one, if its first byte is here; 0 otherwise. */
  get nextType(): number {
    return this.#at < this.#end ? (this.#buffer[this.#at] ?? 0) : 0;
  }

  /** Moves to the next whole message. Throws MalformedMessage when the frame makes no sense. */
  next(): "message" | "tooLong" | "none" {
    const available = this.#end - this.#at;
    if (available < 5) return "none";
    const length = this.#buffer.readUInt32BE(this.#at + 1);
    const type = this.#buffer[this.#at] ?? 0;
    if (length < 4 || length > lengthMax) throw new MalformedMessage("invalid message length");
    if (length - 4 > smallMessageBytesMax && !largeTypes.has(type)) {
      throw new MalformedMessage("invalid message length");
    }
    this.#messageType = type;
    if (length - 4 > this.#messageBytesMax) {
      this.#at += 5;
      const dropped = Math.min(length - 4, available - 5);
      this.#at += dropped;
      this.#skipBytes = length - 4 - dropped;
      return "tooLong";
    }
    if (available < length + 1) return "none";
    this.#cursor = this.#at + 5;
    this.#bodyEnd = this.#at + 1 + length;
    this.#at = this.#bodyEnd;
    return "message";
  }

  /** Moves to a start-up packet, which has a length and no type. */
  nextStartup(): "message" | "none" {
    const available = this.#end - this.#at;
    if (available < 4) return "none";
    const length = this.#buffer.readUInt32BE(this.#at);
    if (length < 8 || length > startupBytesMax) {
      throw new MalformedMessage("invalid length of startup packet");
    }
    if (available < length) return "none";
    this.#cursor = this.#at + 4;
    this.#bodyEnd = this.#at + length;
    this.#at = this.#bodyEnd;
    return "message";
  }

  get remainingBytes(): number {
    return this.#bodyEnd - this.#cursor;
  }

  uint8(): number {
    this.#require(1);
    return this.#buffer[this.#cursor++] ?? 0;
  }

  uint16(): number {
    this.#require(2);
    const value = this.#buffer.readUInt16BE(this.#cursor);
    this.#cursor += 2;
    return value;
  }

  int32(): number {
    this.#require(4);
    const value = this.#buffer.readInt32BE(this.#cursor);
    this.#cursor += 4;
    return value;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  bytes(length: number): Uint8Array {
    this.#require(length);
    const from = this.#cursor;
    this.#cursor += length;
    return this.#buffer.subarray(from, this.#cursor);
  }

  /** A zero-terminated string; 22021 when it is not UTF-8. */
  string(): string {
    const end = this.#buffer.indexOf(0, this.#cursor);
    if (end === -1 || end >= this.#bodyEnd) {
      throw new MalformedMessage("invalid string in message");
    }
    const from = this.#cursor;
    this.#cursor = end + 1;
    const text = this.#buffer.toString("utf8", from, end);
    if (text.includes("\uFFFD")) requireUtf8(this.#buffer.subarray(from, end));
    return text;
  }

  end(): void {
    if (this.#cursor !== this.#bodyEnd) throw new MalformedMessage("invalid message format");
  }

  #require(bytes: number): void {
    if (this.#bodyEnd - this.#cursor < bytes) {
      throw new MalformedMessage("insufficient data left in message");
    }
  }
}

/** A replacement character in decoded text is either the client's own or a sign of bad bytes. */
function requireUtf8(bytes: Uint8Array): void {
  try {
    strictUtf8.decode(bytes);
  } catch (cause) {
    throw new SqlError("character_not_in_repertoire", 'invalid byte sequence for encoding "UTF8"', {
      cause,
    });
  }
}
