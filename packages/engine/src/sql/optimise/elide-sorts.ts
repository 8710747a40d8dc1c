import type { Expression, SortKey } from "#sql/bind/expression.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { LimitPlan, QueryPlan, ScanPlan } from "#sql/bind/query-plan.ts";
import { arrayLengthGuess, indexMatches, useIndex } from "./choose-index.ts";
import type { IndexMatch } from "./choose-index.ts";

/**
 * Drops sorts whose order an index gives, tells the sorts that stay how many rows are wanted,
 * and scans under a limit where to stop.
 */
export function elideSorts(plan: QueryPlan): QueryPlan {
  if (plan.kind === "limit") return elideUnderLimit(plan);
  if (plan.kind === "sort") {
    const ordered = provideOrder(plan.input, plan.keys, false);
    if (ordered !== undefined) return elideSorts(ordered);
  }
  return mapInputs(plan, elideSorts);
}

function elideUnderLimit(limit: LimitPlan): QueryPlan {
  const count = limit.tieKeys === undefined ? wantedRows(limit) : undefined;
  if (limit.input.kind === "project" && limit.input.input.kind === "sort") {
    // A projection above the sort gives as many rows as it gets.
    const { input: sort } = limit.input;
    const below = sortUnderLimit(sort, limit, count);
    return { ...limit, input: { ...limit.input, input: below } };
  }
  if (limit.input.kind === "sort") {
    return { ...limit, input: sortUnderLimit(limit.input, limit, count) };
  }
  const input = elideSorts(limit.input);
  return { ...limit, input: count === undefined ? input : hintScan(input, count) };
}

function sortUnderLimit(
  sort: QueryPlan & { readonly kind: "sort" },
  limit: LimitPlan,
  count: Expression | undefined,
): QueryPlan {
  const ordered = provideOrder(sort.input, sort.keys, limit.limit !== undefined);
  if (ordered === undefined) return { ...sort, input: elideSorts(sort.input), limitHint: count };
  const inner = elideSorts(ordered);
  return count === undefined ? inner : hintScan(inner, count);
}

/** Rows that the limit takes from below, the skipped ones included; undefined when not known before. */
function wantedRows(limit: LimitPlan): Expression | undefined {
  if (limit.limit === undefined) return undefined;
  if (limit.offset === undefined) return limit.limit;
  if (limit.limit.kind !== "constant" || limit.offset.kind !== "constant") return undefined;
  const { value: rows } = limit.limit;
  const { value: skipped } = limit.offset;
  if (typeof rows !== "bigint" || typeof skipped !== "bigint") return undefined;
  return { ...limit.limit, value: rows + skipped };
}

/** Passes the limit to a scan whose every row comes through. */
function hintScan(plan: QueryPlan, count: Expression): QueryPlan {
  if (plan.kind === "project") return { ...plan, input: hintScan(plan.input, count) };
  return plan.kind === "scan" ? { ...plan, limitHint: count } : plan;
}

/**
 * The plan giving its rows in this order without sorting, or undefined. `isLimited`: only the
 * first rows will be read, which makes an index worth its second reads.
 */
export function provideOrder(
  plan: QueryPlan,
  keys: readonly SortKey[],
  isLimited: boolean,
): QueryPlan | undefined {
  if (keys.length === 0) return plan;
  switch (plan.kind) {
    case "scan":
      return orderedScan(plan, keys, isLimited);
    case "filter": {
      const input = provideOrder(plan.input, keys, isLimited);
      return input === undefined ? undefined : { ...plan, input };
    }
    case "project": {
      const below: SortKey[] = [];
      for (const key of keys) {
        const { expression } = key;
        const source = expression.kind === "column" ? plan.expressions[expression.slot] : undefined;
        if (source?.kind !== "column") return undefined;
        below.push({ ...key, expression: source });
      }
      const input = provideOrder(plan.input, below, isLimited);
      return input === undefined ? undefined : { ...plan, input };
    }
    case "join": {
      // Matches come left row by left row, whatever the way they are found.
      if (plan.type === "right" || plan.type === "full") return undefined;
      const width = plan.left.columns.length;
      const isLeft = keys.every(
        ({ expression }) => expression.kind === "column" && expression.slot < width,
      );
      const left = isLeft ? provideOrder(plan.left, keys, isLimited) : undefined;
      return left === undefined ? undefined : { ...plan, left };
    }
    default:
      return undefined;
  }
}

function orderedScan(
  scan: ScanPlan,
  keys: readonly SortKey[],
  isLimited: boolean,
): ScanPlan | undefined {
  // The conditions that an index has answered already are not there to choose by any more.
  if (scan.constraint !== undefined) {
    const match = currentMatch(scan);
    const reverse = match === undefined ? undefined : direction(scan, match, keys);
    return reverse === undefined ? undefined : { ...scan, reverse };
  }
  for (const match of indexMatches(scan)) {
    const isPrimary = match.index.id === scan.table.primaryIndex.id;
    if (!isPrimary && !isLimited && match.constraint === undefined) continue;
    const reverse = direction(scan, match, keys);
    if (reverse !== undefined) return { ...useIndex(scan, match), reverse };
  }
  return undefined;
}

/** The index that the scan uses, as a match. */
function currentMatch(scan: ScanPlan): IndexMatch | undefined {
  const match = indexMatches(scan).find((one) => one.index.id === scan.indexId);
  if (match === undefined || scan.constraint === undefined) return undefined;
  const { points, equalities, lower, upper, anyOf } = scan.constraint;
  const alternatives = anyOf === undefined ? (points?.length ?? 1) : arrayLengthGuess;
  const equalityCount = (points?.[0] ?? equalities).length + (anyOf === undefined ? 0 : 1);
  return {
    ...match,
    constraint: scan.constraint,
    equalityCount,
    hasRange: lower !== undefined || upper !== undefined,
    isUnique: match.index.unique && equalityCount === match.index.columnIds.length,
    alternatives,
  };
}

/** Whether the index gives the order read backwards (true) or forwards (false); undefined when neither. */
function direction(
  scan: ScanPlan,
  match: IndexMatch,
  keys: readonly SortKey[],
): boolean | undefined {
  if (match.isUnique && match.alternatives === 1) return false;
  const { columnIds } = match.index;
  // With several alternatives the fixed columns vary; the whole still comes in key order.
  const fixed = new Set(match.alternatives === 1 ? columnIds.slice(0, match.equalityCount) : []);
  let next = fixed.size;
  let reverse: boolean | undefined;
  for (const key of keys) {
    if (key.expression.kind !== "column") return undefined;
    const columnId = scan.columnIds[key.expression.slot];
    if (columnId === undefined) return undefined;
    if (fixed.has(columnId)) continue;
    if (next >= columnIds.length) {
      // Every column of a unique index decides the order already.
      if (match.index.unique && areAllNotNull(scan, columnIds)) break;
      return undefined;
    }
    if (columnId !== columnIds[next]) return undefined;
    const isNotNull = areAllNotNull(scan, [columnId]);
    // Nulls come last in an index, and first when it is read backwards.
    if (!isNotNull && key.nullsFirst !== key.descending) return undefined;
    if (reverse !== undefined && reverse !== key.descending) return undefined;
    reverse = key.descending;
    next++;
  }
  return reverse ?? false;
}

function areAllNotNull(scan: ScanPlan, columnIds: readonly number[]): boolean {
  return columnIds.every(
    (id) => scan.table.columns.find((column) => column.id === id)?.notNull === true,
  );
}
