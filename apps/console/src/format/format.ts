/**
 * How figures are written, in one place: units always, thin spaces between thousands, the zone
 * printed on every time, unknown said in words.
 */

const thinSpace = "\u2009";
const noBreakSpace = "\u00a0";

/** `8 420`, with thin spaces. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

/** `12.4`, `184`, `8 420`: three significant digits below a thousand. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return formatCount(value);
  if (size >= 10) return trimZeros(value.toFixed(1));
  return trimZeros(value.toFixed(2));
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** `41 %`. */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100;
  const digits =
    percent >= 10 || percent === 0 ? Math.round(percent).toString() : trimZeros(percent.toFixed(1));
  return `${digits}${noBreakSpace}%`;
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Binary multiples, said so by the unit: `164 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatFigure(value)}${noBreakSpace}${byteUnits[unit]}`;
}

/** `0.42 ms`, `1.2 s`. */
export function formatMillis(valueMs: number): string {
  if (Math.abs(valueMs) >= 1_000) return `${formatFigure(valueMs / 1_000)}${noBreakSpace}s`;
  return `${formatFigure(valueMs)}${noBreakSpace}ms`;
}

/** `+3.2 ms`: which clock is ahead matters, so the sign is always there. */
export function formatOffset(valueMs: number): string {
  const rounded = Number(valueMs.toFixed(2));
  if (rounded === 0) return `0${noBreakSpace}ms`;
  return `${rounded > 0 ? "+" : "−"}${formatMillis(Math.abs(rounded))}`;
}

/** A length of time in its one or two largest units: `2 s`, `19 min 30 s`, `3 h 5 min`, `4 d 2 h`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const units: readonly (readonly [number, string])[] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first === -1) return `0${noBreakSpace}s`;
  const parts: string[] = [];
  let rest = seconds;
  for (const [size, name] of units.slice(first, first + 2)) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(`${amount}${noBreakSpace}${name}`);
  }
  return parts.join(" ");
}

/** How times are written for one reader: their zone and the present day. */
export interface TimeFormat {
  /** IANA name, such as `UTC` or `Europe/Berlin`. */
  readonly zone: string;
  /** The reader's present, so that a time of another day names its day. */
  readonly nowMs: number;
}

/** `14:02:10 UTC`, or with the day when it was not today: `22 Nov, 14:02:10 UTC`. */
export function formatTime(atMs: number, { zone, nowMs }: TimeFormat): string {
  const time = clock(zone).format(atMs);
  const day = calendar(zone).format(atMs);
  const sameDay = day === calendar(zone).format(nowMs);
  return `${sameDay ? "" : `${day}, `}${time}${noBreakSpace}${zoneName(atMs, zone)}`;
}

/** `14:02:10`: only where the zone stands in a heading or a caption beside it. */
export function formatClock(atMs: number, zone: string): string {
  return clock(zone).format(atMs);
}

/** `UTC`, `CET`, `GMT+5:30`. */
export function zoneName(atMs: number, zone: string): string {
  const part = zoneFormat(zone)
    .formatToParts(atMs)
    .find((candidate) => candidate.type === "timeZoneName");
  return part?.value ?? zone;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const clock = memo(
  (zone) =>
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    }),
);
const calendar = memo(
  (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short" }),
);
const zoneFormat = memo(
  (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" }),
);

/** Building a DateTimeFormat costs tens of microseconds; there are few zones. */
function memo(make: (zone: string) => Intl.DateTimeFormat) {
  const made = new Map<string, Intl.DateTimeFormat>();
  return (zone: string) => {
    let format = made.get(zone);
    if (format === undefined) {
      format = make(zone);
      made.set(zone, format);
    }
    return format;
  };
}

/** `node 2`, `nodes 2 and 3`, `nodes 1, 2 and 3`. */
export function formatNodes(nodeIds: readonly number[]): string {
  return `${nodeIds.length === 1 ? "node" : "nodes"}${noBreakSpace}${formatList(nodeIds.map(String))}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function formatList(items: readonly string[]): string {
  if (items.length <= 1) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** `1 range`, `12 ranges`. */
export function formatAmount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)}${noBreakSpace}${count === 1 ? singular : plural}`;
}

export function capitalise(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
