import { setReturningFunctions } from "./functions-set.ts";
import { aggregateFunctions } from "./functions-aggregate.ts";
import { arithmeticOperators } from "./functions-arithmetic.ts";
import { comparisonOperators } from "./functions-comparison.ts";
import { mathFunctions } from "./functions-math.ts";
import type { ScalarFunction, SqlFunction } from "./function.ts";
import { buildFunctionRegistry } from "./registry.ts";
import type { FunctionRegistry } from "./registry.ts";

const operatorLists: readonly (readonly ScalarFunction[])[] = [
  comparisonOperators,
  arithmeticOperators,
];

const functionLists: readonly (readonly SqlFunction[])[] = [
  mathFunctions,
  aggregateFunctions,
  setReturningFunctions,
];

/** The registry of everything in this folder plus what others bring (pg_* session functions). */
export function builtinFunctionRegistry(
  extra: readonly (readonly SqlFunction[])[] = [],
): FunctionRegistry {
  return buildFunctionRegistry([...functionLists, ...extra], operatorLists);
}
