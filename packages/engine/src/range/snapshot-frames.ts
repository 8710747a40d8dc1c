import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { Message } from "#raft/message.ts";
import { readMessage, writeMessage } from "#raft/message-codec.ts";
import type { RangeStateWrite } from "#storage/store.ts";
import { readSpan, writeSpan } from "./range-descriptor.ts";

/**
 * A snapshot on its way, as calls on the bulk channel: begin, then chunk after chunk, then finish.
 * Each is answered before the next is sent, so the receiver sets the pace.
 */
export const snapshotMethods = {
  begin: "snapshot.begin",
  chunk: "snapshot.chunk",
  finish: "snapshot.finish",
} as const;

export type SnapshotMessage = Message & { readonly kind: "snapshot" };

export interface SnapshotHeader {
  readonly rangeId: RangeId;
  readonly span: Span;
  /** What the receiver's raft is told once all is there: of the index that is really sent. */
  readonly message: SnapshotMessage;
  readonly bytesExpected: number;
  readonly state: readonly RangeStateWrite[];
}

const formatVersion = 1;

export function encodeSnapshotHeader(id: number, header: SnapshotHeader): Uint8Array {
  const writer = begin(id).varint(header.rangeId);
  writeSpan(writer, header.span);
  writeMessage(writer, header.message);
  writer.varint(header.bytesExpected).varint(header.state.length);
  for (const { name, value } of header.state) {
    writer.string(name).bytes(value ?? new Uint8Array(0));
  }
  return writer.finish();
}

export function decodeSnapshotHeader(payload: Uint8Array): {
  readonly id: number;
  readonly header: SnapshotHeader;
} {
  const reader = open(payload);
  const id = reader.varint();
  const rangeId = reader.varint();
  const span = readSpan(reader);
  const message = readMessage(reader);
  if (message.kind !== "snapshot") throw new MalformedBytes("a snapshot begins with its message");
  const bytesExpected = reader.varint();
  const state: RangeStateWrite[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const name = reader.string();
    state.push({ name, value: reader.bytes() });
  }
  reader.expectEnd();
  return { id, header: { rangeId, span, message, bytesExpected, state } };
}

export function encodeSnapshotChunk(id: number, number: number, chunk: Uint8Array): Uint8Array {
  return new ByteWriter(chunk.length + 24)
    .u8(formatVersion)
    .varint(id)
    .varint(number)
    .raw(chunk)
    .view();
}

export function readSnapshotChunk(payload: Uint8Array): {
  readonly id: number;
  readonly number: number;
  readonly chunk: Uint8Array;
} {
  const reader = open(payload);
  const id = reader.varint();
  const number = reader.varint();
  return { id, number, chunk: reader.raw(reader.remaining) };
}

export function encodeSnapshotId(id: number): Uint8Array {
  return begin(id).finish();
}

export function readSnapshotId(payload: Uint8Array): number {
  return open(payload).varint();
}

function begin(id: number): ByteWriter {
  return new ByteWriter().u8(formatVersion).varint(id);
}

function open(payload: Uint8Array): ByteReader {
  const reader = new ByteReader(payload);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`snapshot frame format ${format}`);
  return reader;
}
