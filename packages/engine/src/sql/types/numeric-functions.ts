import { SqlError } from "#base/errors.ts";
import type { Numeric } from "./numeric.ts";
import {
  bigintAbs,
  checkedNumeric,
  compareNumeric,
  decimalDigits,
  divideRounded,
  finiteNumeric,
  numericFromBigint,
  numericInfinity,
  numericNaN,
  numericOne,
  numericOverflow,
  numericSign,
  numericToNumber,
  numericZero,
  pow10,
  roundToScale,
} from "./numeric.ts";
import {
  displayScaleMax,
  divisionByZero,
  leadingDigit,
  multiplyNumeric,
  quotientAt,
  significantDigitsMin,
} from "./numeric-arithmetic.ts";

/*
 * Roots, exponentials and logarithms on fixed-point bigints with guard digits. The scales of the
 * results are those of PostgreSQL's numeric.c; only the rounding of the last digit rests on our
 * own arithmetic, which carries `guardDigits` more than are shown.
 */

const guardDigits = 12;
const resultScaleMax = 2000;

function clampScale(scale: number): number {
  return Math.min(Math.max(Math.trunc(scale), 0), displayScaleMax);
}

export function sqrtBigint(value: bigint): bigint {
  if (value < 2n) return value;
  let estimate = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (estimate + value / estimate) >> 1n;
    if (next >= estimate) return estimate;
    estimate = next;
  }
}

export function sqrtNumeric(value: Numeric): Numeric {
  if (value.kind === "nan" || value.kind === "infinity") return value;
  if (numericSign(value) < 0) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "cannot take square root of a negative number",
    );
  }
  const { weight } = leadingDigit(value);
  const rootWeight = Math.trunc(((weight + 1) * 4) / 2) - 1;
  const scale = clampScale(Math.max(significantDigitsMin - rootWeight, value.scale));
  // sqrt(c / 10^s) at `scale` digits is sqrt(c * 10^(2 scale - s)); one more digit decides rounding.
  const shift = 2 * (scale + 1) - value.scale;
  const radicand =
    shift >= 0 ? value.coefficient * pow10(shift) : value.coefficient / pow10(-shift);
  return finiteNumeric(divideRounded(sqrtBigint(radicand), 10n), scale);
}

/** exp of a fixed-point number with `digits` digits after the point, to the same precision. */
function expFixed(value: bigint, digits: number): bigint {
  const one = pow10(digits);
  // Halve the argument until it is small, run Taylor's series, square back.
  let halvings = 0;
  let reduced = value;
  while (bigintAbs(reduced) > one / 100n) {
    reduced /= 2n;
    halvings++;
  }
  const extra = halvings + 5;
  const work = pow10(digits + extra);
  const argument = (value * pow10(extra)) / (1n << BigInt(halvings));
  let sum = work;
  let term = work;
  for (let n = 1n; ; n++) {
    term = (term * argument) / (work * n);
    if (term === 0n) break;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) / work;
  return sum / pow10(extra);
}

/** ln of a positive fixed-point number. */
function lnFixed(value: bigint, digits: number): bigint {
  const extra = 10;
  const work = pow10(digits + extra);
  let argument = value * pow10(extra);
  // Bring the argument near 1 by powers of ten, then by square roots.
  const magnitude = decimalDigits(argument) - 1 - (digits + extra);
  let tens = 0n;
  if (Math.abs(magnitude) > 1) {
    argument = magnitude > 0 ? argument / pow10(magnitude) : argument * pow10(-magnitude);
    tens = BigInt(magnitude);
  }
  let result = atanhLn(argument, work);
  if (tens !== 0n) result += tens * atanhLn(10n * work, work);
  return result / pow10(extra);
}

function atanhLn(value: bigint, work: bigint): bigint {
  let argument = value;
  let roots = 0n;
  while (bigintAbs(argument - work) > work / 10n) {
    argument = sqrtBigint(argument * work);
    roots++;
  }
  // ln(x) = 2 atanh((x - 1) / (x + 1))
  const z = ((argument - work) * work) / (argument + work);
  const square = (z * z) / work;
  let power = z;
  let sum = z;
  for (let n = 3n; ; n += 2n) {
    power = (power * square) / work;
    if (power === 0n) break;
    sum += power / n;
  }
  return (sum * 2n) << roots;
}

function toFixed(value: Numeric, digits: number): bigint {
  return digits >= value.scale
    ? value.coefficient * pow10(digits - value.scale)
    : divideRounded(value.coefficient, pow10(value.scale - digits));
}

export function expNumeric(value: Numeric): Numeric {
  if (value.kind === "-infinity") return numericZero;
  if (value.kind !== "finite") return value;
  const approximate = numericToNumber(value);
  const weight = Math.max(
    -resultScaleMax,
    Math.min(resultScaleMax, approximate * 0.434294481903252),
  );
  const scale = clampScale(Math.max(significantDigitsMin - Math.trunc(weight), value.scale));
  return expAtScale(value, scale);
}

