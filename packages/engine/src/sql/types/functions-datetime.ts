import { SqlError } from "#base/errors.ts";
import {
  dateDayMax,
  dateDayMin,
  dayFromCivil,
  daysInMonth,
  isTimestampInRange,
  joinTimestamp,
  microsPerDayBig,
  roundHalfEven,
  splitTimestamp,
  unixEpochMicros,
} from "./calendar.ts";
import {
  dateToTimestamp,
  isInfiniteTimestamp,
  timestampToDate,
  timestampToTimestamptz,
  timestamptzToTimestamp,
} from "./cast-table.ts";
import { Interval, timestampInfinity } from "./datum.ts";
import {
  addToTimestamp,
  addToTimestamptz,
  age,
  subtractFromTimestamp,
  subtractFromTimestamptz,
  timestampDifference,
} from "./datetime-arithmetic.ts";
import { formatInterval } from "./datetime-format.ts";
import { timestampOutOfRange } from "./datetime-parse.ts";
import { truncateInterval, truncateTimestamp, truncateTimestamptz } from "./datetime-truncate.ts";
import {
  bool,
  date,
  float8,
  int4,
  interval,
  scalar,
  text,
  time,
  timestamp,
  timestamptz,
} from "./define.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";
import {
  addIntervals,
  checkedInterval,
  divideInterval,
  intervalOutOfRange,
  justifyDays,
  justifyHours,
  justifyInterval,
  multiplyInterval,
  negateInterval,
} from "./interval-arithmetic.ts";
import { roundMicros } from "./interval-parse.ts";
import { formatFloat8 } from "./scalar-text.ts";
import {
  findZoneWord,
  fixedTimeZone,
  getTimeZone,
  toLocal,
  toUtc,
  unknownTimeZone,
} from "./time-zone.ts";
import type { TimeZone } from "./time-zone.ts";

const stable = { volatility: "stable" } as const;
const volatile = { volatility: "volatile" } as const;

function addDays(day: number, days: number): number {
  if (!Number.isFinite(day)) return day;
  const result = day + days;
  if (result < dateDayMin || result > dateDayMax) {
    throw new SqlError("datetime_field_overflow", "date out of range");
  }
  return result;
}

function dateDifference(left: number, right: number): number {
  if (!Number.isFinite(left) || !Number.isFinite(right)) {
    throw new SqlError("datetime_field_overflow", "cannot subtract infinite dates");
  }
  return left - right;
}

function wrapTime(micros: bigint): bigint {
  const rest = micros % microsPerDayBig;
  return rest < 0n ? rest + microsPerDayBig : rest;
}

const dateAndTime = (day: number, micros: bigint): bigint => {
  const midnight = dateToTimestamp(day);
  return isInfiniteTimestamp(midnight) ? midnight : midnight + micros;
};

export const dateTimeOperators: readonly ScalarFunction[] = [
  scalar("+", [date, int4], date, addDays),
  scalar("+", [int4, date], date, (days, day) => addDays(day, days)),
  scalar("-", [date, int4], date, (day, days) => addDays(day, -days)),
  scalar("-", [date, date], int4, dateDifference),
  scalar("+", [date, interval], timestamp, (day, by) => addToTimestamp(dateToTimestamp(day), by)),
  scalar("+", [interval, date], timestamp, (by, day) => addToTimestamp(dateToTimestamp(day), by)),
  scalar("-", [date, interval], timestamp, (day, by) =>
    subtractFromTimestamp(dateToTimestamp(day), by),
  ),
  scalar("+", [date, time], timestamp, dateAndTime),
  scalar("+", [time, date], timestamp, (micros, day) => dateAndTime(day, micros)),
  scalar("+", [timestamp, interval], timestamp, addToTimestamp),
  scalar("+", [interval, timestamp], timestamp, (by, micros) => addToTimestamp(micros, by)),
  scalar("-", [timestamp, interval], timestamp, subtractFromTimestamp),
  scalar("-", [timestamp, timestamp], interval, timestampDifference),
  scalar("+", [timestamptz, interval], timestamptz, addToTimestamptz, stable),
  scalar(
    "+",
    [interval, timestamptz],
    timestamptz,
    (by, micros, context) => addToTimestamptz(micros, by, context),
    stable,
  ),
  scalar("-", [timestamptz, interval], timestamptz, subtractFromTimestamptz, stable),
  scalar("-", [timestamptz, timestamptz], interval, timestampDifference),
  scalar("+", [time, interval], time, (micros, by) => wrapTime(micros + by.micros)),
  scalar("+", [interval, time], time, (by, micros) => wrapTime(micros + by.micros)),
  scalar("-", [time, interval], time, (micros, by) => wrapTime(micros - by.micros)),
  scalar("-", [time, time], interval, (a, b) => new Interval(0, 0, a - b)),
  scalar("+", [interval, interval], interval, addIntervals),
  scalar("-", [interval, interval], interval, (a, b) =>
    checkedInterval(a.months - b.months, a.days - b.days, a.micros - b.micros),
  ),
  scalar("-", [interval], interval, negateInterval),
  scalar("*", [interval, float8], interval, multiplyInterval),
  scalar("*", [float8, interval], interval, (factor, value) => multiplyInterval(value, factor)),
  scalar("/", [interval, float8], interval, divideInterval),
];

