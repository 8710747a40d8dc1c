import { builtinOids } from "#catalog/builtin-objects.ts";
import { functionsWithOids } from "#sql/execute/function-oids.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { castRows as builtinCasts } from "#sql/types/cast-table.ts";
import type { ScalarFunction, SqlFunction } from "#sql/types/function.ts";
import { builtinTypes } from "#sql/types/type.ts";
import type { SqlType } from "#sql/types/type.ts";
import { vector } from "./virtual-relation.ts";
import type { NamedRow, RelationRows, RowSource } from "./virtual-relation.ts";

const internalLanguage = 12;
const firstOperatorOid = 20_000_000;
const firstCastOid = 30_000_000;
const firstIoFunctionOid = 40_000_000;

const ioSuffixes = ["in", "out", "recv", "send"] as const;
type IoSuffix = (typeof ioSuffixes)[number];

/** Types whose input function is written without an underscore: `int4in`, but `uuid_in`. */
const plainIoNames =
  /^(bool|bytea|char|name|int[248]|int2vector|text|oid|oidvector|tid|xid|cid|float[48]|bpchar|varchar|regproc|regclass|regtype)$/;

/** All array types share their input and output functions. */
function ioFunctionName(type: SqlType, suffix: IoSuffix): string {
  if (type.category === "A" && type.name.startsWith("_")) return `array_${suffix}`;
  return plainIoNames.test(type.name) ? `${type.name}${suffix}` : `${type.name}_${suffix}`;
}

const ioFunctionOids: ReadonlyMap<string, number> = new Map(
  [
    ...new Set(
      builtinTypes.flatMap((type) => ioSuffixes.map((suffix) => ioFunctionName(type, suffix))),
    ),
  ].map((name, at) => [name, firstIoFunctionOid + at]),
);

function* ioFunctionRows(): Generator<NamedRow> {
  for (const [name, oid] of ioFunctionOids) {
    yield {
      oid,
      proname: name,
      pronamespace: builtinOids.pgCatalog,
      proowner: builtinOids.role,
      prolang: internalLanguage,
      procost: 1,
      prokind: "f",
      proisstrict: true,
      provolatile: "i",
      proparallel: "s",
      pronargs: 1,
      prorettype: oids.internal,
      proargtypes: vector(oids.oid, [oids.internal]),
      prosrc: name,
    };
  }
}

function typeRow(type: SqlType): NamedRow {
  const ioFunction = (suffix: IoSuffix): number =>
    ioFunctionOids.get(ioFunctionName(type, suffix)) ?? 0;
  return {
    oid: type.oid,
    typname: type.name,
    typnamespace: builtinOids.pgCatalog,
    typowner: builtinOids.role,
    typlen: type.length,
    typbyval: type.byValue,
    typtype: type.kind === "pseudo" ? "p" : "b",
    typcategory: type.category,
    typispreferred: type.preferred,
    typisdefined: true,
    typdelim: ",",
    typelem: type.elementOid,
    typarray: type.arrayOid,
    typsubscript: 0,
    typinput: ioFunction("in"),
    typoutput: ioFunction("out"),
    typreceive: ioFunction("recv"),
    typsend: ioFunction("send"),
    typalign: type.alignment,
    typstorage: type.storage,
    typtypmod: -1,
    typcollation: type.category === "S" ? builtinOids.collationDefault : 0,
  };
}

function* typeRows(): Generator<NamedRow> {
  for (const type of builtinTypes) yield typeRow(type);
}

const kindLetters = { scalar: "f", aggregate: "a", set: "f", window: "w" } as const;
const volatilityLetters = { immutable: "i", stable: "s", volatile: "v" } as const;

export function functionResultOid(fn: SqlFunction): number {
  if (fn.kind !== "set") return fn.returnType;
  const [only] = fn.columns;
  return fn.columns.length === 1 && only !== undefined ? only.typeOid : oids.record;
}

