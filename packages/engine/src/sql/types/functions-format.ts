import { isTimestampInRange, joinTimestamp, microsPerSecondBig } from "./calendar.ts";
import { isInfiniteTimestamp } from "./cast-table.ts";
import { timestampOutOfRange } from "./datetime-parse.ts";
import { showInterval, showTimestamp } from "./datetime-pattern.ts";
import { readWithPattern } from "./datetime-pattern-parse.ts";
import {
  date,
  float4,
  float8,
  int4,
  int8,
  interval,
  numeric,
  scalar,
  text,
  timestamp,
  timestamptz,
} from "./define.ts";
import type { ScalarFunction } from "./function.ts";
import { readNumber, showNumber } from "./number-pattern.ts";
import { numericFromBigint, numericFromFloat, numericFromInteger } from "./numeric.ts";
import { formatOffset, getTimeZone, secondsOfMicros, toUtc } from "./time-zone.ts";

const stable = { volatility: "stable" } as const;

/** to_char and its inverses. */
export const formatFunctions: readonly ScalarFunction[] = [
  scalar(
    "to_char",
    [timestamp, text],
    text,
    (micros, pattern) => (isInfiniteTimestamp(micros) ? null : showTimestamp(pattern, micros)),
    stable,
  ),
  scalar(
    "to_char",
    [timestamptz, text],
    text,
    (micros, pattern, context) => {
      if (isInfiniteTimestamp(micros)) return null;
      const zone = getTimeZone(context.format.timeZone);
      const seconds = secondsOfMicros(micros);
      const offset = zone.offsetAt(seconds);
      return showTimestamp(pattern, micros + BigInt(offset) * microsPerSecondBig, {
        offset,
        name: zone.abbreviationAt(seconds) ?? formatOffset(offset),
      });
    },
    stable,
  ),
  scalar(
    "to_char",
    [interval, text],
    text,
    (value, pattern) => showInterval(pattern, value),
    stable,
  ),
  scalar(
    "to_char",
    [int4, text],
    text,
    (value, pattern) => showNumber(numericFromInteger(value), pattern),
    stable,
  ),
  scalar(
    "to_char",
    [int8, text],
    text,
    (value, pattern) => showNumber(numericFromBigint(value), pattern),
    stable,
  ),
  scalar("to_char", [numeric, text], text, showNumber, stable),
  scalar(
    "to_char",
    [float8, text],
    text,
    (value, pattern) => showNumber(numericFromFloat(value, 15), pattern),
    stable,
  ),
  scalar(
    "to_char",
    [float4, text],
    text,
    (value, pattern) => showNumber(numericFromFloat(value, 6), pattern),
    stable,
  ),
  scalar("to_number", [text, text], numeric, readNumber, stable),
  scalar(
    "to_date",
    [text, text],
    date,
    (value, pattern) => readWithPattern(value, pattern).day,
    stable,
  ),
  scalar(
    "to_timestamp",
    [text, text],
    timestamptz,
    (value, pattern, context) => {
      const { day, microOfDay, offset } = readWithPattern(value, pattern);
      const local = joinTimestamp(day, microOfDay);
      const micros =
        offset === undefined
          ? toUtc(getTimeZone(context.format.timeZone), local)
          : local - BigInt(offset) * microsPerSecondBig;
      if (!isTimestampInRange(micros)) throw timestampOutOfRange(value);
      return micros;
    },
    stable,
  ),
];
