import { SqlError } from "#base/errors.ts";
import { dayFromCivil, microsPerSecondBig, secondsPerDay } from "./calendar.ts";
import { zoneAbbreviations } from "./zone-abbreviations.ts";

/** A set of rules that says how far local time is ahead of UTC. Offsets are seconds, east positive. */
export interface TimeZone {
  readonly name: string;
  /** Offset in force at an instant, in seconds from 2000-01-01 UTC. */
  offsetAt(utcSeconds: number): number;
  /**
   * Offset that a local clock reading means. A reading that a jump skipped is taken with the
   * offset before it; one that occurs twice, with the offset after.
   */
  offsetAtLocal(localSeconds: number): number;
  /** Abbreviation in force, such as `CET`; undefined when the zone has none but its offset. */
  abbreviationAt(utcSeconds: number): string | undefined;
}

class FixedZone implements TimeZone {
  readonly name: string;
  readonly #offset: number;
  readonly #abbreviation: string | undefined;

  constructor(name: string, offset: number, abbreviation: string | undefined) {
    this.name = name;
    this.#offset = offset;
    this.#abbreviation = abbreviation;
  }

  offsetAt(): number {
    return this.#offset;
  }

  offsetAtLocal(): number {
    return this.#offset;
  }

  abbreviationAt(): string | undefined {
    return this.#abbreviation;
  }
}

/** A week in which the offset changed, or did not. */
interface Week {
  readonly before: number;
  readonly after: number;
  /** First second of `after`; only meaningful when the two differ. */
  readonly transition: number;
}

const weekSeconds = 7 * secondsPerDay;
const weeksCachedMax = 4096;
/** The calendar, and so every rule of the zone database, repeats after 400 years. */
const cycleSeconds = 146_097 * secondsPerDay;
/** Beyond these Intl gives no dates: about ±275 000 years, less a margin. */
const intlSecondsMax = 8.6e12;
const unixOffsetSeconds = 946_684_800;

/**
 * A zone of the IANA database, read through Intl. Asking Intl costs microseconds, so offsets are
 * kept by week: two weeks' ends with the same offset have no change between them.
 */
export class IanaZone implements TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #weeks = new Map<number, Week>();

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  offsetAt(utcSeconds: number): number {
    const week = this.#week(Math.floor(utcSeconds / weekSeconds));
    return week.before === week.after || utcSeconds < week.transition ? week.before : week.after;
  }

  offsetAtLocal(localSeconds: number): number {
    const before = this.offsetAt(localSeconds - secondsPerDay);
    const after = this.offsetAt(localSeconds + secondsPerDay);
    if (before === after) return before;
    const transition = this.#findTransition(
      localSeconds - secondsPerDay,
      localSeconds + secondsPerDay,
    );
    const asBefore = localSeconds - before;
    const asAfter = localSeconds - after;
    if (asBefore < transition && asAfter < transition) return before;
    if (asBefore >= transition && asAfter >= transition) return after;
    return asBefore > asAfter ? before : after;
  }

  abbreviationAt(utcSeconds: number): string | undefined {
    for (const locale of ["en-US", "en-GB", "en-AU", "en-IN"]) {
      const parts = new Intl.DateTimeFormat(locale, {
        timeZone: this.#format.resolvedOptions().timeZone,
        timeZoneName: "short",
      }).formatToParts(intlMs(utcSeconds));
      const name = parts.find((part) => part.type === "timeZoneName")?.value;
      if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name;
    }
    return undefined;
  }

  #week(index: number): Week {
    const known = this.#weeks.get(index);
    if (known !== undefined) return known;
    const start = index * weekSeconds;
    const end = start + weekSeconds;
    const before = this.#ask(start);
    const after = this.#ask(end);
    const week: Week = {
      before,
      after,
      transition: before === after ? 0 : this.#findTransition(start, end),
    };
    if (this.#weeks.size >= weeksCachedMax) this.#weeks.clear();
    this.#weeks.set(index, week);
    return week;
  }

  /** First second in (start, end] with the offset that holds at end. */
  #findTransition(start: number, end: number): number {
    const after = this.#ask(end);
    let low = start;
    let high = end;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === after) high = middle;
      else low = middle;
    }
    return high;
  }

  #ask(utcSeconds: number): number {
    const ms = intlMs(utcSeconds);
    let year = 0;
    let month = 0;
    let day = 0;
    let hour = 0;
    let minute = 0;
    let second = 0;
    let beforeChrist = false;
    for (const part of this.#format.formatToParts(ms)) {
      switch (part.type) {
        case "era":
          beforeChrist = part.value.startsWith("B");
          break;
        case "year":
          year = Number(part.value);
          break;
        case "month":
          month = Number(part.value);
          break;
        case "day":
          day = Number(part.value);
          break;
        case "hour":
          hour = Number(part.value);
          break;
        case "minute":
          minute = Number(part.value);
          break;
        case "second":
          second = Number(part.value);
          break;
        default:
          break;
      }
    }
    if (beforeChrist) year = 1 - year;
    const local =
      dayFromCivil(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second;
    return local - (ms / 1000 - unixOffsetSeconds);
  }
}

