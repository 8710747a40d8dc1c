import { SqlError } from "#base/errors.ts";
import type { SqlErrorFields } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { bindCast, canCastImplicitly } from "./cast.ts";
import { SqlArray } from "./datum.ts";
import type { Datum } from "./datum.ts";
import type { ScalarFunction, SqlFunction } from "./function.ts";
import { arePolymorphicTypesConsistent, settlePolymorphicTypes } from "./polymorphism.ts";
import type { FunctionRegistry } from "./registry.ts";
import { findType, findTypeByName, formatType, isPolymorphic, isArrayType } from "./type.ts";

/**
 * A call whose types are settled (PostgreSQL's documentation, chapter 10).
 *
 * - Each given argument i must be coerced to `argTypes[i]` (implicit cast; an unknown literal is
 *   read as that type). `argTypes` has one entry per given argument, then `defaultArgs` follow.
 * - `function` is already specialised for these types.
 * - When `variadicFrom` is set, the arguments from there on are to be gathered into one array of
 *   type `variadicArrayType` before the call.
 */
export interface ResolvedCall<F extends SqlFunction = SqlFunction> {
  readonly function: F;
  readonly argTypes: readonly number[];
  readonly returnType: number;
  readonly defaultArgs: readonly Datum[];
  readonly variadicFrom: number | undefined;
  readonly variadicArrayType: number;
}

export interface CallOptions {
  /** The last argument was marked VARIADIC. */
  readonly variadicArray?: boolean;
  /** 1-based position in the statement, for errors. */
  readonly position?: number | undefined;
}

/** One way to read a call: a function with its argument types spread out over the given arguments. */
interface Candidate {
  readonly function: SqlFunction;
  /** As many as the arguments given. */
  readonly argTypes: readonly number[];
  readonly defaultArgs: readonly Datum[];
  readonly variadicFrom: number | undefined;
}

/** Whether a value of one type is accepted where another is wanted, without a cast in the text. */
export function canCoerceImplicitly(sourceOid: number, targetOid: number): boolean {
  if (sourceOid === targetOid || targetOid === oids.any) return true;
  if (sourceOid === oids.unknown) return true;
  if (isPolymorphic(targetOid)) return canBePolymorphic(sourceOid, targetOid);
  if (targetOid === oids.record) return findType(sourceOid) === undefined;
  if (targetOid === oids.cstring) return false;
  return canCastImplicitly(sourceOid, targetOid);
}

function canBePolymorphic(sourceOid: number, targetOid: number): boolean {
  const isArray = findType(sourceOid)?.category === "A";
  switch (targetOid) {
    case oids.anyarray:
    case oids.anycompatiblearray:
      return isArray;
    case oids.anynonarray:
    case oids.anycompatiblenonarray:
      return !isArray;
    default:
      return true;
  }
}

function canCoerceAll(given: readonly number[], wanted: readonly number[]): boolean {
  return (
    given.every((oid, index) => canCoerceImplicitly(oid, wanted[index] ?? 0)) &&
    arePolymorphicTypesConsistent(given, wanted)
  );
}

function categoryOf(oid: number): string {
  const type = findType(oid);
  return type === undefined ? "C" : type.category;
}

function isPreferred(oid: number, category: string): boolean {
  const type = findType(oid);
  return type !== undefined && type.category === category && type.preferred;
}

