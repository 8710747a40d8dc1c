import { SqlError } from "#base/errors.ts";
import type { Numeric } from "./numeric.ts";
import {
  bigintAbs,
  checkedNumeric,
  coefficientAt,
  decimalDigits,
  divideRounded,
  finiteNumeric,
  numericInfinity,
  numericNaN,
  numericNegativeInfinity,
  numericScaleMax,
  numericSign,
  numericZero,
  pow10,
  roundToScale,
} from "./numeric.ts";

/** A quotient or root shows at least this many significant digits. */
export const significantDigitsMin = 16;
export const displayScaleMax = 1000;

export function divisionByZero(): SqlError {
  return new SqlError("division_by_zero", "division by zero");
}

function infinityOfSign(sign: number): Numeric {
  return sign < 0 ? numericNegativeInfinity : numericInfinity;
}

export function addNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind === "finite" && right.kind === "finite") {
    if (left.scale === right.scale) {
      return checkedNumeric(left.coefficient + right.coefficient, left.scale);
    }
    const scale = Math.max(left.scale, right.scale);
    return checkedNumeric(coefficientAt(left, scale) + coefficientAt(right, scale), scale);
  }
  if (left.kind === "nan" || right.kind === "nan") return numericNaN;
  if (left.kind === "finite") return right;
  if (right.kind === "finite") return left;
  return left.kind === right.kind ? left : numericNaN;
}

export function negateNumeric(value: Numeric): Numeric {
  switch (value.kind) {
    case "finite":
      return finiteNumeric(-value.coefficient, value.scale);
    case "infinity":
      return numericNegativeInfinity;
    case "-infinity":
      return numericInfinity;
    case "nan":
      return value;
  }
}

export function subtractNumeric(left: Numeric, right: Numeric): Numeric {
  return addNumeric(left, negateNumeric(right));
}

export function multiplyNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind === "finite" && right.kind === "finite") {
    const scale = left.scale + right.scale;
    const product = checkedNumeric(left.coefficient * right.coefficient, scale);
    return scale > numericScaleMax ? roundToScale(product, numericScaleMax) : product;
  }
  if (left.kind === "nan" || right.kind === "nan") return numericNaN;
  const sign = numericSign(left) * numericSign(right);
  return sign === 0 ? numericNaN : infinityOfSign(sign);
}

/** Leading digit of a value in PostgreSQL's base 10000, and that digit's position. */
export interface LeadingDigit {
  readonly weight: number;
  readonly digit: number;
}

/** Scales of quotients and roots follow from base-10000 digits, so they are recovered here. */
export function leadingDigit(value: Numeric): LeadingDigit {
  if (value.coefficient === 0n) return { weight: 0, digit: 0 };
  const magnitude = bigintAbs(value.coefficient);
  const exponent = decimalDigits(magnitude) - 1 - value.scale;
  const weight = Math.floor(exponent / 4);
  const shift = weight * 4 + value.scale;
  const digit = shift >= 0 ? Number(magnitude / pow10(shift)) : Number(magnitude) * 10 ** -shift;
  return { weight, digit };
}

function clampScale(scale: number): number {
  return Math.min(Math.max(scale, 0), displayScaleMax);
}

export function quotientScale(left: Numeric, right: Numeric): number {
  const first = leadingDigit(left);
  const second = leadingDigit(right);
  let weight = first.weight - second.weight;
  if (first.digit <= second.digit) weight--;
  return clampScale(Math.max(significantDigitsMin - weight * 4, left.scale, right.scale));
}

/** left / right at a scale, rounded half away from zero; right is finite and not 0. */
export function quotientAt(left: Numeric, right: Numeric, scale: number): Numeric {
  const shift = scale + right.scale - left.scale;
  let dividend = left.coefficient;
  let divisor = right.coefficient;
  if (divisor < 0n) {
    dividend = -dividend;
    divisor = -divisor;
  }
  if (shift >= 0) dividend *= pow10(shift);
  else divisor *= pow10(-shift);
  return checkedNumeric(divideRounded(dividend, divisor), scale);
}

export function divideNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind === "finite" && right.kind === "finite") {
    if (right.coefficient === 0n) throw divisionByZero();
    return quotientAt(left, right, quotientScale(left, right));
  }
  if (left.kind === "nan" || right.kind === "nan") return numericNaN;
  if (left.kind === "finite") return numericZero;
  if (right.kind !== "finite") return numericNaN;
  const sign = numericSign(right);
  if (sign === 0) throw divisionByZero();
  return infinityOfSign(numericSign(left) * sign);
}

/** Integer quotient, rounded towards zero: div(). */
export function divideTruncated(left: Numeric, right: Numeric): Numeric {
  if (left.kind === "finite" && right.kind === "finite") {
    if (right.coefficient === 0n) throw divisionByZero();
    const scale = Math.max(left.scale, right.scale);
    return checkedNumeric(coefficientAt(left, scale) / coefficientAt(right, scale), 0);
  }
  return divideNumeric(left, right);
}

export function remainderNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind === "nan" || right.kind === "nan") return numericNaN;
  if (right.kind === "finite" && right.coefficient === 0n) {
    throw divisionByZero();
  }
  if (left.kind !== "finite") return numericNaN;
  if (right.kind !== "finite") return left;
  const scale = Math.max(left.scale, right.scale);
  return finiteNumeric(coefficientAt(left, scale) % coefficientAt(right, scale), scale);
}

export function absNumeric(value: Numeric): Numeric {
  return numericSign(value) < 0 ? negateNumeric(value) : value;
}

export function ceilNumeric(value: Numeric): Numeric {
  if (value.kind !== "finite") return value;
  const unit = pow10(value.scale);
  const quotient = value.coefficient / unit;
  return finiteNumeric(
    value.coefficient > 0n && value.coefficient % unit !== 0n ? quotient + 1n : quotient,
    0,
  );
}

export function floorNumeric(value: Numeric): Numeric {
  return negateNumeric(ceilNumeric(negateNumeric(value)));
}

/** Rounds half away from zero to a whole number; undefined for NaN and the infinities. */
export function roundToBigint(value: Numeric): bigint | undefined {
  if (value.kind !== "finite") return undefined;
  return value.scale === 0
    ? value.coefficient
    : divideRounded(value.coefficient, pow10(value.scale));
}

export function gcdBigint(left: bigint, right: bigint): bigint {
  let a = bigintAbs(left);
  let b = bigintAbs(right);
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

export function gcdNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind !== "finite" || right.kind !== "finite") return numericNaN;
  const scale = Math.max(left.scale, right.scale);
  return finiteNumeric(gcdBigint(coefficientAt(left, scale), coefficientAt(right, scale)), scale);
}

export function lcmNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.kind !== "finite" || right.kind !== "finite") return numericNaN;
  const scale = Math.max(left.scale, right.scale);
  const a = coefficientAt(left, scale);
  const b = coefficientAt(right, scale);
  if (a === 0n || b === 0n) return finiteNumeric(0n, scale);
  return checkedNumeric(bigintAbs((a / gcdBigint(a, b)) * b), scale);
}
