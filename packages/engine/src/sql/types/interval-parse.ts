import { SqlError } from "#base/errors.ts";
import { microsPerDay, roundHalfEven } from "./calendar.ts";
import { Interval } from "./datum.ts";
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

const unitWords: ReadonlyMap<string, Unit> = new Map<string, Unit>(
  (
    [
      ["microsecond", "microsecond microseconds microsecon us usec usecs usecond useconds"],
      ["millisecond", "millisecond milliseconds millisecon ms msec msecs msecond mseconds"],
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
  ).flatMap(([unit, words]) => words.split(" ").map((word) => [word, unit] as const)),
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

const int4Max = 2_147_483_647;
const int8Max = 2n ** 63n - 1n;

/** The sum being built. Months and days are whole; what is left of fractions spills downwards. */
class IntervalSum {
  months = 0;
  days = 0;
  micros = 0n;

  add(unit: Unit, whole: number, fraction: number): void {
    switch (unit) {
      case "microsecond":
      case "millisecond":
      case "second":
      case "minute":
      case "hour":
        this.micros +=
          BigInt(whole) * BigInt(fixedMicros[unit]) + spread(fraction, fixedMicros[unit]);
        break;
      case "day":
        this.days += whole;
        this.micros += spread(fraction, microsPerDay);
        break;
      case "week":
        this.days += whole * 7;
        this.#addDays(fraction * 7);
        break;
      case "month":
        this.months += whole;
        this.#addDays(fraction * 30);
        break;
      case "year":
      case "decade":
      case "century":
      case "millennium":
        this.months += whole * monthsOf[unit] + roundHalfEven(fraction * monthsOf[unit]);
        break;
    }
  }

  negate(): void {
    this.months = -this.months;
    this.days = -this.days;
    this.micros = -this.micros;
  }

  #addDays(days: number): void {
    const whole = Math.trunc(days);
    this.days += whole;
    this.micros += spread(days - whole, microsPerDay);
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

export function parseInterval(text: string, typmod = -1): Interval {
  const modifier = intervalTypmod(typmod);
  const range = modifier?.range ?? intervalFullRange;
  const trimmed = text.trim();
  const sum = /^[+-]?P/i.test(trimmed) ? parseIso8601(trimmed, text) : parseWords(text, range);
  if (Math.abs(sum.months) > int4Max || Math.abs(sum.days) > int4Max) throw fieldError(text);
  if (sum.micros > int8Max || sum.micros < -int8Max - 1n) throw fieldError(text);
  const interval = new Interval(sum.months, sum.days, sum.micros);
  return typmod < 0 ? interval : fitInterval(interval, typmod);
}

/** Numbers and units are read from the right, so that a unit is known before its number. */
function parseWords(text: string, range: number): IntervalSum {
  const tokens = tokenise(text);
  if (tokens === undefined || tokens.length === 0) throw syntaxError(text);
  const sum = new IntervalSum();
  let unit: Unit | undefined;
  let isAgo = false;
  let hasValue = false;
  const seen = new Set<Unit>();
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
        const found = unitWords.get(word);
        if (found === undefined || unit !== undefined) throw syntaxError(text);
        unit = found;
        if (index === 0) throw syntaxError(text);
        break;
      }
      case "clock": {
        if (unit !== undefined && unit !== "day") throw syntaxError(text);
        const micros = clockMicros(token.text, range);
        if (micros === undefined) throw fieldError(text);
        if (seen.has("hour")) throw syntaxError(text);
        seen.add("hour").add("minute").add("second");
        sum.micros += micros;
        unit = "day";
        hasValue = true;
        // The number before a clock time counts days.
        if (tokens[index - 1]?.kind !== "number") unit = undefined;
        break;
      }
      case "yearMonth": {
        const match = /^([+-])?\s*(\d+)-(\d+)$/.exec(token.text);
        const monthPart = Number(match?.[3]);
        if (match === null || monthPart >= 12) throw fieldError(text);
        const total = Number(match[2]) * 12 + monthPart;
        sum.months += match[1] === "-" ? -total : total;
        unit = undefined;
        hasValue = true;
        break;
      }
      case "number": {
        const one: Unit = unit ?? unitOfRange(range);
        const digits = token.text.replace(/\s/g, "");
        const value = Number(digits);
        const whole = Math.trunc(value);
        if (Math.abs(whole) > Number(int8Max)) throw fieldError(text);
        if (seen.has(one)) throw syntaxError(text);
        seen.add(one);
        const fraction = fractionOf(digits);
        sum.add(one, whole, fraction);
        unit = undefined;
        hasValue = true;
        break;
      }
    }
  }
  if (!hasValue || unit !== undefined) throw syntaxError(text);
  if (isAgo) sum.negate();
  return sum;
}

/** The part after the point with the number's sign; read by itself so that it keeps its precision. */
function fractionOf(digits: string): number {
  const point = digits.indexOf(".");
  if (point === -1 || point === digits.length - 1) return 0;
  const fraction = Number(`0${digits.slice(point)}`);
  return digits.startsWith("-") ? -fraction : fraction;
}

const isoUnits: Readonly<Record<string, Unit>> = { Y: "year", M: "month", W: "week", D: "day" };
const isoTimeUnits: Readonly<Record<string, Unit>> = { H: "hour", M: "minute", S: "second" };

/** `P1Y2M3DT4H5M6S` and `P0001-02-03T04:05:06`. */
function parseIso8601(trimmed: string, text: string): IntervalSum {
  const sum = new IntervalSum();
  const body = trimmed.replace(/^[+-]?P/i, "").toUpperCase();
  if (trimmed.startsWith("+") || trimmed.startsWith("-") || body === "") throw syntaxError(text);
  const alternative =
    /^(?:([+-]?\d+)-(\d+)-(\d+))?(?:T([+-]?\d+):(\d+)(?::(\d+(?:\.\d*)?))?)?$/.exec(body);
  if (alternative !== null) {
    sum.add("year", Number(alternative[1] ?? 0), 0);
    sum.add("month", Number(alternative[2] ?? 0), 0);
    sum.add("day", Number(alternative[3] ?? 0), 0);
    sum.add("hour", Number(alternative[4] ?? 0), 0);
    sum.add("minute", Number(alternative[5] ?? 0), 0);
    const seconds = alternative[6] ?? "0";
    sum.add("second", Math.trunc(Number(seconds)), fractionOf(seconds));
    return sum;
  }
  const [datePart = "", timePart, more] = body.split("T");
  if (more !== undefined || timePart === "") throw syntaxError(text);
  const read = (part: string, units: Readonly<Record<string, Unit>>): void => {
    let at = 0;
    const pattern = /([+-]?(?:\d+(?:\.\d*)?|\.\d+))([A-Z])/y;
    while (at < part.length) {
      pattern.lastIndex = at;
      const match = pattern.exec(part);
      const unit = match === null ? undefined : units[match[2] ?? ""];
      if (match === null || unit === undefined) throw syntaxError(text);
      const number = match[1] ?? "";
      sum.add(unit, Math.trunc(Number(number)), fractionOf(number));
      at += match[0].length;
    }
  };
  read(datePart, isoUnits);
  if (timePart !== undefined) read(timePart, isoTimeUnits);
  return sum;
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
