import { SqlError } from "#base/errors.ts";
import { arrayOf } from "./array-text.ts";
import { comparatorFor, hashKeyFor, isOrderable } from "./compare.ts";
import { SqlArray } from "./datum.ts";
import type { Datum } from "./datum.ts";
import {
  anyarray,
  anycompatible,
  anycompatiblearray,
  anyelement,
  bool,
  int4,
  int4Array,
  nullablePolymorphic,
  polymorphic,
  scalar,
  text,
} from "./define.ts";
import type { CallTypes, ScalarFunction } from "./function.ts";
import { getType } from "./type.ts";

function elementOidOf(call: CallTypes, argument: number): number {
  return getType(call.argTypes[argument] ?? 0).elementOid;
}

/** Whether two values that are not null are equal, for a type that has equality. */
function equality(typeOid: number): (a: Datum, b: Datum) => boolean {
  if (!isOrderable(typeOid)) {
    const key = hashKeyFor(typeOid);
    return (a, b) => key(a) === key(b);
  }
  const compare = comparatorFor(typeOid);
  return (a, b) => compare(a, b) === 0;
}

function oneDimensional(array: SqlArray, functionName: string): void {
  if (array.dimensions.length <= 1) return;
  throw new SqlError(
    "feature_not_supported",
    functionName === "array_remove"
      ? "removing elements from multidimensional arrays is not supported"
      : "searching for elements in multidimensional arrays is not supported",
  );
}

function append(array: SqlArray | null, item: Datum, elementOid: number): SqlArray {
  if (array === null || array.dimensions.length === 0) return arrayOf(elementOid, [item]);
  const [only, second] = array.dimensions;
  if (only === undefined || second !== undefined) {
    throw new SqlError("data_exception", "argument must be empty or one-dimensional array");
  }
  return new SqlArray(
    array.elementTypeOid,
    [...array.items, item],
    [{ length: only.length + 1, lowerBound: only.lowerBound }],
  );
}

function prepend(item: Datum, array: SqlArray | null, elementOid: number): SqlArray {
  if (array === null || array.dimensions.length === 0) return arrayOf(elementOid, [item]);
  const [only, second] = array.dimensions;
  if (only === undefined || second !== undefined) {
    throw new SqlError("data_exception", "argument must be empty or one-dimensional array");
  }
  return new SqlArray(
    array.elementTypeOid,
    [item, ...array.items],
    [{ length: only.length + 1, lowerBound: only.lowerBound }],
  );
}

function incompatible(detail: string): SqlError {
  return new SqlError("array_subscript_error", "cannot concatenate incompatible arrays", {
    detail,
  });
}

function concatenate(left: SqlArray | null, right: SqlArray | null): SqlArray | null {
  if (left === null) return right;
  if (right === null || right.dimensions.length === 0) return left;
  if (left.dimensions.length === 0) return right;
  const a = left.dimensions;
  const b = right.dimensions;
  const [first] = a;
  const [other] = b;
  if (first === undefined || other === undefined) return left;
  const items = [...left.items, ...right.items];
  const sameTail = (x: SqlArray["dimensions"], y: SqlArray["dimensions"]): boolean =>
    x.length === y.length &&
    x.every(
      (one, index) => one.length === y[index]?.length && one.lowerBound === y[index]?.lowerBound,
    );
  if (a.length === b.length) {
    if (!sameTail(a.slice(1), b.slice(1))) {
      throw incompatible(
        "Arrays with differing element dimensions are not compatible for concatenation.",
      );
    }
    return new SqlArray(left.elementTypeOid, items, [
      { length: first.length + other.length, lowerBound: first.lowerBound },
      ...a.slice(1),
    ]);
  }
  if (a.length === b.length + 1 && sameTail(a.slice(1), b)) {
    return new SqlArray(left.elementTypeOid, items, [
      { length: first.length + 1, lowerBound: first.lowerBound },
      ...a.slice(1),
    ]);
  }
  if (b.length === a.length + 1 && sameTail(b.slice(1), a)) {
    return new SqlArray(left.elementTypeOid, items, [
      { length: other.length + 1, lowerBound: other.lowerBound },
      ...b.slice(1),
    ]);
  }
  if (Math.abs(a.length - b.length) > 1) {
    throw incompatible(
      `Arrays of ${a.length} and ${b.length} dimensions are not compatible for concatenation.`,
    );
  }
  throw incompatible("Arrays with differing dimensions are not compatible for concatenation.");
}

