import { SqlError } from "#base/errors.ts";
import {
  civilFromDay,
  dayFromCivil,
  dayNames,
  dayOfWeek,
  isoWeek,
  julianOfEpoch,
  monthNames,
  splitTimestamp,
} from "./calendar.ts";
import type { Interval } from "./datum.ts";

/*
 * to_char for dates and times. A pattern is cut into keywords, each with its modifiers, and text
 * between them.
 */

const keywords = [
  "SSSSS",
  "SSSS",
  "Y,YYY",
  "MONTH",
  "Month",
  "month",
  "IYYY",
  "YYYY",
  "A.D.",
  "a.d.",
  "B.C.",
  "b.c.",
  "A.M.",
  "a.m.",
  "P.M.",
  "p.m.",
  "HH24",
  "HH12",
  "IDDD",
  "IYY",
  "YYY",
  "DAY",
  "Day",
  "day",
  "DDD",
  "MON",
  "Mon",
  "mon",
  "TZH",
  "TZM",
  "FF1",
  "FF2",
  "FF3",
  "FF4",
  "FF5",
  "FF6",
  "AD",
  "ad",
  "AM",
  "am",
  "BC",
  "bc",
  "CC",
  "DD",
  "DY",
  "Dy",
  "dy",
  "HH",
  "ID",
  "IW",
  "IY",
  "MI",
  "MM",
  "MS",
  "OF",
  "PM",
  "pm",
  "RM",
  "rm",
  "SS",
  "TZ",
  "tz",
  "US",
  "WW",
  "YY",
  "D",
  "I",
  "J",
  "Q",
  "W",
  "Y",
] as const;

type Keyword = (typeof keywords)[number];

export interface PatternPart {
  readonly kind: "keyword" | "text";
  readonly text: string;
  readonly keyword: Keyword | undefined;
  /** FM: no padding. */
  readonly fill: boolean;
  /** TH or th behind it. */
  readonly ordinal: "TH" | "th" | undefined;
}

/** Keywords whose case says nothing may be written in lower case too. */
function findKeyword(pattern: string, at: number): Keyword | undefined {
  const exact = keywords.find((word) => pattern.startsWith(word, at));
  const folded = pattern.slice(at, at + 5).toUpperCase();
  const loose = keywords.find((word) => word === word.toUpperCase() && folded.startsWith(word));
  if (exact === undefined) return loose;
  return loose !== undefined && loose.length > exact.length ? loose : exact;
}

export function readPattern(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  const addText = (text: string): void => {
    parts.push({ kind: "text", text, keyword: undefined, fill: false, ordinal: undefined });
  };
  let fill = false;
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    if (char === '"') {
      const end = pattern.indexOf('"', at + 1);
      addText(pattern.slice(at + 1, end === -1 ? undefined : end).replace(/\\(.)/g, "$1"));
      at = end === -1 ? pattern.length : end + 1;
      continue;
    }
    if (char === "\\" && pattern[at + 1] === '"') {
      addText('"');
      at += 2;
      continue;
    }
    const two = pattern.slice(at, at + 2).toUpperCase();
    if (two === "FM" || two === "TM" || two === "FX") {
      if (two === "FM") fill = true;
      at += 2;
      continue;
    }
    const keyword = findKeyword(pattern, at);
    if (keyword === undefined) {
      addText(String.fromCodePoint(pattern.codePointAt(at) ?? 0));
      at += (pattern.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    at += keyword.length;
    const suffix = pattern.slice(at, at + 2);
    const ordinal = suffix === "TH" || suffix === "th" ? suffix : undefined;
    if (ordinal !== undefined) at += 2;
    parts.push({ kind: "keyword", text: keyword, keyword, fill, ordinal });
    fill = false;
  }
  return parts;
}

/** The fields that a pattern can show. Months and days of an interval have no calendar. */
interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Absent for intervals. */
  readonly epochDay: number | undefined;
  readonly offset: number;
  readonly zoneName: string;
}

const romanMonths = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

function withOrdinal(text: string, ordinal: "TH" | "th" | undefined): string {
  if (ordinal === undefined) return text;
  const tens = /1\d$/.test(text);
  const last = text[text.length - 1];
  const suffix = tens
    ? "th"
    : last === "1"
      ? "st"
      : last === "2"
        ? "nd"
        : last === "3"
          ? "rd"
          : "th";
  return text + (ordinal === "TH" ? suffix.toUpperCase() : suffix);
}