const clocks: readonly ScalarFunction[] = [
  ...(["now", "transaction_timestamp"] as const).map((name) =>
    scalar(name, [], timestamptz, (context) => context.transactionTimestamp, stable),
  ),
  scalar("statement_timestamp", [], timestamptz, (context) => context.statementTimestamp, stable),
  scalar("clock_timestamp", [], timestamptz, (context) => context.clockMicros(), volatile),
  // CURRENT_DATE and its kin reach the binder as names of their own.
  scalar("current_timestamp", [], timestamptz, (context) => context.transactionTimestamp, stable),
  scalar(
    "current_timestamp",
    [int4],
    timestamptz,
    (precision, context) => roundMicros(context.transactionTimestamp, Math.min(precision, 6)),
    stable,
  ),
  scalar(
    "current_date",
    [],
    date,
    (context) => timestampToDate(timestamptzToTimestamp(context.transactionTimestamp, context)),
    stable,
  ),
  scalar(
    "localtimestamp",
    [],
    timestamp,
    (context) => timestamptzToTimestamp(context.transactionTimestamp, context),
    stable,
  ),
  scalar(
    "localtimestamp",
    [int4],
    timestamp,
    (precision, context) =>
      roundMicros(
        timestamptzToTimestamp(context.transactionTimestamp, context),
        Math.min(precision, 6),
      ),
    stable,
  ),
  scalar(
    "localtime",
    [],
    time,
    (context) =>
      BigInt(
        splitTimestamp(timestamptzToTimestamp(context.transactionTimestamp, context)).microOfDay,
      ),
    stable,
  ),
];

const ages: readonly ScalarFunction[] = [
  scalar("age", [timestamp, timestamp], interval, age),
  scalar(
    "age",
    [timestamptz, timestamptz],
    interval,
    (a, b, context) => age(timestamptzToTimestamp(a, context), timestamptzToTimestamp(b, context)),
    stable,
  ),
  scalar(
    "age",
    [timestamp],
    interval,
    (value, context) => age(midnightToday(context), value),
    stable,
  ),
  scalar(
    "age",
    [timestamptz],
    interval,
    (value, context) => age(midnightToday(context), timestamptzToTimestamp(value, context)),
    stable,
  ),
];

function midnightToday(context: Parameters<ScalarFunction["evaluate"]>[1]): bigint {
  const local = timestamptzToTimestamp(context.transactionTimestamp, context);
  return joinTimestamp(splitTimestamp(local).day, 0);
}

const truncations: readonly ScalarFunction[] = [
  scalar("date_trunc", [text, timestamp], timestamp, truncateTimestamp),
  scalar(
    "date_trunc",
    [text, timestamptz],
    timestamptz,
    (unit, micros, context) =>
      truncateTimestamptz(unit, micros, getTimeZone(context.format.timeZone)),
    stable,
  ),
  scalar(
    "date_trunc",
    [text, timestamptz, text],
    timestamptz,
    (unit, micros, zone) =>
      isInfiniteTimestamp(micros) ? micros : truncateTimestamptz(unit, micros, zoneOf(zone)),
    stable,
  ),
  scalar("date_trunc", [text, interval], interval, truncateInterval),
  scalar("date_bin", [interval, timestamp, timestamp], timestamp, dateBin),
  scalar("date_bin", [interval, timestamptz, timestamptz], timestamptz, dateBin),
];

