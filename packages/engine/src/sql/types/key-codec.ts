import { notSupported } from "#base/errors.ts";
import type { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { oids } from "./builtin-types.ts";
import type { Interval, Jsonb, SqlArray } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import { isJsonArray, isJsonObject } from "./json-text.ts";
import { Numeric } from "./numeric.ts";
import { uuidFromHex } from "./scalar-text.ts";
import { trimTrailingSpaces } from "./text-order.ts";
import { findType, formatType } from "./type.ts";

/** Appends a value that is not null to a key; the order of the bytes is the type's btree order. */
export type KeyColumnEncoder = (writer: KeyWriter, datum: Datum) => void;

/** Reads a value that is not null back from a key. */
export type KeyColumnDecoder = (reader: KeyReader) => Datum;

/** Stands for ±infinity among dates; far beyond the last date. */
const infiniteDay = 2 ** 40;

const writeInteger: KeyColumnEncoder = (writer, datum) => {
  writer.integer(datum as number);
};
const writeInt64: KeyColumnEncoder = (writer, datum) => {
  writer.int64(datum as bigint);
};
const writeText: KeyColumnEncoder = (writer, datum) => {
  writer.text(datum as string);
};
const writeFloat: KeyColumnEncoder = (writer, datum) => {
  writer.float64(datum as number);
};

/** How to put values of a type into keys; 0A000 for types that cannot be keys. */
export function keyColumnEncoder(typeOid: number): KeyColumnEncoder {
  const encoder = findKeyColumnEncoder(typeOid);
  if (encoder === undefined) throw notSupported(`a key of type ${formatType(typeOid)}`);
  return encoder;
}

function findKeyColumnEncoder(typeOid: number): KeyColumnEncoder | undefined {
  switch (typeOid) {
    case oids.int2:
    case oids.int4:
    case oids.oid:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regnamespace:
    case oids.regrole:
      return writeInteger;
    case oids.int8:
    case oids.timestamp:
    case oids.timestamptz:
    case oids.time:
    case oids.pgLsn:
    case oids.xid8:
      return writeInt64;
    case oids.text:
    case oids.varchar:
    case oids.name:
    case oids.char:
      return writeText;
    case oids.bpchar:
      return (writer, datum) => {
        writer.text(trimTrailingSpaces(datum as string));
      };
    case oids.bool:
      return (writer, datum) => {
        writer.boolean(datum as boolean);
      };
    case oids.float4:
    case oids.float8:
      return writeFloat;
    case oids.numeric:
      return (writer, datum) => {
        writer.numeric(datum as Numeric);
      };
    case oids.date:
      return (writer, datum) => {
        const day = datum as number;
        writer.integer(Number.isFinite(day) ? day : day > 0 ? infiniteDay : -infiniteDay);
      };
    case oids.interval:
      return (writer, datum) => {
        writer.interval(datum as Interval);
      };
    case oids.uuid:
      return (writer, datum) => {
        writer.uuid(Buffer.from((datum as string).replaceAll("-", ""), "hex"));
      };
    case oids.bytea:
      return (writer, datum) => {
        writer.bytes(datum as Uint8Array);
      };
    case oids.jsonb:
      return (writer, datum) => {
        writeJsonDocument(writer, (datum as Jsonb).value);
      };
    default: {
      const type = findType(typeOid);
      if (type?.category !== "A") return undefined;
      const writeItem = findKeyColumnEncoder(type.elementOid);
      return writeItem === undefined ? undefined : arrayEncoder(writeItem);
    }
  }
}

/** Items, then dimensions. Items are present (their own bytes), null (0xFF) or at an end (0x00). */
function arrayEncoder(writeItem: KeyColumnEncoder): KeyColumnEncoder {
  return (writer, datum) => {
    const array = datum as SqlArray;
    // Never 0xFF, so that the column is not taken for null.
    writer.u8(0x01);
    for (const item of array.items) {
      if (item === null) writer.null();
      else writeItem(writer, item);
    }
    writer.u8(0x00);
    writer.integer(array.dimensions.length);
    for (const { length, lowerBound } of array.dimensions) {
      writer.integer(length);
      writer.integer(lowerBound);
    }
  };
}

const jsonEmptyArray = 0x01;
const jsonNull = 0x02;
const jsonString = 0x03;
const jsonNumber = 0x04;
const jsonBoolean = 0x05;
const jsonArray = 0x06;
const jsonObject = 0x07;

function writeJsonDocument(writer: KeyWriter, value: JsonValue): void {
  // Only as a whole document does an empty array sort below scalars.
  if (isJsonArray(value) && value.length === 0) writer.u8(jsonEmptyArray);
  else writeJson(writer, value);
}

function writeJson(writer: KeyWriter, value: JsonValue): void {
  if (value === null) {
    writer.u8(jsonNull);
  } else if (typeof value === "string") {
    writer.u8(jsonString).text(value);
  } else if (typeof value === "boolean") {
    writer.u8(jsonBoolean).boolean(value);
  } else if (value instanceof Numeric) {
    writer.u8(jsonNumber).numeric(value);
  } else if (isJsonArray(value)) {
    writer.u8(jsonArray).integer(value.length);
    for (const item of value) writeJson(writer, item);
  } else if (isJsonObject(value)) {
    writer.u8(jsonObject).integer(value.size);
    for (const [key, item] of value) {
      writer.text(key);
      writeJson(writer, item);
    }
  }
}

/** How to read a type back from keys; undefined for types whose keys lose something. */
export function findKeyColumnDecoder(typeOid: number): KeyColumnDecoder | undefined {
  switch (typeOid) {
    case oids.int2:
    case oids.int4:
    case oids.oid:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regnamespace:
    case oids.regrole:
      return (reader) => reader.integer();
    case oids.int8:
    case oids.timestamp:
    case oids.timestamptz:
    case oids.time:
    case oids.pgLsn:
    case oids.xid8:
      return (reader) => reader.int64();
    case oids.text:
    case oids.varchar:
    case oids.name:
    case oids.char:
      return (reader) => reader.text();
    case oids.bool:
      return (reader) => reader.boolean();
    case oids.date:
      return (reader) => {
        const day = reader.integer();
        return day === infiniteDay ? Infinity : day === -infiniteDay ? -Infinity : day;
      };
    case oids.uuid:
      return (reader) => uuidFromHex(Buffer.from(reader.uuid()).toString("hex"));
    case oids.bytea:
      return (reader) => reader.bytes();
    default:
      return undefined;
  }
}