const sizes: readonly ScalarFunction[] = [
  scalar(
    "array_length",
    [anyarray, int4],
    int4,
    (array, dimension) => array.dimensions[dimension - 1]?.length ?? null,
  ),
  scalar("array_upper", [anyarray, int4], int4, (array, dimension) => {
    const bounds = array.dimensions[dimension - 1];
    return bounds === undefined ? null : bounds.lowerBound + bounds.length - 1;
  }),
  scalar(
    "array_lower",
    [anyarray, int4],
    int4,
    (array, dimension) => array.dimensions[dimension - 1]?.lowerBound ?? null,
  ),
  scalar("array_ndims", [anyarray], int4, (array) => array.dimensions.length || null),
  scalar("cardinality", [anyarray], int4, (array) => array.items.length),
  scalar("array_dims", [anyarray], text, (array) =>
    array.dimensions.length === 0
      ? null
      : array.dimensions
          .map(({ length, lowerBound }) => `[${lowerBound}:${lowerBound + length - 1}]`)
          .join(""),
  ),
];

const building: readonly ScalarFunction[] = [
  nullablePolymorphic(
    "array_append",
    [anycompatiblearray, anycompatible],
    anycompatiblearray,
    (call) => (array, item) => append(array, item, elementOidOf(call, 0)),
  ),
  nullablePolymorphic(
    "array_prepend",
    [anycompatible, anycompatiblearray],
    anycompatiblearray,
    (call) => (item, array) => prepend(item, array, elementOidOf(call, 1)),
  ),
  nullablePolymorphic(
    "array_cat",
    [anycompatiblearray, anycompatiblearray],
    anycompatiblearray,
    () => concatenate,
  ),
  nullablePolymorphic(
    "array_fill",
    [anyelement, int4Array],
    anyarray,
    (call) => (value, lengths) => fill(value, lengths, null, call.argTypes[0] ?? 0),
  ),
  nullablePolymorphic(
    "array_fill",
    [anyelement, int4Array, int4Array],
    anyarray,
    (call) => (value, lengths, bounds) => {
      if (bounds === null) throw nullDimensions();
      return fill(value, lengths, bounds, call.argTypes[0] ?? 0);
    },
  ),
  polymorphic("trim_array", [anyarray, int4], anyarray, () => (array, count) => {
    const length = array.dimensions[0]?.length ?? 0;
    if (count < 0 || count > length) {
      throw new SqlError(
        "array_subscript_error",
        `number of elements to trim must be between 0 and ${length}`,
      );
    }
    const perRow = length === 0 ? 0 : array.items.length / length;
    const rest = length - count;
    return rest === 0
      ? arrayOf(array.elementTypeOid, [])
      : new SqlArray(array.elementTypeOid, array.items.slice(0, rest * perRow), [
          { length: rest, lowerBound: 1 },
          ...array.dimensions.slice(1).map(({ length: one }) => ({ length: one, lowerBound: 1 })),
        ]);
  }),
];

function nullDimensions(): SqlError {
  return new SqlError(
    "null_value_not_allowed",
    "dimension array or low bound array cannot be null",
  );
}

function fill(
  value: Datum,
  lengths: SqlArray | null,
  bounds: SqlArray | null,
  elementOid: number,
): SqlArray {
  if (lengths === null) throw nullDimensions();
  for (const [what, array] of [
    ["dimension values", lengths],
    ["low bound values", bounds],
  ] as const) {
    if (array === null) continue;
    if (array.dimensions.length > 1) {
      throw new SqlError("array_subscript_error", "wrong number of array subscripts", {
        detail: "Dimension array must be one dimensional.",
      });
    }
    if (array.items.includes(null)) {
      throw new SqlError("null_value_not_allowed", `${what} cannot be null`);
    }
  }
  if (bounds !== null && bounds.items.length !== lengths.items.length) {
    throw new SqlError("array_subscript_error", "wrong number of array subscripts", {
      detail: "Low bound array has different size than dimensions array.",
    });
  }
  const dimensions = lengths.items.map((length, index) => ({
    length: Number(length),
    lowerBound: Number(bounds?.items[index] ?? 1),
  }));
  const count = dimensions.reduce((product, one) => product * one.length, 1);
  if (dimensions.length === 0 || count <= 0) return arrayOf(elementOid, []);
  return new SqlArray(
    elementOid,
    Array.from({ length: count }, () => value),
    dimensions,
  );
}

function searchable(call: CallTypes): (item: Datum, wanted: Datum) => boolean {
  const equals = equality(elementOidOf(call, 0));
  return (item, wanted) =>
    item === null || wanted === null ? item === wanted : equals(item, wanted);
}

function positionIn(
  array: SqlArray,
  matches: (item: Datum) => boolean,
  start: number,
): number | null {
  oneDimensional(array, "array_position");
  const lowerBound = array.dimensions[0]?.lowerBound ?? 1;
  for (let at = Math.max(start - lowerBound, 0); at < array.items.length; at++) {
    if (matches(array.items[at] ?? null)) return at + lowerBound;
  }
  return null;
}

