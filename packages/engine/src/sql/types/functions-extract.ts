import {
  civilFromDay,
  dayFromCivil,
  dayOfWeek,
  isoWeek,
  julianOfEpoch,
  microsPerDay,
  splitTimestamp,
  unixEpochDay,
  unixEpochMicros,
} from "./calendar.ts";
import { dateToTimestamp, isInfiniteTimestamp } from "./cast-table.ts";
import type { Interval } from "./datum.ts";
import { findDateUnit, unknownUnit, unsupportedUnit } from "./datetime-truncate.ts";
import type { DateUnit } from "./datetime-truncate.ts";
import {
  date,
  float8,
  interval,
  numeric,
  scalar,
  text,
  time,
  timestamp,
  timestamptz,
} from "./define.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";
import { intervalEpochMicros } from "./interval-arithmetic.ts";
import type { Numeric } from "./numeric.ts";
import {
  finiteNumeric,
  numericFromInteger,
  numericInfinity,
  numericNegativeInfinity,
  numericToNumber,
} from "./numeric.ts";
import { getTimeZone, secondsOfMicros } from "./time-zone.ts";

/*
 * extract() gives numeric and date_part() the same as float8. Fields that can have a fraction
 * show it in full: seconds with six digits, milliseconds with three.
 */

function whole(value: number): Numeric {
  return numericFromInteger(value);
}

function scaled(micros: number | bigint, scale: number): Numeric {
  return finiteNumeric(BigInt(micros), scale);
}

/** Fields of a clock; undefined when the unit is not one. */
function clockField(unit: DateUnit, microOfDay: number): Numeric | undefined {
  switch (unit) {
    case "microseconds":
      return whole(microOfDay % 6e7);
    case "milliseconds":
      return scaled(microOfDay % 6e7, 3);
    case "second":
      return scaled(microOfDay % 6e7, 6);
    case "minute":
      return whole(Math.floor(microOfDay / 6e7) % 60);
    case "hour":
      return whole(Math.floor(microOfDay / 3.6e9));
    default:
      return undefined;
  }
}

/** Years as people count them: there is no year 0. */
function shownYear(year: number): number {
  return year > 0 ? year : year - 1;
}

function dayField(unit: DateUnit, day: number): Numeric | undefined {
  const { year, month, day: dayOfMonth } = civilFromDay(day);
  switch (unit) {
    case "day":
      return whole(dayOfMonth);
    case "month":
      return whole(month);
    case "quarter":
      return whole(Math.floor((month - 1) / 3) + 1);
    case "year":
      return whole(shownYear(year));
    case "decade":
      return whole(Math.floor(year / 10));
    case "century":
      return whole(year > 0 ? Math.floor((year + 99) / 100) : -Math.floor((99 - (year - 1)) / 100));
    case "millennium":
      return whole(
        year > 0 ? Math.floor((year + 999) / 1000) : -Math.floor((999 - (year - 1)) / 1000),
      );
    case "week":
      return whole(isoWeek(day).week);
    case "isoyear":
      return whole(shownYear(isoWeek(day).year));
    case "dow":
      return whole(dayOfWeek(day));
    case "isodow":
      return whole(dayOfWeek(day) === 0 ? 7 : dayOfWeek(day));
    case "doy":
      return whole(day - dayFromCivil(year, 1, 1) + 1);
    default:
      return undefined;
  }
}

/** Julian days with the time of day as a fraction. */
function julian(day: number, microOfDay: number): Numeric {
  if (microOfDay === 0) return whole(day + julianOfEpoch);
  // The scale of a numeric quotient of microseconds by the length of a day.
  const value =
    (BigInt(day + julianOfEpoch) * BigInt(microsPerDay) + BigInt(microOfDay)) * 10n ** 20n;
  return finiteNumeric((value + BigInt(microsPerDay) / 2n) / BigInt(microsPerDay), 20);
}

/** What an infinite value has in a field: infinity where the field grows without end, else null. */
function infiniteField(unit: DateUnit, isPositive: boolean): Numeric | null {
  switch (unit) {
    case "year":
    case "decade":
    case "century":
    case "millennium":
    case "isoyear":
    case "julian":
    case "epoch":
      return isPositive ? numericInfinity : numericNegativeInfinity;
    default:
      return null;
  }
}

function unitOf(word: string, typeName: string): DateUnit {
  const unit = findDateUnit(word);
  if (unit === undefined) throw unknownUnit(word, typeName);
  return unit;
}