function dateBin(stride: Interval, source: bigint, origin: bigint): bigint {
  if (isInfiniteTimestamp(source)) return source;
  if (isInfiniteTimestamp(origin)) {
    throw new SqlError("datetime_field_overflow", "origin out of range");
  }
  if (stride.months !== 0) {
    throw new SqlError(
      "feature_not_supported",
      "timestamps cannot be binned into intervals containing months or years",
    );
  }
  const width = BigInt(stride.days) * microsPerDayBig + stride.micros;
  if (width <= 0n) {
    throw new SqlError("datetime_field_overflow", "stride must be greater than zero");
  }
  const difference = source - origin;
  const rest = difference % width;
  return origin + difference - (rest < 0n ? rest + width : rest);
}

function zoneOf(name: string): TimeZone {
  const zone = findZoneWord(name);
  if (zone === undefined) throw unknownTimeZone(name);
  return zone;
}

function zoneOfInterval(value: Interval, context: EvalContext): TimeZone {
  if (value.months !== 0 || value.days !== 0) {
    const shown = formatInterval(value, context.format.intervalStyle);
    throw new SqlError(
      "invalid_parameter_value",
      `interval time zone "${shown}" must not include months or days`,
    );
  }
  return fixedTimeZone(Number(value.micros / 1_000_000n));
}

function fromLocal(findZone: () => TimeZone, local: bigint): bigint {
  // An infinite time is the same everywhere, even in zones that do not exist.
  if (isInfiniteTimestamp(local)) return local;
  const micros = toUtc(findZone(), local);
  if (!isTimestampInRange(micros)) throw timestampOutOfRange();
  return micros;
}

function intoLocal(findZone: () => TimeZone, micros: bigint): bigint {
  return isInfiniteTimestamp(micros) ? micros : toLocal(findZone(), micros);
}

/** AT TIME ZONE: the parser writes it as timezone(zone, value). */
const zones: readonly ScalarFunction[] = [
  scalar("timezone", [text, timestamp], timestamptz, (zone, local) =>
    fromLocal(() => zoneOf(zone), local),
  ),
  scalar("timezone", [text, timestamptz], timestamp, (zone, micros) =>
    intoLocal(() => zoneOf(zone), micros),
  ),
  scalar("timezone", [interval, timestamp], timestamptz, (zone, local, context) =>
    fromLocal(() => zoneOfInterval(zone, context), local),
  ),
  scalar("timezone", [interval, timestamptz], timestamp, (zone, micros, context) =>
    intoLocal(() => zoneOfInterval(zone, context), micros),
  ),
];

function makeDate(year: number, month: number, day: number): number {
  const isValid = year !== 0 && month >= 1 && month <= 12 && day >= 1;
  const astronomical = year < 0 ? year + 1 : year;
  if (!isValid || day > daysInMonth(astronomical, month)) {
    throw new SqlError(
      "datetime_field_overflow",
      `date field value out of range: ${astronomical}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`,
    );
  }
  const result = dayFromCivil(astronomical, month, day);
  if (result < dateDayMin || result > dateDayMax) {
    throw new SqlError(
      "datetime_field_overflow",
      `date out of range: ${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`,
    );
  }
  return result;
}

/** extra_float_digits that leaves six significant digits, as C's %g. */
const sixDigits = 6 - 15;

function makeTime(hour: number, minute: number, second: number): number {
  const isValid =
    hour >= 0 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 60 &&
    (hour < 24 || (hour === 24 && minute === 0 && second === 0));
  if (!isValid) {
    const shown = formatFloat8(second, sixDigits).padStart(2, "0");
    throw new SqlError(
      "datetime_field_overflow",
      `time field value out of range: ${hour}:${String(minute).padStart(2, "0")}:${shown}`,
    );
  }
  return (hour * 3600 + minute * 60) * 1e6 + roundHalfEven(second * 1e6);
}