function expAtScale(value: Numeric, scale: number): Numeric {
  const approximate = numericToNumber(value);
  if (Math.abs(approximate) >= resultScaleMax * 3) {
    if (approximate > 0) throw numericOverflow();
    return finiteNumeric(0n, scale);
  }
  const integerDigits = Math.max(0, Math.ceil(approximate * 0.4343)) + 2;
  const digits = scale + guardDigits + integerDigits;
  const result = expFixed(toFixed(value, digits), digits);
  return checkedNumeric(divideRounded(result, pow10(digits - scale)), scale);
}

const pointNine = finiteNumeric(9n, 1);
const onePointOne = finiteNumeric(11n, 1);

/** Estimate of the decimal weight of ln(value), as numeric.c makes it. */
function estimateLnWeight(value: Numeric): number {
  if (numericSign(value) <= 0) return 0;
  if (compareNumeric(value, pointNine) >= 0 && compareNumeric(value, onePointOne) <= 0) {
    const difference = finiteNumeric(value.coefficient - pow10(value.scale), value.scale);
    if (difference.coefficient === 0n) return 0;
    const { weight, digit } = leadingDigit(difference);
    return weight * 4 + Math.trunc(Math.log10(digit));
  }
  const logarithm = Math.log(firstDigits(value)) + firstDigitsWeight(value) * Math.LN10;
  return Math.trunc(Math.log10(Math.abs(logarithm)));
}

function firstDigits(value: Numeric): number {
  const text = bigintAbs(value.coefficient).toString();
  return Number(text.slice(0, 17));
}

function firstDigitsWeight(value: Numeric): number {
  const text = bigintAbs(value.coefficient).toString();
  return Math.max(text.length - 17, 0) - value.scale;
}

function checkLogarithmArgument(value: Numeric): void {
  const sign = numericSign(value);
  if (value.kind === "nan") return;
  if (sign === 0) {
    throw new SqlError("invalid_argument_for_logarithm", "cannot take logarithm of zero");
  }
  if (sign < 0) {
    throw new SqlError(
      "invalid_argument_for_logarithm",
      "cannot take logarithm of a negative number",
    );
  }
}

export function lnNumeric(value: Numeric): Numeric {
  checkLogarithmArgument(value);
  if (value.kind !== "finite") return value;
  const scale = clampScale(Math.max(significantDigitsMin - estimateLnWeight(value), value.scale));
  return lnAtScale(value, scale);
}

function lnAtScale(value: Numeric, scale: number): Numeric {
  const digits = Math.max(scale, value.scale) + guardDigits;
  return finiteNumeric(
    divideRounded(lnFixed(toFixed(value, digits), digits), pow10(digits - scale)),
    scale,
  );
}

export function logNumeric(base: Numeric, value: Numeric): Numeric {
  if (base.kind === "nan" || value.kind === "nan") return numericNaN;
  checkLogarithmArgument(base);
  checkLogarithmArgument(value);
  if (base.kind === "infinity") return value.kind === "infinity" ? numericNaN : numericZero;
  if (value.kind === "infinity") return numericInfinity;
  const weight = estimateLnWeight(value) - estimateLnWeight(base);
  const scale = clampScale(Math.max(significantDigitsMin - weight, base.scale, value.scale));
  const digits =
    Math.max(scale, base.scale, value.scale) + guardDigits + Math.abs(estimateLnWeight(base)) + 8;
  const lnBase = lnFixed(toFixed(base, digits), digits);
  if (lnBase === 0n) throw divisionByZero();
  const lnValue = lnFixed(toFixed(value, digits), digits);
  const numerator = lnValue * pow10(scale);
  return finiteNumeric(
    lnBase < 0n ? divideRounded(-numerator, -lnBase) : divideRounded(numerator, lnBase),
    scale,
  );
}

export function powerNumeric(base: Numeric, exponent: Numeric): Numeric {
  const special = powerSpecial(base, exponent);
  if (special !== undefined) return special;
  const isInteger = exponent.coefficient % pow10(exponent.scale) === 0n;
  if (numericSign(base) === 0 && numericSign(exponent) < 0) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "zero raised to a negative power is undefined",
    );
  }
  if (isInteger) {
    const whole = exponent.coefficient / pow10(exponent.scale);
    if (whole >= -2_147_483_648n && whole <= 2_147_483_647n) {
      return powerInteger(
        base,
        Number(whole),
        clampScale(Math.max(significantDigitsMin, base.scale)),
      );
    }
  }
  if (numericSign(base) === 0) return finiteNumeric(0n, significantDigitsMin);
  let negate = false;
  let magnitude = base;
  if (numericSign(base) < 0) {
    if (!isInteger) {
      throw complexResult();
    }
    negate = (exponent.coefficient / pow10(exponent.scale)) % 2n !== 0n;
    magnitude = finiteNumeric(-base.coefficient, base.scale);
  }
  const roughScale = clampScale(8 - estimateLnWeight(magnitude));
  const rough = numericToNumber(multiplyNumeric(lnAtScale(magnitude, roughScale), exponent));
  if (Math.abs(rough) > resultScaleMax * 3.01) {
    if (rough > 0) throw numericOverflow();
    return finiteNumeric(0n, displayScaleMax);
  }
  const weight = rough * 0.434294481903252;
  const scale = clampScale(
    Math.max(significantDigitsMin - Math.trunc(weight), base.scale, exponent.scale),
  );
  const lnScale = scale + Math.max(0, Math.trunc(weight)) + exponent.scale + guardDigits + 8;
  const product = multiplyNumeric(lnAtScale(magnitude, lnScale), exponent);
  const result = expAtScale(product, scale);
  return negate ? finiteNumeric(-result.coefficient, result.scale) : result;
}

