import { SqlError } from "#base/errors.ts";

/**
 * PostgreSQL's numeric: an exact decimal with a display scale, or NaN, or an infinity.
 *
 * - A finite value is coefficient / 10^scale; scale is the number of digits shown after the point.
 * - For the special values coefficient and scale are 0.
 */
export class Numeric {
  readonly kind: "finite" | "nan" | "infinity" | "-infinity";
  readonly coefficient: bigint;
  readonly scale: number;

  constructor(kind: Numeric["kind"], coefficient: bigint, scale: number) {
    this.kind = kind;
    this.coefficient = coefficient;
    this.scale = scale;
  }
}

export const numericNaN = new Numeric("nan", 0n, 0);
export const numericInfinity = new Numeric("infinity", 0n, 0);
export const numericNegativeInfinity = new Numeric("-infinity", 0n, 0);
export const numericZero = new Numeric("finite", 0n, 0);
export const numericOne = new Numeric("finite", 1n, 0);

/** Digits that may stand before and after the point. */
const integerDigitsMax = 131_072;
export const numericScaleMax = 16_383;

const pow10Cached: readonly bigint[] = Array.from(
  { length: 80 },
  (_, power) => 10n ** BigInt(power),
);

export function pow10(power: number): bigint {
  return pow10Cached[power] ?? 10n ** BigInt(power);
}

export function finiteNumeric(coefficient: bigint, scale: number): Numeric {
  return new Numeric("finite", coefficient, scale);
}

/** Makes a result, refusing values with more digits than numeric holds. */
export function checkedNumeric(coefficient: bigint, scale: number): Numeric {
  // 2^435411 is just below 10^131072; most values are far from it and pass on a cheap test.
  if (scale < integerDigitsMax && coefficient < safeCoefficient && coefficient > -safeCoefficient) {
    return new Numeric("finite", coefficient, scale);
  }
  if (decimalDigits(coefficient) - scale > integerDigitsMax) throw numericOverflow();
  return new Numeric("finite", coefficient, scale);
}

const safeCoefficient = 10n ** 1000n;

export function numericOverflow(): SqlError {
  return new SqlError("numeric_value_out_of_range", "value overflows numeric format");
}

export function bigintAbs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** How many decimal digits |value| has; 0 has none. */
export function decimalDigits(value: bigint): number {
  if (value === 0n) return 0;
  return value < 0n ? value.toString().length - 1 : value.toString().length;
}

/** value / divisor, rounded half away from zero. divisor is positive. */
export function divideRounded(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const remainder = value % divisor;
  const twice = remainder < 0n ? -remainder * 2n : remainder * 2n;
  if (twice < divisor) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The value at another scale (which may be negative), rounded half away from zero; as a coefficient at max(scale, 0). */
export function roundToScale(value: Numeric, scale: number): Numeric {
  if (value.kind !== "finite" || value.scale === scale) return value;
  if (scale > value.scale) {
    return checkedNumeric(value.coefficient * pow10(scale - value.scale), scale);
  }
  const rounded = divideRounded(value.coefficient, pow10(value.scale - scale));
  return scale >= 0 ? checkedNumeric(rounded, scale) : checkedNumeric(rounded * pow10(-scale), 0);
}

export function truncateToScale(value: Numeric, scale: number): Numeric {
  if (value.kind !== "finite" || value.scale === scale) return value;
  if (scale > value.scale) {
    return checkedNumeric(value.coefficient * pow10(scale - value.scale), scale);
  }
  const cut = value.coefficient / pow10(value.scale - scale);
  return scale >= 0 ? finiteNumeric(cut, scale) : finiteNumeric(cut * pow10(-scale), 0);
}

/** The coefficient the value would have at a scale not below its own. */
export function coefficientAt(value: Numeric, scale: number): bigint {
  return value.scale === scale ? value.coefficient : value.coefficient * pow10(scale - value.scale);
}

/** Orders numerics: -Infinity, finite values regardless of scale, Infinity, NaN. */
export function compareNumeric(left: Numeric, right: Numeric): number {
  if (left.kind !== "finite" || right.kind !== "finite") {
    return kindRank(left.kind) - kindRank(right.kind);
  }
  let a = left.coefficient;
  let b = right.coefficient;
  if (left.scale < right.scale) a *= pow10(right.scale - left.scale);
  else if (right.scale < left.scale) b *= pow10(left.scale - right.scale);
  return a < b ? -1 : a > b ? 1 : 0;
}

function kindRank(kind: Numeric["kind"]): number {
  switch (kind) {
    case "-infinity":
      return 0;
    case "finite":
      return 1;
    case "infinity":
      return 2;
    case "nan":
      return 3;
  }
}

/** -1, 0 or 1; NaN has 0. */
export function numericSign(value: Numeric): number {
  switch (value.kind) {
    case "finite":
      return value.coefficient < 0n ? -1 : value.coefficient > 0n ? 1 : 0;
    case "infinity":
      return 1;
    case "-infinity":
      return -1;
    case "nan":
      return 0;
  }
}

/** Drops trailing zeros after the point: equal numbers get one form. */
export function trimScale(value: Numeric): Numeric {
  if (value.kind !== "finite" || value.scale === 0) return value;
  let { coefficient, scale } = value;
  if (coefficient === 0n) return numericZero;
  while (scale >= 16 && coefficient % 10_000_000_000_000_000n === 0n) {
    coefficient /= 10_000_000_000_000_000n;
    scale -= 16;
  }
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale--;
  }
  return scale === value.scale ? value : finiteNumeric(coefficient, scale);
}

