import { SqlError } from "#base/errors.ts";
import type { SqlErrorFields } from "#base/errors.ts";
import {
  dayFromCivil,
  daysInMonth,
  julianOfEpoch,
  microsPerDay,
  monthNames,
  roundHalfEven,
  splitTimestamp,
} from "./calendar.ts";
import type { DateStyle, InputContext } from "./format-settings.ts";
import { findTimeZone, findZoneWord, getTimeZone, toLocal, unknownTimeZone } from "./time-zone.ts";
import type { TimeZone } from "./time-zone.ts";

/*
 * Reading dates and times as people write them. datetime-parse.ts has the quick way for the form
 * that programs write, and turns what is read here into datums.
 */

/** What a date-time text says. Parts that it does not mention are undefined. */
export interface ParsedDateTime {
  special: "infinity" | "-infinity" | "epoch" | "now" | undefined;
  /** Days from 2000-01-01. */
  day: number | undefined;
  /** May reach 24:00 and beyond by a leap second. */
  microOfDay: number | undefined;
  /** Seconds east of UTC. */
  offset: number | undefined;
  zone: TimeZone | undefined;
}

type TypeWord = "date" | "time" | "timestamp" | "timestamp with time zone" | "time with time zone";

/** Thrown inside the parser and given its text and type by the caller. */
class DateTimeFault extends Error {
  readonly fault: "syntax" | "field" | "month-day" | "zone-offset";

  constructor(fault: DateTimeFault["fault"]) {
    super(fault);
    this.fault = fault;
  }
}

function dateTimeError(fault: DateTimeFault["fault"], text: string, type: string): SqlError {
  switch (fault) {
    case "syntax":
      return new SqlError(
        "invalid_datetime_format",
        `invalid input syntax for type ${type}: "${text}"`,
      );
    case "zone-offset":
      return new SqlError(
        "invalid_time_zone_displacement_value",
        `time zone displacement out of range: "${text}"`,
      );
    case "field":
    case "month-day": {
      const fields: SqlErrorFields =
        fault === "month-day" ? { hint: 'Perhaps you need a different "datestyle" setting.' } : {};
      return new SqlError(
        "datetime_field_overflow",
        `date/time field value out of range: "${text}"`,
        fields,
      );
    }
  }
}

const months: ReadonlyMap<string, number> = new Map([
  ...monthNames.map((name, index) => [name.toLowerCase(), index + 1] as const),
  ...monthNames.map((name, index) => [name.toLowerCase().slice(0, 3), index + 1] as const),
  ["sept", 9] as const,
]);

const weekdays: ReadonlySet<string> = new Set(
  "sun sunday mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday".split(
    " ",
  ),
);

interface Token {
  readonly kind: "number" | "date" | "time" | "word" | "offset" | "zone";
  readonly text: string;
}

const tokenPatterns: readonly (readonly [Token["kind"], RegExp])[] = [
  ["time", /\d{1,}:\d+(?::\d+(?:\.\d*)?)?(?:\.\d*)?/y],
  ["date", /\d+([-/.])(?:\d+|[A-Za-z]+)\1\d+/y],
  ["date", /\d+[-/][A-Za-z]+(?![A-Za-z])/y],
  ["date", /\d+[-/]\d+/y],
  ["number", /\d+(?:\.\d*)?|\.\d+/y],
  ["date", /[A-Za-z]{3,9}[-/.]\d+[-/.]\d+/y],
  ["zone", /[A-Za-z]+(?:[_/][A-Za-z_/+\-0-9]+|[+-]\d+(?::\d+)*)/y],
  ["word", /[A-Za-z]+/y],
  ["offset", /[+-]\s*\d+(?::\d+)*/y],
  ["word", /[+-]\s*infinity/iy],
];

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (/[\s,]/.test(char)) {
      at++;
      continue;
    }
    let found: Token | undefined;
    for (const [kind, pattern] of tokenPatterns) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) continue;
      found = { kind, text: match[0] };
      break;
    }
    if (found === undefined) throw new DateTimeFault("syntax");
    tokens.push(found);
    at += found.text.length;
  }
  return tokens;
}

