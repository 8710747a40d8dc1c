import { SqlError } from "#base/errors.ts";
import { resolveCommonType } from "#sql/types/resolve.ts";

/**
 * The type that all of them become, or the error with the position that `findPosition` gives:
 * looking for it in a deep tree costs too much to do it in vain.
 */
export function commonType(
  typeOids: readonly number[],
  context: string,
  findPosition: () => number | undefined,
): number {
  try {
    return resolveCommonType(typeOids, context);
  } catch (error) {
    throw error instanceof SqlError ? error.with({ position: findPosition() }) : error;
  }
}
