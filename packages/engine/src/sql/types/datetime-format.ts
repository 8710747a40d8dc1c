import type { Interval } from "./datum.ts";
import { timestampInfinity } from "./datum.ts";
import {
  civilFromDay,
  dayNames,
  dayOfWeek,
  microsPerDay,
  microsPerSecondBig,
  monthNames,
  splitTimestamp,
} from "./calendar.ts";
import type { DateStyle, IntervalStyle } from "./format-settings.ts";
import { formatOffset, secondsOfMicros } from "./time-zone.ts";
import type { TimeZone } from "./time-zone.ts";

const two: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, "0"));

function pad2(value: number): string {
  return two[value] ?? String(value);
}

function yearText(year: number): string {
  const shown = year > 0 ? year : 1 - year;
  return shown >= 1000 ? String(shown) : String(shown).padStart(4, "0");
}

/** `.5`, `.000001`, or nothing. */
function fractionText(micros: number): string {
  if (micros === 0) return "";
  let digits = String(micros).padStart(6, "0");
  let end = 6;
  while (digits.charCodeAt(end - 1) === 48) end--;
  if (end < 6) digits = digits.slice(0, end);
  return `.${digits}`;
}

export function formatTimeOfDay(microOfDay: number): string {
  const seconds = Math.floor(microOfDay / 1_000_000);
  const fraction = microOfDay - seconds * 1_000_000;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${pad2(hours)}:${pad2(minutes - hours * 60)}:${pad2(seconds - minutes * 60)}${fractionText(fraction)}`;
}

function dateText(year: number, month: number, day: number, style: DateStyle): string {
  const shownYear = yearText(year);
  switch (style.format) {
    case "ISO":
      return `${shownYear}-${pad2(month)}-${pad2(day)}`;
    case "SQL":
      return style.order === "DMY"
        ? `${pad2(day)}/${pad2(month)}/${shownYear}`
        : `${pad2(month)}/${pad2(day)}/${shownYear}`;
    case "German":
      return `${pad2(day)}.${pad2(month)}.${shownYear}`;
    case "Postgres":
      return style.order === "DMY"
        ? `${pad2(day)}-${pad2(month)}-${shownYear}`
        : `${pad2(month)}-${pad2(day)}-${shownYear}`;
  }
}

export function formatDate(day: number, style: DateStyle): string {
  if (day === Infinity) return "infinity";
  if (day === -Infinity) return "-infinity";
  const civil = civilFromDay(day);
  const text = dateText(civil.year, civil.month, civil.day, style);
  return civil.year > 0 ? text : `${text} BC`;
}

/** A timestamp; with a zone, a timestamptz. */
export function formatTimestamp(
  micros: bigint,
  style: DateStyle,
  zone: TimeZone | undefined,
): string {
  if (micros === timestampInfinity) return "infinity";
  if (micros === -timestampInfinity) return "-infinity";
  let offset = 0;
  let local = micros;
  if (zone !== undefined) {
    offset = zone.offsetAt(secondsOfMicros(micros));
    if (offset !== 0) local = micros + BigInt(offset) * microsPerSecondBig;
  }
  const { day, microOfDay } = splitTimestamp(local);
  const civil = civilFromDay(day);
  const era = civil.year > 0 ? "" : " BC";
  if (style.format === "ISO") {
    const date = `${yearText(civil.year)}-${pad2(civil.month)}-${pad2(civil.day)}`;
    const offsetText = zone === undefined ? "" : formatOffset(offset);
    return `${date} ${formatTimeOfDay(microOfDay)}${offsetText}${era}`;
  }
  const name = zone?.abbreviationAt(secondsOfMicros(micros));
  if (style.format === "Postgres") {
    const weekday = dayNames[dayOfWeek(day)]?.slice(0, 3) ?? "";
    const month = monthNames[civil.month - 1]?.slice(0, 3) ?? "";
    const dayAndMonth =
      style.order === "DMY" ? `${pad2(civil.day)} ${month}` : `${month} ${pad2(civil.day)}`;
    const zoneText = zone === undefined ? "" : ` ${name ?? formatOffset(offset)}`;
    return `${weekday} ${dayAndMonth} ${formatTimeOfDay(microOfDay)} ${yearText(civil.year)}${zoneText}${era}`;
  }
  const zoneText = zone === undefined ? "" : name === undefined ? formatOffset(offset) : ` ${name}`;
  return `${dateText(civil.year, civil.month, civil.day, style)} ${formatTimeOfDay(microOfDay)}${zoneText}${era}`;
}

const safeMicros = 2n ** 52n;

/**
 * Timestamps in ISO style, for column after column of them: rows often share their day and offset,
 * whose texts are kept from one call to the next.
 */
export function isoTimestampFormatter(zone: TimeZone | undefined): (micros: bigint) => string {
  const style: DateStyle = { format: "ISO", order: "MDY" };
  let knownDay = NaN;
  let dayText = "";
  let knownOffset = 0;
  let offsetText = zone === undefined ? "" : formatOffset(0);
  return (micros) => {
    if (micros >= safeMicros || micros <= -safeMicros) return formatTimestamp(micros, style, zone);
    const utcMicros = Number(micros);
    let local = utcMicros;
    if (zone !== undefined) {
      const offset = zone.offsetAt(Math.floor(utcMicros / 1e6));
      if (offset !== knownOffset) {
        knownOffset = offset;
        offsetText = formatOffset(offset);
      }
      local += offset * 1e6;
    }
    const day = Math.floor(local / microsPerDay);
    if (day !== knownDay) {
      knownDay = day;
      const civil = civilFromDay(day);
      dayText = `${yearText(civil.year)}-${pad2(civil.month)}-${pad2(civil.day)} `;
    }
    return dayText + formatTimeOfDay(local - day * microsPerDay) + offsetText;
  };
}

interface IntervalParts {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  /** The clock part: all of one sign. */
  readonly negativeTime: boolean;
  readonly hours: bigint;
  readonly minutes: number;
  readonly seconds: number;
  readonly micros: number;
}

function intervalParts(interval: Interval): IntervalParts {
  const negativeTime = interval.micros < 0n;
  const magnitude = negativeTime ? -interval.micros : interval.micros;
  const wholeSeconds = magnitude / microsPerSecondBig;
  const secondOfHour = Number(wholeSeconds % 3600n);
  return {
    years: Math.trunc(interval.months / 12),
    months: interval.months % 12,
    days: interval.days,
    negativeTime,
    hours: wholeSeconds / 3600n,
    minutes: Math.floor(secondOfHour / 60),
    seconds: secondOfHour % 60,
    micros: Number(magnitude % microsPerSecondBig),
  };
}

export function formatInterval(interval: Interval, style: IntervalStyle): string {
  switch (style) {
    case "postgres":
      return formatPostgres(interval);
    case "postgres_verbose":
      return formatVerbose(interval);
    case "sql_standard":
      return formatSqlStandard(interval);
    case "iso_8601":
      return formatIso8601(interval);
  }
}

function clockText(parts: IntervalParts): string {
  const hours = parts.hours < 10n ? `0${parts.hours}` : parts.hours.toString();
  return `${hours}:${pad2(parts.minutes)}:${pad2(parts.seconds)}${fractionText(parts.micros)}`;
}

function formatPostgres(interval: Interval): string {
  const parts = intervalParts(interval);
  let text = "";
  let wasNegative = false;
  const add = (value: number, unit: string): void => {
    if (value === 0) return;
    // A plus sign only where a reader could take the part for negative.
    text += `${text === "" ? "" : " "}${wasNegative && value > 0 ? "+" : ""}${value} ${unit}${value === 1 ? "" : "s"}`;
    wasNegative = value < 0;
  };
  add(parts.years, "year");
  add(parts.months, "mon");
  add(parts.days, "day");
  if (text === "" || interval.micros !== 0n) {
    const sign = parts.negativeTime ? "-" : wasNegative ? "+" : "";
    text += `${text === "" ? "" : " "}${sign}${clockText(parts)}`;
  }
  return text;
}

function formatVerbose(interval: Interval): string {
  const parts = intervalParts(interval);
  let text = "@";
  let isBefore = false;
  let isFirst = true;
  const add = (value: bigint, unit: string): void => {
    if (value === 0n) return;
    let shown = value;
    if (isFirst) {
      isBefore = value < 0n;
      shown = value < 0n ? -value : value;
      isFirst = false;
    } else if (isBefore) {
      shown = -value;
    }
    text += ` ${shown} ${unit}${shown === 1n ? "" : "s"}`;
  };
  add(BigInt(parts.years), "year");
  add(BigInt(parts.months), "mon");
  add(BigInt(parts.days), "day");
  const sign = parts.negativeTime ? -1n : 1n;
  add(sign * parts.hours, "hour");
  add(sign * BigInt(parts.minutes), "min");
  if (parts.seconds !== 0 || parts.micros !== 0) {
    let negative = parts.negativeTime;
    if (isFirst) {
      isBefore = negative;
      negative = false;
      isFirst = false;
    } else if (isBefore) {
      negative = !negative;
    }
    const isOne = parts.seconds === 1 && parts.micros === 0;
    text += ` ${negative ? "-" : ""}${parts.seconds}${fractionText(parts.micros)} sec${isOne ? "" : "s"}`;
  }
  if (isFirst) text += " 0";
  return isBefore ? `${text} ago` : text;
}

function formatSqlStandard(interval: Interval): string {
  const { months, days, micros } = interval;
  const hasNegative = months < 0 || days < 0 || micros < 0n;
  const hasPositive = months > 0 || days > 0 || micros > 0n;
  const hasYearMonth = months !== 0;
  const hasDayTime = days !== 0 || micros !== 0n;
  if (!hasNegative && !hasPositive) return "0";
  const hasDay = days !== 0;
  const isUniform = !(hasNegative && hasPositive) && !(hasYearMonth && hasDayTime);
  const parts = intervalParts(interval);
  const hours = parts.hours.toString();
  const clock = `${hours}:${pad2(parts.minutes)}:${pad2(parts.seconds)}${fractionText(parts.micros)}`;
  if (!isUniform) {
    const yearSign = months < 0 ? "-" : "+";
    const daySign = days < 0 ? "-" : "+";
    const timeSign = micros < 0n ? "-" : "+";
    return `${yearSign}${Math.abs(parts.years)}-${Math.abs(parts.months)} ${daySign}${Math.abs(days)} ${timeSign}${clock}`;
  }
  const sign = hasNegative ? "-" : "";
  if (hasYearMonth) return `${sign}${Math.abs(parts.years)}-${Math.abs(parts.months)}`;
  if (hasDay) return `${sign}${Math.abs(days)} ${clock}`;
  return `${sign}${clock}`;
}

function formatIso8601(interval: Interval): string {
  const parts = intervalParts(interval);
  if (interval.months === 0 && interval.days === 0 && interval.micros === 0n) return "PT0S";
  let text = "P";
  if (parts.years !== 0) text += `${parts.years}Y`;
  if (parts.months !== 0) text += `${parts.months}M`;
  if (parts.days !== 0) text += `${parts.days}D`;
  if (interval.micros === 0n) return text;
  text += "T";
  const sign = parts.negativeTime ? "-" : "";
  if (parts.hours !== 0n) text += `${sign}${parts.hours}H`;
  if (parts.minutes !== 0) text += `${sign}${parts.minutes}M`;
  if (parts.seconds !== 0 || parts.micros !== 0) {
    text += `${sign}${parts.seconds}${fractionText(parts.micros)}S`;
  }
  return text;
}
