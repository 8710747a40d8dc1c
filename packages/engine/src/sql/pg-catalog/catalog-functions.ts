import type { SqlFunction } from "#sql/types/function.ts";

export const catalogFunctions: readonly SqlFunction[] = [];
