import { SqlError } from "#base/errors.ts";
import { roundHalfEven } from "./calendar.ts";
import { float4, float8, int2, int4, int8, numeric, scalar } from "./define.ts";
import type { ScalarFunction } from "./function.ts";
import {
  checkInt2,
  checkInt4,
  checkInt8,
  floatOverflow,
  floatUnderflow,
  integerOutOfRange,
} from "./number-conversion.ts";
import type { Numeric } from "./numeric.ts";
import {
  compareNumeric,
  numericFromInteger,
  numericSign,
  roundToScale,
  trimScale,
  truncateToScale,
} from "./numeric.ts";
import {
  absNumeric,
  ceilNumeric,
  divideTruncated,
  divisionByZero,
  floorNumeric,
  gcdBigint,
  gcdNumeric,
  lcmNumeric,
  multiplyNumeric,
  remainderNumeric,
  subtractNumeric,
} from "./numeric-arithmetic.ts";
import {
  expNumeric,
  factorialNumeric,
  lnNumeric,
  logNumeric,
  powerNumeric,
  sqrtNumeric,
} from "./numeric-functions.ts";

const numericScaleBound = 16_383;

function clampRoundScale(scale: number): number {
  return Math.max(-numericScaleBound * 2, Math.min(numericScaleBound, scale));
}

/** pow() with PostgreSQL's errors for what C calls a domain or range error. */
export function power(base: number, exponent: number): number {
  if (Number.isNaN(base)) return exponent === 0 ? 1 : NaN;
  if (Number.isNaN(exponent)) return base === 1 ? 1 : NaN;
  if (base === 0 && exponent < 0) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "zero raised to a negative power is undefined",
    );
  }
  if (base < 0 && Math.floor(exponent) !== exponent && Number.isFinite(exponent)) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "a negative number raised to a non-integer power yields a complex result",
    );
  }
  if (base === 1) return 1;
  if (base === -1 && !Number.isFinite(exponent)) return 1;
  const result = Math.pow(base, exponent);
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw floatOverflow();
  }
  if (result === 0 && base !== 0 && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw floatUnderflow();
  }
  return result;
}

function logarithm(value: number, log: (value: number) => number): number {
  if (value === 0) {
    throw new SqlError("invalid_argument_for_logarithm", "cannot take logarithm of zero");
  }
  if (value < 0) {
    throw new SqlError(
      "invalid_argument_for_logarithm",
      "cannot take logarithm of a negative number",
    );
  }
  return log(value);
}

function checkedFloat(result: number, ...inputs: readonly number[]): number {
  if (!Number.isFinite(result) && inputs.every(Number.isFinite)) throw floatOverflow();
  return result;
}

function exponential(value: number): number {
  const result = Math.exp(value);
  if (result === Infinity && value !== Infinity) throw floatOverflow();
  if (result === 0 && value !== -Infinity) throw floatUnderflow();
  return result;
}

function inputOutOfRange(): SqlError {
  return new SqlError("numeric_value_out_of_range", "input is out of range");
}

function finiteAngle(value: number): number {
  if (!Number.isFinite(value) && !Number.isNaN(value)) throw inputOutOfRange();
  return value;
}

function unitRange(value: number): number {
  if (value < -1 || value > 1) throw inputOutOfRange();
  return value;
}

const radiansPerDegree = Math.PI / 180;

/*
 * Degrees are exact where people look (30, 45, 60, 90): each function is scaled so that its value
 * at such an angle comes out as it should.
 */

/** For angles of 0 to 30 degrees. */
function smallSine(angle: number): number {
  return Math.sin(angle * radiansPerDegree) / Math.sin(30 * radiansPerDegree) / 2;
}

/** For angles of 0 to 60 degrees. */
function smallCosine(angle: number): number {
  const gap = 1 - Math.cos(angle * radiansPerDegree);
  return 1 - gap / (1 - Math.cos(60 * radiansPerDegree)) / 2;
}

