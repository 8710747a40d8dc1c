import { assert } from "#base/assert.ts";

const chunkBytesMin = 4 * 1024;
const chunkBytesMax = 64 * 1024;

/**
 * Builds backend messages one after another in one buffer.
 *
 *   ── taken ──┼──── pending ────┼── free ──
 *           #start             #at
 *
 * - What `take` gives out is never written over: the socket may hold it for as long as it likes.
 *   New messages go behind it; a used-up buffer is replaced, not recycled.
 * - `pendingBytes` counts whole messages only between `begin` … `end` pairs.
 */
export class MessageWriter {
  #buffer: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#buffer.buffer);
  #start = 0;
  #at = 0;
  /** Where the open message's length goes, relative to #start; -1 when none is open. */
  #lengthAt = -1;

  get pendingBytes(): number {
    return this.#at - this.#start;
  }

  /** Opens a message; its fields follow, then `end`. */
  begin(type: number): void {
    this.#reserve(5);
    this.#buffer[this.#at] = type;
    this.#lengthAt = this.#at + 1 - this.#start;
    this.#at += 5;
  }

  end(): void {
    const lengthAt = this.#start + this.#lengthAt;
    this.#view.setInt32(lengthAt, this.#at - lengthAt);
    this.#lengthAt = -1;
  }

  /** A message without a body. */
  bare(type: number): void {
    this.begin(type);
    this.end();
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, value);
    this.#at += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value);
    this.#at += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  bigint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** UTF-8 and a zero byte. A zero inside would end the string early, so it is left out. */
  string(value: string): void {
    const clean = value.includes("\0") ? value.replaceAll("\0", "") : value;
    this.#reserve(clean.length * 3 + 1);
    this.#at += this.#buffer.write(clean, this.#at, "utf8");
    this.#buffer[this.#at++] = 0;
  }

  /** A 4-byte length and the text in UTF-8: a column's value in text form. */
  textValue(value: string): void {
    const length = value.length;
    this.#reserve(4 + length * 3);
    const from = this.#at + 4;
    if (length <= 32) {
      // Below this size a loop over ASCII beats the call out of JavaScript.
      const buffer = this.#buffer;
      let at = from;
      let index = 0;
      for (; index < length; index++) {
        const unit = value.charCodeAt(index);
        if (unit > 0x7f) break;
        buffer[at++] = unit;
      }
      if (index === length) {
        this.#view.setInt32(this.#at, length);
        this.#at = at;
        return;
      }
    }
    const written = this.#buffer.write(value, from, "utf8");
    this.#view.setInt32(this.#at, written);
    this.#at = from + written;
  }

  /** A 4-byte length and a 32-bit integer in decimal. */
  integerValue(value: number): void {
    this.#reserve(15);
    const buffer = this.#buffer;
    const from = this.#at + 4;
    let at = from;
    let rest = value;
    if (rest < 0) {
      buffer[at++] = 0x2d;
      rest = -rest;
    }
    let digits = 1;
    for (let bound = 10; digits < 10 && rest >= bound; bound *= 10) digits++;
    for (let place = at + digits - 1; place >= at; place--) {
      const tens = Math.trunc(rest / 10);
      buffer[place] = 0x30 + rest - tens * 10;
      rest = tens;
    }
    at += digits;
    this.#view.setInt32(this.#at, at - from);
    this.#at = at;
  }

  /** Where the pending bytes end now, for `rewind`. */
  mark(): number {
    return this.#at - this.#start;
  }

  /** Drops what was written after the mark. Nothing may have been taken since. */
  rewind(mark: number): void {
    assert(mark >= 0 && mark <= this.pendingBytes, `mark ${mark} is not in the pending bytes`);
    this.#at = this.#start + mark;
    this.#lengthAt = -1;
  }

  /** Gives out the first `bytes` pending bytes (all by default) for writing. */
  take(bytes = this.pendingBytes): Uint8Array {
    assert(bytes <= this.pendingBytes, "cannot take more than is pending");
    const taken = this.#buffer.subarray(this.#start, this.#start + bytes);
    this.#start += bytes;
    if (this.#start === this.#at && this.#buffer.length > chunkBytesMax) this.#use(0);
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const pending = this.pendingBytes;
    const old = this.#buffer;
    const from = this.#start;
    const doubled = Math.min(2 * old.length, chunkBytesMax);
    const needed = pending + bytes;
    // A message that outgrows a chunk doubles, so that copying stays linear in its size.
    this.#use(Math.max(chunkBytesMin, doubled, needed > doubled ? 2 * needed : needed));
    old.copy(this.#buffer, 0, from, from + pending);
    this.#at = pending;
  }

  #use(bytes: number): void {
    this.#buffer = bytes === 0 ? Buffer.alloc(0) : Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(
      this.#buffer.buffer,
      this.#buffer.byteOffset,
      this.#buffer.byteLength,
    );
    this.#start = 0;
    this.#at = 0;
  }
}
