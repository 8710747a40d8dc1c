import { SqlError } from "#base/errors.ts";
import { microsPerDay, roundHalfEven } from "./calendar.ts";
import { Interval } from "./datum.ts";
import type { IntervalStyle } from "./format-settings.ts";
import { int4Max, int4Min, int8Max, int8Min } from "./scalar-text.ts";
import { intervalFieldBits, intervalFullRange, intervalTypmod } from "./type.ts";

type Unit =
  | "microsecond"
  | "millisecond"
  | "second"
  | "minute"
  | "hour"
  | "day"
  | "week"
  | "month"
  | "year"
  | "decade"
  | "century"
  | "millennium";

/** PostgreSQL looks at the first ten letters of a word. */
const wordLengthMax = 10;

const unitWords: ReadonlyMap<string, Unit> = new Map<string, Unit>(
  (
    [
      ["microsecond", "microsecond us usec usecs usecond useconds"],
      ["millisecond", "millisecond ms msec msecs msecond mseconds"],
      ["second", "second seconds s sec secs"],
      ["minute", "minute minutes m min mins"],
      ["hour", "hour hours h hr hrs"],
      ["day", "day days d"],
      ["week", "week weeks w"],
      ["month", "month months mon mons"],
      ["year", "year years y yr yrs"],
      ["decade", "decade decades dec decs"],
      ["century", "century centuries c cent"],
      ["millennium", "millennium millennia mil mils"],
    ] satisfies readonly (readonly [Unit, string])[]
  ).flatMap(([unit, words]) =>
    words.split(" ").map((word) => [word.slice(0, wordLengthMax), unit] as const),
  ),
);

const fixedMicros: Readonly<
  Record<"microsecond" | "millisecond" | "second" | "minute" | "hour", number>
> = {
  microsecond: 1,
  millisecond: 1e3,
  second: 1e6,
  minute: 6e7,
  hour: 3.6e9,
};

const monthsOf: Readonly<Record<"month" | "year" | "decade" | "century" | "millennium", number>> = {
  month: 1,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
};

/** A field, or the sum, does not fit; the caller knows the text. */
class IntervalOverflow extends Error {
  /** `field`: a part is too large by itself. `sum`: years and months together are. */
  readonly what: "field" | "sum";

  constructor(what: IntervalOverflow["what"]) {
    super(what);
    this.what = what;
  }
}

function checkInt4(value: number): number {
  if (value > int4Max || value < int4Min) throw new IntervalOverflow("field");
  return value;
}

/** The sum being built. What is left of fractions spills downwards. */
class IntervalSum {
  #years = 0;
  #months = 0;
  #days = 0;
  #micros = 0n;

  add(unit: Unit, whole: bigint, fraction: number): void {
    switch (unit) {
      case "microsecond":
      case "millisecond":
      case "second":
      case "minute":
      case "hour":
        this.addMicros(whole * BigInt(fixedMicros[unit]) + spread(fraction, fixedMicros[unit]));
        break;
      case "day":
        this.#addDays(Number(whole), 0);
        this.addMicros(spread(fraction, microsPerDay));
        break;
      case "week":
        this.#addDays(Number(whole) * 7, fraction * 7);
        break;
      case "month":
        this.#months = checkInt4(this.#months + Number(whole));
        this.#addDays(0, fraction * 30);
        break;
      case "year":
      case "decade":
      case "century":
      case "millennium": {
        const years = monthsOf[unit] / 12;
        this.#years = checkInt4(this.#years + Number(whole) * years);
        this.#months = checkInt4(this.#months + roundHalfEven(fraction * monthsOf[unit]));
        break;
      }
    }
  }

  addMicros(micros: bigint): void {
    this.#micros += micros;
    if (this.#micros > int8Max || this.#micros < int8Min) throw new IntervalOverflow("field");
  }

  #addDays(days: number, fraction: number): void {
    const whole = Math.trunc(fraction);
    this.#days = checkInt4(this.#days + days + whole);
    this.addMicros(spread(fraction - whole, microsPerDay));
  }

  negate(): void {
    this.#years = checkInt4(-this.#years);
    this.#months = checkInt4(-this.#months);
    this.#days = checkInt4(-this.#days);
    this.#micros = -this.#micros;
    this.addMicros(0n);
  }