export function numericFromBigint(value: bigint): Numeric {
  return new Numeric("finite", value, 0);
}

export function numericFromInteger(value: number): Numeric {
  return new Numeric("finite", BigInt(value), 0);
}

/** PostgreSQL keeps 15 significant digits of a float8 and 6 of a float4. */
export function numericFromFloat(value: number, significantDigits: number): Numeric {
  if (Number.isNaN(value)) return numericNaN;
  if (value === Infinity) return numericInfinity;
  if (value === -Infinity) return numericNegativeInfinity;
  if (value === 0) return numericZero;
  const parsed = parseFinite(value.toExponential(significantDigits - 1));
  // %.15g drops trailing zeros, so only significant digits count towards the scale.
  return trimScale(parsed ?? numericZero);
}

export function numericToNumber(value: Numeric): number {
  switch (value.kind) {
    case "finite":
      if (value.scale === 0) return Number(value.coefficient);
      return Number(formatNumeric(value));
    case "infinity":
      return Infinity;
    case "-infinity":
      return -Infinity;
    case "nan":
      return NaN;
  }
}

export function formatNumeric(value: Numeric): string {
  if (value.kind !== "finite") {
    return value.kind === "nan" ? "NaN" : value.kind === "infinity" ? "Infinity" : "-Infinity";
  }
  const { coefficient, scale } = value;
  if (scale === 0) return coefficient.toString();
  const digits = coefficient.toString();
  const start = coefficient < 0n ? 1 : 0;
  const point = digits.length - scale;
  if (point > start) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  const sign = start === 1 ? "-" : "";
  return `${sign}0.${digits.slice(start).padStart(scale, "0")}`;
}

const decimalPattern = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/** Up to 15 digits with at most one point, which is nearly all there is; undefined for anything else. */
function parseShort(text: string): Numeric | undefined {
  const { length } = text;
  if (length === 0 || length > 15) return undefined;
  let at = text.charCodeAt(0) === 45 ? 1 : 0;
  const negative = at === 1;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
    } else if (digit === -2 && point === -1) {
      point = at;
    } else {
      return undefined;
    }
  }
  if (digits === 0) return undefined;
  const scale = point === -1 ? 0 : length - point - 1;
  return new Numeric("finite", BigInt(negative ? -value : value), scale);
}

function parseFinite(text: string): Numeric | undefined {
  const short = parseShort(text);
  if (short !== undefined) return short;
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? match[4] ?? "";
  const digits = `${match[2] ?? ""}${fraction}`;
  const magnitude = BigInt(digits);
  const coefficient = match[1] === "-" ? -magnitude : magnitude;
  if (match[5] === undefined) {
    if (fraction.length > numericScaleMax) throw numericOverflow();
    return checkedNumeric(coefficient, fraction.length);
  }
  const exponent = Number(match[5]);
  if (Math.abs(exponent) >= 0x3fffffff) return undefined;
  const scale = fraction.length - exponent;
  if (scale > numericScaleMax) throw numericOverflow();
  if (scale >= 0) return checkedNumeric(coefficient, scale);
  if (coefficient === 0n) return numericZero;
  if (digits.replace(/^0+/, "").length - scale > integerDigitsMax) throw numericOverflow();
  return checkedNumeric(coefficient * pow10(-scale), 0);
}

/** Undefined when the text is not a number; 22003 when it is too large. */
export function parseNumeric(text: string): Numeric | undefined {
  const finite = parseFinite(text);
  if (finite !== undefined) return finite;
  const trimmed = text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, "");
  if (trimmed.length !== text.length) return trimmed === "" ? undefined : parseNumeric(trimmed);
  switch (text.toLowerCase()) {
    case "nan":
      return numericNaN;
    case "inf":
    case "+inf":
    case "infinity":
    case "+infinity":
      return numericInfinity;
    case "-inf":
    case "-infinity":
      return numericNegativeInfinity;
    default:
      return undefined;
  }
}

/** Rounds to numeric(precision, scale) or fails with 22003. */
export function fitNumeric(value: Numeric, precision: number, scale: number): Numeric {
  const detailStart = `A field with precision ${precision}, scale ${scale}`;
  if (value.kind === "nan") return value;
  if (value.kind !== "finite") {
    throw new SqlError("numeric_value_out_of_range", "numeric field overflow", {
      detail: `${detailStart} cannot hold an infinite value.`,
    });
  }
  const rounded = roundToScale(value, scale);
  const integerDigits = precision - scale;
  const limit =
    integerDigits >= 0
      ? pow10(integerDigits + rounded.scale)
      : // Fewer digits than the scale: |value| must be below 10^(precision - scale) < 1.
        pow10(Math.max(rounded.scale + integerDigits, 0));
  if (bigintAbs(rounded.coefficient) >= limit) {
    const bound = integerDigits === 0 ? "1" : `10^${integerDigits}`;
    throw new SqlError("numeric_value_out_of_range", "numeric field overflow", {
      detail: `${detailStart} must round to an absolute value less than ${bound}.`,
    });
  }
  return rounded;
}
