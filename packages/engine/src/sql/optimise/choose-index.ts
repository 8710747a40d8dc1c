import type { IndexDescriptor } from "#catalog/descriptor.ts";
import { indexesOf } from "#catalog/snapshot.ts";
import type { Expression } from "#sql/bind/expression.ts";
import type { KeyBound, KeyConstraint, ScanPlan } from "#sql/bind/query-plan.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import { keyComparison } from "./key-comparisons.ts";
import type { KeyComparison } from "./key-comparisons.ts";

/** IN lists become separate keys up to this many; longer ones are checked on rows. */
const pointsMax = 1000;

/** How many elements an array that is not known yet is taken to have. */
export const arrayLengthGuess = 10;

/** What one index can do for a scan. */
export interface IndexMatch {
  readonly index: IndexDescriptor;
  readonly constraint: KeyConstraint | undefined;
  /** Leading key columns fixed to one value (per alternative). */
  readonly equalityCount: number;
  readonly hasRange: boolean;
  /** At most one row per alternative. */
  readonly isUnique: boolean;
  readonly alternatives: number;
  /** Conditions that the constraint answers. */
  readonly answered: ReadonlySet<Expression>;
}

/** Reads the scan through the index that its conditions narrow most. */
export function chooseIndex(scan: ScanPlan): ScanPlan {
  const [best] = indexMatches(scan);
  return best?.constraint === undefined ? scan : useIndex(scan, best);
}

/** The indexes of the scan's table, the most useful first. */
export function indexMatches(scan: ScanPlan): readonly IndexMatch[] {
  const comparisons = conjunctsOf(scan.filter).flatMap(
    (condition) => keyComparison(condition, scan.table, scan.columnIds) ?? [],
  );
  const indexes = indexesOf(scan.table);
  return indexes
    .map((index) => matchIndex(index, comparisons))
    .toSorted((one, other) => rank(scan, other) - rank(scan, one));
}

export function useIndex(scan: ScanPlan, match: IndexMatch): ScanPlan {
  return {
    ...scan,
    indexId: match.index.id,
    constraint: match.constraint,
    filter: allOf(conjunctsOf(scan.filter).filter((condition) => !match.answered.has(condition))),
  };
}

/** Higher is better. A secondary index costs a second read per row, so it must earn it. */
function rank(scan: ScanPlan, match: IndexMatch): number {
  const isPrimary = match.index.id === scan.table.primaryIndex.id;
  return (
    (match.isUnique ? 1000 : 0) +
    match.equalityCount * 10 +
    (match.hasRange ? 5 : 0) +
    (isPrimary ? 1 : 0)
  );
}

function matchIndex(index: IndexDescriptor, comparisons: readonly KeyComparison[]): IndexMatch {
  const answered = new Set<Expression>();
  let alternatives: readonly (readonly Expression[])[] = [[]];
  let hasList = false;
  let equalityCount = 0;
  let anyOf: Expression | undefined;
  let lower: KeyBound | undefined;
  let upper: KeyBound | undefined;
  for (const columnId of index.columnIds) {
    const own = comparisons.filter((one) => one.columnId === columnId);
    const equality = own.find((one) => one.operator === "=");
    const list = own.find(
      (one) => one.operator === "in" && alternatives.length * one.values.length <= pointsMax,
    );
    const fixed = equality ?? list;
    if (fixed !== undefined) {
      alternatives = alternatives.flatMap((prefix) =>
        fixed.values.map((value) => [...prefix, value]),
      );
      hasList ||= fixed === list;
      answered.add(fixed.condition);
      equalityCount++;
      continue;
    }
    const array = hasList ? undefined : own.find((one) => one.operator === "any");
    if (array !== undefined) {
      [anyOf] = array.values;
      answered.add(array.condition);
      equalityCount++;
      break;
    }
    // Bounds after a list would hold for every alternative, but one span is all they describe.
    if (hasList) break;
    for (const one of own) {
      const [value] = one.values;
      if (value === undefined) continue;
      if (lower === undefined && (one.operator === ">" || one.operator === ">=")) {
        lower = { values: [value], inclusive: one.operator === ">=" };
        answered.add(one.condition);
      } else if (upper === undefined && (one.operator === "<" || one.operator === "<=")) {
        upper = { values: [value], inclusive: one.operator === "<=" };
        answered.add(one.condition);
      }
    }
    break;
  }
  const hasRange = lower !== undefined || upper !== undefined;
  const [equalities = []] = alternatives;
  const constraint: KeyConstraint | undefined =
    equalityCount === 0 && !hasRange
      ? undefined
      : {
          equalities: hasList ? [] : equalities,
          lower,
          upper,
          points: hasList ? alternatives : undefined,
          anyOf,
        };
  return {
    index,
    constraint,
    equalityCount,
    hasRange,
    isUnique: index.unique && equalityCount === index.columnIds.length,
    alternatives: anyOf === undefined ? alternatives.length : arrayLengthGuess,
    answered,
  };
}
