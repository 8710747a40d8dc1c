import { SqlError } from "#base/errors.ts";
import {
  dayFromCivil,
  dayFromIsoWeek,
  daysInMonth,
  julianOfEpoch,
  monthNames,
  dayNames,
} from "./calendar.ts";
import { readPattern } from "./datetime-pattern.ts";
import type { PatternPart } from "./datetime-pattern.ts";

/** What to_date and to_timestamp read out of a text. */
export interface PatternReading {
  readonly day: number;
  readonly microOfDay: number;
  /** Seconds east of UTC, when the pattern has a zone. */
  readonly offset: number | undefined;
}

const digitWidths: ReadonlyMap<string, number> = new Map([
  ["YYYY", 4],
  ["YYY", 3],
  ["YY", 2],
  ["Y", 1],
  ["IYYY", 4],
  ["IYY", 3],
  ["IY", 2],
  ["I", 1],
  ["MM", 2],
  ["DD", 2],
  ["DDD", 3],
  ["IDDD", 3],
  ["HH", 2],
  ["HH12", 2],
  ["HH24", 2],
  ["MI", 2],
  ["SS", 2],
  ["SSSS", 5],
  ["SSSSS", 5],
  ["MS", 3],
  ["US", 6],
  ["FF1", 1],
  ["FF2", 2],
  ["FF3", 3],
  ["FF4", 4],
  ["FF5", 5],
  ["FF6", 6],
  ["CC", 2],
  ["Q", 1],
  ["WW", 2],
  ["IW", 2],
  ["W", 1],
  ["D", 1],
  ["ID", 1],
  ["TZM", 2],
]);

interface Values {
  readonly numbers: Map<string, number>;
  beforeChrist: boolean;
  meridian: "am" | "pm" | undefined;
  month: number | undefined;
  offsetSign: 1 | -1;
  zoneHours: number | undefined;
}

function invalidValue(value: string, keyword: string, detail?: string): SqlError {
  return new SqlError(
    "invalid_datetime_format",
    `invalid value "${value}" for "${keyword}"`,
    detail === undefined ? {} : { detail },
  );
}

function outOfRange(text: string): SqlError {
  return new SqlError("datetime_field_overflow", `date/time field value out of range: "${text}"`);
}

/** Two-digit years mean the one nearest to 2020. */
function adjustYear(year: number, digits: number): number {
  if (digits >= 4) return year;
  if (digits === 3) return year < 100 ? year + 2000 : year < 520 ? year + 2000 : year + 1000;
  return year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
}

function isDigitKeyword(part: PatternPart | undefined): boolean {
  return part?.keyword !== undefined && (digitWidths.has(part.keyword) || part.keyword === "J");
}

function findName(
  text: string,
  at: number,
  names: readonly string[],
  short: boolean,
): { readonly index: number; readonly length: number } | undefined {
  const rest = text.slice(at).toLowerCase();
  for (const [index, name] of names.entries()) {
    const wanted = (short ? name.slice(0, 3) : name).toLowerCase();
    if (rest.startsWith(wanted)) return { index, length: wanted.length };
  }
  return undefined;
}

