import { oids } from "./builtin-types.ts";
import { canCastImplicitly } from "./cast.ts";
import { findType, formatType, isPolymorphic } from "./type.ts";

/*
 * Polymorphic types: every anyelement, anyarray and anynonarray of one call stands for one type;
 * the anycompatible family stands for the common type of its arguments.
 */

function arrayElement(oid: number): number | undefined {
  const type = findType(oid);
  return type?.category === "A" ? type.elementOid : undefined;
}

function isSimple(oid: number): boolean {
  return oid === oids.anyelement || oid === oids.anyarray || oid === oids.anynonarray;
}

interface Bindings {
  readonly element: number | undefined;
  readonly compatible: number | undefined;
  /** Arguments of the family exist but all are unknown literals. */
  readonly elementUnknown: boolean;
  readonly compatibleUnknown: boolean;
  /** An argument was int2vector, say, whose array type is not element[]. */
  readonly array: number | undefined;
}

/** What the arguments say about both families; a message when they contradict one another. */
function bind(given: readonly number[], wanted: readonly number[]): Bindings | string {
  let element: number | undefined;
  let array: number | undefined;
  let compatible: number | undefined;
  let elementUnknown = false;
  let compatibleUnknown = false;
  for (const [index, want] of wanted.entries()) {
    const have = given[index];
    if (have === undefined || !isPolymorphic(want)) continue;
    if (have === oids.unknown) {
      if (isSimple(want)) elementUnknown = true;
      else compatibleUnknown = true;
      continue;
    }
    switch (want) {
      case oids.anyelement:
      case oids.anynonarray: {
        if (want === oids.anynonarray && arrayElement(have) !== undefined) {
          return `type matched to anynonarray is an array type: ${formatType(have)}`;
        }
        if (element !== undefined && element !== have) {
          return 'arguments declared "anyelement" are not all alike';
        }
        element = have;
        break;
      }
      case oids.anyarray: {
        const item = arrayElement(have);
        if (item === undefined) {
          return `argument declared anyarray is not an array but type ${formatType(have)}`;
        }
        if (array !== undefined && array !== have) {
          return 'arguments declared "anyarray" are not all alike';
        }
        array = have;
        if (element !== undefined && element !== item) {
          return "argument declared anyarray is not consistent with argument declared anyelement";
        }
        element = item;
        break;
      }
      case oids.anycompatible:
      case oids.anycompatiblenonarray:
      case oids.anycompatiblearray: {
        const item = want === oids.anycompatiblearray ? arrayElement(have) : have;
        if (item === undefined) {
          return `argument declared anycompatiblearray is not an array but type ${formatType(have)}`;
        }
        const common = commonOf(compatible, item);
        if (common === undefined) {
          return `arguments of anycompatible family cannot be cast to a common type`;
        }
        compatible = common;
        break;
      }
      default:
        break;
    }
  }
  return { element, compatible, elementUnknown, compatibleUnknown, array };
}

function commonOf(first: number | undefined, second: number): number | undefined {
  if (first === undefined || first === second) return second;
  const left = findType(first);
  const right = findType(second);
  if (left === undefined || right === undefined || left.category !== right.category) {
    return undefined;
  }
  if (!left.preferred && canCastImplicitly(first, second) && !canCastImplicitly(second, first)) {
    return second;
  }
  return canCastImplicitly(second, first) ? first : undefined;
}

/** Whether the given types agree on what each polymorphic family stands for. */
export function arePolymorphicTypesConsistent(
  given: readonly number[],
  wanted: readonly number[],
): boolean {
  if (!wanted.some(isPolymorphic)) return true;
  const bindings = bind(given, wanted);
  if (typeof bindings === "string") return false;
  // Elements must be coercible to what the arrays settled on.
  return true;
}

/** Puts real types in place of polymorphic ones; a message (42804) when that cannot be done. */
export function settlePolymorphicTypes(
  given: readonly number[],
  wanted: readonly number[],
  returnType: number,
): { readonly argTypes: readonly number[]; readonly returnType: number } | string {
  if (!wanted.some(isPolymorphic) && !isPolymorphic(returnType)) {
    return {
      argTypes: wanted.map((oid, index) => (oid === oids.any ? anyArgument(given[index]) : oid)),
      returnType,
    };
  }
  const bindings = bind(given, wanted);
  if (typeof bindings === "string") return bindings;
  let { element, compatible } = bindings;
  if (element === undefined && bindings.elementUnknown) {
    // array_append('{}', …) and the like cannot be decided; only anyelement alone may default.
    if (wanted.some((oid) => isSimple(oid))) {
      return "could not determine polymorphic type because input has type unknown";
    }
    element = oids.text;
  }
  if (compatible === undefined && bindings.compatibleUnknown) compatible = oids.text;
  const replace = (oid: number): number | undefined => {
    switch (oid) {
      case oids.anyelement:
      case oids.anynonarray:
        return element;
      case oids.anyarray:
        return bindings.array ?? (element === undefined ? undefined : findType(element)?.arrayOid);
      case oids.anycompatible:
      case oids.anycompatiblenonarray:
        return compatible;
      case oids.anycompatiblearray:
        return compatible === undefined ? undefined : findType(compatible)?.arrayOid;
      default:
        return oid;
    }
  };
  const argTypes: number[] = [];
  for (const [index, want] of wanted.entries()) {
    const settled = want === oids.any ? anyArgument(given[index]) : replace(want);
    if (settled === undefined || settled === 0) {
      return `could not find array type for data type ${formatType(element ?? compatible ?? 0)}`;
    }
    argTypes.push(settled);
  }
  const settledReturn = replace(returnType);
  if (settledReturn === undefined || settledReturn === 0) {
    return `could not find array type for data type ${formatType(element ?? compatible ?? 0)}`;
  }
  return { argTypes, returnType: settledReturn };
}

/** "any" takes what comes; a literal of no type becomes text. */
function anyArgument(given: number | undefined): number {
  return given === undefined || given === oids.unknown ? oids.text : given;
}
