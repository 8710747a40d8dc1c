import { SqlError } from "#base/errors.ts";
import type { Scope, ScopeRelation } from "./scope.ts";

/** Names further apart than this are not offered. */
const distanceMax = 3;

interface Candidate {
  readonly relation: ScopeRelation;
  readonly column: string;
  readonly distance: number;
}

/** 42703, with the columns the user may have meant, found as PostgreSQL finds them. */
export function missingColumn(
  scope: Scope,
  relationName: string | undefined,
  columnName: string,
  position: number | undefined,
): SqlError {
  const message =
    relationName === undefined
      ? `column "${columnName}" does not exist`
      : `column ${relationName}.${columnName} does not exist`;
  return new SqlError("undefined_column", message, {
    hint: hintFor(scope, relationName, columnName),
    position,
  });
}

function hintFor(
  scope: Scope,
  relationName: string | undefined,
  columnName: string,
): string | undefined {
  let best: Candidate[] = [];
  let bestDistance = distanceMax + 1;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const relation of level.relations) {
      const penalty =
        relationName === undefined
          ? 0
          : editDistance(relationName, relation.alias, distanceMax + 1);
      for (const column of relation.columns) {
        if (column.hidden || column.name === "") continue;
        const columnDistance = editDistance(columnName, column.name, distanceMax + 1);
        // More than half of the letters wrong is another word.
        if (columnDistance > Math.floor(columnName.length / 2)) continue;
        const distance = columnDistance + penalty;
        if (distance > distanceMax) continue;
        if (distance < bestDistance) {
          best = [];
          bestDistance = distance;
        }
        if (distance === bestDistance) best.push({ relation, column: column.name, distance });
      }
    }
  }
  const [first, second] = best;
  if (first === undefined || best.length > 2) return undefined;
  const shown = (candidate: Candidate): string =>
    `the column "${candidate.relation.alias}.${candidate.column}"`;
  return second === undefined
    ? `Perhaps you meant to reference ${shown(first)}.`
    : `Perhaps you meant to reference ${shown(first)} or ${shown(second)}.`;
}

/** 42P01 for a qualifier that no FROM item has, or none that may be used here. */
export function invalidFromReference(
  scope: Scope,
  name: string,
  position: number | undefined,
): SqlError {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const relation of level.relations) {
      if (relation.table?.name === name && relation.alias !== name) {
        return new SqlError(
          "undefined_table",
          `invalid reference to FROM-clause entry for table "${name}"`,
          {
            hint: `Perhaps you meant to reference the table alias "${relation.alias}".`,
            position,
          },
        );
      }
      if (relation.alias === name && relation.hiddenBy !== undefined) {
        return new SqlError(
          "undefined_table",
          `invalid reference to FROM-clause entry for table "${name}"`,
          {
            hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
            position,
          },
        );
      }
    }
  }
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    if (level.unreachable.some((relation) => relation.alias === name)) {
      return new SqlError(
        "undefined_table",
        `invalid reference to FROM-clause entry for table "${name}"`,
        {
          hint: `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`,
          position,
        },
      );
    }
  }
  return new SqlError("undefined_table", `missing FROM-clause entry for table "${name}"`, {
    position,
  });
}

/** Levenshtein's distance, or `cap` as soon as it is known to be no less. */
export function editDistance(left: string, right: string, cap: number): number {
  if (Math.abs(left.length - right.length) >= cap) return cap;
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution =
        (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const insertion = (current[column - 1] ?? 0) + 1;
      const deletion = (previous[column] ?? 0) + 1;
      current.push(Math.min(substitution, insertion, deletion));
    }
    previous = current;
  }
  return Math.min(previous[right.length] ?? cap, cap);
}
