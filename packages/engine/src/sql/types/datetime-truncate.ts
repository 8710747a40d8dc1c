import { SqlError } from "#base/errors.ts";
import {
  civilFromDay,
  dayFromCivil,
  dayFromIsoWeek,
  isoWeek,
  joinTimestamp,
  splitTimestamp,
} from "./calendar.ts";
import { isInfiniteTimestamp } from "./cast-table.ts";
import { Interval } from "./datum.ts";
import { toLocal, toUtc } from "./time-zone.ts";
import type { TimeZone } from "./time-zone.ts";

/** Units of date_trunc and extract, by every spelling that PostgreSQL takes. */
export type DateUnit =
  | "microseconds"
  | "milliseconds"
  | "second"
  | "minute"
  | "hour"
  | "day"
  | "week"
  | "month"
  | "quarter"
  | "year"
  | "decade"
  | "century"
  | "millennium"
  | "dow"
  | "isodow"
  | "doy"
  | "isoyear"
  | "epoch"
  | "julian"
  | "timezone"
  | "timezone_hour"
  | "timezone_minute";

const spellings: ReadonlyMap<string, DateUnit> = new Map<string, DateUnit>(
  (
    [
      ["microseconds", "microseconds microsecond microsecon us usec usecs usecond useconds"],
      ["milliseconds", "milliseconds millisecond millisecon ms msec msecs msecond mseconds"],
      ["second", "second seconds s sec secs"],
      ["minute", "minute minutes m min mins"],
      ["hour", "hour hours h hr hrs"],
      ["day", "day days d"],
      ["week", "week weeks w"],
      ["month", "month months mon mons"],
      ["quarter", "quarter qtr"],
      ["year", "year years y yr yrs"],
      ["decade", "decade decades dec decs"],
      ["century", "century centuries c cent"],
      ["millennium", "millennium millennia mil mils"],
      ["dow", "dow"],
      ["isodow", "isodow"],
      ["doy", "doy"],
      ["isoyear", "isoyear"],
      ["epoch", "epoch"],
      ["julian", "julian jd j"],
      ["timezone", "timezone"],
      ["timezone_hour", "timezone_hour timezone_h"],
      ["timezone_minute", "timezone_minute timezone_m"],
    ] satisfies readonly (readonly [DateUnit, string])[]
  ).flatMap(([unit, words]) => words.split(" ").map((word) => [word, unit] as const)),
);

export function findDateUnit(word: string): DateUnit | undefined {
  return spellings.get(word.toLowerCase());
}

const extractOnly: ReadonlySet<DateUnit> = new Set<DateUnit>([
  "dow",
  "isodow",
  "doy",
  "isoyear",
  "epoch",
  "julian",
]);

/** date_trunc does not know the words that name no length of time. */
function findTruncationUnit(word: string): DateUnit | undefined {
  const unit = findDateUnit(word);
  return unit === undefined || extractOnly.has(unit) ? undefined : unit;
}

export function unknownUnit(word: string, typeName: string): SqlError {
  return new SqlError(
    "invalid_parameter_value",
    `unit "${word.toLowerCase()}" not recognized for type ${typeName}`,
  );
}

export function unsupportedUnit(word: string, typeName: string): SqlError {
  return new SqlError(
    "feature_not_supported",
    `unit "${word.toLowerCase()}" not supported for type ${typeName}`,
  );
}

/** Start of the unit on the wall clock; undefined for units that nothing can be cut to. */
function truncateLocal(unit: DateUnit, local: bigint): bigint | undefined {
  const { day, microOfDay } = splitTimestamp(local);
  const clock = (micros: number): bigint => joinTimestamp(day, microOfDay - (microOfDay % micros));
  const { year, month } = civilFromDay(day);
  const from = (y: number, m = 1): bigint => joinTimestamp(dayFromCivil(y, m, 1), 0);
  switch (unit) {
    case "microseconds":
      return local;
    case "milliseconds":
      return clock(1e3);
    case "second":
      return clock(1e6);
    case "minute":
      return clock(6e7);
    case "hour":
      return clock(3.6e9);
    case "day":
      return joinTimestamp(day, 0);
    case "week": {
      const iso = isoWeek(day);
      return joinTimestamp(dayFromIsoWeek(iso.year, iso.week), 0);
    }
    case "month":
      return from(year, month);
    case "quarter":
      return from(year, month - ((month - 1) % 3));
    case "year":
      return from(year);
    case "decade":
      return from(Math.floor(year / 10) * 10);
    case "century":
      return from(Math.floor((year - 1) / 100) * 100 + 1);
    case "millennium":
      return from(Math.floor((year - 1) / 1000) * 1000 + 1);
    default:
      return undefined;
  }
}

function truncate(word: string, local: bigint, typeName: string): bigint {
  const unit = findTruncationUnit(word);
  if (unit === undefined) throw unknownUnit(word, typeName);
  const cut = truncateLocal(unit, local);
  if (cut === undefined) throw unsupportedUnit(word, typeName);
  return cut;
}

export function truncateTimestamp(word: string, micros: bigint): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  return truncate(word, micros, "timestamp without time zone");
}

export function truncateTimestamptz(word: string, micros: bigint, zone: TimeZone): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  const local = toLocal(zone, micros);
  const cut = truncate(word, local, "timestamp with time zone");
  const unit = findDateUnit(word);
  // Below a day the offset of the value itself holds, so that an hour in autumn stays itself.
  const isClock =
    unit === "hour" ||
    unit === "minute" ||
    unit === "second" ||
    unit === "milliseconds" ||
    unit === "microseconds";
  return isClock ? micros - (local - cut) : toUtc(zone, cut);
}

export function truncateInterval(word: string, value: Interval): Interval {
  const unit = findTruncationUnit(word);
  if (unit === undefined) throw unknownUnit(word, "interval");
  const { months, days, micros } = value;
  const cutMonths = (size: number): Interval =>
    new Interval(Math.trunc(months / size) * size + 0, 0, 0n);
  const cutMicros = (size: bigint): Interval =>
    new Interval(months, days, micros - (micros % size));
  switch (unit) {
    case "microseconds":
      return value;
    case "milliseconds":
      return cutMicros(1_000n);
    case "second":
      return cutMicros(1_000_000n);
    case "minute":
      return cutMicros(60_000_000n);
    case "hour":
      return cutMicros(3_600_000_000n);
    case "day":
      return new Interval(months, days, 0n);
    case "month":
      return new Interval(months, 0, 0n);
    case "quarter":
      return cutMonths(3);
    case "year":
      return cutMonths(12);
    case "decade":
      return cutMonths(120);
    case "century":
      return cutMonths(1200);
    case "millennium":
      return cutMonths(12_000);
    case "week":
      throw new SqlError(
        "feature_not_supported",
        `unit "${word.toLowerCase()}" not supported for type interval`,
        { detail: "Months usually have fractional weeks." },
      );
    default:
      throw unsupportedUnit(word, "interval");
  }
}