function quadrantSine(angle: number): number {
  return angle <= 30 ? smallSine(angle) : smallCosine(90 - angle);
}

function quadrantCosine(angle: number): number {
  return angle <= 60 ? smallCosine(angle) : smallSine(90 - angle);
}

function sinDegrees(angle: number): number {
  let rest = angle % 360;
  let sign = 1;
  if (rest < 0) {
    rest = -rest;
    sign = -sign;
  }
  if (rest > 180) {
    rest = 360 - rest;
    sign = -sign;
  }
  if (rest > 90) rest = 180 - rest;
  return sign * quadrantSine(rest);
}

function cosDegrees(angle: number): number {
  let rest = Math.abs(angle % 360);
  let sign = 1;
  if (rest > 180) rest = 360 - rest;
  if (rest > 90) {
    rest = 180 - rest;
    sign = -sign;
  }
  return sign * quadrantCosine(rest);
}

function asinDegrees(value: number): number {
  const magnitude = Math.abs(value);
  const angle =
    magnitude <= 0.5
      ? (Math.asin(magnitude) / Math.asin(0.5)) * 30
      : 90 - (Math.acos(magnitude) / Math.acos(0.5)) * 60;
  return value < 0 || Object.is(value, -0) ? -angle : angle;
}

function acosDegrees(value: number): number {
  if (value < 0) return 180 - acosDegrees(-value);
  return value <= 0.5
    ? 90 - (Math.asin(value) / Math.asin(0.5)) * 30
    : (Math.acos(value) / Math.acos(0.5)) * 60;
}

function atanDegrees(value: number): number {
  return (Math.atan(value) / Math.atan(1)) * 45;
}

function lcmInteger(left: bigint, right: bigint): bigint {
  if (left === 0n || right === 0n) return 0n;
  const product = (left / gcdBigint(left, right)) * right;
  return product < 0n ? -product : product;
}

function widthBucketError(message: string): SqlError {
  return new SqlError("invalid_argument_for_width_bucket_function", message);
}

function widthBucketFloat(operand: number, low: number, high: number, count: number): number {
  if (count <= 0) throw widthBucketError("count must be greater than zero");
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high)) {
    throw widthBucketError("operand, lower bound, and upper bound cannot be NaN");
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw widthBucketError("lower and upper bounds must be finite");
  }
  if (low === high) throw widthBucketError("lower bound cannot equal upper bound");
  const ascending = low < high;
  if (ascending ? operand < low : operand > low) return 0;
  if (ascending ? operand >= high : operand <= high) return checkInt4(count + 1);
  const bucket = ascending
    ? Math.floor((count * (operand - low)) / (high - low))
    : Math.floor((count * (low - operand)) / (low - high));
  return Math.min(bucket, count - 1) + 1;
}

function widthBucketNumeric(operand: Numeric, low: Numeric, high: Numeric, count: number): number {
  if (count <= 0) throw widthBucketError("count must be greater than zero");
  if ([operand, low, high].some((value) => value.kind === "nan")) {
    throw widthBucketError("operand, lower bound, and upper bound cannot be NaN");
  }
  if (low.kind !== "finite" || high.kind !== "finite") {
    throw widthBucketError("lower and upper bounds must be finite");
  }
  const order = compareNumeric(low, high);
  if (order === 0) throw widthBucketError("lower bound cannot equal upper bound");
  const side = (a: Numeric, b: Numeric): number => (order < 0 ? 1 : -1) * compareNumeric(a, b);
  if (side(operand, low) < 0) return 0;
  if (side(operand, high) >= 0) return checkInt4(count + 1);
  const position = multiplyNumeric(
    absNumeric(subtractNumeric(operand, low)),
    numericFromInteger(count),
  );
  const bucket = divideTruncated(position, absNumeric(subtractNumeric(high, low)));
  return Number(bucket.coefficient) + 1;
}