/** Spreads an overload over a number of arguments; undefined when it cannot take them. */
function fitToArity(
  overload: SqlFunction,
  count: number,
  variadicArray: boolean,
): Candidate | undefined {
  const declared = overload.argTypes;
  if (declared.length === count && (!overload.variadic || variadicArray)) {
    return { function: overload, argTypes: declared, defaultArgs: [], variadicFrom: undefined };
  }
  if (overload.variadic && !variadicArray && count >= declared.length - 1) {
    const from = declared.length - 1;
    const last = declared[from] ?? 0;
    if (last === oids.any) {
      // At least one argument must stand for the variadic one.
      if (count < declared.length) return undefined;
      const rest = Array.from({ length: count - from }, () => oids.any);
      return {
        function: overload,
        argTypes: [...declared.slice(0, from), ...rest],
        defaultArgs: [],
        variadicFrom: undefined,
      };
    }
    if (count < declared.length) return undefined;
    const element = variadicElement(last);
    const rest = Array.from({ length: count - from }, () => element);
    return {
      function: overload,
      argTypes: [...declared.slice(0, from), ...rest],
      defaultArgs: [],
      variadicFrom: from,
    };
  }
  const missing = declared.length - count;
  if (!overload.variadic && missing > 0 && missing <= overload.defaults.length) {
    return {
      function: overload,
      argTypes: declared.slice(0, count),
      defaultArgs: overload.defaults.slice(overload.defaults.length - missing),
      variadicFrom: undefined,
    };
  }
  return undefined;
}

function variadicElement(arrayOid: number): number {
  if (arrayOid === oids.anyarray) return oids.anyelement;
  if (arrayOid === oids.anycompatiblearray) return oids.anycompatible;
  return findType(arrayOid)?.elementOid ?? 0;
}

/** Finds the function a call means. Unknown literals have type oids.unknown. 42883 or 42725 otherwise. */
export function resolveFunction(
  registry: FunctionRegistry,
  name: string,
  argTypes: readonly number[],
  options: CallOptions = {},
): ResolvedCall {
  const candidates: Candidate[] = [];
  for (const overload of registry.functions(name)) {
    const candidate = fitToArity(overload, argTypes.length, options.variadicArray ?? false);
    if (candidate !== undefined) candidates.push(candidate);
  }
  const exact = candidates.filter((candidate) =>
    candidate.argTypes.every((oid, index) => oid === argTypes[index]),
  );
  // A spread-out variadic function loses against one that takes the arguments as they are.
  const exactMatch = exact.find((one) => one.variadicFrom === undefined) ?? exact[0];
  if (exactMatch !== undefined) return settle(exactMatch, argTypes, options);
  const asCast = resolveAsCast(name, argTypes);
  if (asCast !== undefined) return asCast;
  const chosen = choose(preferPlain(candidates), argTypes);
  if (chosen === "none") throw noSuchFunction(name, argTypes, options);
  if (chosen === "many") {
    throw new SqlError(
      "ambiguous_function",
      `function ${name}(${argTypes.map((oid) => formatType(oid)).join(", ")}) is not unique`,
      positioned(options.position, {
        hint: "Could not choose a best candidate function. You might need to add explicit type casts.",
      }),
    );
  }
  return settle(chosen, argTypes, options);
}

/** Of overloads with the same types once spread out, the one that is not variadic stays. */
function preferPlain(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(
    (candidate) =>
      candidate.variadicFrom === undefined ||
      !candidates.some(
        (other) =>
          other !== candidate &&
          other.variadicFrom === undefined &&
          other.argTypes.length === candidate.argTypes.length &&
          other.argTypes.every((oid, index) => oid === candidate.argTypes[index]),
      ),
  );
}

/** `text(x)` and `float8('1')` mean casts where no function of the name fits exactly. */
function resolveAsCast(name: string, argTypes: readonly number[]): ResolvedCall | undefined {
  const [source] = argTypes;
  if (source === undefined || argTypes.length !== 1) return undefined;
  const target = findTypeByName(name);
  if (target === undefined || target.kind === "pseudo") return undefined;
  const isString = (oid: number): boolean => categoryOf(oid) === "S";
  const cast = bindCast(source, { oid: target.oid, typmod: -1 }, "explicit");
  if (cast === undefined) return undefined;
  if (source !== oids.unknown && !(isString(target.oid) && source !== target.oid)) {
    const hasFunction = cast !== "same";
    if (hasFunction && isString(source) !== isString(target.oid)) return undefined;
  }
  if (cast === "same") {
    return undefined;
  }
  return {
    function: cast,
    argTypes: [source],
    returnType: target.oid,
    defaultArgs: [],
    variadicFrom: undefined,
    variadicArrayType: 0,
  };
}

