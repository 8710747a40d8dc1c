import { aggregateFunctions } from "./functions-aggregate.ts";
import { arithmeticOperators } from "./functions-arithmetic.ts";
import { arrayFunctions, arrayOperators } from "./functions-array.ts";
import { byteFunctions } from "./functions-bytes.ts";
import { comparisonOperators } from "./functions-comparison.ts";
import { dateTimeFunctions, dateTimeOperators } from "./functions-datetime.ts";
import { extractFunctions } from "./functions-extract.ts";
import { formatFunctions } from "./functions-format.ts";
import { jsonFunctions, jsonOperators } from "./functions-json.ts";
import { mathFunctions } from "./functions-math.ts";
import { patternFunctions, patternOperators } from "./functions-pattern.ts";
import { setReturningFunctions } from "./functions-set.ts";
import { textFunctions, textOperators } from "./functions-text.ts";
import { typeFunctions } from "./functions-type.ts";
import { windowFunctions } from "./functions-window.ts";
import type { ScalarFunction, SqlFunction } from "./function.ts";
import { buildFunctionRegistry } from "./registry.ts";
import type { FunctionRegistry } from "./registry.ts";

const operatorLists: readonly (readonly ScalarFunction[])[] = [
  comparisonOperators,
  arithmeticOperators,
  textOperators,
  patternOperators,
  dateTimeOperators,
  arrayOperators,
  jsonOperators,
];

const functionLists: readonly (readonly SqlFunction[])[] = [
  mathFunctions,
  textFunctions,
  patternFunctions,
  byteFunctions,
  dateTimeFunctions,
  extractFunctions,
  formatFunctions,
  arrayFunctions,
  jsonFunctions,
  aggregateFunctions,
  setReturningFunctions,
  windowFunctions,
  typeFunctions,
];

/** The registry of everything in this folder plus what others bring (pg_* session functions). */
export function builtinFunctionRegistry(
  extra: readonly (readonly SqlFunction[])[] = [],
): FunctionRegistry {
  return buildFunctionRegistry([...functionLists, ...extra], operatorLists);
}
