import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import { compareBytes } from "#base/bytes.ts";
import { oids } from "./builtin-types.ts";
import { Interval, Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import { formatJson, isJsonArray, isJsonObject } from "./json-text.ts";
import { Numeric, compareNumeric, formatNumeric, trimScale } from "./numeric.ts";
import { comparePaddedText, compareText, trimTrailingSpaces } from "./text-order.ts";
import { findType, formatType } from "./type.ts";

/** Orders two values that are not null: negative, zero or positive. Total for every type. */
export type Comparator = (left: Datum, right: Datum) => number;

function compareScalars(left: Datum, right: Datum): number {
  // Same-typed numbers, bigints or booleans: JavaScript's order is SQL's.
  return left === right ? 0 : (left as number) < (right as number) ? -1 : 1;
}

/** NaN equals itself and is above everything else. */
function compareFloats(left: Datum, right: Datum): number {
  const a = Number(left);
  const b = Number(right);
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareStrings(left: Datum, right: Datum): number {
  return compareText(left as string, right as string);
}

function comparePadded(left: Datum, right: Datum): number {
  return comparePaddedText(left as string, right as string);
}

function compareNumericDatums(left: Datum, right: Datum): number {
  return compareNumeric(left as Numeric, right as Numeric);
}

function compareByteas(left: Datum, right: Datum): number {
  return compareBytes(left as Uint8Array, right as Uint8Array);
}

const microsPerDay = 86_400_000_000n;

/** A month counts as 30 days and a day as 24 hours when intervals are compared. */
export function intervalSpan(interval: Interval): bigint {
  return interval.micros + (BigInt(interval.days) + BigInt(interval.months) * 30n) * microsPerDay;
}

function compareIntervals(left: Datum, right: Datum): number {
  assert(left instanceof Interval && right instanceof Interval, "an interval datum is an Interval");
  const a = intervalSpan(left);
  const b = intervalSpan(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Object > Array > Boolean > Number > String > null; and an empty array below everything. */
function jsonRank(value: JsonValue): number {
  if (value === null) return 0;
  if (typeof value === "string") return 1;
  if (value instanceof Numeric) return 2;
  if (typeof value === "boolean") return 3;
  return isJsonArray(value) ? 4 : 5;
}

export function compareJson(left: JsonValue, right: JsonValue): number {
  // An oddity of PostgreSQL that its documentation keeps: as a whole document, an empty array
  // sorts below every scalar.
  if (isEmptyArray(left) || isEmptyArray(right)) {
    const order = Number(isEmptyArray(right)) - Number(isEmptyArray(left));
    if (order !== 0) return order;
  }
  return compareJsonParts(left, right);
}

function isEmptyArray(value: JsonValue): boolean {
  return isJsonArray(value) && value.length === 0;
}

function compareJsonParts(left: JsonValue, right: JsonValue): number {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (left instanceof Numeric && right instanceof Numeric) return compareNumeric(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  const rank = jsonRank(left) - jsonRank(right);
  if (rank !== 0) return rank;
  if (isJsonArray(left) && isJsonArray(right)) {
    if (left.length !== right.length) return left.length - right.length;
    for (const [index, item] of left.entries()) {
      const order = compareJsonParts(item, right[index] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    if (left.size !== right.size) return left.size - right.size;
    const others = right.entries();
    for (const [key, item] of left) {
      const next = others.next();
      if (next.done === true) return 1;
      const [otherKey, otherItem] = next.value;
      const order = compareText(key, otherKey) || compareJsonParts(item, otherItem);
      if (order !== 0) return order;
    }
  }
  return 0;
}

function compareJsonbs(left: Datum, right: Datum): number {
  assert(left instanceof Jsonb && right instanceof Jsonb, "a jsonb datum is a Jsonb");
  return compareJson(left.value, right.value);
}

/** Items first, then number of dimensions, then their bounds. NULL items sort last and are equal. */
function compareArrays(compareItems: Comparator): Comparator {
  return (left, right) => {
    assert(left instanceof SqlArray && right instanceof SqlArray, "an array datum is a SqlArray");
    const order = compareLists(left.items, right.items, () => compareItems);
    if (order !== 0) return order;
    if (left.dimensions.length !== right.dimensions.length) {
      return left.dimensions.length - right.dimensions.length;
    }
    for (const [index, dimension] of left.dimensions.entries()) {
      const other = right.dimensions[index];
      if (other === undefined) return 1;
      const bounds = dimension.length - other.length || dimension.lowerBound - other.lowerBound;
      if (bounds !== 0) return bounds;
    }
    return 0;
  };
}

function compareLists(
  left: readonly Datum[],
  right: readonly Datum[],
  comparatorAt: (index: number) => Comparator,
): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left[index] ?? null;
    const b = right[index] ?? null;
    if (a === null || b === null) {
      if (a === b) continue;
      return a === null ? 1 : -1;
    }
    const order = comparatorAt(index)(a, b);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareRecords(left: Datum, right: Datum): number {
  assert(left instanceof SqlRecord && right instanceof SqlRecord, "a record datum is a SqlRecord");
  return compareLists(left.fields, right.fields, (index) =>
    comparatorFor(left.fieldTypeOids[index] ?? 0),
  );
}

function noOrder(typeOid: number): SqlError {
  return new SqlError(
    "undefined_function",
    `could not identify an ordering operator for type ${formatType(typeOid)}`,
    { hint: "Use an explicit ordering operator or modify the query." },
  );
}

/** The btree order of a type, chosen once per column; 42883 when the type has none (json, xid). */
export function comparatorFor(typeOid: number): Comparator {
  switch (typeOid) {
    case oids.bool:
    case oids.int2:
    case oids.int4:
    case oids.int8:
    case oids.oid:
    case oids.date:
    case oids.time:
    case oids.timestamp:
    case oids.timestamptz:
    case oids.xid8:
    case oids.pgLsn:
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return compareScalars;
    case oids.float4:
    case oids.float8:
      return compareFloats;
    case oids.numeric:
      return compareNumericDatums;
    case oids.text:
    case oids.varchar:
    case oids.name:
    case oids.char:
    case oids.uuid:
    case oids.unknown:
    case oids.cstring:
    case oids.tid:
      return compareStrings;
    case oids.bpchar:
      return comparePadded;
    case oids.bytea:
      return compareByteas;
    case oids.interval:
      return compareIntervals;
    case oids.jsonb:
      return compareJsonbs;
    case oids.record:
      return compareRecords;
    case oids.int2vector:
    case oids.oidvector:
      return compareArrays(compareScalars);
    default: {
      const type = findType(typeOid);
      if (type === undefined) return compareRecords;
      if (type.category === "A") return compareArrays(comparatorFor(type.elementOid));
      throw noOrder(typeOid);
    }
  }
}

/** Whether ORDER BY, DISTINCT, GROUP BY and keys can use the type. */
export function isOrderable(typeOid: number): boolean {
  const type = findType(typeOid);
  if (type === undefined) return true;
  if (type.category === "A") return isOrderable(type.elementOid);
  switch (typeOid) {
    case oids.json:
    case oids.xid:
    case oids.cid:
    case oids.aclitem:
    case oids.pgNodeTree:
    case oids.void:
      return false;
    default:
      return type.kind === "base" || typeOid === oids.record;
  }
}

/**
 * Something a Map can hold that is the same for two values exactly when they are equal, given
 * that both are of the type.
 */
export type HashKey = (datum: Datum) => string | number | bigint | boolean;

const identityKey: HashKey = (datum) => datum as string;

/** How to key groups and hash joins by values (not null) of a type. */
export function hashKeyFor(typeOid: number): HashKey {
  switch (typeOid) {
    case oids.float4:
    case oids.float8:
      // Map keys treat NaN as equal to itself; -0 and 0 too.
      return (datum) => datum as number;
    case oids.numeric:
      return numericKey;
    case oids.bpchar:
      return (datum) => trimTrailingSpaces(datum as string);
    case oids.bytea:
      return (datum) => Buffer.from(datum as Uint8Array).toString("latin1");
    case oids.interval:
      return (datum) => intervalSpan(datum as Interval);
    case oids.jsonb:
      return (datum) => jsonKey((datum as Jsonb).value);
    case oids.record:
      return recordKey;
    default: {
      const type = findType(typeOid);
      if (type === undefined) return recordKey;
      if (type.category === "A") {
        const elementKey = hashKeyFor(type.elementOid);
        return (datum) => {
          const array = datum as SqlArray;
          const bounds = array.dimensions.map((one) => `${one.lowerBound}+${one.length}`);
          return `${bounds.join(",")}|${listKey(array.items, () => elementKey)}`;
        };
      }
      if (!isOrderable(typeOid) && typeOid !== oids.xid && typeOid !== oids.cid) {
        throw new SqlError(
          "undefined_function",
          `could not identify an equality operator for type ${formatType(typeOid)}`,
        );
      }
      return identityKey;
    }
  }
}

function numericKey(datum: Datum): string {
  return formatNumeric(trimScale(datum as Numeric));
}

function jsonKey(value: JsonValue): string {
  if (value instanceof Numeric) return numericKey(value);
  if (isJsonArray(value)) return `[${value.map(jsonKey).join(",")}]`;
  if (isJsonObject(value)) {
    return `{${[...value].map(([key, item]) => `${formatJson(key)}:${jsonKey(item)}`).join(",")}}`;
  }
  return formatJson(value);
}

function recordKey(datum: Datum): string {
  const record = datum as SqlRecord;
  return listKey(record.fields, (index) => hashKeyFor(record.fieldTypeOids[index] ?? 0));
}

/** Each part carries its length, so that no two lists share a key. */
function listKey(items: readonly Datum[], keyAt: (index: number) => HashKey): string {
  let key = "";
  for (const [index, item] of items.entries()) {
    if (item === null) {
      key += "n;";
      continue;
    }
    const part = String(keyAt(index)(item));
    key += `${part.length}:${part};`;
  }
  return key;
}
