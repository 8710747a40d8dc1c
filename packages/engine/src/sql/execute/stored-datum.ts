import { assert } from "#base/assert.ts";
import type { ByteReader } from "#base/byte-reader.ts";
import { MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { ByteReader as Reader } from "#base/byte-reader.ts";
import { notSupported } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum, JsonValue } from "#sql/types/datum.ts";
import { Interval, Jsonb, SqlArray } from "#sql/types/datum.ts";
import { Numeric } from "#sql/types/numeric.ts";
import { findType, formatType } from "#sql/types/type.ts";

/**
 * How one column's value stands in a row: a tag, then a payload whose length the tag alone tells,
 * so that a reader can pass over columns whose type it no longer knows.
 *
 *   tag     varint: distance to the previous column's id × 8 + wire
 *   wire 0  varint, zigzag        integers near zero
 *   wire 1  8 bytes               large integers, floats, timestamps
 *   wire 2  length and bytes      everything else
 *   wire 3  nothing: true         wire 4  nothing: false         wire 5  nothing: null
 */
export const wire = { integer: 0, fixed: 1, bytes: 2, true: 3, false: 4, null: 5 } as const;

export interface StoredDatum {
  /** `tag` is the tag without its wire. The datum is not null. */
  write(writer: ByteWriter, tag: number, datum: Datum): void;
  read(reader: ByteReader, wireType: number): Datum;
}

/** Passes over a payload. */
export function skipPayload(reader: ByteReader, wireType: number): void {
  switch (wireType) {
    case wire.integer:
      reader.varint();
      return;
    case wire.fixed:
      reader.skip(8);
      return;
    case wire.bytes:
      reader.skip(reader.varint());
      return;
    case wire.true:
    case wire.false:
    case wire.null:
      return;
    default:
      throw new MalformedBytes(`column wire ${wireType}`);
  }
}

/** How values of a type are stored; 0A000 for types that no column may have. */
export function storedDatum(typeOid: number): StoredDatum {
  const known = storedByOid.get(typeOid);
  if (known !== undefined) return known;
  const type = findType(typeOid);
  if (type?.category === "A") return storedArray(type.elementOid);
  throw notSupported(`a stored column of type ${formatType(typeOid)}`);
}

const boolean: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + (datum === true ? wire.true : wire.false));
  },
  read: (_reader, wireType) => wireType === wire.true,
};

const integer: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.integer).signedVarint(datum as number);
  },
  read: (reader) => reader.signedVarint(),
};

const varintMagnitudeMax = 2 ** 51;

const bigInteger: StoredDatum = {
  write(writer, tag, datum) {
    const near = Number(datum);
    if (near > -varintMagnitudeMax && near < varintMagnitudeMax) {
      writer.varint(tag + wire.integer).signedVarint(near);
    } else {
      writer.varint(tag + wire.fixed).i64(datum as bigint);
    }
  },
  read: (reader, wireType) =>
    wireType === wire.integer ? BigInt(reader.signedVarint()) : reader.i64(),
};

const fixedBigInteger: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.fixed).i64(datum as bigint);
  },
  read: (reader) => reader.i64(),
};

const float: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.fixed).f64(datum as number);
  },
  read: (reader) => reader.f64(),
};

/** Days; the infinities do not fit an integer. */
const date: StoredDatum = {
  write(writer, tag, datum) {
    (Number.isFinite(datum as number) ? integer : float).write(writer, tag, datum);
  },
  read: (reader, wireType) => (wireType === wire.integer ? reader.signedVarint() : reader.f64()),
};

const text: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.bytes).string(datum as string);
  },
  read: (reader) => reader.string(),
};

const bytes: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.bytes).bytes(datum as Uint8Array);
  },
  read: (reader) => Uint8Array.from(reader.bytes()),
};

const uuid: StoredDatum = {
  write(writer, tag, datum) {
    writer.varint(tag + wire.bytes).bytes(uuidToBytes(datum as string));
  },
  read: (reader) => uuidFromBytes(reader.bytes()),
};

export function uuidToBytes(uuidText: string): Uint8Array {
  return Buffer.from(uuidText.replaceAll("-", ""), "hex");
}