function complexResult(): SqlError {
  return new SqlError(
    "invalid_argument_for_power_function",
    "a negative number raised to a non-integer power yields a complex result",
  );
}

/** NaN and infinities, per POSIX pow(); undefined when both are finite. */
function powerSpecial(base: Numeric, exponent: Numeric): Numeric | undefined {
  if (base.kind === "finite" && exponent.kind === "finite") return undefined;
  if (base.kind === "nan")
    return numericSign(exponent) === 0 && exponent.kind === "finite" ? numericOne : numericNaN;
  if (exponent.kind === "nan") {
    return base.kind === "finite" && compareNumeric(base, numericOne) === 0
      ? numericOne
      : numericNaN;
  }
  if (base.kind === "finite") {
    const minusOne = finiteNumeric(-1n, 0);
    if (compareNumeric(base, numericOne) === 0 || compareNumeric(base, minusOne) === 0) {
      return numericOne;
    }
    const isSmall =
      compareNumeric(finiteNumeric(bigintAbs(base.coefficient), base.scale), numericOne) < 0;
    if (numericSign(base) === 0 && exponent.kind === "-infinity") {
      throw new SqlError(
        "invalid_argument_for_power_function",
        "zero raised to a negative power is undefined",
      );
    }
    return (exponent.kind === "infinity") === isSmall ? numericZero : numericInfinity;
  }
  const sign = numericSign(exponent);
  if (sign === 0) return numericOne;
  if (base.kind === "infinity") return sign < 0 ? numericZero : numericInfinity;
  const isWhole = exponent.kind !== "finite" || exponent.coefficient % pow10(exponent.scale) === 0n;
  if (!isWhole) throw complexResult();
  if (sign < 0) return numericZero;
  if (exponent.kind !== "finite") return numericInfinity;
  const unit = pow10(exponent.scale);
  const odd = exponent.coefficient % unit === 0n && (exponent.coefficient / unit) % 2n !== 0n;
  return odd ? base : numericInfinity;
}

function powerInteger(base: Numeric, exponent: number, scale: number): Numeric {
  if (exponent === 0) return finiteNumeric(pow10(scale), scale);
  if (exponent === 1) return roundToScale(base, scale);
  if (exponent === -1) return quotientAt(numericOne, base, scale);
  if (exponent === 2) return roundToScale(multiplyNumeric(base, base), scale);
  if (base.coefficient === 0n) return finiteNumeric(0n, scale);
  const weight = exponent * (Math.log10(firstDigits(base)) + firstDigitsWeight(base));
  if (weight > 3 * 32767 * 4) throw numericOverflow();
  if (weight + 1 < -scale || weight + 1 < -displayScaleMax) return finiteNumeric(0n, scale);
  // Keep the digits that can matter: those of the result and enough to outlast the rounding steps.
  const significant =
    Math.max(1, Math.ceil(weight) + scale) +
    guardDigits +
    Math.ceil(Math.log10(Math.abs(exponent))) +
    8;
  let result = { coefficient: 1n, scale: 0 };
  let factor = { coefficient: base.coefficient, scale: base.scale };
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      result = keepDigits(
        result.coefficient * factor.coefficient,
        result.scale + factor.scale,
        significant,
      );
    }
    if (rest > 1) {
      factor = keepDigits(factor.coefficient * factor.coefficient, factor.scale * 2, significant);
    }
  }
  const power = finiteNumeric(result.coefficient, result.scale);
  if (exponent > 0) return roundSignedScale(power, scale);
  return quotientAt(numericOne, power, scale);
}

function keepDigits(
  coefficient: bigint,
  scale: number,
  digits: number,
): { coefficient: bigint; scale: number } {
  const surplus = decimalDigits(coefficient) - digits;
  if (surplus <= 0) return { coefficient, scale };
  return { coefficient: divideRounded(coefficient, pow10(surplus)), scale: scale - surplus };
}

/** Rounds a value whose own scale may be negative. */
function roundSignedScale(value: Numeric, scale: number): Numeric {
  const shift = scale - value.scale;
  return shift >= 0
    ? checkedNumeric(value.coefficient * pow10(shift), scale)
    : checkedNumeric(divideRounded(value.coefficient, pow10(-shift)), scale);
}

export function factorialNumeric(value: bigint): Numeric {
  if (value < 0n) {
    throw new SqlError("numeric_value_out_of_range", "factorial of a negative number is undefined");
  }
  if (value > 32_177n) throw numericOverflow();
  let product = 1n;
  for (let factor = 2n; factor <= value; factor++) product *= factor;
  return numericFromBigint(product);
}