function readValues(text: string, parts: readonly PatternPart[]): Values {
  const values: Values = {
    numbers: new Map(),
    beforeChrist: false,
    meridian: undefined,
    month: undefined,
    offsetSign: 1,
    zoneHours: undefined,
  };
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (at >= text.length) break;
    const { keyword } = part;
    if (keyword === undefined) {
      // A separator of the pattern matches any run of separators, or nothing.
      const isSeparator = /^[^\p{L}\p{Nd}"]+$/u.test(part.text);
      if (isSeparator) {
        if (/[^\p{L}\p{Nd}]/u.test(text[at] ?? "a") && !/[+-]/.test(text[at] ?? "")) at++;
        else if (/[+-]/.test(text[at] ?? "") && parts[index + 1]?.keyword !== "TZH") at++;
        while (/\s/.test(text[at] ?? "a")) at++;
      } else {
        at += part.text.length;
      }
      continue;
    }
    while (/\s/.test(text[at] ?? "a")) at++;
    const width = digitWidths.get(keyword);
    if (keyword === "J" || width !== undefined) {
      const next = parts[index + 1];
      // Digits run on unless the next field begins right after this one.
      const limit =
        keyword === "J" || part.fill || !isDigitKeyword(next) ? Infinity : (width ?? Infinity);
      const found = /^[+-]?\d+/
        .exec(text.slice(at))?.[0]
        .slice(0, limit === Infinity ? undefined : limit);
      if (found === undefined) {
        throw invalidValue(text.slice(at, at + (width ?? 4)), keyword, "Value must be an integer.");
      }
      at += found.length;
      recordNumber(values, keyword, found);
      if (part.ordinal !== undefined) at += 2;
      continue;
    }
    at += readWord(text, at, keyword, values);
  }
  return values;
}

function recordNumber(values: Values, keyword: string, digits: string): void {
  const value = Number(digits);
  const { numbers } = values;
  const fraction = /^(?:MS|US|FF([1-6]))$/.exec(keyword);
  if (fraction !== null) {
    // The digits are those after the point: `.5` read by MS is 500.
    numbers.set("micros", Math.round(Number(`0.${digits}`) * 1e6));
    return;
  }
  if (/^Y{1,4}$/.test(keyword)) {
    // As many digits as were written decide the century, but never fewer than the keyword has.
    const written = keyword.length === 4 && digits.length >= 3 ? 4 : digits.length;
    const counted = keyword.length === 4 ? written : Math.max(keyword.length, digits.length);
    numbers.set("year", adjustYear(value, counted));
    numbers.set("yearAsWritten", value);
  } else if (/^IY{0,3}$/.test(keyword))
    numbers.set("isoYear", adjustYear(value, Math.max(keyword.length, digits.length)));
  else if (keyword === "HH12" || keyword === "HH") numbers.set("hour12", value);
  else if (keyword === "SSSSS") numbers.set("SSSS", value);
  else numbers.set(keyword, value);
}

/** Reads a keyword that is not a number; returns how many characters it took. */
function readWord(text: string, at: number, keyword: string, values: Values): number {
  switch (keyword.toUpperCase()) {
    case "MONTH":
    case "MON": {
      const long = keyword.length > 3;
      const found =
        (long ? findName(text, at, monthNames, false) : undefined) ??
        (long ? undefined : findName(text, at, monthNames, true));
      if (found === undefined) {
        const word = /^\S*/.exec(text.slice(at))?.[0] ?? "";
        throw invalidValue(
          word,
          keyword,
          "The given value did not match any of the allowed values for this field.",
        );
      }
      values.month = found.index + 1;
      return found.length;
    }
    case "DAY":
    case "DY": {
      const found = findName(text, at, dayNames, keyword.length === 2);
      return found?.length ?? 0;
    }
    case "AM":
    case "PM":
    case "A.M.":
    case "P.M.": {
      const found = /^([ap])\.?m\.?/i.exec(text.slice(at));
      if (found === null) return 0;
      values.meridian = found[1]?.toLowerCase() === "p" ? "pm" : "am";
      return found[0].length;
    }
    case "BC":
    case "AD":
    case "B.C.":
    case "A.D.": {
      const found = /^([ab])\.?[dc]\.?/i.exec(text.slice(at));
      if (found === null) return 0;
      values.beforeChrist = found[1]?.toLowerCase() === "b";
      return found[0].length;
    }
    case "Y,YYY": {
      const found = /^(\d+),(\d{3})/.exec(text.slice(at));
      if (found === null) throw invalidValue(text.slice(at, at + 5), keyword);
      values.numbers.set("year", Number(`${found[1]}${found[2]}`));
      return found[0].length;
    }
    case "TZH": {
      const found = /^([+-]?)(\d{1,2})/.exec(text.slice(at));
      if (found === null) throw invalidValue(text.slice(at, at + 2), keyword);
      values.offsetSign = found[1] === "-" ? -1 : 1;
      values.zoneHours = Number(found[2]);
      return found[0].length;
    }
    default:
      throw new SqlError(
        "feature_not_supported",
        `formatting field "${keyword}" is only supported in to_char`,
      );
  }
}

