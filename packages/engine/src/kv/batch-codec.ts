import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { RangeId, Span } from "#base/ids.ts";
import {
  commitTagBytes,
  type CommitRequest,
  type CommitWrite,
  type FoundRow,
  type RangeRequest,
  type RangeResponse,
} from "#range/batch.ts";
import {
  readRangeDescriptor,
  readSpan,
  writeRangeDescriptor,
  writeSpan,
  type RangeDescriptor,
} from "#range/range-descriptor.ts";

/** A request to a range on another node, with the sender's clock. */
export interface RequestEnvelope {
  readonly clock: Timestamp;
  readonly rangeId: RangeId;
  readonly request: RangeRequest;
}

export interface ResponseEnvelope {
  readonly clock: Timestamp;
  readonly response: RangeResponse;
}

const formatVersion = 1;
const busyReasons = ["proposals", "deadline", "closing", "clock"] as const;

export function encodeRequest({ clock, rangeId, request }: RequestEnvelope): Uint8Array {
  const writer = new ByteWriter(request.kind === "commit" ? commitBytesExpected(request) : 128);
  writer.u8(formatVersion).timestamp(clock).varint(rangeId);
  switch (request.kind) {
    case "get":
      writer.u8(0);
      writeOptionalTimestamp(writer, request.timestamp);
      writer.timestamp(request.uncertaintyLimit).varint(request.keys.length);
      for (const key of request.keys) writer.bytes(key);
      break;
    case "scan":
      writer.u8(1);
      writeOptionalTimestamp(writer, request.timestamp);
      writer.timestamp(request.uncertaintyLimit);
      writeSpan(writer, request.span);
      writer.varint(request.rowsMax).varint(request.bytesMax).boolean(request.reverse);
      break;
    case "refresh":
      writer.u8(2).timestamp(request.from).timestamp(request.to);
      writeSpans(writer, request.spans);
      break;
    case "commit":
      writer.u8(3).raw(request.tag).timestamp(request.startTimestamp);
      writeOptionalTimestamp(writer, request.readTimestamp);
      writer.timestamp(request.deadline).boolean(request.isRepeated);
      writeSpans(writer, request.readSpans);
      writer.varint(request.writes.length);
      for (const { key, value, mustBeAbsent } of request.writes) {
        writer.boolean(mustBeAbsent).bytes(key);
        writeOptionalBytes(writer, value);
      }
      break;
  }
  return writer.view();
}

/** Keys and values are views into the payload. Throws MalformedBytes. */
export function decodeRequest(payload: Uint8Array): RequestEnvelope {
  const reader = open(payload);
  const clock = reader.timestamp();
  const rangeId = reader.varint();
  const request = readRequest(reader);
  reader.expectEnd();
  return { clock, rangeId, request };
}

function readRequest(reader: ByteReader): RangeRequest {
  const kind = reader.u8();
  switch (kind) {
    case 0: {
      const timestamp = readOptionalTimestamp(reader);
      const uncertaintyLimit = reader.timestamp();
      const keys: Uint8Array[] = [];
      for (let count = reader.varint(); count > 0; count--) keys.push(reader.bytes());
      return { kind: "get", timestamp, uncertaintyLimit, keys };
    }
    case 1:
      return {
        kind: "scan",
        timestamp: readOptionalTimestamp(reader),
        uncertaintyLimit: reader.timestamp(),
        span: readSpan(reader),
        rowsMax: reader.varint(),
        bytesMax: reader.varint(),
        reverse: reader.boolean(),
      };
    case 2:
      return {
        kind: "refresh",
        from: reader.timestamp(),
        to: reader.timestamp(),
        spans: readSpans(reader),
      };
    case 3:
      return {
        kind: "commit",
        tag: reader.raw(commitTagBytes),
        startTimestamp: reader.timestamp(),
        readTimestamp: readOptionalTimestamp(reader),
        deadline: reader.timestamp(),
        isRepeated: reader.boolean(),
        readSpans: readSpans(reader),
        writes: readWrites(reader),
      };
    default:
      throw new MalformedBytes(`request of kind ${kind}`);
  }
}

const responseKinds = [
  "values",
  "rows",
  "refreshed",
  "committed",
  "keyExists",
  "conflict",
  "uncertain",
  "notLeaseholder",
  "rangeMismatch",
  "noReplica",
  "busy",
  "unknown",
] as const satisfies readonly RangeResponse["kind"][];

export function encodeResponse({ clock, response }: ResponseEnvelope): Uint8Array {
  const writer = new ByteWriter(responseBytesExpected(response));
  writer.u8(formatVersion).timestamp(clock).u8(responseKinds.indexOf(response.kind));
  switch (response.kind) {
    case "values":
      writer.timestamp(response.timestamp).varint(response.values.length);
      for (const value of response.values) writeOptionalBytes(writer, value);
      break;
    case "rows":
      writer.timestamp(response.timestamp).varint(response.rows.length);
      for (const { key, value } of response.rows) writer.bytes(key).bytes(value);
      writer.boolean(response.rest !== undefined);
      if (response.rest !== undefined) writeSpan(writer, response.rest);
      break;
    case "committed":
    case "uncertain":
      writer.timestamp(response.timestamp);
      break;
    case "keyExists":
      writer.bytes(response.key);
      break;
    case "conflict":
      writer.bytes(response.key).timestamp(response.timestamp);
      break;
    case "notLeaseholder":
      writer.varint(response.leaseholder);
      writeDescriptors(writer, response.descriptor === undefined ? [] : [response.descriptor]);
      break;
    case "rangeMismatch":
      writeDescriptors(writer, response.descriptors);
      break;
    case "busy":
      writer.u8(busyReasons.indexOf(response.reason));
      break;
    case "refreshed":
    case "noReplica":
    case "unknown":
      break;
  }
  return writer.view();
}

