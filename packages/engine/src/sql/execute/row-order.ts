import type { SortKey } from "#sql/bind/expression.ts";
import { comparatorFor } from "#sql/types/compare.ts";
import type { Row } from "#sql/types/datum.ts";

/** Orders rows of sort keys (one slot per key). */
export function rowOrder(keys: readonly SortKey[]): (left: Row, right: Row) => number {
  const parts = keys.map((key) => ({
    compare: comparatorFor(key.expression.result.type.oid),
    sign: key.descending ? -1 : 1,
    nullSign: key.nullsFirst ? -1 : 1,
  }));
  return (left, right) => {
    for (let slot = 0; slot < parts.length; slot++) {
      const part = parts[slot];
      if (part === undefined) break;
      const a = left[slot] ?? null;
      const b = right[slot] ?? null;
      if (a === null || b === null) {
        if (a === b) continue;
        return a === null ? part.nullSign : -part.nullSign;
      }
      const order = part.compare(a, b);
      if (order !== 0) return order * part.sign;
    }
    return 0;
  };
}
