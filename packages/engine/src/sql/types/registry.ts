import type { ScalarFunction, SqlFunction } from "./function.ts";

/** All functions and operators by name. Built once by composition; never changes afterwards. */
export interface FunctionRegistry {
  /** Every overload of the name, functions of all kinds; empty when there is none. */
  functions(name: string): readonly SqlFunction[];
  operators(symbol: string): readonly ScalarFunction[];
  all(): Iterable<SqlFunction>;
  allOperators(): Iterable<ScalarFunction>;
}

/** Joins lists of functions. An overload that repeats a signature replaces the earlier one. */
export function buildFunctionRegistry(
  functionLists: readonly (readonly SqlFunction[])[],
  operatorLists: readonly (readonly ScalarFunction[])[],
): FunctionRegistry {
  const functions = new Map<string, SqlFunction[]>();
  const operators = new Map<string, ScalarFunction[]>();
  for (const list of functionLists) for (const one of list) put(functions, one);
  for (const list of operatorLists) for (const one of list) put(operators, one);
  return {
    functions: (name) => functions.get(name) ?? [],
    operators: (symbol) => operators.get(symbol) ?? [],
    *all() {
      for (const overloads of functions.values()) yield* overloads;
    },
    *allOperators() {
      for (const overloads of operators.values()) yield* overloads;
    },
  };
}

function put<F extends SqlFunction>(map: Map<string, F[]>, one: F): void {
  const overloads = map.get(one.name);
  if (overloads === undefined) {
    map.set(one.name, [one]);
    return;
  }
  const same = overloads.findIndex(
    (other) =>
      other.argTypes.length === one.argTypes.length &&
      other.argTypes.every((oid, index) => oid === one.argTypes[index]),
  );
  if (same === -1) overloads.push(one);
  else overloads[same] = one;
}
