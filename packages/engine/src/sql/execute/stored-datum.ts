import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum } from "#sql/types/datum.ts";
import { valueCodecFor } from "#sql/types/value-codec.ts";

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
  return storedByOid.get(typeOid) ?? nested(typeOid);
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
    (Number.isFinite(datum) ? integer : float).write(writer, tag, datum);
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

/** Every other type: the type's own form behind its length. */
function nested(typeOid: number): StoredDatum {
  const codec = valueCodecFor(typeOid);
  const payload = new ByteWriter(64);
  return {
    write(writer, tag, datum) {
      codec.write(payload.reset(), datum);
      writer.varint(tag + wire.bytes).bytes(payload.view());
    },
    read: (reader) => codec.read(new ByteReader(reader.bytes())),
  };
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
]);
