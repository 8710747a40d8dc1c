import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { SqlError, sqlStates, type SqlCondition, type SqlErrorFields } from "#base/errors.ts";

/** Why a peer turned a call away before any of it ran. */
export type RefusalReason = "overloaded" | "unknownMethod";

/**
 * Frames of the `call` channel: version, kind, session of the caller, number of the call, and what the
 * kind adds. A session names one life of the caller, so that an answer never meets its successor.
 */
export type CallFrame = { readonly session: number; readonly number: number } & (
  | { readonly kind: "request"; readonly method: string; readonly payload: Uint8Array }
  | { readonly kind: "result"; readonly payload: Uint8Array }
  | { readonly kind: "error"; readonly error: SqlError }
  | { readonly kind: "refusal"; readonly reason: RefusalReason }
  | { readonly kind: "cancel" }
);

const version = 1;
const kinds = ["request", "result", "error", "refusal", "cancel"] as const;
const refusalReasons: readonly RefusalReason[] = ["overloaded", "unknownMethod"];

export function encodeCallFrame(frame: CallFrame): Uint8Array {
  const writer = new ByteWriter(frameBytesExpected(frame));
  writer.u8(version).u8(kinds.indexOf(frame.kind)).u32(frame.session).varint(frame.number);
  switch (frame.kind) {
    case "request":
      return writer.string(frame.method).raw(frame.payload).view();
    case "result":
      return writer.raw(frame.payload).view();
    case "error":
      writeSqlError(writer, frame.error);
      return writer.view();
    case "refusal":
      return writer.u8(refusalReasons.indexOf(frame.reason)).view();
    case "cancel":
      return writer.view();
  }
}

/** Throws MalformedBytes. The payload is a view into the frame. */
export function decodeCallFrame(bytes: Uint8Array): CallFrame {
  const reader = new ByteReader(bytes);
  const found = reader.u8();
  if (found !== version) throw new MalformedBytes(`call frame of version ${found}`);
  const kind = kinds[reader.u8()];
  const session = reader.u32();
  const number = reader.varint();
  switch (kind) {
    case "request": {
      const method = reader.string();
      return { kind, session, number, method, payload: reader.raw(reader.remaining) };
    }
    case "result":
      return { kind, session, number, payload: reader.raw(reader.remaining) };
    case "error":
      return { kind, session, number, error: readSqlError(reader) };
    case "refusal": {
      const reason = refusalReasons[reader.u8()];
      if (reason === undefined) throw new MalformedBytes("unknown reason of a refusal");
      return { kind, session, number, reason };
    }
    case "cancel":
      return { kind, session, number };
    default:
      throw new MalformedBytes("unknown kind of call frame");
  }
}

function frameBytesExpected(frame: CallFrame): number {
  const headerBytes = 16;
  if (frame.kind === "request") return headerBytes + frame.method.length + frame.payload.length;
  return frame.kind === "result" ? headerBytes + frame.payload.length : 256;
}

const textFields = [
  "detail",
  "hint",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "where",
] as const;

/** Condition, message, position, and the fields that are set. The cause stays behind. */
export function writeSqlError(writer: ByteWriter, error: SqlError): void {
  writer
    .string(error.condition)
    .string(error.message)
    .varint(error.fields.position ?? 0);
  for (const field of textFields) {
    const text = error.fields[field];
    writer.boolean(text !== undefined);
    if (text !== undefined) writer.string(text);
  }
}

/** A condition that a newer peer knows and we do not becomes internal_error. */
export function readSqlError(reader: ByteReader): SqlError {
  const condition = reader.string();
  const message = reader.string();
  const position = reader.varint();
  const fields: { -readonly [Field in keyof SqlErrorFields]: SqlErrorFields[Field] } = {};
  if (position > 0) fields.position = position;
  for (const field of textFields) {
    if (reader.boolean()) fields[field] = reader.string();
  }
  return new SqlError(isCondition(condition) ? condition : "internal_error", message, fields);
}

function isCondition(name: string): name is SqlCondition {
  return Object.hasOwn(sqlStates, name);
}