function noSuchFunction(name: string, argTypes: readonly number[], options: CallOptions): SqlError {
  const list = argTypes.map((oid) => formatType(oid)).join(", ");
  return new SqlError(
    "undefined_function",
    `function ${name}(${list}) does not exist`,
    positioned(options.position, {
      hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
    }),
  );
}

function positioned(position: number | undefined, fields: SqlErrorFields): SqlErrorFields {
  return position === undefined ? fields : { ...fields, position };
}

/** Settles polymorphic types and specialises. */
function settle(
  candidate: Candidate,
  given: readonly number[],
  options: CallOptions,
): ResolvedCall {
  const { function: open, variadicFrom } = candidate;
  const settled = settlePolymorphicTypes(given, candidate.argTypes, open.returnType);
  if (typeof settled === "string") {
    throw new SqlError("datatype_mismatch", settled, positioned(options.position, {}));
  }
  const { argTypes, returnType } = settled;
  let variadicArrayType = 0;
  let parameterTypes = argTypes;
  if (variadicFrom !== undefined) {
    const element = argTypes[variadicFrom] ?? 0;
    variadicArrayType = findType(element)?.arrayOid ?? 0;
    parameterTypes = [...argTypes.slice(0, variadicFrom), variadicArrayType];
  }
  const isSpread =
    options.variadicArray === true && open.argTypes[open.argTypes.length - 1] === oids.any;
  if (isSpread && open.kind === "scalar") {
    if (!isArrayType(argTypes[argTypes.length - 1] ?? 0)) {
      throw new SqlError(
        "datatype_mismatch",
        "VARIADIC argument must be an array",
        positioned(options.position, {}),
      );
    }
    return {
      ...plain(argTypes, returnType),
      function: spreadLastArray(open, argTypes, returnType),
    };
  }
  const defaulted = open.argTypes.slice(open.argTypes.length - candidate.defaultArgs.length);
  return {
    function: specialise(
      open,
      [...parameterTypes, ...(candidate.defaultArgs.length > 0 ? defaulted : [])],
      returnType,
    ),
    argTypes,
    returnType,
    defaultArgs: candidate.defaultArgs,
    variadicFrom,
    variadicArrayType,
  };
}

function plain(argTypes: readonly number[], returnType: number): Omit<ResolvedCall, "function"> {
  return { argTypes, returnType, defaultArgs: [], variadicFrom: undefined, variadicArrayType: 0 };
}

/** format(x, VARIADIC array): each item of the array is an argument. */
function spreadLastArray(
  open: ScalarFunction,
  argTypes: readonly number[],
  returnType: number,
): ScalarFunction {
  const leading = argTypes.slice(0, -1);
  const elementOid = findType(argTypes[argTypes.length - 1] ?? 0)?.elementOid ?? oids.text;
  return {
    ...open,
    argTypes,
    unary: undefined,
    binary: undefined,
    specialise: undefined,
    evaluate: (args, context) => {
      const last = args[args.length - 1];
      // NULL for the array gives NULL, but format() takes it for no arguments at all.
      if (last === null && open.name !== "format") return null;
      const items = last instanceof SqlArray ? last.items : [];
      const call = { argTypes: [...leading, ...items.map(() => elementOid)], returnType };
      const specialised = open.specialise?.(call) ?? open;
      return specialised.evaluate([...args.slice(0, -1), ...items], context);
    },
  };
}

function specialise(
  open: SqlFunction,
  argTypes: readonly number[],
  returnType: number,
): SqlFunction {
  return open.specialise?.({ argTypes, returnType }) ?? open;
}

