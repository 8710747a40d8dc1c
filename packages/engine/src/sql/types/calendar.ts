/*
 * Days and clock times as PostgreSQL counts them: proleptic Gregorian calendar, day 0 is
 * 2000-01-01, microseconds from midnight of that day. Years are astronomical (0 is 1 BC).
 */

export const secondsPerDay = 86_400;

export const microsPerDay = 86_400_000_000;
export const microsPerDayBig = 86_400_000_000n;

export const microsPerSecondBig = 1_000_000n;

/** 1970-01-01 in days and microseconds from 2000-01-01. */
export const unixEpochDay = -10_957;
export const unixEpochMicros = BigInt(unixEpochDay) * microsPerDayBig;

/** Julian day number of 2000-01-01. */
export const julianOfEpoch = 2_451_545;

/** Bounds of date: 4713-11-24 BC and 5874897-12-31. */
export const dateDayMin = -julianOfEpoch;
export const dateDayMax = 2_147_483_493 - julianOfEpoch;

/** Bounds of timestamp: 4713-11-24 BC 00:00 inclusive, 294277-01-01 exclusive. */
export const timestampMin = -211_813_488_000_000_000n;
export const timestampEnd = 9_223_371_331_200_000_000n;

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** Days from 2000-01-01. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
export function dayFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 730_425;
}

export function civilFromDay(epochDay: number): CivilDate {
  const shifted = epochDay + 730_425;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (monthDays[month - 1] ?? 0);
}

/** 0 is Sunday. */
export function dayOfWeek(epochDay: number): number {
  // 2000-01-01 was a Saturday.
  return (((epochDay + 6) % 7) + 7) % 7;
}

export interface IsoWeek {
  readonly year: number;
  readonly week: number;
}

/** ISO 8601 week: the one that holds the year's first Thursday is week 1. */
export function isoWeek(epochDay: number): IsoWeek {
  const isoDay = ((dayOfWeek(epochDay) + 6) % 7) + 1;
  const thursday = epochDay + 4 - isoDay;
  const { year } = civilFromDay(thursday);
  return { year, week: Math.floor((thursday - dayFromCivil(year, 1, 1)) / 7) + 1 };
}

/** The Monday of an ISO week. */
export function dayFromIsoWeek(year: number, week: number): number {
  const january4 = dayFromCivil(year, 1, 4);
  const isoDay = ((dayOfWeek(january4) + 6) % 7) + 1;
  return january4 - isoDay + 1 + (week - 1) * 7;
}

/** A timestamp in its parts: whole days from 2000-01-01 and microseconds within the day. */
export interface SplitTimestamp {
  readonly day: number;
  /** [0, 86 400 000 000). */
  readonly microOfDay: number;
}

const safeMicros = 2n ** 53n;

export function splitTimestamp(micros: bigint): SplitTimestamp {
  if (micros < safeMicros && micros > -safeMicros) {
    // Nearly every timestamp met is within 285 years of 2000 and fits a double exactly.
    const value = Number(micros);
    const day = Math.floor(value / microsPerDay);
    return { day, microOfDay: value - day * microsPerDay };
  }
  let day = micros / microsPerDayBig;
  let rest = micros % microsPerDayBig;
  if (rest < 0n) {
    day -= 1n;
    rest += microsPerDayBig;
  }
  return { day: Number(day), microOfDay: Number(rest) };
}

/** Days whose microseconds fit a double exactly. */
const safeDays = 104_000;

export function joinTimestamp(day: number, microOfDay: number): bigint {
  if (day < safeDays && day > -safeDays) return BigInt(day * microsPerDay + microOfDay);
  return BigInt(day) * microsPerDayBig + BigInt(microOfDay);
}

export function isTimestampInRange(micros: bigint): boolean {
  return micros >= timestampMin && micros < timestampEnd;
}

export const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

export const dayNames = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
] as const;

/** Nearest integer, ties to even: what C's rint does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const difference = value - floor;
  if (difference < 0.5) return floor;
  if (difference > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