function padded(value: number, width: number, fill: boolean): string {
  const digits = String(Math.abs(value));
  const text = fill ? digits : digits.padStart(width, "0");
  return value < 0 ? `-${text}` : text;
}

/** Years as people count them: 1 BC comes before 1. */
function shownYear(year: number): number {
  return year > 0 ? year : 1 - year;
}

function named(name: string, keyword: string, fill: boolean, width: number): string {
  const text =
    keyword === keyword.toUpperCase()
      ? name.toUpperCase()
      : keyword === keyword.toLowerCase()
        ? name.toLowerCase()
        : name;
  return fill ? text : text.padEnd(width);
}

const nameWidth = 9;

function needCalendar(epochDay: number | undefined): number {
  if (epochDay === undefined) {
    throw new SqlError(
      "invalid_datetime_format",
      "invalid format specification for an interval value",
      { hint: "Intervals are not tied to specific calendar dates." },
    );
  }
  return epochDay;
}

function showKeyword(keyword: Keyword, fields: Fields, fill: boolean): string {
  const { hour, minute, second, micros, month, day } = fields;
  const isInterval = fields.epochDay === undefined;
  const year = isInterval || fields.year > 0 ? fields.year : 1 - fields.year;
  const digits = (value: number, width: number): string => padded(value, width, fill);
  const iso = (): { readonly year: number; readonly week: number } =>
    isoWeek(needCalendar(fields.epochDay));
  switch (keyword) {
    case "HH24":
      return digits(hour, 2);
    case "HH":
    case "HH12":
      return digits(isInterval && hour === 0 ? 12 : hour % 12 === 0 ? 12 : hour % 12, 2);
    case "MI":
      return digits(minute, 2);
    case "SS":
      return digits(second, 2);
    case "MS":
    case "FF3":
      return digits(Math.trunc(micros / 1000), 3);
    case "US":
    case "FF6":
      return digits(micros, 6);
    case "FF1":
      return digits(Math.trunc(micros / 100_000), 1);
    case "FF2":
      return digits(Math.trunc(micros / 10_000), 2);
    case "FF4":
      return digits(Math.trunc(micros / 100), 4);
    case "FF5":
      return digits(Math.trunc(micros / 10), 5);
    case "SSSS":
    case "SSSSS":
      return String(hour * 3600 + minute * 60 + second);
    case "AM":
    case "PM":
      return hour % 24 >= 12 ? "PM" : "AM";
    case "am":
    case "pm":
      return hour % 24 >= 12 ? "pm" : "am";
    case "A.M.":
    case "P.M.":
      return hour % 24 >= 12 ? "P.M." : "A.M.";
    case "a.m.":
    case "p.m.":
      return hour % 24 >= 12 ? "p.m." : "a.m.";
    case "YYYY":
      return digits(year, 4);
    case "YYY":
      return digits(year % 1000, 3);
    case "YY":
      return digits(year % 100, 2);
    case "Y":
      return digits(year % 10, 1);
    case "Y,YYY": {
      const thousands = Math.trunc(year / 1000);
      return `${thousands},${String(year - thousands * 1000).padStart(3, "0")}`;
    }
    case "IYYY":
      return digits(shownYear(iso().year), 4);
    case "IYY":
      return digits(shownYear(iso().year) % 1000, 3);
    case "IY":
      return digits(shownYear(iso().year) % 100, 2);
    case "I":
      return digits(shownYear(iso().year) % 10, 1);
    case "BC":
    case "AD":
      needCalendar(fields.epochDay);
      return fields.year > 0 ? "AD" : "BC";
    case "bc":
    case "ad":
      return fields.year > 0 ? "ad" : "bc";
    case "B.C.":
    case "A.D.":
      return fields.year > 0 ? "A.D." : "B.C.";
    case "b.c.":
    case "a.d.":
      return fields.year > 0 ? "a.d." : "b.c.";
    case "MONTH":
    case "Month":
    case "month":
      needCalendar(fields.epochDay);
      return named(monthNames[month - 1] ?? "", keyword, fill, nameWidth);
    case "MON":
    case "Mon":
    case "mon":
      needCalendar(fields.epochDay);
      return named((monthNames[month - 1] ?? "").slice(0, 3), keyword, fill, 0);
    case "MM":
      return digits(month, 2);
    case "DAY":
    case "Day":
    case "day":
      return named(
        dayNames[dayOfWeek(needCalendar(fields.epochDay))] ?? "",
        keyword,
        fill,
        nameWidth,
      );
    case "DY":
    case "Dy":
    case "dy":
      return named(
        (dayNames[dayOfWeek(needCalendar(fields.epochDay))] ?? "").slice(0, 3),
        keyword,
        fill,
        0,
      );
    case "DDD":
      return digits(
        isInterval ? day : needCalendar(fields.epochDay) - dayFromCivil(fields.year, 1, 1) + 1,
        3,
      );
    case "IDDD": {
      const { week } = iso();
      const weekday = dayOfWeek(needCalendar(fields.epochDay));
      return digits((week - 1) * 7 + (weekday === 0 ? 7 : weekday), 3);
    }
    case "DD":
      return digits(day, 2);
    case "D":
      return String(dayOfWeek(needCalendar(fields.epochDay)) + 1);
    case "ID": {
      const weekday = dayOfWeek(needCalendar(fields.epochDay));
      return String(weekday === 0 ? 7 : weekday);
    }
    case "W":
      return String(Math.floor((day - 1) / 7) + 1);
    case "WW":
      return digits(
        Math.floor((needCalendar(fields.epochDay) - dayFromCivil(fields.year, 1, 1)) / 7) + 1,
        2,
      );
    case "IW":
      return digits(iso().week, 2);
    case "CC": {
      const century =
        fields.year > 0
          ? Math.floor((fields.year + 99) / 100)
          : -Math.floor((100 - fields.year) / 100);
      return digits(isInterval ? Math.trunc(fields.year / 100) : century, 2);
    }
    case "J":
      return String(needCalendar(fields.epochDay) + julianOfEpoch);
    case "Q":
      return month === 0 ? "" : String(Math.floor((month - 1) / 3) + 1);
    case "RM":
    case "rm": {
      const roman = romanMonths[(month + 11) % 12] ?? "";
      const shown = keyword === "rm" ? roman.toLowerCase() : roman;
      return fill ? shown : shown.padEnd(4);
    }
    case "TZ":
      needCalendar(fields.epochDay);
      return fields.zoneName;
    case "tz":
      needCalendar(fields.epochDay);
      return fields.zoneName.toLowerCase();
    case "TZH":
      needCalendar(fields.epochDay);
      return `${fields.offset < 0 ? "-" : "+"}${String(Math.floor(Math.abs(fields.offset) / 3600)).padStart(2, "0")}`;
    case "TZM":
      needCalendar(fields.epochDay);
      return String(Math.floor((Math.abs(fields.offset) % 3600) / 60)).padStart(2, "0");
    case "OF": {
      needCalendar(fields.epochDay);
      const minutes = Math.floor((Math.abs(fields.offset) % 3600) / 60);
      const hours = String(Math.floor(Math.abs(fields.offset) / 3600)).padStart(2, "0");
      return `${fields.offset < 0 ? "-" : "+"}${hours}${minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`}`;
    }
  }
}

function show(pattern: string, fields: Fields): string {
  let out = "";
  for (const part of readPattern(pattern)) {
    out +=
      part.keyword === undefined
        ? part.text
        : withOrdinal(showKeyword(part.keyword, fields, part.fill), part.ordinal);
  }
  return out;
}

export interface ShownZone {
  readonly offset: number;
  readonly name: string;
}

const noZone: ShownZone = { offset: 0, name: "" };

/** to_char of a local clock reading. */
export function showTimestamp(pattern: string, local: bigint, zone: ShownZone = noZone): string {
  const { day, microOfDay } = splitTimestamp(local);
  const civil = civilFromDay(day);
  return show(pattern, {
    year: civil.year,
    month: civil.month,
    day: civil.day,
    hour: Math.floor(microOfDay / 3.6e9),
    minute: Math.floor(microOfDay / 6e7) % 60,
    second: Math.floor(microOfDay / 1e6) % 60,
    micros: microOfDay % 1e6,
    epochDay: day,
    offset: zone.offset,
    zoneName: zone.name,
  });
}

export function showInterval(pattern: string, value: Interval): string {
  const micros = Number(value.micros);
  return show(pattern, {
    year: Math.trunc(value.months / 12),
    month: value.months % 12,
    day: value.days,
    hour: Math.trunc(micros / 3.6e9),
    minute: Math.trunc(micros / 6e7) % 60,
    second: Math.trunc(micros / 1e6) % 60,
    micros: micros % 1e6,
    epochDay: undefined,
    offset: 0,
    zoneName: "",
  });
}