function fromTimestamp(word: string, micros: bigint): Numeric | null {
  const typeName = "timestamp without time zone";
  const unit = unitOf(word, typeName);
  const isZone = unit.startsWith("timezone");
  if (isZone) throw unsupportedUnit(word, typeName);
  if (isInfiniteTimestamp(micros)) return infiniteField(unit, micros > 0n);
  const { day, microOfDay } = splitTimestamp(micros);
  if (unit === "epoch") return scaled(micros - unixEpochMicros, 6);
  if (unit === "julian") return julian(day, microOfDay);
  const field = clockField(unit, microOfDay) ?? dayField(unit, day);
  if (field === undefined) throw unsupportedUnit(word, typeName);
  return field;
}

function fromTimestamptz(word: string, micros: bigint, context: EvalContext): Numeric | null {
  const typeName = "timestamp with time zone";
  const unit = unitOf(word, typeName);
  if (isInfiniteTimestamp(micros)) return infiniteField(unit, micros > 0n);
  if (unit === "epoch") return scaled(micros - unixEpochMicros, 6);
  const offset = getTimeZone(context.format.timeZone).offsetAt(secondsOfMicros(micros));
  switch (unit) {
    case "timezone":
      return whole(offset);
    case "timezone_hour":
      return whole(Math.trunc(offset / 3600) + 0);
    case "timezone_minute":
      return whole(Math.trunc((offset % 3600) / 60) + 0);
    default:
      return fromTimestamp(word, micros + BigInt(offset) * 1_000_000n);
  }
}

function fromDate(word: string, day: number): Numeric | null {
  const unit = unitOf(word, "date");
  if (!Number.isFinite(day)) {
    if (clockField(unit, 0) !== undefined) throw unsupportedUnit(word, "date");
    return infiniteField(unit, day > 0);
  }
  if (unit === "epoch") return whole((day - unixEpochDay) * 86_400);
  if (unit === "julian") return whole(day + julianOfEpoch);
  const field = dayField(unit, day);
  if (field === undefined) throw unsupportedUnit(word, "date");
  return field;
}

function fromTime(word: string, micros: bigint): Numeric {
  const typeName = "time without time zone";
  const unit = unitOf(word, typeName);
  if (unit === "epoch") return scaled(micros, 6);
  const field = clockField(unit, Number(micros));
  if (field === undefined) throw unsupportedUnit(word, typeName);
  return field;
}

function fromInterval(word: string, value: Interval): Numeric {
  const unit = unitOf(word, "interval");
  const { months, days, micros } = value;
  const years = Math.trunc(months / 12);
  const inMinute = micros % 60_000_000n;
  switch (unit) {
    case "microseconds":
      return finiteNumeric(inMinute, 0);
    case "milliseconds":
      return finiteNumeric(inMinute, 3);
    case "second":
      return finiteNumeric(inMinute, 6);
    case "minute":
      return finiteNumeric((micros / 60_000_000n) % 60n, 0);
    case "hour":
      return finiteNumeric(micros / 3_600_000_000n, 0);
    case "day":
      return whole(days);
    case "month":
      return whole((months % 12) + 0);
    case "quarter":
      return whole(Math.trunc((months % 12) / 3) + 1);
    case "year":
      return whole(years + 0);
    case "decade":
      return whole(Math.trunc(years / 10) + 0);
    case "century":
      return whole(Math.trunc(years / 100) + 0);
    case "millennium":
      return whole(Math.trunc(years / 1000) + 0);
    case "epoch":
      return finiteNumeric(intervalEpochMicros(value), 6);
    default:
      throw unsupportedUnit(word, "interval");
  }
}

function asFloat(value: Numeric | null): number | null {
  return value === null ? null : numericToNumber(value);
}

const stable = { volatility: "stable" } as const;

/** The parser writes EXTRACT(field FROM x) as extract('field', x). */
export const extractFunctions: readonly ScalarFunction[] = [
  scalar("extract", [text, timestamp], numeric, fromTimestamp),
  scalar("extract", [text, timestamptz], numeric, fromTimestamptz, stable),
  scalar("extract", [text, date], numeric, fromDate),
  scalar("extract", [text, time], numeric, fromTime),
  scalar("extract", [text, interval], numeric, fromInterval),
  scalar("date_part", [text, timestamp], float8, (word, value) =>
    asFloat(fromTimestamp(word, value)),
  ),
  scalar(
    "date_part",
    [text, timestamptz],
    float8,
    (word, value, context) => asFloat(fromTimestamptz(word, value, context)),
    stable,
  ),
  // Unlike extract, date_part treats a date as the timestamp at its midnight.
  scalar("date_part", [text, date], float8, (word, value) =>
    asFloat(fromTimestamp(word, dateToTimestamp(value))),
  ),
  scalar("date_part", [text, time], float8, (word, value) => asFloat(fromTime(word, value))),
  scalar("date_part", [text, interval], float8, (word, value) =>
    asFloat(fromInterval(word, value)),
  ),
];
