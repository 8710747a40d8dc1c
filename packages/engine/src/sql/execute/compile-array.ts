import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { ArrayConstructor, Expression, Subscript } from "#sql/bind/expression.ts";
import type { Datum } from "#sql/types/datum.ts";
import { SqlArray } from "#sql/types/datum.ts";
import { arrayItem, arraySlice } from "#sql/types/functions-array.ts";
import { evaluateAll } from "./compile-call.ts";
import type { Evaluator } from "./frame.ts";

/** ARRAY[…]: of elements, or of arrays that must all have one shape and become its rows. */
export function compileArrayConstructor(
  expression: ArrayConstructor,
  items: readonly Evaluator[],
): Evaluator {
  const elementOid = expression.result.type.elementOid;
  const isNested = expression.items.some((item) => item.result.type.category === "A");
  return (row, frame) => {
    const values = evaluateAll(items, row, frame);
    return isNested ? nestArrays(values, elementOid) : arrayOf(values, elementOid);
  };
}

/** A one-dimensional array from 1; without dimensions when empty. */
export function arrayOf(items: readonly Datum[], elementOid: number): SqlArray {
  const dimensions = items.length === 0 ? [] : [{ length: items.length, lowerBound: 1 }];
  return new SqlArray(elementOid, items, dimensions);
}

function nestArrays(values: readonly Datum[], elementOid: number): SqlArray {
  const items: Datum[] = [];
  let shape: SqlArray["dimensions"] | undefined;
  for (const value of values) {
    if (!(value instanceof SqlArray)) throw shapeMismatch();
    if (shape === undefined) shape = value.dimensions;
    else if (!isSameShape(shape, value.dimensions)) throw shapeMismatch();
    items.push(...value.items);
  }
  if (items.length === 0) return new SqlArray(elementOid, [], []);
  return new SqlArray(elementOid, items, [
    { length: values.length, lowerBound: 1 },
    ...(shape ?? []),
  ]);
}

function isSameShape(one: SqlArray["dimensions"], other: SqlArray["dimensions"]): boolean {
  return (
    one.length === other.length &&
    one.every((dimension, at) => dimension.length === other[at]?.length)
  );
}

function shapeMismatch(): SqlError {
  return new SqlError(
    "array_subscript_error",
    "multidimensional arrays must have array expressions with matching dimensions",
  );
}

/** Reading outside the bounds gives NULL; a slice outside gives an empty array. */
export function compileSubscript(
  expression: Subscript,
  compile: (part: Expression) => Evaluator,
): Evaluator {
  const array = compile(expression.arg);
  const isSlice = expression.indexes.some((index) => index.isSlice);
  const bounds = expression.indexes.map((index) => ({
    lower: index.lower === undefined ? undefined : compile(index.lower),
    upper: index.upper === undefined ? undefined : compile(index.upper),
    // A plain index among slices means a slice from 1.
    startsAtOne: isSlice && !index.isSlice,
  }));
  return (row, frame) => {
    const value = array(row, frame);
    if (value === null) return null;
    assert(value instanceof SqlArray, "a subscript is taken of something that is no array");
    const ranges: { lower: number | undefined; upper: number | undefined }[] = [];
    for (const bound of bounds) {
      const lower = bound.startsAtOne ? 1 : bound.lower?.(row, frame);
      const upper = bound.upper?.(row, frame);
      if (lower === null || upper === null) return null;
      ranges.push({ lower: asNumber(lower), upper: asNumber(upper) });
    }
    if (isSlice) return arraySlice(value, ranges);
    return arrayItem(
      value,
      ranges.map(({ upper }) => upper ?? 0),
    );
  };
}

function asNumber(bound: Datum | undefined): number | undefined {
  return bound === undefined ? undefined : Number(bound);
}