/** Keys and values are views into the payload. Throws MalformedBytes. */
export function decodeResponse(payload: Uint8Array): ResponseEnvelope {
  const reader = open(payload);
  const clock = reader.timestamp();
  const response = readResponse(reader);
  reader.expectEnd();
  return { clock, response };
}

function readResponse(reader: ByteReader): RangeResponse {
  const kind = responseKinds[reader.u8()];
  if (kind === undefined) throw new MalformedBytes("kind of response");
  switch (kind) {
    case "values": {
      const timestamp = reader.timestamp();
      const values: (Uint8Array | undefined)[] = [];
      for (let count = reader.varint(); count > 0; count--) values.push(readOptionalBytes(reader));
      return { kind, values, timestamp };
    }
    case "rows": {
      const timestamp = reader.timestamp();
      const rows: FoundRow[] = [];
      for (let count = reader.varint(); count > 0; count--) {
        const key = reader.bytes();
        rows.push({ key, value: reader.bytes() });
      }
      return { kind, timestamp, rows, rest: reader.boolean() ? readSpan(reader) : undefined };
    }
    case "committed":
    case "uncertain":
      return { kind, timestamp: reader.timestamp() };
    case "keyExists":
      return { kind, key: reader.bytes() };
    case "conflict":
      return { kind, key: reader.bytes(), timestamp: reader.timestamp() };
    case "notLeaseholder":
      return { kind, leaseholder: reader.varint(), descriptor: readDescriptors(reader)[0] };
    case "rangeMismatch":
      return { kind, descriptors: readDescriptors(reader) };
    case "busy": {
      const reason = busyReasons[reader.u8()];
      if (reason === undefined) throw new MalformedBytes("reason of a refusal");
      return { kind, reason };
    }
    case "refreshed":
    case "noReplica":
    case "unknown":
      return { kind };
  }
}

function open(payload: Uint8Array): ByteReader {
  const reader = new ByteReader(payload);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`range call of format ${format}`);
  return reader;
}

function commitBytesExpected(request: CommitRequest): number {
  let bytes = 128;
  for (const { key, value } of request.writes) bytes += key.length + (value?.length ?? 0) + 10;
  for (const { start, end } of request.readSpans) bytes += start.length + (end?.length ?? 0) + 6;
  return bytes;
}

function responseBytesExpected(response: RangeResponse): number {
  if (response.kind !== "rows") return 128;
  let bytes = 64;
  for (const { key, value } of response.rows) bytes += key.length + value.length + 8;
  return bytes;
}

function readWrites(reader: ByteReader): readonly CommitWrite[] {
  const writes: CommitWrite[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const mustBeAbsent = reader.boolean();
    const key = reader.bytes();
    writes.push({ key, value: readOptionalBytes(reader), mustBeAbsent });
  }
  return writes;
}

function writeSpans(writer: ByteWriter, spans: readonly Span[]): void {
  writer.varint(spans.length);
  for (const span of spans) writeSpan(writer, span);
}

function readSpans(reader: ByteReader): readonly Span[] {
  const spans: Span[] = [];
  for (let count = reader.varint(); count > 0; count--) spans.push(readSpan(reader));
  return spans;
}

function writeDescriptors(writer: ByteWriter, descriptors: readonly RangeDescriptor[]): void {
  writer.varint(descriptors.length);
  for (const descriptor of descriptors) writeRangeDescriptor(writer, descriptor);
}

/** Copies: a descriptor is kept for long, and must not keep the whole answer with it. */
function readDescriptors(reader: ByteReader): readonly RangeDescriptor[] {
  const descriptors: RangeDescriptor[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const descriptor = readRangeDescriptor(reader);
    const { start, end } = descriptor.span;
    descriptors.push({ ...descriptor, span: { start: start.slice(), end: end?.slice() } });
  }
  return descriptors;
}

function writeOptionalTimestamp(writer: ByteWriter, timestamp: Timestamp | undefined): void {
  writer.boolean(timestamp !== undefined);
  if (timestamp !== undefined) writer.timestamp(timestamp);
}

function readOptionalTimestamp(reader: ByteReader): Timestamp | undefined {
  return reader.boolean() ? reader.timestamp() : undefined;
}

/** Length + 1 as varint and the bytes; 0 for none. */
function writeOptionalBytes(writer: ByteWriter, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) writer.varint(0);
  else writer.varint(bytes.length + 1).raw(bytes);
}

function readOptionalBytes(reader: ByteReader): Uint8Array | undefined {
  const length = reader.varint();
  return length === 0 ? undefined : reader.raw(length - 1);
}