function intlMs(utcSeconds: number): number {
  let seconds = utcSeconds + unixOffsetSeconds;
  while (seconds > intlSecondsMax) seconds -= cycleSeconds;
  while (seconds < -intlSecondsMax) seconds += cycleSeconds;
  return seconds * 1000;
}

/** Local readings before the year 1 come from Intl in the Julian calendar, which no zone rule reaches. */
const utc: TimeZone = new FixedZone("UTC", 0, "UTC");

/** Zones by lower-case name: a memo of a pure lookup, bounded by what Intl knows plus `namesMax`. */
const zones = new Map<string, TimeZone>([
  ["utc", utc],
  ["gmt", new FixedZone("GMT", 0, "GMT")],
  ["etc/utc", new FixedZone("Etc/UTC", 0, "UTC")],
]);
const zonesMax = 2048;

/** Finds an IANA or POSIX zone (`Europe/Berlin`, `UTC+3`, `<+03>-03`); undefined when there is none. */
export function findTimeZone(name: string): TimeZone | undefined {
  const key = name.toLowerCase();
  const known = zones.get(key);
  if (known !== undefined) return known;
  const zone = makeIanaZone(name) ?? makePosixZone(name);
  if (zone !== undefined) {
    if (zones.size >= zonesMax) zones.clear();
    zones.set(key, zone);
  }
  return zone;
}

export function getTimeZone(name: string): TimeZone {
  const zone = findTimeZone(name);
  if (zone === undefined) throw unknownTimeZone(name);
  return zone;
}

export function unknownTimeZone(name: string): SqlError {
  return new SqlError("invalid_parameter_value", `time zone "${name}" not recognized`);
}

function makeIanaZone(name: string): TimeZone | undefined {
  // Intl also takes "+05:30", which PostgreSQL reads as POSIX, with the opposite sign.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      calendar: "gregory",
      numberingSystem: "latn",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  const resolved = format.resolvedOptions().timeZone;
  return new IanaZone(resolved.toLowerCase() === name.toLowerCase() ? resolved : name, format);
}

const posixPattern =
  /^([A-Za-z]{3,}|<[A-Za-z0-9:+-]+>)?([+-]?)(\d{1,3})(?::(\d{1,2}))?(?::(\d{1,2}))?$/;

/** POSIX offsets count west of Greenwich. */
function makePosixZone(name: string): TimeZone | undefined {
  const match = posixPattern.exec(name);
  if (match === null) return undefined;
  const hours = Number(match[3]);
  if (hours > 167) return undefined;
  const magnitude = hours * 3600 + Number(match[4] ?? 0) * 60 + Number(match[5] ?? 0);
  const west = match[2] === "-" ? -magnitude : magnitude;
  const abbreviation = match[1]?.replace(/[<>]/g, "");
  return new FixedZone(name, west === 0 ? 0 : -west, abbreviation);
}

/** A zone with a fixed offset in seconds east, named the way SHOW TIME ZONE shows it. */
export function fixedTimeZone(offsetSeconds: number): TimeZone {
  const text = formatOffset(offsetSeconds);
  const west = offsetSeconds === 0 ? "-00" : formatOffset(-offsetSeconds);
  return new FixedZone(`<${text}>${west}`, offsetSeconds, text);
}

/** `+02`, `-03:30`, `+00:53:28`. */
export function formatOffset(offsetSeconds: number): string {
  const magnitude = Math.abs(offsetSeconds);
  const hours = Math.floor(magnitude / 3600);
  const minutes = Math.floor((magnitude % 3600) / 60);
  const seconds = magnitude % 60;
  let text = `${offsetSeconds < 0 ? "-" : "+"}${hours < 10 ? "0" : ""}${hours}`;
  if (minutes !== 0 || seconds !== 0) text += `:${minutes < 10 ? "0" : ""}${minutes}`;
  if (seconds !== 0) text += `:${seconds < 10 ? "0" : ""}${seconds}`;
  return text;
}

/** What a zone word in SQL text means: an abbreviation first, then a zone name. */
export function findZoneWord(word: string): TimeZone | undefined {
  const abbreviated = zoneAbbreviations.get(word.toLowerCase());
  if (abbreviated !== undefined) {
    return new FixedZone(word, abbreviated, word.toUpperCase());
  }
  return findTimeZone(word);
}

/** Whole seconds of a timestamp, rounded down. */
export function secondsOfMicros(micros: bigint): number {
  const whole = micros / microsPerSecondBig;
  return Number(micros % microsPerSecondBig < 0n ? whole - 1n : whole);
}

/** UTC to the clock on the wall. */
export function toLocal(zone: TimeZone, utcMicros: bigint): bigint {
  if (zone === utc) return utcMicros;
  return utcMicros + BigInt(zone.offsetAt(secondsOfMicros(utcMicros))) * microsPerSecondBig;
}

/** The clock on the wall to UTC. */
export function toUtc(zone: TimeZone, localMicros: bigint): bigint {
  if (zone === utc) return localMicros;
  return (
    localMicros - BigInt(zone.offsetAtLocal(secondsOfMicros(localMicros))) * microsPerSecondBig
  );
}