function readDay(text: string, values: Values): number {
  const { numbers } = values;
  const julian = numbers.get("J");
  if (julian !== undefined) return julian - julianOfEpoch;
  const isoYear = numbers.get("isoYear");
  if (isoYear !== undefined) {
    const week = numbers.get("IW") ?? 1;
    const weekday = numbers.get("ID") ?? 1;
    const dayOfIsoYear = numbers.get("IDDD");
    const first = dayFromIsoWeek(isoYear, dayOfIsoYear === undefined ? week : 1);
    return first + (dayOfIsoYear ?? weekday) - 1;
  }
  let year = numbers.get("year");
  const century = numbers.get("CC");
  if (century !== undefined) {
    year = year === undefined ? (century - 1) * 100 + 1 : (year % 100) + (century - 1) * 100;
  }
  const shownYear = year ?? 0;
  const astronomical = values.beforeChrist
    ? 1 - (numbers.get("yearAsWritten") ?? shownYear)
    : year === undefined
      ? 0
      : shownYear;
  const dayOfYear = numbers.get("DDD");
  if (dayOfYear !== undefined) {
    if (dayOfYear < 1 || dayOfYear > 366) throw outOfRange(text);
    return dayFromCivil(astronomical, 1, 1) + dayOfYear - 1;
  }
  const weekOfYear = numbers.get("WW");
  if (weekOfYear !== undefined) return dayFromCivil(astronomical, 1, 1) + (weekOfYear - 1) * 7;
  const month = values.month ?? numbers.get("MM") ?? 1;
  const weekOfMonth = numbers.get("W");
  const day = numbers.get("DD") ?? (weekOfMonth === undefined ? 1 : (weekOfMonth - 1) * 7 + 1);
  const isValid = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(astronomical, month);
  if (!isValid) throw outOfRange(text);
  return dayFromCivil(astronomical, month, day);
}

function readClock(text: string, values: Values): number {
  const { numbers } = values;
  let hour = numbers.get("HH24") ?? 0;
  const hour12 = numbers.get("hour12");
  if (hour12 !== undefined) {
    hour = hour12;
    if (hour12 < 1 || hour12 > 12) {
      throw new SqlError(
        "invalid_datetime_format",
        `hour "${hour12}" is invalid for the 12-hour clock`,
        { hint: "Use the 24-hour clock, or give an hour between 1 and 12." },
      );
    }
    if (values.meridian === "pm" && hour12 !== 12) hour += 12;
    if (values.meridian === "am" && hour12 === 12) hour = 0;
  } else if (values.meridian === "pm" && hour < 12) {
    hour += 12;
  }
  const minute = numbers.get("MI") ?? 0;
  const second = numbers.get("SS") ?? 0;
  const micros = numbers.get("micros") ?? 0;
  const ofDay = numbers.get("SSSS");
  if (ofDay !== undefined) return ofDay * 1e6 + micros;
  if (hour > 23 || minute > 59 || second > 59) throw outOfRange(text);
  return (hour * 3600 + minute * 60 + second) * 1e6 + micros;
}

export function readWithPattern(text: string, pattern: string): PatternReading {
  const values = readValues(text.trimStart(), readPattern(pattern));
  const offset =
    values.zoneHours === undefined
      ? undefined
      : values.offsetSign * (values.zoneHours * 3600 + (values.numbers.get("TZM") ?? 0) * 60);
  return { day: readDay(text, values), microOfDay: readClock(text, values), offset };
}