function* procRows(source: RowSource): Generator<NamedRow> {
  for (const [oid, fn] of functionsWithOids(source.context.server.functions)) {
    const volatility = "volatility" in fn ? fn.volatility : "immutable";
    const last = fn.argTypes.at(-1);
    yield {
      oid,
      proname: fn.name,
      pronamespace: builtinOids.pgCatalog,
      proowner: builtinOids.role,
      prolang: internalLanguage,
      procost: 1,
      prorows: fn.kind === "set" ? 1_000 : 0,
      provariadic: fn.variadic && last !== undefined ? last : 0,
      prokind: kindLetters[fn.kind],
      proleakproof: false,
      proisstrict: "strict" in fn && fn.strict,
      proretset: fn.kind === "set",
      provolatile: volatilityLetters[volatility],
      proparallel: "s",
      pronargs: fn.argTypes.length,
      pronargdefaults: fn.defaults.length,
      prorettype: functionResultOid(fn),
      proargtypes: vector(oids.oid, fn.argTypes),
      prosrc: fn.name,
    };
  }
  yield* ioFunctionRows();
}

function* aggregateRows(source: RowSource): Generator<NamedRow> {
  for (const [oid, fn] of functionsWithOids(source.context.server.functions)) {
    if (fn.kind === "aggregate") yield { aggfnoid: oid, aggkind: "n" };
  }
}

/** Operator symbols by what they usually are called with; the registry finds overloads by symbol. */
const operatorSymbols =
  "= <> < <= > >= + - * / % ^ || ~ ~* !~ !~* ~~ !~~ ~~* !~~* & | # << >> @> <@ -> ->> #> #>> ? ?| ?& && @@ |/ ||/ @ !".split(
    " ",
  );

function* operatorRows(source: RowSource): Generator<NamedRow> {
  let oid = firstOperatorOid;
  for (const symbol of operatorSymbols) {
    for (const operator of source.context.server.functions.operators(symbol)) {
      yield operatorRow(oid++, operator);
    }
  }
}

function operatorRow(oid: number, operator: ScalarFunction): NamedRow {
  const [first = 0, second] = operator.argTypes;
  return {
    oid,
    oprname: operator.name,
    oprnamespace: builtinOids.pgCatalog,
    oprowner: builtinOids.role,
    oprkind: second === undefined ? "l" : "b",
    oprcanmerge: operator.name === "=",
    oprcanhash: operator.name === "=",
    oprleft: second === undefined ? 0 : first,
    oprright: second ?? first,
    oprresult: operator.returnType,
  };
}

const castContexts = { implicit: "i", assignment: "a", explicit: "e" } as const;

function* castRows(): Generator<NamedRow> {
  let oid = firstCastOid;
  for (const cast of builtinCasts) {
    yield {
      oid: oid++,
      castsource: cast.sourceOid,
      casttarget: cast.targetOid,
      castcontext: castContexts[cast.context],
      castmethod: cast.convert === undefined ? "b" : "f",
    };
  }
}

function* languageRows(): Generator<NamedRow> {
  yield { oid: internalLanguage, lanname: "internal", lanowner: builtinOids.role };
}

function* accessMethodRows(): Generator<NamedRow> {
  yield { oid: builtinOids.accessMethodHeap, amname: "heap", amtype: "t" };
  yield { oid: builtinOids.accessMethodBtree, amname: "btree", amtype: "i" };
}

function* collationRows(): Generator<NamedRow> {
  const common = {
    collnamespace: builtinOids.pgCatalog,
    collowner: builtinOids.role,
    collisdeterministic: true,
    collencoding: -1,
  };
  const c = { collprovider: "c", collcollate: "C", collctype: "C" };
  yield { ...common, oid: builtinOids.collationDefault, collname: "default", collprovider: "d" };
  yield { ...common, ...c, oid: builtinOids.collationC, collname: "C" };
  yield {
    ...common,
    ...c,
    oid: builtinOids.collationPosix,
    collname: "POSIX",
    collcollate: "POSIX",
    collctype: "POSIX",
  };
}

export const typeRelationRows: RelationRows = {
  pg_type: typeRows,
  pg_proc: procRows,
  pg_aggregate: aggregateRows,
  pg_operator: operatorRows,
  pg_cast: castRows,
  pg_language: languageRows,
  pg_am: accessMethodRows,
  pg_collation: collationRows,
};
