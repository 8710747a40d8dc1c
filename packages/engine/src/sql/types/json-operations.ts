import { SqlError } from "#base/errors.ts";
import type { JsonValue } from "./datum.ts";
import { isJsonArray, isJsonObject, jsonObject } from "./json-text.ts";
import { Numeric, compareNumeric } from "./numeric.ts";

/** Looking into JSON documents and making changed copies of them. */

export function jsonTypeName(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof Numeric) return "number";
  return isJsonArray(value) ? "array" : "object";
}

export function memberOf(value: JsonValue, key: string): JsonValue | undefined {
  return isJsonObject(value) ? value.get(key) : undefined;
}

/** Negative indexes count from the end. */
export function itemAt(value: JsonValue, index: number): JsonValue | undefined {
  if (!isJsonArray(value)) return undefined;
  return value[index < 0 ? value.length + index : index];
}

const indexPattern = /^\s*[+-]?\d+$/;

export function atPath(value: JsonValue, steps: readonly string[]): JsonValue | undefined {
  let current: JsonValue | undefined = value;
  for (const step of steps) {
    if (current === undefined) return undefined;
    if (isJsonObject(current)) current = current.get(step);
    else if (isJsonArray(current) && indexPattern.test(step))
      current = itemAt(current, Number(step));
    else return undefined;
  }
  return current;
}

function equalScalars(left: JsonValue, right: JsonValue): boolean {
  if (left instanceof Numeric && right instanceof Numeric) return compareNumeric(left, right) === 0;
  return left === right;
}

function isContainer(value: JsonValue): boolean {
  return isJsonArray(value) || isJsonObject(value);
}

function isEmptyContainer(value: JsonValue): boolean {
  return isJsonArray(value) ? value.length === 0 : isJsonObject(value) && value.size === 0;
}

/** left @> right. An array may contain a scalar on its own, but only at the top. */
export function containsJson(left: JsonValue, right: JsonValue): boolean {
  if (isJsonArray(left) && !isContainer(right)) {
    return left.some((item) => equalScalars(item, right));
  }
  return contains(left, right);
}

function contains(left: JsonValue, right: JsonValue): boolean {
  if (isJsonObject(left) && isJsonObject(right)) {
    for (const [key, wanted] of right) {
      const have = left.get(key);
      if (have === undefined || !contains(have, wanted)) return false;
    }
    return true;
  }
  if (isJsonArray(left) && isJsonArray(right)) {
    return right.every((wanted) => left.some((item) => contains(item, wanted)));
  }
  if (isContainer(left) || isContainer(right)) return false;
  return equalScalars(left, right);
}

function invalid(message: string): SqlError {
  return new SqlError("invalid_parameter_value", message);
}

export function concatenateJson(left: JsonValue, right: JsonValue): JsonValue {
  if (isJsonObject(left) && isJsonObject(right)) return jsonObject([...left, ...right]);
  const asItems = (value: JsonValue): readonly JsonValue[] =>
    isJsonArray(value) ? value : [value];
  return [...asItems(left), ...asItems(right)];
}

export function deleteKeys(value: JsonValue, keys: readonly string[]): JsonValue {
  if (isJsonObject(value)) {
    return new Map([...value].filter(([key]) => !keys.includes(key)));
  }
  if (isJsonArray(value)) {
    return value.filter((item) => typeof item !== "string" || !keys.includes(item));
  }
  throw invalid("cannot delete from scalar");
}

export function deleteIndex(value: JsonValue, index: number): JsonValue {
  if (isJsonObject(value)) throw invalid("cannot delete from object using integer index");
  if (!isJsonArray(value)) throw invalid("cannot delete from scalar");
  const at = index < 0 ? value.length + index : index;
  return value.filter((_, position) => position !== at);
}

function stepIndex(step: string, position: number): number {
  if (!indexPattern.test(step)) {
    throw new SqlError(
      "invalid_text_representation",
      `path element at position ${position} is not an integer: "${step}"`,
    );
  }
  return Number(step);
}

/**
 * Rebuilds the document along a path; `change` gets what is at its end (undefined when nothing
 * is) and returns the members to put there.
 */
interface PathChange {
  /** At an object's key: the new value, or undefined to leave the key out. */
  member(value: JsonValue | undefined): JsonValue | undefined;
  /** At an array's item: what stands in its place. */
  items(item: JsonValue): readonly JsonValue[];
  /** Past an array's end: where a new item goes, or undefined when it does not. */
  missing: ((before: boolean) => JsonValue) | undefined;
}

function changeAt(
  value: JsonValue,
  steps: readonly (string | null)[],
  depth: number,
  change: PathChange,
): JsonValue {
  const step = steps[depth];
  if (step === undefined) return value;
  if (step === null) {
    throw new SqlError("null_value_not_allowed", `path element at position ${depth + 1} is null`);
  }
  const isLast = depth === steps.length - 1;
  if (isJsonObject(value)) {
    const have = value.get(step);
    if (!isLast) {
      if (have === undefined) return value;
      return new Map([...value, [step, changeAt(have, steps, depth + 1, change)]]);
    }
    const next = change.member(have);
    if (next === undefined) return new Map([...value].filter(([key]) => key !== step));
    return jsonObject([...value, [step, next]]);
  }
  if (isJsonArray(value)) {
    const index = stepIndex(step, depth + 1);
    const at = index < 0 ? value.length + index : index;
    const item = value[at];
    if (item === undefined) {
      if (!isLast || change.missing === undefined) return value;
      const added = change.missing(at < 0);
      return at < 0 ? [added, ...value] : [...value, added];
    }
    const replacement = isLast ? change.items(item) : [changeAt(item, steps, depth + 1, change)];
    return [...value.slice(0, at), ...replacement, ...value.slice(at + 1)];
  }
  return value;
}

export function setAtPath(
  value: JsonValue,
  steps: readonly (string | null)[],
  next: JsonValue,
  create: boolean,
): JsonValue {
  if (!isContainer(value)) throw invalid("cannot set path in scalar");
  if (isEmptyContainer(value) && !create) return value;
  return changeAt(value, steps, 0, {
    member: (have) => (have === undefined && !create ? undefined : next),
    items: () => [next],
    missing: create ? () => next : undefined,
  });
}

export function insertAtPath(
  value: JsonValue,
  steps: readonly (string | null)[],
  next: JsonValue,
  after: boolean,
): JsonValue {
  if (!isContainer(value)) throw invalid("cannot set path in scalar");
  return changeAt(value, steps, 0, {
    member: (have) => {
      if (have === undefined) return next;
      throw new SqlError("invalid_parameter_value", "cannot replace existing key", {
        hint: "Try using the function jsonb_set to replace key value.",
      });
    },
    items: (item) => (after ? [item, next] : [next, item]),
    missing: () => next,
  });
}

export function deleteAtPath(value: JsonValue, steps: readonly (string | null)[]): JsonValue {
  if (!isContainer(value)) throw invalid("cannot delete path in scalar");
  if (isEmptyContainer(value)) return value;
  return changeAt(value, steps, 0, {
    member: () => undefined,
    items: () => [],
    missing: undefined,
  });
}

/** Drops members whose value is null, at every depth; items of arrays stay. */
export function stripNulls(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(stripNulls);
  if (!isJsonObject(value)) return value;
  const entries: [string, JsonValue][] = [];
  for (const [key, item] of value) if (item !== null) entries.push([key, stripNulls(item)]);
  return new Map(entries);
}
