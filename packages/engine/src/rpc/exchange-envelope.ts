import { MalformedBytes } from "#base/byte-reader.ts";
import type { NetworkChannel } from "#runtime/ports.ts";

/** A frame waiting to leave. */
export interface OutgoingFrame {
  readonly channel: NetworkChannel;
  readonly bytes: Uint8Array;
}

/** Places are the channel's number on the wire: append only. */
const channels: readonly NetworkChannel[] = ["raft", "bulk", "call", "liveness"];

/** Field 1, length-delimited: `frames` of ExchangeRequest and ExchangeResponse. */
const framesTag = 0x0a;
const varintBytesMax = 5;

/**
 * Writes frames as an ExchangeRequest (the response has the same shape). By hand, because this is
 * the hot path between nodes: one allocation and one copy for everything that left in one turn.
 *
 *   0x0a, length, then for each frame: channel number, length, bytes
 */
export function encodeFrames(frames: readonly OutgoingFrame[]): Buffer {
  let bodyBytes = 0;
  for (const { bytes } of frames) bodyBytes += 1 + varintLength(bytes.length) + bytes.length;
  const message = Buffer.allocUnsafe(1 + varintLength(bodyBytes) + bodyBytes);
  message[0] = framesTag;
  let at = writeVarint(message, 1, bodyBytes);
  for (const { channel, bytes } of frames) {
    message[at++] = channels.indexOf(channel);
    at = writeVarint(message, at, bytes.length);
    message.set(bytes, at);
    at += bytes.length;
  }
  return message;
}

/** Hands each frame of a message to `deliver`, in order, as a view. Throws MalformedBytes. */
export function decodeFrames(
  message: Uint8Array,
  deliver: (channel: NetworkChannel, frame: Uint8Array) => void,
): void {
  if (message.length === 0) return;
  const cursor = { at: 1 };
  if (message[0] !== framesTag || readVarint(message, cursor) !== message.length - cursor.at) {
    throw new MalformedBytes("exchange message");
  }
  while (cursor.at < message.length) {
    const channel = channels[message[cursor.at++] ?? channels.length];
    const length = readVarint(message, cursor);
    const end = cursor.at + length;
    if (channel === undefined || end > message.length) throw new MalformedBytes("frame");
    deliver(channel, message.subarray(cursor.at, end));
    cursor.at = end;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

function readVarint(source: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < varintBytesMax; count++) {
    const byte = source[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
  throw new MalformedBytes("varint");
}