/** Two-digit years are 1970 to 2069. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < 70 ? year + 2000 : year + 1900;
}

function fractionMicros(digits: string): number {
  return digits === "" ? 0 : roundHalfEven(Number(`0.${digits}`) * 1e6);
}

function clockMicros(hour: number, minute: number, second: number, micros: number): number {
  if (
    minute > 59 ||
    second > 60 ||
    hour > 24 ||
    (hour === 24 && (minute > 0 || second > 0 || micros > 0))
  ) {
    throw new DateTimeFault("field");
  }
  return (hour * 3600 + minute * 60 + second) * 1e6 + micros;
}

function parseClock(text: string): number {
  const match = /^(\d+):(\d+)(?::(\d+))?(?:\.(\d*))?$/.exec(text);
  if (match === null) throw new DateTimeFault("syntax");
  const hasSeconds = match[3] !== undefined;
  // `12:34.5` means minutes and seconds.
  if (!hasSeconds && match[4] !== undefined) {
    return clockMicros(0, Number(match[1]), Number(match[2]), fractionMicros(match[4]));
  }
  return clockMicros(
    Number(match[1]),
    Number(match[2]),
    Number(match[3] ?? 0),
    fractionMicros(match[4] ?? ""),
  );
}

/** `+05`, `-0330`, `+05:30:15` in seconds east. */
function parseOffset(text: string): number {
  const match = /^([+-])\s*(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (match === null) throw new DateTimeFault("syntax");
  const digits = match[2] ?? "";
  let hours = Number(digits);
  let minutes = Number(match[3] ?? 0);
  let seconds = Number(match[4] ?? 0);
  if (match[3] === undefined && digits.length > 2) {
    if (digits.length > 4) {
      hours = Number(digits.slice(0, -4));
      minutes = Number(digits.slice(-4, -2));
      seconds = Number(digits.slice(-2));
    } else {
      hours = Number(digits.slice(0, -2));
      minutes = Number(digits.slice(-2));
    }
  }
  if (hours > 15 || minutes > 59 || seconds > 59) throw new DateTimeFault("zone-offset");
  const magnitude = hours * 3600 + minutes * 60 + seconds;
  return match[1] === "-" && magnitude !== 0 ? -magnitude : magnitude;
}

interface DateParts {
  year: string | undefined;
  month: number | undefined;
  day: string | undefined;
}

/** Decides which of up to three numbers is which, by their lengths and DateStyle's order. */
function assignDate(
  numbers: readonly string[],
  textMonth: number | undefined,
  order: DateStyle["order"],
): DateParts {
  const [first, second, third] = numbers;
  if (first === undefined) throw new DateTimeFault("syntax");
  if (textMonth !== undefined) {
    if (third !== undefined) throw new DateTimeFault("syntax");
    if (second === undefined) {
      return first.length >= 3
        ? { year: first, month: textMonth, day: undefined }
        : { year: undefined, month: textMonth, day: first };
    }
    const yearFirst = first.length >= 3 || (order === "YMD" && second.length < 3);
    return yearFirst
      ? { year: first, month: textMonth, day: second }
      : { year: second, month: textMonth, day: first };
  }
  if (second === undefined) throw new DateTimeFault("syntax");
  if (third === undefined) {
    // `1999.123` and `1999-123` are year and day of year.
    if (second.length === 3 && first.length >= 3) {
      return { year: first, month: undefined, day: second };
    }
    throw new DateTimeFault("syntax");
  }
  if (first.length >= 3 || order === "YMD") {
    return { year: first, month: Number(second), day: third };
  }
  return order === "DMY"
    ? { year: third, month: Number(second), day: first }
    : { year: third, month: Number(first), day: second };
}

function resolveDay(parts: DateParts, beforeChrist: boolean): number {
  if (parts.year === undefined || parts.day === undefined) throw new DateTimeFault("syntax");
  let year: number;
  if (beforeChrist) {
    if (Number(parts.year) === 0) throw new DateTimeFault("field");
    year = 1 - Number(parts.year);
  } else {
    if (parts.year.length > 2 && Number(parts.year) === 0) throw new DateTimeFault("field");
    year = fullYear(parts.year);
  }
  const day = Number(parts.day);
  if (parts.month === undefined) {
    if (day < 1 || day > 366) throw new DateTimeFault("field");
    return dayFromCivil(year, 1, 1) + day - 1;
  }
  if (parts.month < 1 || parts.month > 12 || day < 1 || day > 31) {
    throw new DateTimeFault("month-day");
  }
  if (day > daysInMonth(year, parts.month)) throw new DateTimeFault("field");
  return dayFromCivil(year, parts.month, day);
}

/** Reads the tokens of one text, keeping what has been learnt so far. */
class DateTimeReader {
  readonly #context: InputContext;
  readonly #tokens: readonly Token[];
  readonly #result: ParsedDateTime = {
    special: undefined,
    day: undefined,
    microOfDay: undefined,
    offset: undefined,
    zone: undefined,
  };
  /** Numbers of the date, in the order they came, while their roles are open. */
  readonly #numbers: string[] = [];
  #textMonth: number | undefined;
  /** Set by an unseparated date such as 20240131. */
  #compactDate: DateParts | undefined;
  #hasDate = false;
  #beforeChrist = false;
  #meridian: "am" | "pm" | undefined;
  /** After the T of ISO 8601, or from the start for type time: a plain number is a clock time. */
  #timeFollows = false;

  constructor(text: string, type: TypeWord, context: InputContext) {
    this.#context = context;
    this.#timeFollows = type === "time";
    this.#tokens = tokenise(text);
  }

  read(): ParsedDateTime {
    const tokens = this.#tokens;
    if (tokens.length === 0) throw new DateTimeFault("syntax");
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index];
      if (token === undefined) break;
      switch (token.kind) {
        case "date":
          this.#readDate(token.text);
          break;
        case "time":
          this.#setTime(parseClock(token.text));
          break;
        case "offset":
          this.#readOffset(token.text);
          break;
        case "zone": {
          const zone = findTimeZone(token.text);
          if (zone !== undefined) this.#setZone(zone);
          else if (/[/_]/.test(token.text)) throw unknownTimeZone(token.text.toLowerCase());
          else throw new DateTimeFault("syntax");
          break;
        }
        case "number":
          this.#readNumber(token.text);
          break;
        case "word": {
          const word = token.text.toLowerCase().replace(/\s/g, "");
          if (word === "j" || word === "jd" || word === "julian") {
            const next = tokens[++index];
            if (next?.kind !== "number") throw new DateTimeFault("syntax");
            this.#readJulian(Number(next.text));
          } else {
            this.#readWord(word);
          }
          break;
        }
      }
    }
    return this.#finish();
  }

  #readDate(text: string): void {
    if (this.#hasDate || this.#numbers.length > 0) throw new DateTimeFault("syntax");
    for (const part of text.split(/[-/.]/)) {
      if (/^\d+$/.test(part)) {
        this.#numbers.push(part);
        continue;
      }
      const month = months.get(part.toLowerCase());
      if (month === undefined || this.#textMonth !== undefined) throw new DateTimeFault("syntax");
      this.#textMonth = month;
    }
    this.#hasDate = true;
  }

  #readOffset(text: string): void {
    const result = this.#result;
    const hasSomething =
      result.microOfDay !== undefined || this.#hasDate || this.#numbers.length > 0;
    if (!hasSomething || result.offset !== undefined || result.zone !== undefined) {
      throw new DateTimeFault("syntax");
    }
    result.offset = parseOffset(text);
  }

  #readNumber(text: string): void {
    const [whole = "", fraction] = text.split(".");
    const open = this.#numbers.length === 0 && this.#textMonth === undefined;
    const dateIsFull =
      this.#hasDate || this.#numbers.length >= (this.#textMonth === undefined ? 3 : 2);
    const isTime = this.#timeFollows && (dateIsFull || open) && /^(?:\d\d){2,3}$/.test(whole);
    if (isTime || (dateIsFull && this.#result.microOfDay === undefined)) {
      this.#setTime(parseCompactTime(whole, fraction));
    } else if (!dateIsFull && open && whole.length >= 6 && fraction === undefined) {
      this.#compactDate = {
        year: whole.slice(0, -4),
        month: Number(whole.slice(-4, -2)),
        day: whole.slice(-2),
      };
      this.#hasDate = true;
    } else if (open && fraction?.length === 3) {
      this.#numbers.push(whole, fraction);
      this.#hasDate = true;
    } else if (fraction !== undefined && fraction !== "") {
      throw new DateTimeFault("syntax");
    } else {
      this.#numbers.push(whole);
    }
  }

  #readJulian(julian: number): void {
    this.#result.day = Math.floor(julian) - julianOfEpoch;
    this.#hasDate = true;
    if (!Number.isInteger(julian)) {
      this.#setTime(roundHalfEven((julian - Math.floor(julian)) * microsPerDay));
    }
  }

  #readWord(word: string): void {
    const month = months.get(word);
    if (month !== undefined && this.#textMonth === undefined) {
      this.#textMonth = month;
      return;
    }
    if (weekdays.has(word)) return;
    switch (word) {
      case "at":
      case "on":
      case "dst":
        return;
      case "am":
      case "pm":
        if (this.#meridian !== undefined) throw new DateTimeFault("syntax");
        this.#meridian = word;
        return;
      case "bc":
      case "ad":
        this.#beforeChrist = word === "bc";
        return;
      case "t":
        this.#timeFollows = true;
        return;
      case "infinity":
      case "+infinity":
        this.#result.special = "infinity";
        return;
      case "-infinity":
        this.#result.special = "-infinity";
        return;
      case "epoch":
      case "now":
        this.#result.special = word;
        return;
      case "today":
        this.#setRelativeDay(0);
        return;
      case "tomorrow":
        this.#setRelativeDay(1);
        return;
      case "yesterday":
        this.#setRelativeDay(-1);
        return;
      case "allballs":
        this.#setTime(0);
        this.#setZone(getTimeZone("UTC"));
        return;
      case "z":
      case "zulu":
        this.#setZone(getTimeZone("UTC"));
        return;
      default: {
        const zone = findZoneWord(word);
        if (zone === undefined) throw new DateTimeFault("syntax");
        this.#setZone(zone);
      }
    }
  }

  #setRelativeDay(days: number): void {
    if (this.#hasDate) throw new DateTimeFault("syntax");
    const zone = getTimeZone(this.#context.format.timeZone);
    this.#result.day = splitTimestamp(toLocal(zone, this.#context.transactionTimestamp)).day + days;
    this.#hasDate = true;
  }

  #setTime(micros: number): void {
    if (this.#result.microOfDay !== undefined) throw new DateTimeFault("syntax");
    this.#result.microOfDay = micros;
    this.#timeFollows = false;
  }

  #setZone(zone: TimeZone): void {
    if (this.#result.zone !== undefined || this.#result.offset !== undefined) {
      throw new DateTimeFault("syntax");
    }
    this.#result.zone = zone;
  }

  #finish(): ParsedDateTime {
    const result = this.#result;
    if (result.special !== undefined) {
      if (this.#tokens.length > 1) throw new DateTimeFault("syntax");
      return result;
    }
    if (this.#compactDate !== undefined) {
      if (this.#numbers.length > 0) throw new DateTimeFault("syntax");
      result.day = resolveDay(this.#compactDate, this.#beforeChrist);
    } else if (this.#numbers.length > 0) {
      if (result.day !== undefined) throw new DateTimeFault("syntax");
      const order = this.#context.format.dateStyle.order;
      result.day = resolveDay(
        assignDate(this.#numbers, this.#textMonth, order),
        this.#beforeChrist,
      );
    } else if (this.#textMonth !== undefined) {
      throw new DateTimeFault("syntax");
    }
    if (this.#meridian !== undefined) this.#applyMeridian(this.#meridian);
    return result;
  }

  #applyMeridian(meridian: "am" | "pm"): void {
    const micros = this.#result.microOfDay;
    if (micros === undefined) throw new DateTimeFault("syntax");
    const hours = Math.floor(micros / microsPerHour);
    if (hours > 12) throw new DateTimeFault("field");
    if (meridian === "am" && hours === 12) this.#result.microOfDay = micros - 12 * microsPerHour;
    if (meridian === "pm" && hours !== 12) this.#result.microOfDay = micros + 12 * microsPerHour;
  }
}

const microsPerHour = 3_600_000_000;

function parseCompactTime(whole: string, fraction: string | undefined): number {
  const micros = fractionMicros(fraction ?? "");
  switch (whole.length) {
    case 6:
      return clockMicros(
        Number(whole.slice(0, 2)),
        Number(whole.slice(2, 4)),
        Number(whole.slice(4)),
        micros,
      );
    case 4:
      return clockMicros(Number(whole.slice(0, 2)), Number(whole.slice(2)), 0, micros);
    case 2:
      return clockMicros(Number(whole), 0, 0, micros);
    default:
      throw new DateTimeFault("syntax");
  }
}

/** Reads the parts of a text; errors name the type. */
export function parseParts(text: string, type: TypeWord, context: InputContext): ParsedDateTime {
  try {
    return new DateTimeReader(text, type, context).read();
  } catch (error) {
    if (error instanceof DateTimeFault) throw dateTimeError(error.fault, text, type);
    throw error;
  }
}

/** For a text that says something else than its type needs. */
export function wrongDateTime(text: string, type: TypeWord): SqlError {
  return dateTimeError("syntax", text, type);
}