const rounding: readonly ScalarFunction[] = [
  scalar("abs", [int2], int2, (a) => checkInt2(Math.abs(a))),
  scalar("abs", [int4], int4, (a) => checkInt4(Math.abs(a))),
  scalar("abs", [int8], int8, (a) => checkInt8(a < 0n ? -a : a)),
  scalar("abs", [float4], float4, (a) => Math.abs(a)),
  scalar("abs", [float8], float8, (a) => Math.abs(a)),
  scalar("abs", [numeric], numeric, absNumeric),
  scalar("sign", [float8], float8, (a) => (a > 0 ? 1 : a < 0 ? -1 : 0)),
  scalar("sign", [numeric], numeric, (a) =>
    a.kind === "nan" ? a : numericFromInteger(numericSign(a)),
  ),
  ...(["ceil", "ceiling"] as const).flatMap((name) => [
    scalar(name, [float8], float8, (a) => Math.ceil(a)),
    scalar(name, [numeric], numeric, ceilNumeric),
  ]),
  scalar("floor", [float8], float8, (a) => Math.floor(a)),
  scalar("floor", [numeric], numeric, floorNumeric),
  scalar("round", [float8], float8, (a) => {
    const rounded = roundHalfEven(a);
    return rounded === 0 && a < 0 ? -0 : rounded;
  }),
  scalar("round", [numeric], numeric, (a) => roundToScale(a, 0)),
  scalar("round", [numeric, int4], numeric, (a, scale) => roundToScale(a, clampRoundScale(scale))),
  scalar("trunc", [float8], float8, (a) => Math.trunc(a)),
  scalar("trunc", [numeric], numeric, (a) => truncateToScale(a, 0)),
  scalar("trunc", [numeric, int4], numeric, (a, scale) =>
    truncateToScale(a, clampRoundScale(scale)),
  ),
  scalar("scale", [numeric], int4, (a) => (a.kind === "finite" ? a.scale : null)),
  scalar("min_scale", [numeric], int4, (a) => (a.kind === "finite" ? trimScale(a).scale : null)),
  scalar("trim_scale", [numeric], numeric, trimScale),
];

function remainder(left: number, right: number): number {
  if (right === 0) throw divisionByZero();
  const result = left % right;
  return result === 0 ? 0 : result;
}

function gcdInteger(left: number, right: number): number {
  return checkInt4(Number(gcdBigint(BigInt(left), BigInt(right))));
}

const divisions: readonly ScalarFunction[] = [
  scalar("mod", [int2, int2], int2, remainder),
  scalar("mod", [int4, int4], int4, remainder),
  scalar("mod", [int8, int8], int8, (a, b) => {
    if (b === 0n) throw divisionByZero();
    return a % b;
  }),
  scalar("mod", [numeric, numeric], numeric, remainderNumeric),
  scalar("div", [numeric, numeric], numeric, divideTruncated),
  scalar("gcd", [int4, int4], int4, gcdInteger),
  scalar("gcd", [int8, int8], int8, (a, b) => checkInt8(gcdBigint(a, b))),
  scalar("gcd", [numeric, numeric], numeric, gcdNumeric),
  scalar("lcm", [int4, int4], int4, (a, b) => {
    const result = lcmInteger(BigInt(a), BigInt(b));
    if (result > 2_147_483_647n) throw integerOutOfRange("integer");
    return Number(result);
  }),
  scalar("lcm", [int8, int8], int8, (a, b) => checkInt8(lcmInteger(a, b))),
  scalar("lcm", [numeric, numeric], numeric, lcmNumeric),
  scalar("factorial", [int8], numeric, factorialNumeric),
  scalar("width_bucket", [float8, float8, float8, int4], int4, widthBucketFloat),
  scalar("width_bucket", [numeric, numeric, numeric, int4], int4, widthBucketNumeric),
];

