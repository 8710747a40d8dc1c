import type { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { notSupported } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum } from "#sql/types/datum.ts";
import { Interval } from "#sql/types/datum.ts";
import { Numeric } from "#sql/types/numeric.ts";
import { formatType } from "#sql/types/type.ts";
import { uuidFromBytes, uuidToBytes } from "./stored-datum.ts";

/**
 * A type as a key column: equal values have equal bytes, and bytes sort as PostgreSQL sorts the
 * values. When not `isLossless`, what `read` gives is equal to what was written but may look
 * different (1.0 for 1.00), so the row keeps the value as well.
 */
export interface KeyDatum {
  readonly isLossless: boolean;
  /** The datum is not null. */
  write(writer: KeyWriter, datum: Datum): void;
  read(reader: KeyReader): Datum;
}

/** 0A000 for types that have no place in a key. */
export function keyDatum(typeOid: number): KeyDatum {
  const known = keyDatums.get(typeOid);
  if (known === undefined) {
    throw notSupported(`a key or index column of type ${formatType(typeOid)}`);
  }
  return known;
}

export function isKeyType(typeOid: number): boolean {
  return keyDatums.has(typeOid);
}

export function writeKeyColumn(writer: KeyWriter, codec: KeyDatum, datum: Datum): void {
  if (datum === null) writer.null();
  else codec.write(writer, datum);
}

const boolean: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.boolean(datum as boolean);
  },
  read: (reader) => reader.boolean(),
};

const integer: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.integer(datum as number);
  },
  read: (reader) => reader.integer(),
};

const bigInteger: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.int64(datum as bigint);
  },
  read: (reader) => reader.int64(),
};

const dateInfinityDays = 2 ** 31;

const date: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    const days = datum as number;
    writer.integer(Number.isFinite(days) ? days : Math.sign(days) * dateInfinityDays);
  },
  read(reader) {
    const days = reader.integer();
    return Math.abs(days) === dateInfinityDays ? Math.sign(days) * Infinity : days;
  },
};

/** Minus zero and zero are one key. */
const float: KeyDatum = {
  isLossless: false,
  write(writer, datum) {
    writer.float64(datum as number);
  },
  read: (reader) => reader.float64(),
};

const numeric: KeyDatum = {
  isLossless: false,
  write(writer, datum) {
    writer.numeric(datum as Numeric);
  },
  read(reader) {
    const { kind, coefficient, scale } = reader.numeric();
    return new Numeric(kind, coefficient, scale);
  },
};

const text: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.text(datum as string);
  },
  read: (reader) => reader.text(),
};

/** Trailing blanks do not count when char(n) is compared. */
const paddedText: KeyDatum = {
  isLossless: false,
  write(writer, datum) {
    writer.text((datum as string).replace(/ +$/, ""));
  },
  read: (reader) => reader.text(),
};

const bytes: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.bytes(datum as Uint8Array);
  },
  read: (reader) => reader.bytes(),
};

const uuid: KeyDatum = {
  isLossless: true,
  write(writer, datum) {
    writer.uuid(uuidToBytes(datum as string));
  },
  read: (reader) => uuidFromBytes(reader.uuid()),
};

const microsPerDay = 86_400_000_000n;

const interval: KeyDatum = {
  isLossless: false,
  write(writer, datum) {
    writer.interval(datum as Interval);
  },
  read(reader) {
    const span = reader.intervalSpan();
    return new Interval(0, Number(span / microsPerDay), span % microsPerDay);
  },
};

const keyDatums: ReadonlyMap<number, KeyDatum> = new Map([
  [oids.bool, boolean],
  [oids.int2, integer],
  [oids.int4, integer],
  [oids.oid, integer],
  [oids.int8, bigInteger],
  [oids.time, bigInteger],
  [oids.timestamp, bigInteger],
  [oids.timestamptz, bigInteger],
  [oids.date, date],
  [oids.float4, float],
  [oids.float8, float],
  [oids.numeric, numeric],
  [oids.text, text],
  [oids.varchar, text],
  [oids.name, text],
  [oids.char, text],
  [oids.bpchar, paddedText],
  [oids.bytea, bytes],
  [oids.uuid, uuid],
  [oids.interval, interval],
]);