/** Picks the best candidate that can take arguments of these types. */
function choose<C extends { readonly argTypes: readonly number[] }>(
  candidates: readonly C[],
  given: readonly number[],
): C | "none" | "many" {
  const possible = candidates.filter((candidate) => canCoerceAll(given, candidate.argTypes));
  const [first] = possible;
  if (first === undefined) return "none";
  if (possible.length === 1) return first;
  return select(possible, given);
}

/** func_select_candidate: the rules of chapter 10.3, steps 4.c to 4.f. */
function select<C extends { readonly argTypes: readonly number[] }>(
  possible: readonly C[],
  given: readonly number[],
): C | "many" {
  let rest = keepBest(possible, (candidate) =>
    count(given, (oid, index) => oid !== oids.unknown && candidate.argTypes[index] === oid),
  );
  const only = (): C | undefined => (rest.length === 1 ? rest[0] : undefined);
  let winner = only();
  if (winner !== undefined) return winner;

  rest = keepBest(rest, (candidate) =>
    count(given, (oid, index) => {
      if (oid === oids.unknown) return false;
      const wanted = candidate.argTypes[index] ?? 0;
      return wanted === oid || isPreferred(wanted, categoryOf(oid));
    }),
  );
  winner = only();
  if (winner !== undefined) return winner;
  if (!given.includes(oids.unknown)) return "many";

  rest = keepByUnknownCategory(rest, given);
  winner = only();
  if (winner !== undefined) return winner;

  const known = new Set(given.filter((oid) => oid !== oids.unknown));
  const [same] = known;
  if (known.size === 1 && same !== undefined) {
    const assumed = given.map(() => same);
    const fitting = rest.filter((candidate) => canCoerceAll(assumed, candidate.argTypes));
    const [fit] = fitting;
    if (fitting.length === 1 && fit !== undefined) return fit;
  }
  return "many";
}

/** Keeps candidates whose types, where literals are unknown, are of the category the slot settles on. */
function keepByUnknownCategory<C extends { readonly argTypes: readonly number[] }>(
  candidates: readonly C[],
  given: readonly number[],
): readonly C[] {
  const slots: { index: number; category: string; hasPreferred: boolean }[] = [];
  for (const [index, oid] of given.entries()) {
    if (oid !== oids.unknown) continue;
    let category: string | undefined;
    let hasPreferred = false;
    let conflict = false;
    for (const candidate of candidates) {
      const wanted = candidate.argTypes[index] ?? 0;
      const wantedCategory = categoryOf(wanted);
      const preferred = isPreferred(wanted, wantedCategory);
      if (category === undefined) {
        category = wantedCategory;
        hasPreferred = preferred;
      } else if (category === wantedCategory) {
        hasPreferred ||= preferred;
      } else if (wantedCategory === "S") {
        category = "S";
        hasPreferred = preferred;
      } else {
        conflict = true;
      }
    }
    if (conflict && category !== "S") return candidates;
    slots.push({ index, category: category ?? "X", hasPreferred });
  }
  const kept = candidates.filter((candidate) =>
    slots.every(({ index, category, hasPreferred }) => {
      const wanted = candidate.argTypes[index] ?? 0;
      if (categoryOf(wanted) !== category) return false;
      return !hasPreferred || isPreferred(wanted, category);
    }),
  );
  return kept.length > 0 ? kept : candidates;
}

function keepBest<C>(candidates: readonly C[], score: (candidate: C) => number): readonly C[] {
  const scores = candidates.map(score);
  const best = Math.max(...scores);
  return candidates.filter((_, index) => scores[index] === best);
}

function count(given: readonly number[], matches: (oid: number, index: number) => boolean): number {
  let total = 0;
  for (const [index, oid] of given.entries()) if (matches(oid, index)) total++;
  return total;
}