function squareRoot(value: number): number {
  if (value < 0) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "cannot take square root of a negative number",
    );
  }
  return Math.sqrt(value);
}

const ten = numericFromInteger(10);

const logarithms: readonly ScalarFunction[] = [
  scalar("sqrt", [float8], float8, squareRoot),
  scalar("sqrt", [numeric], numeric, sqrtNumeric),
  scalar("cbrt", [float8], float8, (a) => Math.cbrt(a)),
  scalar("exp", [float8], float8, exponential),
  scalar("exp", [numeric], numeric, expNumeric),
  scalar("ln", [float8], float8, (a) => logarithm(a, Math.log)),
  scalar("ln", [numeric], numeric, lnNumeric),
  ...(["log", "log10"] as const).flatMap((name) => [
    scalar(name, [float8], float8, (a) => logarithm(a, Math.log10)),
    scalar(name, [numeric], numeric, (a) => logNumeric(ten, a)),
  ]),
  scalar("log", [numeric, numeric], numeric, logNumeric),
  ...(["power", "pow"] as const).flatMap((name) => [
    scalar(name, [float8, float8], float8, power),
    scalar(name, [numeric, numeric], numeric, powerNumeric),
  ]),
];

const trigonometry: readonly ScalarFunction[] = [
  scalar("pi", [], float8, () => Math.PI),
  scalar("degrees", [float8], float8, (a) => checkedFloat(a / (Math.PI / 180), a)),
  scalar("radians", [float8], float8, (a) => checkedFloat(a * (Math.PI / 180), a)),
  scalar("sin", [float8], float8, (a) => Math.sin(finiteAngle(a))),
  scalar("cos", [float8], float8, (a) => Math.cos(finiteAngle(a))),
  scalar("tan", [float8], float8, (a) => Math.tan(finiteAngle(a))),
  scalar("cot", [float8], float8, (a) => 1 / Math.tan(finiteAngle(a))),
  scalar("asin", [float8], float8, (a) => Math.asin(unitRange(a))),
  scalar("acos", [float8], float8, (a) => Math.acos(unitRange(a))),
  scalar("atan", [float8], float8, (a) => Math.atan(a)),
  scalar("atan2", [float8, float8], float8, (a, b) => Math.atan2(a, b)),
  scalar("sinh", [float8], float8, (a) => Math.sinh(a)),
  scalar("cosh", [float8], float8, (a) => Math.cosh(a)),
  scalar("tanh", [float8], float8, (a) => Math.tanh(a)),
  scalar("asinh", [float8], float8, (a) => Math.asinh(a)),
  scalar("acosh", [float8], float8, (a) => {
    if (a < 1) throw inputOutOfRange();
    return Math.acosh(a);
  }),
  scalar("atanh", [float8], float8, (a) => Math.atanh(unitRange(a))),
  scalar("sind", [float8], float8, (a) => sinDegrees(finiteAngle(a))),
  scalar("cosd", [float8], float8, (a) => cosDegrees(finiteAngle(a))),
  scalar("asind", [float8], float8, (a) => asinDegrees(unitRange(a))),
  scalar("acosd", [float8], float8, (a) => acosDegrees(unitRange(a))),
  scalar("tand", [float8], float8, (a) => sinDegrees(finiteAngle(a)) / cosDegrees(a)),
  scalar("cotd", [float8], float8, (a) => cosDegrees(finiteAngle(a)) / sinDegrees(a)),
  scalar("atan2d", [float8, float8], float8, (a, b) => (Math.atan2(a, b) / Math.atan(1)) * 45),
  scalar("atand", [float8], float8, (a) => atanDegrees(a)),
];

export const mathFunctions: readonly ScalarFunction[] = [
  ...rounding,
  ...divisions,
  ...logarithms,
  ...trigonometry,
  scalar("random", [], float8, (context) => context.random(), { volatility: "volatile" }),
];
