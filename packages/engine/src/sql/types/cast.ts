import { oids } from "./builtin-types.ts";
import { castRows } from "./cast-table.ts";
import type { CastContext, CastRow } from "./cast-table.ts";
import { SqlArray } from "./datum.ts";
import type { Datum } from "./datum.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";
import { truncateIdentifier } from "./object-names.ts";
import { parseText, formatText } from "./text-format.ts";
import { findType, formatType, getType, isTrueArrayType } from "./type.ts";
import { typmodCoercion } from "./typmod.ts";

export type { CastContext } from "./cast-table.ts";

/**
 * A way from one type to another. `convert` gets a value that is not null; it is undefined when
 * the datum is the same in both types ("binary coercible").
 */
export interface Cast {
  readonly sourceOid: number;
  readonly targetOid: number;
  /** The weakest context that allows it. */
  readonly context: CastContext;
  readonly convert: ((datum: Datum, context: EvalContext) => Datum) | undefined;
}

const contextRank: Readonly<Record<CastContext, number>> = {
  implicit: 0,
  assignment: 1,
  explicit: 2,
};

const bySource: ReadonlyMap<number, ReadonlyMap<number, CastRow>> = (() => {
  const map = new Map<number, Map<number, CastRow>>();
  for (const row of castRows) {
    const targets = map.get(row.sourceOid) ?? new Map<number, CastRow>();
    targets.set(row.targetOid, row);
    map.set(row.sourceOid, targets);
  }
  return map;
})();

/**
 * The cast that this context allows, or undefined. Beyond the table: a type to itself, unknown to
 * anything, arrays by their elements, and text to and from every type.
 */
export function findCast(
  sourceOid: number,
  targetOid: number,
  context: CastContext,
): Cast | undefined {
  const cast = findAnyCast(sourceOid, targetOid);
  if (cast === undefined || contextRank[cast.context] > contextRank[context]) return undefined;
  return cast;
}

function findAnyCast(sourceOid: number, targetOid: number): Cast | undefined {
  if (sourceOid === targetOid) {
    return { sourceOid, targetOid, context: "implicit", convert: undefined };
  }
  const row = bySource.get(sourceOid)?.get(targetOid);
  if (row !== undefined) return row;
  if (sourceOid === oids.unknown || sourceOid === oids.cstring) {
    return {
      sourceOid,
      targetOid,
      context: "implicit",
      convert: (datum, evalContext) => parseText(targetOid, -1, String(datum), evalContext),
    };
  }
  const source = findType(sourceOid);
  const target = findType(targetOid);
  if (target === undefined || target.kind === "pseudo") {
    if (targetOid !== oids.record || source !== undefined) return undefined;
    return { sourceOid, targetOid, context: "implicit", convert: undefined };
  }
  if (isTrueArrayType(sourceOid) && isTrueArrayType(targetOid)) {
    return findArrayCast(sourceOid, targetOid);
  }
  if (target.category === "S") {
    return {
      sourceOid,
      targetOid,
      context: "assignment",
      convert: (datum, evalContext) => {
        const text = formatText(sourceOid, datum, evalContext);
        return targetOid === oids.name ? truncateIdentifier(text) : text;
      },
    };
  }
  if (source?.category === "S") {
    return {
      sourceOid,
      targetOid,
      context: "explicit",
      convert: (datum, evalContext) => parseText(targetOid, -1, String(datum), evalContext),
    };
  }
  return undefined;
}

function findArrayCast(sourceOid: number, targetOid: number): Cast | undefined {
  const elementOid = getType(targetOid).elementOid;
  const element = findAnyCast(getType(sourceOid).elementOid, elementOid);
  if (element === undefined) return undefined;
  const convertItem = element.convert;
  return {
    sourceOid,
    targetOid,
    context: element.context,
    convert: (datum, evalContext) => {
      if (!(datum instanceof SqlArray)) return datum;
      const items =
        convertItem === undefined
          ? datum.items
          : datum.items.map((item) => (item === null ? null : convertItem(item, evalContext)));
      return new SqlArray(elementOid, items, datum.dimensions);
    },
  };
}

/** Whether a value of one type is accepted where another is wanted, without a cast in the text. */
export function canCastImplicitly(sourceOid: number, targetOid: number): boolean {
  return sourceOid === targetOid || findCast(sourceOid, targetOid, "implicit") !== undefined;
}

/**
 * The function that casts to a type with a modifier, strict, for use in expressions.
 * "same" when there is nothing to do; undefined when the context does not allow the cast.
 */
export function bindCast(
  sourceOid: number,
  target: { readonly oid: number; readonly typmod: number },
  context: CastContext,
): ScalarFunction | "same" | undefined {
  const cast = findCast(sourceOid, target.oid, context);
  if (cast === undefined) return undefined;
  const { convert } = cast;
  const fit = typmodCoercion(target.oid, target.typmod, context === "explicit");
  let unary: (datum: Datum, evalContext: EvalContext) => Datum;
  if (convert === undefined) {
    if (fit === undefined) return "same";
    unary = (datum) => fit(datum);
  } else if (fit === undefined) {
    unary = convert;
  } else {
    unary = (datum, evalContext) => fit(convert(datum, evalContext));
  }
  return {
    kind: "scalar",
    name: formatType(target.oid, target.typmod),
    argTypes: [sourceOid],
    variadic: false,
    defaults: [],
    returnType: target.oid,
    strict: true,
    volatility: castVolatility(sourceOid, target.oid),
    evaluate: (args, evalContext) => unary(args[0] ?? null, evalContext),
    unary,
    binary: undefined,
    specialise: undefined,
  };
}

const dependOnSession: ReadonlySet<number> = new Set([
  oids.timestamptz,
  oids.timestamp,
  oids.date,
  oids.time,
  oids.interval,
  oids.regclass,
  oids.regtype,
  oids.regproc,
  oids.regprocedure,
  oids.regnamespace,
  oids.regrole,
  oids.bytea,
  oids.float4,
  oids.float8,
  oids.record,
]);

/** Casts that read the session's settings or the catalog must not be folded across sessions. */
function castVolatility(sourceOid: number, targetOid: number): "immutable" | "stable" {
  const isText = (oid: number): boolean => findType(oid)?.category === "S" || oid === oids.unknown;
  const elementOf = (oid: number): number => {
    const type = findType(oid);
    return type?.category === "A" ? type.elementOid : oid;
  };
  const source = elementOf(sourceOid);
  const target = elementOf(targetOid);
  if (isText(source) && dependOnSession.has(target)) return "stable";
  if (isText(target) && (dependOnSession.has(source) || findType(source) === undefined))
    return "stable";
  const usesZone = source === oids.timestamptz || target === oids.timestamptz;
  return usesZone && source !== target ? "stable" : "immutable";
}
