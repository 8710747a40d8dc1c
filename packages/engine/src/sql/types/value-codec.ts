import { MalformedBytes } from "#base/byte-reader.ts";
import type { ByteReader } from "#base/byte-reader.ts";
import type { ByteWriter } from "#base/byte-writer.ts";
import { notSupported } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Interval, Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import { isJsonArray, isJsonObject } from "./json-text.ts";
import {
  Numeric,
  finiteNumeric,
  numericInfinity,
  numericNaN,
  numericNegativeInfinity,
} from "./numeric.ts";
import { uuidFromHex } from "./scalar-text.ts";
import { findType, formatType } from "./type.ts";

/**
 * How values of one type are kept in rows: compact, not ordered, without their type or length
 * where the format says it anyway. Nulls are the row's affair. Values read own their memory.
 */
export interface ValueCodec {
  write(writer: ByteWriter, datum: Datum): void;
  read(reader: ByteReader): Datum;
}

const integerCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.signedVarint(datum as number);
  },
  read: (reader) => reader.signedVarint(),
};

const smallMax = 2n ** 51n;

/** Zigzag plus one as a varint; 0 announces eight bytes. */
function writeBigint64(writer: ByteWriter, value: bigint): void {
  if (value < smallMax && value > -smallMax) {
    const number = Number(value);
    writer.varint(number >= 0 ? number * 2 + 1 : -number * 2);
  } else {
    writer.u8(0).i64(value);
  }
}

function readBigint64(reader: ByteReader): bigint {
  const zigzag = reader.varint();
  if (zigzag === 0) return reader.i64();
  return BigInt(zigzag % 2 === 1 ? (zigzag - 1) / 2 : -zigzag / 2);
}

const bigintCodec: ValueCodec = {
  write: (writer, datum) => {
    writeBigint64(writer, datum as bigint);
  },
  read: readBigint64,
};

/** Timestamps of our day need seven bytes as varints; eight fixed ones are quicker. */
const timestampCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.i64(datum as bigint);
  },
  read: (reader) => reader.i64(),
};

const textCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.string(datum as string);
  },
  read: (reader) => reader.string(),
};

const booleanCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.boolean(datum as boolean);
  },
  read: (reader) => reader.boolean(),
};

const floatCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.f64(datum as number);
  },
  read: (reader) => reader.f64(),
};

const infiniteDay = 2 ** 40;

const dateCodec: ValueCodec = {
  write: (writer, datum) => {
    const day = datum as number;
    writer.signedVarint(Number.isFinite(day) ? day : day > 0 ? infiniteDay : -infiniteDay);
  },
  read: (reader) => {
    const day = reader.signedVarint();
    return day === infiniteDay ? Infinity : day === -infiniteDay ? -Infinity : day;
  },
};

const numericSpecials = [numericNaN, numericInfinity, numericNegativeInfinity] as const;

function writeNumeric(writer: ByteWriter, value: Numeric): void {
  switch (value.kind) {
    case "nan":
      writer.varint(0);
      return;
    case "infinity":
      writer.varint(1);
      return;
    case "-infinity":
      writer.varint(2);
      return;
    case "finite":
      writer.varint(value.scale + numericSpecials.length);
      break;
  }
  const { coefficient } = value;
  if (coefficient < smallMax && coefficient > -smallMax) {
    writeBigint64(writer, coefficient);
    return;
  }
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString(16);
  writer
    .u8(0)
    .boolean(negative)
    .bytes(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex"));
}

function readNumeric(reader: ByteReader): Numeric {
  const head = reader.varint();
  const special = numericSpecials[head];
  if (special !== undefined) return special;
  const scale = head - numericSpecials.length;
  const zigzag = reader.varint();
  if (zigzag !== 0) {
    return finiteNumeric(BigInt(zigzag % 2 === 1 ? (zigzag - 1) / 2 : -zigzag / 2), scale);
  }
  const negative = reader.boolean();
  const magnitude = BigInt(`0x${Buffer.from(reader.bytes()).toString("hex")}`);
  return finiteNumeric(negative ? -magnitude : magnitude, scale);
}

const numericCodec: ValueCodec = {
  write: (writer, datum) => {
    writeNumeric(writer, datum as Numeric);
  },
  read: readNumeric,
};

const byteaCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.bytes(datum as Uint8Array);
  },
  read: (reader) => Uint8Array.from(reader.bytes()),
};

const uuidCodec: ValueCodec = {
  write: (writer, datum) => {
    writer.raw(Buffer.from((datum as string).replaceAll("-", ""), "hex"));
  },
  read: (reader) => uuidFromHex(Buffer.from(reader.raw(16)).toString("hex")),
};

const intervalCodec: ValueCodec = {
  write: (writer, datum) => {
    const { months, days, micros } = datum as Interval;
    writer.signedVarint(months).signedVarint(days);
    writeBigint64(writer, micros);
  },
  read: (reader) => {
    const months = reader.signedVarint();
    const days = reader.signedVarint();
    return new Interval(months, days, readBigint64(reader));
  },
};

const jsonTags = { null: 0, false: 1, true: 2, number: 3, string: 4, array: 5, object: 6 } as const;

