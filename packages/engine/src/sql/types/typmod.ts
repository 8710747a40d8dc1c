import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { microsPerDayBig } from "./calendar.ts";
import { Interval, SqlArray, timestampInfinity } from "./datum.ts";
import type { Datum } from "./datum.ts";
import { fitInterval, roundMicros } from "./interval-parse.ts";
import { Numeric, fitNumeric } from "./numeric.ts";
import { characterCount, sliceCharacters } from "./text-order.ts";
import { findType, lengthOfTypmod, numericTypmod } from "./type.ts";

/** Fits a value, which may be null, to a type modifier. */
export type TypmodCoercion = (datum: Datum) => Datum;

/**
 * What a modifier does to values of its type: varchar(n), char(n), numeric(p, s), timestamp(p),
 * interval fields. Undefined when there is nothing to do. An explicit cast cuts long text; any
 * other coercion refuses it (22001) unless only spaces are lost.
 */
export function typmodCoercion(
  typeOid: number,
  typmod: number,
  explicit: boolean,
): TypmodCoercion | undefined {
  if (typmod < 0) return undefined;
  switch (typeOid) {
    case oids.varchar: {
      const length = lengthOfTypmod(typmod);
      if (length === undefined) return undefined;
      return (datum) =>
        datum === null ? null : fitText(String(datum), length, explicit, "character varying");
    }
    case oids.bpchar: {
      const length = lengthOfTypmod(typmod);
      if (length === undefined) return undefined;
      return (datum) =>
        datum === null
          ? null
          : padText(fitText(String(datum), length, explicit, "character"), length);
    }
    case oids.numeric: {
      const modifier = numericTypmod(typmod);
      if (modifier === undefined) return undefined;
      return (datum) => {
        if (datum === null) return null;
        assert(datum instanceof Numeric, "a numeric datum is a Numeric");
        return fitNumeric(datum, modifier.precision, modifier.scale);
      };
    }
    case oids.time:
    case oids.timestamp:
    case oids.timestamptz: {
      if (typmod >= 6) return undefined;
      return (datum) => {
        if (typeof datum !== "bigint") return datum;
        if (datum === timestampInfinity || datum === -timestampInfinity) return datum;
        const rounded = roundMicros(datum, typmod);
        // 23:59:59.9 as time(0) is 24:00:00, which time can hold.
        return typeOid === oids.time && rounded > microsPerDayBig ? microsPerDayBig : rounded;
      };
    }
    case oids.interval:
      return (datum) => (datum instanceof Interval ? fitInterval(datum, typmod) : datum);
    default: {
      const type = findType(typeOid);
      if (type?.category !== "A") return undefined;
      const element = typmodCoercion(type.elementOid, typmod, explicit);
      if (element === undefined) return undefined;
      return (datum) =>
        datum instanceof SqlArray
          ? new SqlArray(datum.elementTypeOid, datum.items.map(element), datum.dimensions)
          : datum;
    }
  }
}

function fitText(text: string, length: number, explicit: boolean, typeName: string): string {
  // No text has more characters than UTF-16 units.
  if (text.length <= length || characterCount(text) <= length) return text;
  if (!explicit && /[^ ]/.test(sliceCharacters(text, length))) {
    throw new SqlError(
      "string_data_right_truncation",
      `value too long for type ${typeName}(${length})`,
    );
  }
  return sliceCharacters(text, 0, length);
}

function padText(text: string, length: number): string {
  const missing = length - characterCount(text);
  return missing > 0 ? text + " ".repeat(missing) : text;
}