export function uuidFromBytes(value: Uint8Array): string {
  const digits = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

/** Types whose payload is built in a writer of its own and put behind its length. */
function nested(
  write: (writer: ByteWriter, datum: Datum) => void,
  read: (reader: ByteReader) => Datum,
): StoredDatum {
  return {
    write(writer, tag, datum) {
      const payload = new ByteWriter(32);
      write(payload, datum);
      writer.varint(tag + wire.bytes).bytes(payload.view());
    },
    read: (reader) => read(new Reader(reader.bytes())),
  };
}

const numericKinds: readonly Numeric["kind"][] = ["finite", "nan", "infinity", "-infinity"];

function writeNumeric(writer: ByteWriter, value: Numeric): void {
  writer.u8(numericKinds.indexOf(value.kind));
  if (value.kind !== "finite") return;
  writer.varint(value.scale);
  const near = Number(value.coefficient);
  if (near > -varintMagnitudeMax && near < varintMagnitudeMax) {
    writer.boolean(false).signedVarint(near);
    return;
  }
  const magnitude = value.coefficient < 0n ? -value.coefficient : value.coefficient;
  const digits = magnitude.toString(16);
  writer
    .boolean(true)
    .boolean(value.coefficient < 0n)
    .bytes(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex"));
}

function readNumeric(reader: ByteReader): Numeric {
  const kind = numericKinds[reader.u8()];
  if (kind === undefined) throw new MalformedBytes("numeric kind");
  if (kind !== "finite") return new Numeric(kind, 0n, 0);
  const scale = reader.varint();
  if (!reader.boolean()) return new Numeric(kind, BigInt(reader.signedVarint()), scale);
  const isNegative = reader.boolean();
  const magnitude = BigInt(`0x${Buffer.from(reader.bytes()).toString("hex")}`);
  return new Numeric(kind, isNegative ? -magnitude : magnitude, scale);
}

const numeric = nested((writer, datum) => {
  writeNumeric(writer, datum as Numeric);
}, readNumeric);

const interval = nested(
  (writer, datum) => {
    const { months, days, micros } = datum as Interval;
    writer.signedVarint(months).signedVarint(days).i64(micros);
  },
  (reader) => new Interval(reader.signedVarint(), reader.signedVarint(), reader.i64()),
);

const jsonTag = { null: 0, false: 1, true: 2, string: 3, number: 4, array: 5, object: 6 } as const;

function writeJson(writer: ByteWriter, value: JsonValue): void {
  if (value === null) writer.u8(jsonTag.null);
  else if (typeof value === "boolean") writer.u8(value ? jsonTag.true : jsonTag.false);
  else if (typeof value === "string") writer.u8(jsonTag.string).string(value);
  else if (value instanceof Numeric) writeNumeric(writer.u8(jsonTag.number), value);
  else if (value instanceof Map) {
    writer.u8(jsonTag.object).varint(value.size);
    for (const [key, item] of value) writeJson(writer.string(key), item);
  } else {
    const items = value as readonly JsonValue[];
    writer.u8(jsonTag.array).varint(items.length);
    for (const item of items) writeJson(writer, item);
  }
}

function readJson(reader: ByteReader): JsonValue {
  switch (reader.u8()) {
    case jsonTag.null:
      return null;
    case jsonTag.false:
      return false;
    case jsonTag.true:
      return true;
    case jsonTag.string:
      return reader.string();
    case jsonTag.number:
      return readNumeric(reader);
    case jsonTag.array:
      return Array.from({ length: reader.varint() }, () => readJson(reader));
    case jsonTag.object: {
      const members = new Map<string, JsonValue>();
      for (let left = reader.varint(); left > 0; left--)
        members.set(reader.string(), readJson(reader));
      return members;
    }
    default:
      throw new MalformedBytes("json tag");
  }
}

const jsonb = nested(
  (writer, datum) => {
    assert(datum instanceof Jsonb, "a jsonb column gets jsonb");
    writeJson(writer, datum.value);
  },
  (reader) => new Jsonb(readJson(reader)),
);

function storedArray(elementOid: number): StoredDatum {
  const element = storedDatum(elementOid);
  return nested(
    (writer, datum) => {
      assert(datum instanceof SqlArray, "an array column gets an array");
      writer.varint(datum.dimensions.length);
      for (const { length, lowerBound } of datum.dimensions) {
        writer.varint(length).signedVarint(lowerBound);
      }
      for (const item of datum.items) {
        if (item === null) writer.varint(wire.null);
        else element.write(writer, 0, item);
      }
    },
    (reader) => {
      const dimensions = Array.from({ length: reader.varint() }, () => ({
        length: reader.varint(),
        lowerBound: reader.signedVarint(),
      }));
      const items: Datum[] = [];
      while (!reader.isAtEnd) {
        const wireType = reader.varint();
        items.push(wireType === wire.null ? null : element.read(reader, wireType));
      }
      return new SqlArray(elementOid, items, dimensions);
    },
  );
}

const storedByOid: ReadonlyMap<number, StoredDatum> = new Map([
  [oids.bool, boolean],
  [oids.int2, integer],
  [oids.int4, integer],
  [oids.oid, integer],
  [oids.regclass, integer],
  [oids.regtype, integer],
  [oids.regproc, integer],
  [oids.regprocedure, integer],
  [oids.regnamespace, integer],
  [oids.regrole, integer],
  [oids.int8, bigInteger],
  [oids.time, fixedBigInteger],
  [oids.timestamp, fixedBigInteger],
  [oids.timestamptz, fixedBigInteger],
  [oids.float4, float],
  [oids.float8, float],
  [oids.date, date],
  [oids.text, text],
  [oids.varchar, text],
  [oids.bpchar, text],
  [oids.name, text],
  [oids.char, text],
  [oids.json, text],
  [oids.bytea, bytes],
  [oids.uuid, uuid],
  [oids.numeric, numeric],
  [oids.interval, interval],
  [oids.jsonb, jsonb],
]);
