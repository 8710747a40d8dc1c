import { SqlError } from "#base/errors.ts";
import { roundHalfEven } from "./calendar.ts";
import type { Numeric } from "./numeric.ts";
import { roundToBigint } from "./numeric-arithmetic.ts";
import { int2Max, int2Min, int4Max, int4Min, int8Max, int8Min } from "./scalar-text.ts";

/** Narrowing between number types, with PostgreSQL's complaints. */

export type IntegerName = "smallint" | "integer" | "bigint";

export function integerOutOfRange(typeName: IntegerName): SqlError {
  return new SqlError("numeric_value_out_of_range", `${typeName} out of range`);
}

export function checkInt2(value: number): number {
  if (value < int2Min || value > int2Max) throw integerOutOfRange("smallint");
  return value;
}

export function checkInt4(value: number): number {
  if (value < int4Min || value > int4Max) throw integerOutOfRange("integer");
  // -0 is no integer of SQL's.
  return value === 0 ? 0 : value;
}

export function checkInt8(value: bigint): bigint {
  if (value < int8Min || value > int8Max) throw integerOutOfRange("bigint");
  return value;
}

export function int8ToInt4(value: bigint): number {
  return checkInt4(Number(value));
}

export function int8ToInt2(value: bigint): number {
  return checkInt2(Number(value));
}

export function floatToInteger(value: number, typeName: "smallint" | "integer"): number {
  const rounded = roundHalfEven(value);
  const [min, max] = typeName === "smallint" ? [int2Min, int2Max] : [int4Min, int4Max];
  if (!(rounded >= min && rounded <= max)) throw integerOutOfRange(typeName);
  return rounded === 0 ? 0 : rounded;
}

export function floatToInt8(value: number): bigint {
  const rounded = roundHalfEven(value);
  if (!(rounded >= -(2 ** 63) && rounded < 2 ** 63)) throw integerOutOfRange("bigint");
  return BigInt(rounded);
}

function specialNumeric(value: Numeric, typeName: IntegerName): SqlError {
  const what = value.kind === "nan" ? "NaN" : "infinity";
  return new SqlError("feature_not_supported", `cannot convert ${what} to ${typeName}`);
}

export function numericToInt8(value: Numeric): bigint {
  const rounded = roundToBigint(value);
  if (rounded === undefined) throw specialNumeric(value, "bigint");
  return checkInt8(rounded);
}

export function numericToInteger(value: Numeric, typeName: "smallint" | "integer"): number {
  const rounded = roundToBigint(value);
  if (rounded === undefined) throw specialNumeric(value, typeName);
  const [min, max] = typeName === "smallint" ? [int2Min, int2Max] : [int4Min, int4Max];
  if (rounded < BigInt(min) || rounded > BigInt(max)) throw integerOutOfRange(typeName);
  return Number(rounded);
}

export function floatOverflow(): SqlError {
  return new SqlError("numeric_value_out_of_range", "value out of range: overflow");
}

export function floatUnderflow(): SqlError {
  return new SqlError("numeric_value_out_of_range", "value out of range: underflow");
}

/** Rounds to float4; a finite value that leaves its range is an error. */
export function toFloat4(value: number): number {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded) && Number.isFinite(value)) throw floatOverflow();
  if (rounded === 0 && value !== 0) throw floatUnderflow();
  return rounded;
}
