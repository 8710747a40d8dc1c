import { SqlError } from "#base/errors.ts";
import { float4, float8, int2, int4, int8, numeric, scalar } from "./define.ts";
import type { ArgType } from "./define.ts";
import type { ScalarFunction } from "./function.ts";
import {
  checkInt2,
  checkInt4,
  checkInt8,
  floatOverflow,
  floatUnderflow,
  integerOutOfRange,
} from "./number-conversion.ts";
import {
  absNumeric,
  addNumeric,
  divideNumeric,
  divisionByZero,
  multiplyNumeric,
  negateNumeric,
  remainderNumeric,
  subtractNumeric,
} from "./numeric-arithmetic.ts";
import { powerNumeric } from "./numeric-functions.ts";
import { power } from "./functions-math.ts";

/** + - * / % and the other operators of numbers. */

type IntegerOperator = "+" | "-" | "*" | "/" | "%";

function compute(symbol: IntegerOperator, a: number, b: number): number {
  switch (symbol) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw divisionByZero();
      return Math.trunc(a / b);
    case "%":
      if (b === 0) throw divisionByZero();
      return a % b;
  }
}

function computeBig(symbol: IntegerOperator, a: bigint, b: bigint): bigint {
  switch (symbol) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0n) throw divisionByZero();
      return a / b;
    case "%":
      if (b === 0n) throw divisionByZero();
      return a % b;
  }
}

/** A product of two int4s can pass 2^53, but then it is far out of int4's range as well. */
function int4Operator(
  symbol: IntegerOperator,
  left: ArgType<number>,
  right: ArgType<number>,
): ScalarFunction {
  switch (symbol) {
    case "+":
      return scalar(symbol, [left, right], int4, (a, b) => checkInt4(a + b));
    case "-":
      return scalar(symbol, [left, right], int4, (a, b) => checkInt4(a - b));
    default:
      return scalar(symbol, [left, right], int4, (a, b) => checkInt4(compute(symbol, a, b)));
  }
}

function integerOperators(symbol: IntegerOperator): ScalarFunction[] {
  const int2Operator = scalar(symbol, [int2, int2], int2, (a, b) => {
    const result = checkInt2(compute(symbol, a, b));
    return result === 0 ? 0 : result;
  });
  const pair = scalar(symbol, [int8, int8], int8, (a, b) => checkInt8(computeBig(symbol, a, b)));
  const list = [int2Operator, int4Operator(symbol, int4, int4), pair];
  // % has no mixed forms in PostgreSQL: the narrower operand is cast.
  if (symbol === "%") return list;
  return [
    ...list,
    int4Operator(symbol, int2, int4),
    int4Operator(symbol, int4, int2),
    scalar(symbol, [int8, int4], int8, (a, b) => checkInt8(computeBig(symbol, a, BigInt(b)))),
    scalar(symbol, [int4, int8], int8, (a, b) => checkInt8(computeBig(symbol, BigInt(a), b))),
    scalar(symbol, [int8, int2], int8, (a, b) => checkInt8(computeBig(symbol, a, BigInt(b)))),
    scalar(symbol, [int2, int8], int8, (a, b) => checkInt8(computeBig(symbol, BigInt(a), b))),
  ];
}

type FloatOperator = "+" | "-" | "*" | "/";

function computeFloat(symbol: FloatOperator, a: number, b: number, isFloat4: boolean): number {
  let exact: number;
  switch (symbol) {
    case "+":
      exact = a + b;
      break;
    case "-":
      exact = a - b;
      break;
    case "*":
      exact = a * b;
      break;
    case "/":
      if (b === 0 && !Number.isNaN(a)) throw divisionByZero();
      exact = a / b;
      break;
  }
  const result = isFloat4 ? Math.fround(exact) : exact;
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) throw floatOverflow();
  const mayUnderflow = symbol === "*" || symbol === "/";
  if (mayUnderflow && result === 0 && a !== 0 && (symbol === "/" ? Number.isFinite(b) : b !== 0)) {
    throw floatUnderflow();
  }
  return result;
}

function floatOperators(symbol: FloatOperator): ScalarFunction[] {
  return [
    scalar(symbol, [float4, float4], float4, (a, b) => computeFloat(symbol, a, b, true)),
    scalar(symbol, [float8, float8], float8, (a, b) => computeFloat(symbol, a, b, false)),
    scalar(symbol, [float4, float8], float8, (a, b) => computeFloat(symbol, a, b, false)),
    scalar(symbol, [float8, float4], float8, (a, b) => computeFloat(symbol, a, b, false)),
  ];
}