function makeTimestamp(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): bigint {
  const micros = joinTimestamp(makeDate(year, month, day), makeTime(hour, minute, second));
  if (!isTimestampInRange(micros)) throw timestampOutOfRange();
  return micros;
}

function makeInterval(
  years: number,
  months: number,
  weeks: number,
  days: number,
  hours: number,
  minutes: number,
  seconds: number,
): Interval {
  // The sum of the parts must fit as well, which checkedInterval sees to.
  if (!(Math.abs(seconds) < 2 ** 43)) throw intervalOutOfRange();
  return checkedInterval(
    years * 12 + months,
    weeks * 7 + days,
    BigInt(hours) * 3_600_000_000n +
      BigInt(minutes) * 60_000_000n +
      BigInt(roundHalfEven(seconds * 1e6)),
  );
}

const sixInts = [int4, int4, int4, int4, int4, float8] as const;

const makers: readonly ScalarFunction[] = [
  scalar("make_date", [int4, int4, int4], date, makeDate),
  scalar("make_time", [int4, int4, float8], time, (hour, minute, second) =>
    BigInt(makeTime(hour, minute, second)),
  ),
  scalar("make_timestamp", sixInts, timestamp, makeTimestamp),
  scalar(
    "make_timestamptz",
    sixInts,
    timestamptz,
    (year, month, day, hour, minute, second, context) =>
      timestampToTimestamptz(makeTimestamp(year, month, day, hour, minute, second), context),
    stable,
  ),
  scalar(
    "make_timestamptz",
    [...sixInts, text],
    timestamptz,
    (year, month, day, hour, minute, second, zone) =>
      fromLocal(() => zoneOf(zone), makeTimestamp(year, month, day, hour, minute, second)),
    stable,
  ),
  scalar("make_interval", [int4, int4, int4, int4, int4, int4, float8], interval, makeInterval, {
    defaults: [0, 0, 0, 0, 0, 0, 0],
  }),
  scalar("to_timestamp", [float8], timestamptz, (seconds) => {
    if (Number.isNaN(seconds)) {
      throw new SqlError("datetime_field_overflow", "timestamp cannot be NaN");
    }
    if (seconds === Infinity) return timestampInfinity;
    if (seconds === -Infinity) return -timestampInfinity;
    const micros = BigInt(roundHalfEven(seconds * 1e6)) + unixEpochMicros;
    if (!isTimestampInRange(micros)) {
      throw new SqlError(
        "datetime_field_overflow",
        `timestamp out of range: "${formatFloat8(seconds)}"`,
      );
    }
    return micros;
  }),
];

const others: readonly ScalarFunction[] = [
  scalar("isfinite", [date], bool, Number.isFinite),
  scalar("isfinite", [timestamp], bool, (value) => !isInfiniteTimestamp(value)),
  scalar("isfinite", [timestamptz], bool, (value) => !isInfiniteTimestamp(value)),
  scalar("isfinite", [interval], bool, () => true),
  scalar("justify_days", [interval], interval, justifyDays),
  scalar("justify_hours", [interval], interval, justifyHours),
  scalar("justify_interval", [interval], interval, justifyInterval),
];

function overlapCheck(a: readonly [bigint, bigint], b: readonly [bigint, bigint]): boolean {
  const [aStart, aEnd] = a[0] <= a[1] ? a : [a[1], a[0]];
  const [bStart, bEnd] = b[0] <= b[1] ? b : [b[1], b[0]];
  if (aStart === bStart) return true;
  return aStart < bStart ? bStart < aEnd : aStart < bEnd;
}

const overlaps: readonly ScalarFunction[] = [
  scalar("overlaps", [timestamp, timestamp, timestamp, timestamp], bool, (a, b, c, d) =>
    overlapCheck([a, b], [c, d]),
  ),
  scalar("overlaps", [timestamptz, timestamptz, timestamptz, timestamptz], bool, (a, b, c, d) =>
    overlapCheck([a, b], [c, d]),
  ),
  scalar("overlaps", [time, time, time, time], bool, (a, b, c, d) => overlapCheck([a, b], [c, d])),
];

export const dateTimeFunctions: readonly ScalarFunction[] = [
  ...clocks,
  ...ages,
  ...truncations,
  ...zones,
  ...makers,
  ...others,
  ...overlaps,
];