  finish(): Interval {
    const months = this.#years * 12 + this.#months;
    if (months > int4Max || months < int4Min) throw new IntervalOverflow("sum");
    return new Interval(months, this.#days === 0 ? 0 : this.#days, this.#micros);
  }
}

function spread(fraction: number, micros: number): bigint {
  return fraction === 0 ? 0n : BigInt(roundHalfEven(fraction * micros));
}

function syntaxError(text: string): SqlError {
  return new SqlError(
    "invalid_datetime_format",
    `invalid input syntax for type interval: "${text}"`,
  );
}

function fieldError(text: string): SqlError {
  return new SqlError("interval_field_overflow", `interval field value out of range: "${text}"`);
}

interface Token {
  readonly kind: "word" | "clock" | "yearMonth" | "number";
  readonly text: string;
}

const tokenPattern =
  /\s*(?:(?<clock>[+-]?\s*\d+:\d+(?::\d+)?(?:\.\d*)?)|(?<yearMonth>[+-]?\s*\d+-\d+(?![-\d]))|(?<number>[+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)(?![eE]?[+-]?\d))|(?<word>[A-Za-z]+|@))/y;

function tokenise(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) return undefined;
    at += match[0].length;
    const groups = match.groups ?? {};
    for (const kind of ["clock", "yearMonth", "number", "word"] as const) {
      const found = groups[kind];
      if (found !== undefined && found !== "@") tokens.push({ kind, text: found });
    }
  }
  return tokens;
}

