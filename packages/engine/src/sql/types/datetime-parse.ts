import { SqlError } from "#base/errors.ts";
import {
  dateDayMax,
  dateDayMin,
  dayFromCivil,
  daysInMonth,
  isTimestampInRange,
  joinTimestamp,
  microsPerSecondBig,
  splitTimestamp,
  unixEpochMicros,
} from "./calendar.ts";
import { timestampInfinity } from "./datum.ts";
import { parseParts, wrongDateTime } from "./datetime-reader.ts";
import type { InputContext } from "./format-settings.ts";
import { IanaZone, getTimeZone, toLocal, toUtc } from "./time-zone.ts";

function digits2(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48;
  const low = text.charCodeAt(at + 1) - 48;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1;
}

/** `YYYY-MM-DD` at the start of the text, in days; undefined when it is anything else. */
function fastDate(text: string): number | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  const century = digits2(text, 0);
  const yearOfCentury = digits2(text, 2);
  const month = digits2(text, 5);
  const day = digits2(text, 8);
  if (century < 0 || yearOfCentury < 0 || month < 1 || month > 12 || day < 1) return undefined;
  const year = century * 100 + yearOfCentury;
  if (year === 0 || day > daysInMonth(year, month)) return undefined;
  return dayFromCivil(year, month, day);
}

interface FastTimestamp {
  readonly localMicros: bigint;
  /** Seconds east; undefined when the text has none. */
  readonly offset: number | undefined;
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff][Z|±HH[:MM]]`, the form programs send; undefined for anything else. */
function fastTimestamp(text: string): FastTimestamp | undefined {
  const separator = text.charCodeAt(10);
  if (separator !== 32 && separator !== 84) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const day = fastDate(text);
  if (day === undefined) return undefined;
  const hour = digits2(text, 11);
  const minute = digits2(text, 14);
  const second = digits2(text, 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return undefined;
  }
  let at = 19;
  let micros = 0;
  if (text.charCodeAt(at) === 46) {
    at++;
    let unit = 100_000;
    for (; unit >= 1; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      micros += digit * unit;
      unit /= 10;
    }
    const next = text.charCodeAt(at);
    if (next >= 48 && next <= 57) return undefined;
  }
  const localMicros = joinTimestamp(day, (hour * 3600 + minute * 60 + second) * 1e6 + micros);
  if (at === text.length) return { localMicros, offset: undefined };
  const sign = text.charCodeAt(at);
  if (sign === 90 && at + 1 === text.length) return { localMicros, offset: 0 };
  if (sign !== 43 && sign !== 45) return undefined;
  const hours = digits2(text, at + 1);
  if (hours < 0 || hours > 15) return undefined;
  let minutes = 0;
  if (text.length !== at + 3) {
    if (text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return undefined;
    minutes = digits2(text, at + 4);
    if (minutes < 0 || minutes > 59) return undefined;
  }
  const magnitude = hours * 3600 + minutes * 60;
  return { localMicros, offset: sign === 45 ? -magnitude : magnitude };
}

/** Days from 2000-01-01; ±Infinity for the infinities. */
export function parseDate(text: string, context: InputContext): number {
  if (text.length === 10) {
    const fast = fastDate(text);
    if (fast !== undefined) return fast;
  }
  const parts = parseParts(text, "date", context);
  switch (parts.special) {
    case "infinity":
      return Infinity;
    case "-infinity":
      return -Infinity;
    case "epoch":
      return splitTimestamp(unixEpochMicros).day;
    case "now":
      return splitTimestamp(
        toLocal(getTimeZone(context.format.timeZone), context.transactionTimestamp),
      ).day;
    case undefined:
      break;
  }
  if (parts.day === undefined) throw wrongDateTime(text, "date");
  if (parts.day < dateDayMin || parts.day > dateDayMax) {
    throw new SqlError("datetime_field_overflow", `date out of range: "${text}"`);
  }
  return parts.day;
}

/** Microseconds since midnight. */
export function parseTime(text: string, context: InputContext): bigint {
  const parts = parseParts(text, "time", context);
  if (parts.special === "now") {
    const zone = getTimeZone(context.format.timeZone);
    return BigInt(splitTimestamp(toLocal(zone, context.transactionTimestamp)).microOfDay);
  }
  // A zone that changes its offset says nothing about a time without a date.
  const hasVagueZone = parts.zone instanceof IanaZone && parts.day === undefined;
  if (parts.microOfDay === undefined || parts.special !== undefined || hasVagueZone) {
    throw wrongDateTime(text, "time");
  }
  return BigInt(parts.microOfDay);
}

export function parseTimestamp(text: string, context: InputContext): bigint {
  const fast = fastTimestamp(text);
  if (fast !== undefined) return fast.localMicros;
  const parts = parseParts(text, "timestamp", context);
  switch (parts.special) {
    case "infinity":
      return timestampInfinity;
    case "-infinity":
      return -timestampInfinity;
    case "epoch":
      return unixEpochMicros;
    case "now":
      return toLocal(getTimeZone(context.format.timeZone), context.transactionTimestamp);
    case undefined:
      break;
  }
  if (parts.day === undefined) throw wrongDateTime(text, "timestamp");
  const micros = joinTimestamp(parts.day, parts.microOfDay ?? 0);
  if (!isTimestampInRange(micros)) throw timestampOutOfRange(text);
  return micros;
}

export function parseTimestamptz(text: string, context: InputContext): bigint {
  const fast = fastTimestamp(text);
  if (fast !== undefined) {
    return fast.offset === undefined
      ? toUtc(getTimeZone(context.format.timeZone), fast.localMicros)
      : fast.localMicros - BigInt(fast.offset) * microsPerSecondBig;
  }
  const parts = parseParts(text, "timestamp with time zone", context);
  switch (parts.special) {
    case "infinity":
      return timestampInfinity;
    case "-infinity":
      return -timestampInfinity;
    case "epoch":
      return unixEpochMicros;
    case "now":
      return context.transactionTimestamp;
    case undefined:
      break;
  }
  if (parts.day === undefined) throw wrongDateTime(text, "timestamp with time zone");
  const local = joinTimestamp(parts.day, parts.microOfDay ?? 0);
  const micros =
    parts.offset === undefined
      ? toUtc(parts.zone ?? getTimeZone(context.format.timeZone), local)
      : local - BigInt(parts.offset) * microsPerSecondBig;
  if (!isTimestampInRange(micros)) throw timestampOutOfRange(text);
  return micros;
}

export function timestampOutOfRange(text?: string): SqlError {
  return new SqlError(
    "datetime_field_overflow",
    text === undefined ? "timestamp out of range" : `timestamp out of range: "${text}"`,
  );
}
