import { hashKeyFor } from "#sql/types/compare.ts";
import type { HashKey } from "#sql/types/compare.ts";
import type { Row } from "#sql/types/datum.ts";

/** What stands for a group of equal rows in a Map. Null is a value like any other here. */
export type RowHash = string | number | bigint | boolean | null;

/** Makes rows with these column types into Map keys: equal exactly when the rows are not distinct. */
export function rowHasher(typeOids: readonly number[]): (row: Row) => RowHash {
  const columns = typeOids.map(hashKeyFor);
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) {
    return (row) => {
      const value = row[0] ?? null;
      return value === null ? null : only(value);
    };
  }
  return (row) => composite(columns, row);
}

/** Each part says its kind and, for text, its length, so that no two rows run into one. */
function composite(columns: readonly HashKey[], row: Row): string {
  let key = "";
  for (let slot = 0; slot < columns.length; slot++) {
    const value = row[slot] ?? null;
    const part = value === null ? null : (columns[slot]?.(value) ?? null);
    if (part === null) key += "n;";
    else if (typeof part === "string") key += `s${part.length}:${part}`;
    else key += `${String(part)};`;
  }
  return key;
}
