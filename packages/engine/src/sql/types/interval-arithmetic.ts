import { SqlError } from "#base/errors.ts";
import { microsPerDayBig, roundHalfEven } from "./calendar.ts";
import { Interval } from "./datum.ts";
import { divisionByZero } from "./numeric-arithmetic.ts";
import { int4Max, int4Min, int8Max, int8Min } from "./scalar-text.ts";

const monthsPerYear = 12;
const daysPerMonth = 30;

export function intervalOutOfRange(): SqlError {
  return new SqlError("datetime_field_overflow", "interval out of range");
}

export function checkedInterval(months: number, days: number, micros: bigint): Interval {
  const fits =
    months >= int4Min &&
    months <= int4Max &&
    days >= int4Min &&
    days <= int4Max &&
    micros >= int8Min &&
    micros <= int8Max;
  if (!fits) throw intervalOutOfRange();
  return new Interval(months === 0 ? 0 : months, days === 0 ? 0 : days, micros);
}

export function addIntervals(left: Interval, right: Interval): Interval {
  return checkedInterval(
    left.months + right.months,
    left.days + right.days,
    left.micros + right.micros,
  );
}

export function negateInterval(value: Interval): Interval {
  return checkedInterval(-value.months, -value.days, -value.micros);
}

/** Rounds away the error of a product to the microsecond, as interval_mul does. */
function roundFraction(value: number): number {
  return roundHalfEven(value * 1e6) / 1e6;
}

/**
 * A fraction of a month becomes days, a fraction of a day becomes time; never the other way
 * around.
 */
export function multiplyInterval(value: Interval, factor: number): Interval {
  return scaleInterval(value, factor, (part) => part * factor);
}

export function divideInterval(value: Interval, divisor: number): Interval {
  if (divisor === 0) throw divisionByZero();
  return scaleInterval(value, divisor, (part) => part / divisor);
}

function scaleInterval(value: Interval, by: number, scale: (part: number) => number): Interval {
  if (Number.isNaN(by)) throw intervalOutOfRange();
  const exactMonths = scale(value.months);
  const exactDays = scale(value.days);
  if (!Number.isFinite(exactMonths) || !Number.isFinite(exactDays)) throw intervalOutOfRange();
  const months = Math.trunc(exactMonths);
  let days = Math.trunc(exactDays);
  // The part of a month that is left, in days; then the part of a day, in seconds.
  let monthRemainderDays = roundFraction((exactMonths - months) * daysPerMonth);
  let secondsRemainder = roundFraction(
    (exactDays - days + monthRemainderDays - Math.trunc(monthRemainderDays)) * 86_400,
  );
  if (Math.abs(secondsRemainder) >= 86_400) {
    const extra = Math.trunc(secondsRemainder / 86_400);
    days += extra;
    secondsRemainder -= extra * 86_400;
  }
  monthRemainderDays = Math.trunc(monthRemainderDays);
  days += monthRemainderDays;
  const exactMicros = scale(Number(value.micros)) + secondsRemainder * 1e6;
  if (!Number.isFinite(exactMicros) || Math.abs(exactMicros) >= 2 ** 63) throw intervalOutOfRange();
  return checkedInterval(months, days, BigInt(roundHalfEven(exactMicros)));
}

/** 30-day months out of days. */
export function justifyDays(value: Interval): Interval {
  const whole = Math.trunc(value.days / daysPerMonth);
  let months = value.months + whole;
  let days = value.days - whole * daysPerMonth;
  if (months > 0 && days < 0) {
    days += daysPerMonth;
    months--;
  } else if (months < 0 && days > 0) {
    days -= daysPerMonth;
    months++;
  }
  return checkedInterval(months, days, value.micros);
}

/** 24-hour days out of time. */
export function justifyHours(value: Interval): Interval {
  const whole = value.micros / microsPerDayBig;
  let days = value.days + Number(whole);
  let micros = value.micros - whole * microsPerDayBig;
  if (days > 0 && micros < 0n) {
    micros += microsPerDayBig;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= microsPerDayBig;
    days++;
  }
  return checkedInterval(value.months, days, micros);
}

/** Both, with all parts of one sign. */
export function justifyInterval(value: Interval): Interval {
  let { months, days, micros } = value;
  const wholeDays = micros / microsPerDayBig;
  days += Number(wholeDays);
  micros -= wholeDays * microsPerDayBig;
  const wholeMonths = Math.trunc(days / daysPerMonth);
  months += wholeMonths;
  days -= wholeMonths * daysPerMonth;
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += daysPerMonth;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= daysPerMonth;
    months++;
  }
  if (days > 0 && micros < 0n) {
    micros += microsPerDayBig;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= microsPerDayBig;
    days++;
  }
  return checkedInterval(months, days, micros);
}

/** Seconds with a fraction, a year counted as 365.25 days: extract(epoch …). Microseconds. */
export function intervalEpochMicros(value: Interval): bigint {
  const years = BigInt(Math.trunc(value.months / monthsPerYear));
  const months = BigInt(value.months % monthsPerYear);
  const quarterDays = years * 1461n + (months * 30n + BigInt(value.days)) * 4n;
  return (quarterDays * microsPerDayBig) / 4n + value.micros;
}
