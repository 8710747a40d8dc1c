import { buildFunctionRegistry } from "./registry.ts";
import type { FunctionRegistry } from "./registry.ts";
import type { SqlFunction } from "./function.ts";

/** The registry of everything in this folder plus what others bring (pg_* session functions). */
export function builtinFunctionRegistry(
  extra: readonly (readonly SqlFunction[])[] = [],
): FunctionRegistry {
  return buildFunctionRegistry([...extra], []);
}