const searching: readonly ScalarFunction[] = [
  nullablePolymorphic("array_position", [anycompatiblearray, anycompatible], int4, (call) => {
    const same = searchable(call);
    return (array, wanted) =>
      array === null ? null : positionIn(array, (item) => same(item, wanted), -Infinity);
  }),
  nullablePolymorphic("array_position", [anycompatiblearray, anycompatible, int4], int4, (call) => {
    const same = searchable(call);
    return (array, wanted, start) => {
      if (array === null) return null;
      oneDimensional(array, "array_position");
      if (start === null) {
        throw new SqlError("null_value_not_allowed", "initial position must not be null");
      }
      return positionIn(array, (item) => same(item, wanted), start);
    };
  }),
  nullablePolymorphic("array_positions", [anycompatiblearray, anycompatible], int4Array, (call) => {
    const same = searchable(call);
    return (array, wanted) => {
      if (array === null) return null;
      oneDimensional(array, "array_positions");
      const lowerBound = array.dimensions[0]?.lowerBound ?? 1;
      const found: Datum[] = [];
      for (const [at, item] of array.items.entries())
        if (same(item, wanted)) found.push(at + lowerBound);
      return arrayOf(getType(int4Array.oid).elementOid, found);
    };
  }),
  nullablePolymorphic(
    "array_remove",
    [anycompatiblearray, anycompatible],
    anycompatiblearray,
    (call) => {
      const same = searchable(call);
      return (array, wanted) => {
        if (array === null) return null;
        oneDimensional(array, "array_remove");
        const items = array.items.filter((item) => !same(item, wanted));
        return items.length === array.items.length
          ? array
          : arrayOf(array.elementTypeOid, items, array.dimensions[0]?.lowerBound);
      };
    },
  ),
  nullablePolymorphic(
    "array_replace",
    [anycompatiblearray, anycompatible, anycompatible],
    anycompatiblearray,
    (call) => {
      const same = searchable(call);
      return (array, from, to) =>
        array === null
          ? null
          : new SqlArray(
              array.elementTypeOid,
              array.items.map((item) => (same(item, from) ? to : item)),
              array.dimensions,
            );
    },
  ),
];

/** Nulls contain nothing and are contained in nothing. */
function containment(call: CallTypes): (outer: SqlArray, inner: SqlArray) => boolean {
  const key = hashKeyFor(elementOidOf(call, 0));
  return (outer, inner) => {
    const have = new Set<unknown>();
    for (const item of outer.items) if (item !== null) have.add(key(item));
    return inner.items.every((item) => item !== null && have.has(key(item)));
  };
}

/** How many of the thresholds, which rise, are not above the operand. */
const bucketing: readonly ScalarFunction[] = [
  polymorphic("width_bucket", [anycompatible, anycompatiblearray], int4, (call) => {
    const compare = comparatorFor(call.argTypes[0] ?? 0);
    return (operand, thresholds) => {
      if (thresholds.dimensions.length > 1) {
        throw new SqlError("array_subscript_error", "thresholds must be one-dimensional array");
      }
      if (thresholds.items.includes(null)) {
        throw new SqlError("null_value_not_allowed", "thresholds array must not contain NULLs");
      }
      let low = 0;
      let high = thresholds.items.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(operand, thresholds.items[middle] ?? null) < 0) high = middle;
        else low = middle + 1;
      }
      return low;
    };
  }),
];

export const arrayFunctions: readonly ScalarFunction[] = [
  ...sizes,
  ...building,
  ...searching,
  ...bucketing,
];

export const arrayOperators: readonly ScalarFunction[] = [
  nullablePolymorphic(
    "||",
    [anycompatiblearray, anycompatiblearray],
    anycompatiblearray,
    () => concatenate,
  ),
  nullablePolymorphic(
    "||",
    [anycompatiblearray, anycompatible],
    anycompatiblearray,
    (call) => (array, item) => append(array, item, elementOidOf(call, 0)),
  ),
  nullablePolymorphic(
    "||",
    [anycompatible, anycompatiblearray],
    anycompatiblearray,
    (call) => (item, array) => prepend(item, array, elementOidOf(call, 1)),
  ),
  polymorphic("@>", [anyarray, anyarray], bool, containment),
  polymorphic("<@", [anyarray, anyarray], bool, (call) => {
    const contains = containment(call);
    return (inner, outer) => contains(outer, inner);
  }),
  polymorphic("&&", [anyarray, anyarray], bool, (call) => {
    const key = hashKeyFor(elementOidOf(call, 0));
    return (a, b) => {
      const have = new Set<unknown>();
      for (const item of a.items) if (item !== null) have.add(key(item));
      return b.items.some((item) => item !== null && have.has(key(item)));
    };
  }),
];