function shiftDistance(distance: number, bits: number): number {
  return ((distance % bits) + bits) % bits;
}

const bitOperators: readonly ScalarFunction[] = [
  scalar("&", [int2, int2], int2, (a, b) => a & b),
  scalar("&", [int4, int4], int4, (a, b) => a & b),
  scalar("&", [int8, int8], int8, (a, b) => a & b),
  scalar("|", [int2, int2], int2, (a, b) => a | b),
  scalar("|", [int4, int4], int4, (a, b) => a | b),
  scalar("|", [int8, int8], int8, (a, b) => a | b),
  scalar("#", [int2, int2], int2, (a, b) => a ^ b),
  scalar("#", [int4, int4], int4, (a, b) => a ^ b),
  scalar("#", [int8, int8], int8, (a, b) => a ^ b),
  scalar("~", [int2], int2, (a) => ~a),
  scalar("~", [int4], int4, (a) => ~a),
  scalar("~", [int8], int8, (a) => ~a),
  scalar("<<", [int2, int4], int2, (a, b) => ((a << shiftDistance(b, 32)) << 16) >> 16),
  scalar("<<", [int4, int4], int4, (a, b) => a << shiftDistance(b, 32)),
  scalar("<<", [int8, int4], int8, (a, b) => BigInt.asIntN(64, a << BigInt(shiftDistance(b, 64)))),
  scalar(">>", [int2, int4], int2, (a, b) => a >> shiftDistance(b, 32)),
  scalar(">>", [int4, int4], int4, (a, b) => a >> shiftDistance(b, 32)),
  scalar(">>", [int8, int4], int8, (a, b) => a >> BigInt(shiftDistance(b, 64))),
];

function negateInteger(value: number, type: "smallint" | "integer"): number {
  if (value === (type === "smallint" ? -32_768 : -2_147_483_648)) throw integerOutOfRange(type);
  return value === 0 ? 0 : -value;
}

function sqrtFloat(value: number): number {
  if (value < 0) {
    throw new SqlError(
      "invalid_argument_for_power_function",
      "cannot take square root of a negative number",
    );
  }
  return Math.sqrt(value);
}

const unaryOperators: readonly ScalarFunction[] = [
  scalar("-", [int2], int2, (a) => negateInteger(a, "smallint")),
  scalar("-", [int4], int4, (a) => negateInteger(a, "integer")),
  scalar("-", [int8], int8, (a) => checkInt8(-a)),
  scalar("-", [float4], float4, (a) => -a),
  scalar("-", [float8], float8, (a) => -a),
  scalar("-", [numeric], numeric, negateNumeric),
  scalar("+", [int2], int2, (a) => a),
  scalar("+", [int4], int4, (a) => a),
  scalar("+", [int8], int8, (a) => a),
  scalar("+", [float4], float4, (a) => a),
  scalar("+", [float8], float8, (a) => a),
  scalar("+", [numeric], numeric, (a) => a),
  scalar("@", [int2], int2, (a) => (a < 0 ? negateInteger(a, "smallint") : a)),
  scalar("@", [int4], int4, (a) => (a < 0 ? negateInteger(a, "integer") : a)),
  scalar("@", [int8], int8, (a) => (a < 0n ? checkInt8(-a) : a)),
  scalar("@", [float4], float4, Math.abs),
  scalar("@", [float8], float8, (a) => Math.abs(a)),
  scalar("@", [numeric], numeric, absNumeric),
  scalar("|/", [float8], float8, sqrtFloat),
  scalar("||/", [float8], float8, (a) => Math.cbrt(a)),
];

export const arithmeticOperators: readonly ScalarFunction[] = [
  ...(["+", "-", "*", "/", "%"] as const).flatMap(integerOperators),
  ...(["+", "-", "*", "/"] as const).flatMap(floatOperators),
  scalar("+", [numeric, numeric], numeric, addNumeric),
  scalar("-", [numeric, numeric], numeric, subtractNumeric),
  scalar("*", [numeric, numeric], numeric, multiplyNumeric),
  scalar("/", [numeric, numeric], numeric, divideNumeric),
  scalar("%", [numeric, numeric], numeric, remainderNumeric),
  scalar("^", [numeric, numeric], numeric, powerNumeric),
  scalar("^", [float8, float8], float8, power),
  ...bitOperators,
  ...unaryOperators,
];