function writeJson(writer: ByteWriter, value: JsonValue): void {
  if (value === null) {
    writer.u8(jsonTags.null);
  } else if (typeof value === "boolean") {
    writer.u8(value ? jsonTags.true : jsonTags.false);
  } else if (typeof value === "string") {
    writer.u8(jsonTags.string).string(value);
  } else if (value instanceof Numeric) {
    writer.u8(jsonTags.number);
    writeNumeric(writer, value);
  } else if (isJsonArray(value)) {
    writer.u8(jsonTags.array).varint(value.length);
    for (const item of value) writeJson(writer, item);
  } else if (isJsonObject(value)) {
    writer.u8(jsonTags.object).varint(value.size);
    for (const [key, item] of value) {
      writer.string(key);
      writeJson(writer, item);
    }
  }
}

function readJson(reader: ByteReader): JsonValue {
  const tag = reader.u8();
  switch (tag) {
    case jsonTags.null:
      return null;
    case jsonTags.false:
      return false;
    case jsonTags.true:
      return true;
    case jsonTags.string:
      return reader.string();
    case jsonTags.number:
      return readNumeric(reader);
    case jsonTags.array: {
      const length = reader.varint();
      const items: JsonValue[] = [];
      for (let index = 0; index < length; index++) items.push(readJson(reader));
      return items;
    }
    case jsonTags.object: {
      const size = reader.varint();
      const map = new Map<string, JsonValue>();
      for (let index = 0; index < size; index++) {
        const key = reader.string();
        map.set(key, readJson(reader));
      }
      return map;
    }
    default:
      throw new MalformedBytes(`jsonb tag ${tag}`);
  }
}

const jsonbCodec: ValueCodec = {
  write: (writer, datum) => {
    writeJson(writer, (datum as Jsonb).value);
  },
  read: (reader) => new Jsonb(readJson(reader)),
};

function arrayCodec(elementOid: number): ValueCodec {
  const element = valueCodecFor(elementOid);
  return {
    write: (writer, datum) => {
      const array = datum as SqlArray;
      writer.varint(array.dimensions.length);
      for (const { length, lowerBound } of array.dimensions) {
        writer.varint(length).signedVarint(lowerBound);
      }
      for (const item of array.items) {
        writer.boolean(item !== null);
        if (item !== null) element.write(writer, item);
      }
    },
    read: (reader) => {
      const depth = reader.varint();
      const dimensions: { length: number; lowerBound: number }[] = [];
      let count = depth === 0 ? 0 : 1;
      for (let index = 0; index < depth; index++) {
        const length = reader.varint();
        dimensions.push({ length, lowerBound: reader.signedVarint() });
        count *= length;
      }
      const items: Datum[] = [];
      for (let index = 0; index < count; index++) {
        items.push(reader.boolean() ? element.read(reader) : null);
      }
      return new SqlArray(elementOid, items, dimensions);
    },
  };
}

const recordCodec: ValueCodec = {
  write: (writer, datum) => {
    const { fields, fieldTypeOids } = datum as SqlRecord;
    writer.varint(fields.length);
    for (const [index, field] of fields.entries()) {
      const typeOid = fieldTypeOids[index] ?? 0;
      writer.varint(typeOid).boolean(field !== null);
      if (field !== null) valueCodecFor(typeOid).write(writer, field);
    }
  },
  read: (reader) => {
    const length = reader.varint();
    const fields: Datum[] = [];
    const fieldTypeOids: number[] = [];
    for (let index = 0; index < length; index++) {
      const typeOid = reader.varint();
      fieldTypeOids.push(typeOid);
      fields.push(reader.boolean() ? valueCodecFor(typeOid).read(reader) : null);
    }
    return new SqlRecord(fields, fieldTypeOids);
  },
};

/** The codec of a type; ask once per column. */
export function valueCodecFor(typeOid: number): ValueCodec {
  switch (typeOid) {
    case oids.int2:
    case oids.int4:
    case oids.oid:
    case oids.xid:
    case oids.cid:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return integerCodec;
    case oids.int8:
    case oids.time:
    case oids.xid8:
    case oids.pgLsn:
      return bigintCodec;
    case oids.timestamp:
    case oids.timestamptz:
      return timestampCodec;
    case oids.text:
    case oids.varchar:
    case oids.bpchar:
    case oids.name:
    case oids.char:
    case oids.json:
    case oids.unknown:
    case oids.cstring:
    case oids.tid:
    case oids.aclitem:
    case oids.pgNodeTree:
    case oids.void:
      return textCodec;
    case oids.bool:
      return booleanCodec;
    case oids.float4:
    case oids.float8:
      return floatCodec;
    case oids.numeric:
      return numericCodec;
    case oids.date:
      return dateCodec;
    case oids.interval:
      return intervalCodec;
    case oids.uuid:
      return uuidCodec;
    case oids.bytea:
      return byteaCodec;
    case oids.jsonb:
      return jsonbCodec;
    case oids.record:
      return recordCodec;
    default: {
      const type = findType(typeOid);
      if (type === undefined) return recordCodec;
      if (type.category === "A") return arrayCodec(type.elementOid);
      throw notSupported(`a column of type ${formatType(typeOid)}`);
    }
  }
}