function clockMicros(text: string, range: number): bigint | undefined {
  const match = /^([+-])?\s*(\d+):(\d+)(?::(\d+))?(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  let hours = BigInt(match[2] ?? 0);
  let minutes = BigInt(match[3] ?? 0);
  let seconds = BigInt(match[4] ?? 0);
  const { minute, second } = intervalFieldBits;
  if (match[4] === undefined && (match[5] !== undefined || range === (minute | second))) {
    // `12:34.5`, or MINUTE TO SECOND: minutes and seconds.
    [hours, minutes, seconds] = [0n, hours, minutes];
  }
  if (minutes > 59n || seconds > 59n) return undefined;
  const fraction = match[5] === undefined || match[5] === "" ? 0 : Number(`0.${match[5]}`);
  const micros =
    (hours * 3600n + minutes * 60n + seconds) * 1_000_000n + BigInt(roundHalfEven(fraction * 1e6));
  return match[1] === "-" ? -micros : micros;
}

function unitOfRange(range: number): Unit {
  const { year, month, day, hour, minute, second } = intervalFieldBits;
  switch (range) {
    case year:
      return "year";
    case month:
    case year | month:
      return "month";
    case day:
      return "day";
    case hour:
    case day | hour:
      return "hour";
    case minute:
    case hour | minute:
    case day | hour | minute:
      return "minute";
    case second:
    default:
      return "second";
  }
}

/**
 * Reads an interval. In style `sql_standard` a leading minus that is the only sign counts for all
 * fields.
 */
export function parseInterval(
  text: string,
  typmod = -1,
  style: IntervalStyle = "postgres",
): Interval {
  const range = intervalTypmod(typmod)?.range ?? intervalFullRange;
  const trimmed = text.trim();
  let interval: Interval;
  try {
    const sum = /^P/i.test(trimmed)
      ? new Iso8601Reader(trimmed, text).read()
      : parseWords(text, range, style);
    interval = sum.finish();
  } catch (error) {
    if (!(error instanceof IntervalOverflow)) throw error;
    throw error.what === "field"
      ? fieldError(text)
      : new SqlError("datetime_field_overflow", "interval out of range");
  }
  return typmod < 0 ? interval : fitInterval(interval, typmod);
}

/** Numbers and units are read from the right, so that a unit is known before its number. */
function parseWords(text: string, range: number, style: IntervalStyle): IntervalSum {
  let tokens = tokenise(text);
  if (tokens === undefined || tokens.length === 0) throw syntaxError(text);
  if (style === "sql_standard") tokens = spreadSign(tokens);
  const sum = new IntervalSum();
  /** The word to the right of the number that comes next. */
  let unit: Unit | undefined;
  /** What a number without a word means after the fields seen so far. */
  let implied: Unit | undefined;
  let isAgo = false;
  let hasValue = false;
  const seen = new Set<Unit>();
  const claim = (...units: readonly Unit[]): void => {
    if (units.some((one) => seen.has(one))) throw syntaxError(text);
    for (const one of units) seen.add(one);
  };
  for (let index = tokens.length - 1; index >= 0; index--) {
    const token = tokens[index];
    if (token === undefined) break;
    switch (token.kind) {
      case "word": {
        const word = token.text.toLowerCase();
        if (word === "ago" && index === tokens.length - 1) {
          isAgo = true;
          break;
        }
        unit = unit === undefined ? unitWords.get(word.slice(0, wordLengthMax)) : undefined;
        if (unit === undefined || index === 0) throw syntaxError(text);
        break;
      }
      case "clock": {
        if (unit !== undefined && unit !== "day") throw syntaxError(text);
        const micros = clockMicros(token.text, range);
        if (micros === undefined) throw fieldError(text);
        claim("hour", "minute", "second", "millisecond", "microsecond");
        sum.addMicros(micros);
        hasValue = true;
        unit = undefined;
        // The number before a clock time counts days.
        implied = "day";
        break;
      }
      case "yearMonth": {
        const match = /^([+-])?\s*(\d+)-(\d+)$/.exec(token.text);
        const monthPart = BigInt(match?.[3] ?? 0);
        if (match === null || monthPart >= 12n) throw fieldError(text);
        const sign = match[1] === "-" ? -1n : 1n;
        claim("year", "month");
        sum.add("year", sign * BigInt(match[2] ?? 0), 0);
        sum.add("month", sign * monthPart, 0);
        unit = undefined;
        implied = "month";
        hasValue = true;
        break;
      }
      case "number": {
        const one: Unit = unit ?? implied ?? unitOfRange(range);
        const digits = token.text.replace(/\s/g, "");
        const fraction = fractionOf(digits);
        if (one === "second" && fraction !== 0) claim("second", "millisecond", "microsecond");
        else claim(one);
        sum.add(one, wholeOf(digits, text), fraction);
        unit = undefined;
        implied = one === "hour" ? "day" : one;
        hasValue = true;
        break;
      }
    }
  }
  if (!hasValue || unit !== undefined) throw syntaxError(text);
  if (isAgo) sum.negate();
  return sum;
}

/** The SQL standard's reading of `-1 23:45`: one sign, before all fields, is the sign of each. */
function spreadSign(tokens: readonly Token[]): Token[] {
  const isSigned = (token: Token): boolean => /^[+-]/.test(token.text);
  const [first, ...others] = tokens;
  if (first === undefined || !first.text.startsWith("-") || others.some(isSigned)) {
    return [...tokens];
  }
  return [
    first,
    ...others.map((token) =>
      token.kind === "word" ? token : { ...token, text: `-${token.text}` },
    ),
  ];
}

/** The digits before the point, with the sign. */
function wholeOf(digits: string, text: string): bigint {
  const whole = /^([+-]?)(\d*)/.exec(digits);
  const magnitude = BigInt(whole?.[2] === "" ? 0 : (whole?.[2] ?? 0));
  const value = whole?.[1] === "-" ? -magnitude : magnitude;
  if (value > int8Max || value < int8Min) throw fieldError(text);
  return value;
}

/** The part after the point with the number's sign; read by itself so that it keeps its precision. */
function fractionOf(digits: string): number {
  const point = digits.indexOf(".");
  if (point === -1 || point === digits.length - 1) return 0;
  const fraction = Number(`0${digits.slice(point)}`);
  return digits.startsWith("-") ? -fraction : fraction;
}

const isoDateUnits: Readonly<Record<string, Unit>> = {
  Y: "year",
  M: "month",
  W: "week",
  D: "day",
};
const isoTimeUnits: Readonly<Record<string, Unit>> = { H: "hour", M: "minute", S: "second" };

interface IsoNumber {
  readonly digits: string;
  readonly whole: bigint;
  readonly fraction: number;
}

/**
 * ISO 8601: `P1Y2M3DT4H5M6S`, and the alternative forms `P0001-02-03T04:05:06` and
 * `P00010203T040506`.
 */
class Iso8601Reader {
  readonly #body: string;
  readonly #text: string;
  #at = 1;
  readonly #sum = new IntervalSum();

  constructor(trimmed: string, text: string) {
    this.#body = trimmed.toUpperCase();
    this.#text = text;
  }

  read(): IntervalSum {
    if (this.#at >= this.#body.length) throw syntaxError(this.#text);
    let inTime = false;
    let isFirst = true;
    while (this.#at < this.#body.length) {
      if (this.#body[this.#at] === "T") {
        this.#at++;
        if (inTime || this.#at >= this.#body.length) throw syntaxError(this.#text);
        inTime = true;
        isFirst = true;
        continue;
      }
      const number = this.#readNumber();
      const designator = this.#body[this.#at];
      const unit =
        designator === undefined ? undefined : (inTime ? isoTimeUnits : isoDateUnits)[designator];
      if (unit !== undefined) {
        this.#at++;
        this.#add(unit, number);
      } else if (!isFirst) {
        throw syntaxError(this.#text);
      } else if (inTime) {
        this.#readAlternativeTime(number);
      } else {
        this.#readAlternativeDate(number);
      }
      isFirst = false;
    }
    return this.#sum;
  }

  #add(unit: Unit, number: IsoNumber): void {
    this.#sum.add(unit, number.whole, number.fraction);
  }

  #readNumber(): IsoNumber {
    const pattern = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const digits = pattern.exec(this.#body)?.[0];
    if (digits === undefined) throw syntaxError(this.#text);
    this.#at += digits.length;
    if (!digits.includes("E")) {
      return { digits, whole: wholeOf(digits, this.#text), fraction: fractionOf(digits) };
    }
    const value = Number(digits);
    const whole = Math.trunc(value);
    if (!Number.isFinite(value) || Math.abs(whole) >= 2 ** 63) throw fieldError(this.#text);
    return { digits, whole: BigInt(whole), fraction: value - whole };
  }

  #readAlternativeDate(year: IsoNumber): void {
    if (/^\d{8}$/.test(year.digits)) {
      const { whole } = year;
      this.#sum.add("year", whole / 10_000n, 0);
      this.#sum.add("month", (whole / 100n) % 100n, 0);
      this.#sum.add("day", whole % 100n, 0);
      return;
    }
    this.#add("year", year);
    for (const unit of ["month", "day"] as const) {
      if (this.#body[this.#at] !== "-") break;
      this.#at++;
      this.#add(unit, this.#readNumber());
    }
    if (this.#at < this.#body.length && this.#body[this.#at] !== "T") throw syntaxError(this.#text);
  }

  #readAlternativeTime(hour: IsoNumber): void {
    if (/^\d{6}(?:\.\d*)?$/.test(hour.digits)) {
      const { whole } = hour;
      this.#sum.add("hour", whole / 10_000n, 0);
      this.#sum.add("minute", (whole / 100n) % 100n, 0);
      this.#sum.add("second", whole % 100n, hour.fraction);
    } else {
      this.#add("hour", hour);
      for (const unit of ["minute", "second"] as const) {
        if (this.#body[this.#at] !== ":") break;
        this.#at++;
        this.#add(unit, this.#readNumber());
      }
    }
    if (this.#at < this.#body.length) throw syntaxError(this.#text);
  }
}

/** Drops the fields below a modifier's last and rounds to its precision. */
export function fitInterval(interval: Interval, typmod: number): Interval {
  const modifier = intervalTypmod(typmod);
  if (modifier === undefined) return interval;
  const { year, month, day, hour, minute, second } = intervalFieldBits;
  let { months, days, micros } = interval;
  const cut = (unit: bigint): void => {
    micros = (micros / unit) * unit;
  };
  switch (modifier.range) {
    case intervalFullRange:
      break;
    case year:
      months = Math.trunc(months / 12) * 12;
      days = 0;
      micros = 0n;
      break;
    case month:
    case year | month:
      days = 0;
      micros = 0n;
      break;
    case day:
      micros = 0n;
      break;
    case hour:
    case day | hour:
      cut(3_600_000_000n);
      break;
    case minute:
    case day | hour | minute:
    case hour | minute:
      cut(60_000_000n);
      break;
    case second:
    default:
      break;
  }
  if (modifier.precision !== undefined) micros = roundMicros(micros, modifier.precision);
  return new Interval(months, days, micros);
}

const precisionUnits: readonly bigint[] = [1_000_000n, 100_000n, 10_000n, 1_000n, 100n, 10n, 1n];

/** Rounds microseconds to `precision` digits of a second, half away from zero. */
export function roundMicros(micros: bigint, precision: number): bigint {
  const unit = precisionUnits[precision] ?? 1n;
  if (unit === 1n) return micros;
  const half = unit / 2n;
  return micros >= 0n ? ((micros + half) / unit) * unit : -(((-micros + half) / unit) * unit);
}
