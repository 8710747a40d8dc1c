import { SqlError } from "#base/errors.ts";
import type { SqlErrorFields } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bindCast } from "#sql/types/cast.ts";
import type { CastContext } from "#sql/types/cast.ts";
import { typmodCoercion } from "#sql/types/typmod.ts";
import type { ScalarFunction } from "#sql/types/function.ts";
import { parseText } from "#sql/types/text-format.ts";
import { formatType, getType, isArrayType } from "#sql/types/type.ts";
import type { Environment } from "./environment.ts";
import type { Expression, TypeRef } from "./expression.ts";
import { sameType, textType, typeRef } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/**
 * The expression as a value of another type, by the casts that the context allows; undefined
 * when there is no way. Literals of unknown type are read, parameters of unknown type decided.
 * The modifier (length, precision) is applied too: cut when explicit, checked otherwise.
 */
export function coerce(
  environment: Environment,
  expression: Expression,
  target: TypeRef,
  context: CastContext,
): Expression | undefined {
  const value = coerceType(environment, expression, target, context);
  return value === undefined ? undefined : applyModifier(environment, value, target, context);
}

/** As `coerce`, without the modifier. */
export function coerceType(
  environment: Environment,
  expression: Expression,
  target: TypeRef,
  context: CastContext,
): Expression | undefined {
  const sourceOid = expression.result.type.oid;
  const targetOid = target.type.oid;
  if (sourceOid === targetOid) return expression;
  if (acceptsAnything(targetOid)) return expression;
  if (sourceOid === oids.unknown) {
    if (expression.kind === "constant") return readLiteral(environment, expression, target);
    if (expression.kind === "parameter") {
      environment.parameters.decide(expression.index, targetOid, expression.position);
      return { ...expression, result: typeRef(targetOid) };
    }
  }
  if (expression.kind === "parameter") {
    // Bound as unknown at an earlier mention, decided since.
    const decided = environment.parameters.typeOf(expression.index, expression.position);
    if (decided === targetOid) return { ...expression, result: typeRef(targetOid) };
  }
  if (expression.kind === "array" && isArrayType(targetOid) && expression.items.length === 0) {
    return { ...expression, result: typeRef(targetOid) };
  }
  const fn = bindCast(sourceOid, { oid: targetOid, typmod: -1 }, context);
  if (fn === undefined) return undefined;
  return {
    kind: "call",
    fn: fn === "same" ? relabelFunction(sourceOid, targetOid) : fn,
    args: [expression],
    syntax: fn === "same" ? "relabel" : "cast",
    result: typeRef(targetOid),
    position: expression.position,
  };
}

/** Types that share their datums need no conversion; the call only says so. */
function relabelFunction(sourceOid: number, targetOid: number): ScalarFunction {
  return {
    kind: "scalar",
    name: getType(targetOid).name,
    argTypes: [sourceOid],
    variadic: false,
    defaults: [],
    returnType: targetOid,
    strict: true,
    volatility: "immutable",
    evaluate: (args) => args[0] ?? null,
    unary: (datum) => datum,
    binary: undefined,
    specialise: undefined,
  };
}

/** Pseudo-types of function parameters that take a value as it is. */
function acceptsAnything(oid: number): boolean {
  switch (oid) {
    case oids.any:
    case oids.anyelement:
    case oids.anyarray:
    case oids.anynonarray:
    case oids.anycompatible:
    case oids.anycompatiblearray:
    case oids.anycompatiblenonarray:
      return true;
    default:
      return false;
  }
}

/** Reads a quoted literal (or NULL) as a value of a type. */
function readLiteral(
  environment: Environment,
  expression: Expression & { readonly kind: "constant" },
  target: TypeRef,
): Expression {
  const result = typeRef(target.type.oid);
  const { value, position } = expression;
  if (value === null) return { kind: "constant", value, result, position };
  if (typeof value !== "string") throw new TypeError("a literal of unknown type is a string");
  if (isTimeDependentInput(target.type.oid, value)) environment.hasTimeDependentLiteral = true;
  try {
    // Only interval reads its modifier here (INTERVAL '1' HOUR); others are applied afterwards.
    const typmod = target.type.oid === oids.interval ? target.typmod : -1;
    const datum = parseText(target.type.oid, typmod, value, environment.catalog.evalContext);
    return { kind: "constant", value: datum, result, position };
  } catch (error) {
    throw error instanceof SqlError ? error.with({ position }) : error;
  }
}

function isTimeDependentInput(oid: number, text: string): boolean {
  switch (oid) {
    case oids.date:
    case oids.time:
    case oids.timestamp:
    case oids.timestamptz:
      return /now|today|tomorrow|yesterday/i.test(text);
    default:
      return false;
  }
}

function applyModifier(
  environment: Environment,
  expression: Expression,
  target: TypeRef,
  context: CastContext,
): Expression {
  if (target.typmod === -1 || sameType(expression.result, target)) return expression;
  const isExplicit = context === "explicit";
  const oid = target.type.oid;
  const convert = typmodCoercion(oid, target.typmod, isExplicit);
  const result = typeRef(oid, target.typmod);
  if (convert === undefined) return { ...expression, result };
  if (expression.kind === "constant" && isExplicit) {
    if (expression.value === null) return { ...expression, result };
    return { ...expression, value: convert(expression.value), result };
  }
  const fn: ScalarFunction = {
    kind: "scalar",
    name: getType(oid).name,
    argTypes: [oid],
    variadic: false,
    defaults: [],
    returnType: oid,
    strict: true,
    volatility: "immutable",
    evaluate: (args) => convert(args[0] ?? null),
    unary: convert,
    binary: undefined,
    specialise: undefined,
  };
  return {
    kind: "call",
    fn,
    args: [expression],
    syntax: "cast",
    result,
    position: expression.position,
  };
}

/** For SELECT targets and the like: what is still unknown is text. */
export function resolveUnknown(environment: Environment, expression: Expression): Expression {
  if (expression.result.type.oid !== oids.unknown) return expression;
  return coerceType(environment, expression, textType, "implicit") ?? expression;
}

/** Implicit coercion that the caller knows to exist: to a function's argument, to a common type. */
export function coerceArgument(
  environment: Environment,
  expression: Expression,
  oid: number,
): Expression {
  const result = coerceType(environment, expression, typeRef(oid), "implicit");
  if (result !== undefined) return result;
  throw cannotCast(expression, oid, {});
}

export function cannotCast(
  expression: Expression,
  targetOid: number,
  fields: SqlErrorFields,
): SqlError {
  return new SqlError(
    "cannot_coerce",
    `cannot cast type ${formatType(expression.result.type.oid)} to ${formatType(targetOid)}`,
    { position: startOf(expression), ...fields },
  );
}

/** For WHERE, HAVING, ON, AND …: 42804 unless boolean. */
export function coerceToBoolean(
  environment: Environment,
  expression: Expression,
  construct: string,
): Expression {
  const result = coerceType(environment, expression, typeRef(oids.bool), "assignment");
  if (result !== undefined) return result;
  throw new SqlError(
    "datatype_mismatch",
    `argument of ${construct} must be type boolean, not type ${formatType(expression.result.type.oid)}`,
    { position: startOf(expression) },
  );
}
