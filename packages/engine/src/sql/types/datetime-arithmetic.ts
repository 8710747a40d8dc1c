import { SqlError } from "#base/errors.ts";
import {
  civilFromDay,
  dayFromCivil,
  daysInMonth,
  isTimestampInRange,
  joinTimestamp,
  microsPerDay,
  splitTimestamp,
} from "./calendar.ts";
import { isInfiniteTimestamp } from "./cast-table.ts";
import { Interval } from "./datum.ts";
import { timestampOutOfRange } from "./datetime-parse.ts";
import type { InputContext } from "./format-settings.ts";
import { negateInterval } from "./interval-arithmetic.ts";
import { getTimeZone, toLocal, toUtc } from "./time-zone.ts";

function checkedTimestamp(micros: bigint): bigint {
  if (!isTimestampInRange(micros)) throw timestampOutOfRange();
  return micros;
}

/** Months move by the calendar, the day cut to the month's length; days as days. */
function addMonthsAndDays(local: bigint, interval: Interval): bigint {
  const { day, microOfDay } = splitTimestamp(local);
  let moved = day;
  if (interval.months !== 0) {
    const civil = civilFromDay(day);
    const months = civil.year * 12 + civil.month - 1 + interval.months;
    const year = Math.floor(months / 12);
    const month = months - year * 12 + 1;
    moved = dayFromCivil(year, month, Math.min(civil.day, daysInMonth(year, month)));
  }
  return joinTimestamp(moved + interval.days, microOfDay);
}

export function addToTimestamp(micros: bigint, interval: Interval): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  const moved =
    interval.months === 0 && interval.days === 0 ? micros : addMonthsAndDays(micros, interval);
  return checkedTimestamp(moved + interval.micros);
}

/** Months and days move the clock on the wall; the time part moves the instant. */
export function addToTimestamptz(
  micros: bigint,
  interval: Interval,
  context: InputContext,
): bigint {
  if (isInfiniteTimestamp(micros)) return micros;
  let moved = micros;
  if (interval.months !== 0 || interval.days !== 0) {
    const zone = getTimeZone(context.format.timeZone);
    moved = toUtc(zone, addMonthsAndDays(toLocal(zone, micros), interval));
  }
  return checkedTimestamp(moved + interval.micros);
}

export function subtractFromTimestamp(micros: bigint, interval: Interval): bigint {
  return addToTimestamp(micros, negateInterval(interval));
}

export function subtractFromTimestamptz(
  micros: bigint,
  interval: Interval,
  context: InputContext,
): bigint {
  return addToTimestamptz(micros, negateInterval(interval), context);
}

/** Difference in days and time of day, as timestamp - timestamp gives. */
export function timestampDifference(left: bigint, right: bigint): Interval {
  if (isInfiniteTimestamp(left) || isInfiniteTimestamp(right)) {
    throw new SqlError("datetime_field_overflow", "cannot subtract infinite timestamps");
  }
  const micros = left - right;
  const days = micros / BigInt(microsPerDay);
  return new Interval(0, Number(days), micros - days * BigInt(microsPerDay));
}

/** age(): the symbolic difference in years, months, days and time, of local readings. */
export function age(left: bigint, right: bigint): Interval {
  if (isInfiniteTimestamp(left) || isInfiniteTimestamp(right)) {
    throw new SqlError("datetime_field_overflow", "interval out of range");
  }
  const negative = left < right;
  const later = splitTimestamp(negative ? right : left);
  const earlier = splitTimestamp(negative ? left : right);
  const to = civilFromDay(later.day);
  const from = civilFromDay(earlier.day);
  let months = (to.year - from.year) * 12 + to.month - from.month;
  let days = to.day - from.day;
  let micros = later.microOfDay - earlier.microOfDay;
  if (micros < 0) {
    micros += microsPerDay;
    days--;
  }
  if (days < 0) {
    // A borrowed month has the length of the one in which the earlier reading lies.
    days += daysInMonth(from.year, from.month);
    months--;
  }
  const interval = new Interval(months, days, BigInt(micros));
  return negative ? negateInterval(interval) : interval;
}
