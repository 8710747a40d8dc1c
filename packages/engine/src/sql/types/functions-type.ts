import { oids } from "./builtin-types.ts";
import { typeOf, variadicAny } from "./define.ts";
import type { ScalarFunction } from "./function.ts";

/** Functions about types rather than values. */
export const typeFunctions: readonly ScalarFunction[] = [
  {
    // Not variadic, but of an argument of any type, which "any" alone can say.
    ...variadicAny("pg_typeof", [], typeOf(oids.regtype), (call) => () => call.argTypes[0] ?? 0),
    variadic: false,
  },
];
