import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { ArrayConstructor, Expression, Subscript } from "#sql/bind/expression.ts";
import type { Datum } from "#sql/types/datum.ts";
import { SqlArray } from "#sql/types/datum.ts";
import { getType, isTrueArrayType } from "#sql/types/type.ts";
import { evaluateAll } from "./compile-call.ts";
import type { Evaluator } from "./frame.ts";

/** ARRAY[…]: of elements, or of arrays that must all have one shape and become its rows. */
export function compileArrayConstructor(
  expression: ArrayConstructor,
  items: readonly Evaluator[],
): Evaluator {
  const elementOid = expression.result.type.elementOid;
  const isNested = expression.items.some((item) => isTrueArrayType(item.result.type.oid));
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

/** Arrays as the rows of an array of one dimension more. NULL counts as an empty array. */
function nestArrays(values: readonly Datum[], elementOid: number): SqlArray {
  const shape = values.find(isFilled)?.dimensions;
  if (shape === undefined) return new SqlArray(elementOid, [], []);
  const items: Datum[] = [];
  for (const value of values) {
    if (!isFilled(value) || !isSameShape(shape, value.dimensions)) throw shapeMismatch();
    for (const item of value.items) items.push(item);
  }
  return new SqlArray(elementOid, items, [{ length: values.length, lowerBound: 1 }, ...shape]);
}

function isFilled(value: Datum): value is SqlArray {
  return value instanceof SqlArray && value.dimensions.length > 0;
}

/** ARRAY(SELECT array): as nestArrays, but with neither NULL nor empty arrays among them. */
export function stackArrays(values: readonly Datum[], elementOid: number): SqlArray {
  let shape: SqlArray["dimensions"] | undefined;
  for (const value of values) {
    if (value === null) {
      throw new SqlError("null_value_not_allowed", "cannot accumulate null arrays");
    }
    if (!isFilled(value)) {
      throw new SqlError("array_subscript_error", "cannot accumulate empty arrays");
    }
    shape ??= value.dimensions;
    if (!isSameShape(shape, value.dimensions)) {
      throw new SqlError(
        "array_subscript_error",
        "cannot accumulate arrays of different dimensionality",
      );
    }
  }
  return nestArrays(values, elementOid);
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
  const elementOid = getType(expression.arg.result.type.oid).elementOid;
  const bounds = expression.indexes.map((index) => ({
    lower: index.lower === undefined ? undefined : compile(index.lower),
    upper: index.upper === undefined ? undefined : compile(index.upper),
    isSlice: index.isSlice,
  }));
  return (row, frame) => {
    const value = array(row, frame);
    if (value === null) return null;
    assert(value instanceof SqlArray, "a subscript is taken of something that is no array");
    const ranges: { lower: number | undefined; upper: number | undefined }[] = [];
    for (const bound of bounds) {
      const lower = bound.lower?.(row, frame);
      const upper = bound.upper?.(row, frame);
      if (lower === null || upper === null) return null;
      const upperNumber = upper === undefined ? undefined : Number(upper);
      ranges.push({
        // A plain index among slices means a slice from 1.
        lower: bound.isSlice || !isSlice ? (lower === undefined ? undefined : Number(lower)) : 1,
        upper: upperNumber,
      });
    }
    return isSlice ? slice(value, ranges, elementOid) : element(value, ranges);
  };
}

function element(
  array: SqlArray,
  indexes: readonly { readonly upper: number | undefined }[],
): Datum {
  if (indexes.length !== array.dimensions.length) return null;
  let offset = 0;
  for (let at = 0; at < indexes.length; at++) {
    const dimension = array.dimensions[at];
    const index = indexes[at]?.upper;
    if (dimension === undefined || index === undefined) return null;
    const position = index - dimension.lowerBound;
    if (position < 0 || position >= dimension.length) return null;
    offset = offset * dimension.length + position;
  }
  return array.items[offset] ?? null;
}

function slice(
  array: SqlArray,
  ranges: readonly { readonly lower: number | undefined; readonly upper: number | undefined }[],
  elementOid: number,
): SqlArray {
  const empty = new SqlArray(elementOid, [], []);
  if (ranges.length > array.dimensions.length) return empty;
  const kept: { start: number; length: number }[] = [];
  for (let at = 0; at < array.dimensions.length; at++) {
    const dimension = array.dimensions[at];
    if (dimension === undefined) return empty;
    const last = dimension.lowerBound + dimension.length - 1;
    const from = Math.max(ranges[at]?.lower ?? dimension.lowerBound, dimension.lowerBound);
    const to = Math.min(ranges[at]?.upper ?? last, last);
    if (from > to) return empty;
    kept.push({ start: from - dimension.lowerBound, length: to - from + 1 });
  }
  const items: Datum[] = [];
  const copy = (depth: number, offset: number): void => {
    const dimension = array.dimensions[depth];
    const range = kept[depth];
    if (dimension === undefined || range === undefined) {
      items.push(array.items[offset] ?? null);
      return;
    }
    for (let at = 0; at < range.length; at++) {
      copy(depth + 1, offset * dimension.length + range.start + at);
    }
  };
  copy(0, 0);
  return new SqlArray(
    elementOid,
    items,
    kept.map(({ length }) => ({ length, lowerBound: 1 })),
  );
}
