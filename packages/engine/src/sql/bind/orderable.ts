import { SqlError } from "#base/errors.ts";
import { comparatorFor } from "#sql/types/compare.ts";
import { getType } from "#sql/types/type.ts";
import { oids } from "#sql/types/builtin-types.ts";

/** Whether values of the type can be sorted, grouped and compared. */
export function isOrderable(oid: number): boolean {
  if (oid === oids.record || oid === oids.unknown) return true;
  if (getType(oid).kind === "pseudo") return false;
  try {
    comparatorFor(oid);
    return true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}