/** Finds the operator; left is undefined for a prefix operator. */
export function resolveOperator(
  registry: FunctionRegistry,
  symbol: string,
  left: number | undefined,
  right: number,
  position?: number,
): ResolvedCall<ScalarFunction> {
  const given = left === undefined ? [right] : [left, right];
  const overloads = registry
    .operators(symbol)
    .filter((overload) => overload.argTypes.length === given.length);
  const chosen = findExactOperator(overloads, given) ?? choose(overloads, given);
  if (chosen === "none" || chosen === "many") {
    const shown =
      left === undefined
        ? `${symbol} ${formatType(right)}`
        : `${formatType(left)} ${symbol} ${formatType(right)}`;
    if (chosen === "many") {
      throw new SqlError(
        "ambiguous_function",
        `operator is not unique: ${shown}`,
        positioned(position, {
          hint: "Could not choose a best candidate operator. You might need to add explicit type casts.",
        }),
      );
    }
    throw new SqlError(
      "undefined_function",
      `operator does not exist: ${shown}`,
      positioned(position, {
        hint:
          left === undefined
            ? "No operator matches the given name and argument type. You might need to add an explicit type cast."
            : "No operator matches the given name and argument types. You might need to add explicit type casts.",
      }),
    );
  }
  const settled = settlePolymorphicTypes(given, chosen.argTypes, chosen.returnType);
  if (typeof settled === "string") {
    throw new SqlError("datatype_mismatch", settled, positioned(position, {}));
  }
  const { argTypes, returnType } = settled;
  return {
    function: chosen.specialise?.({ argTypes, returnType }) ?? chosen,
    argTypes,
    returnType,
    defaultArgs: [],
    variadicFrom: undefined,
    variadicArrayType: 0,
  };
}

/** An unknown literal beside a typed operand is first taken to be of the same type. */
function findExactOperator(
  overloads: readonly ScalarFunction[],
  given: readonly number[],
): ScalarFunction | undefined {
  const [left, right] = given;
  let wanted = given;
  if (left !== undefined && right !== undefined) {
    if (left === oids.unknown && right !== oids.unknown) wanted = [right, right];
    else if (right === oids.unknown && left !== oids.unknown) wanted = [left, left];
  }
  return overloads.find((overload) =>
    overload.argTypes.every((oid, index) => oid === wanted[index]),
  );
}

/**
 * The common type of UNION, CASE, VALUES, ARRAY, COALESCE, GREATEST: `context` is the word for
 * the error (`UNION types integer and text cannot be matched`, 42804).
 */
export function resolveCommonType(
  typeOids: readonly number[],
  context: string,
  position?: number,
): number {
  const common = findCommonType(typeOids);
  if (typeof common !== "number") {
    throw new SqlError(
      "datatype_mismatch",
      `${context} types ${formatType(common.left)} and ${formatType(common.right)} cannot be matched`,
      positioned(position, {}),
    );
  }
  for (const oid of typeOids) {
    if (!canCoerceImplicitly(oid, common)) {
      throw new SqlError(
        "cannot_coerce",
        `${context} could not convert type ${formatType(oid)} to ${formatType(common)}`,
        positioned(position, {}),
      );
    }
  }
  return common;
}

/** The common type, or the two types whose categories differ. */
export function findCommonType(
  typeOids: readonly number[],
): number | { readonly left: number; readonly right: number } {
  const known = typeOids.filter((oid) => oid !== oids.unknown);
  let [common] = known;
  if (common === undefined) return oids.text;
  for (const oid of known) {
    if (oid === common) continue;
    const category = categoryOf(common);
    if (categoryOf(oid) !== category) return { left: common, right: oid };
    const commonIsPreferred = isPreferred(common, category);
    if (
      !commonIsPreferred &&
      canCoerceImplicitly(common, oid) &&
      !canCoerceImplicitly(oid, common)
    ) {
      common = oid;
    }
  }
  return common;
}
