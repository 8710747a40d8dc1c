import { assert } from "#base/assert.ts";
import { SqlError, notSupported } from "#base/errors.ts";
import { builtinTypeRows, oids } from "./builtin-types.ts";

/**
 * A data type, as a row of pg_type says it.
 *
 * - `elementOid` is not 0 for arrays, int2vector, oidvector and name: what subscripting gives.
 * - `arrayOid` is the type of arrays of this one, or 0.
 */
export interface SqlType {
  readonly oid: number;
  /** pg_type.typname, as in `int4` and `_text`. */
  readonly name: string;
  /** What format_type gives without a modifier, as in `integer` and `text[]`. */
  readonly displayName: string;
  /** Bytes of a fixed-length type; -1 for varlena, -2 for a C string. */
  readonly length: number;
  readonly byValue: boolean;
  readonly kind: "base" | "pseudo";
  /** pg_type.typcategory: N numeric, S string, D date and time, A array, P pseudo … */
  readonly category: string;
  /** Preferred within its category when a choice is open. */
  readonly preferred: boolean;
  readonly elementOid: number;
  readonly arrayOid: number;
  /** pg_type.typalign and typstorage, for the catalog's sake. */
  readonly alignment: string;
  readonly storage: string;
}

export const builtinTypes: readonly SqlType[] = builtinTypeRows.map((row) => ({
  oid: row[0],
  name: row[1],
  displayName: row[2],
  length: row[3],
  byValue: row[4],
  kind: row[5],
  category: row[6],
  preferred: row[7],
  elementOid: row[8],
  arrayOid: row[9],
  alignment: row[10],
  storage: row[11],
}));

const byOid: ReadonlyMap<number, SqlType> = new Map(builtinTypes.map((type) => [type.oid, type]));
const byName: ReadonlyMap<string, SqlType> = new Map(builtinTypes.map((type) => [type.name, type]));

/** The type with this oid; undefined for types that are not built in (rows of tables). */
export function findType(oid: number): SqlType | undefined {
  return byOid.get(oid);
}

/** The type with this oid, which must be built in. */
export function getType(oid: number): SqlType {
  const type = byOid.get(oid);
  assert(type !== undefined, `type ${oid} is not built in`);
  return type;
}

/** Looks up pg_type.typname, the form in which the parser hands type names (`int4`, `bpchar`, `_text`). */
export function findTypeByName(name: string): SqlType | undefined {
  return byName.get(name);
}

/** SQL spellings that are not typnames. The parser translates them; `'integer'::regtype` does not pass it. */
const aliases: ReadonlyMap<string, number> = new Map<string, number>([
  ["boolean", oids.bool],
  ["smallint", oids.int2],
  ["int", oids.int4],
  ["integer", oids.int4],
  ["bigint", oids.int8],
  ["real", oids.float4],
  ["float", oids.float8],
  ["double precision", oids.float8],
  ["decimal", oids.numeric],
  ["dec", oids.numeric],
  ["character varying", oids.varchar],
  ["char varying", oids.varchar],
  ["character", oids.bpchar],
  ["char", oids.bpchar],
  ["nchar", oids.bpchar],
  ["timestamp without time zone", oids.timestamp],
  ["timestamp with time zone", oids.timestamptz],
  ["time without time zone", oids.time],
  ['"char"', oids.char],
  ['"any"', oids.any],
]);

/** A type as SQL names one: the type and its modifier, -1 when there is none. */
export interface TypeSpec {
  readonly type: SqlType;
  readonly typmod: number;
}

/**
 * Reads a type name as a user writes it: `int`, `"timestamp with time zone"`, `varchar(20)[]`,
 * `pg_catalog.int4`. Undefined when there is no such type.
 */
export function findTypeSpec(text: string): TypeSpec | undefined {
  let rest = text.trim().replace(/\s+/g, " ");
  let arrays = 0;
  for (;;) {
    const array = /^(.*?) ?\[ ?\d* ?\]$/.exec(rest);
    if (array === null) break;
    rest = array[1] ?? "";
    arrays++;
  }
  let typmodArguments: number[] = [];
  const modified = /^(.*?) ?\( ?(-?\d+(?: ?, ?-?\d+)*) ?\)(.*)$/.exec(rest);
  if (modified !== null) {
    rest = `${modified[1]}${modified[3]}`;
    typmodArguments = (modified[2] ?? "").split(",").map(Number);
  }
  if (/^pg_catalog\./i.test(rest)) rest = rest.slice("pg_catalog.".length);
  const quoted = /^"((?:[^"]|"")+)"$/.exec(rest);
  const name = quoted === null ? rest.toLowerCase() : (quoted[1] ?? "").replaceAll('""', '"');
  const aliasOid = quoted === null ? aliases.get(name) : undefined;
  let type = aliasOid === undefined ? byName.get(name) : byOid.get(aliasOid);
  if (type === undefined) return undefined;
  // Written by hand, interval's only argument is its precision; the parser puts the fields before it.
  if (type.oid === oids.interval && typmodArguments.length === 1) {
    typmodArguments = [intervalFullRange, ...typmodArguments];
  }
  let typmod = typmodFromArguments(type, typmodArguments);
  if (typmodArguments.length === 0 && type.oid === oids.bpchar && name !== "bpchar") {
    typmod = typmodFromArguments(type, [1]);
  }
  if (arrays > 0) {
    type = byOid.get(type.arrayOid);
    if (type === undefined) return undefined;
  }
  return { type, typmod };
}

/** Bit positions of interval fields in a type modifier, as PostgreSQL numbers them. */
export const intervalFieldBits = {
  month: 1 << 1,
  year: 1 << 2,
  day: 1 << 3,
  hour: 1 << 10,
  minute: 1 << 11,
  second: 1 << 12,
} as const;

export const intervalFullRange = 0x7fff;
export const intervalFullPrecision = 0xffff;

const varlenaHeaderBytes = 4;
const stringLengthMax = 10_485_760;
const numericPrecisionMax = 1000;
const timePrecisionMax = 6;

/** The modifier that `type(arguments…)` gives; -1 for no arguments. Errors as the type's typmodin. */
export function typmodFromArguments(type: SqlType, typmodArguments: readonly number[]): number {
  const first = typmodArguments[0];
  if (first === undefined) return -1;
  const element = type.category === "A" ? byOid.get(type.elementOid) : undefined;
  if (element !== undefined) return typmodFromArguments(element, typmodArguments);
  switch (type.oid) {
    case oids.varchar:
    case oids.bpchar: {
      const name = type.oid === oids.varchar ? "varchar" : "char";
      if (typmodArguments.length !== 1) throw invalidTypeModifier();
      if (first < 1) {
        throw new SqlError("invalid_parameter_value", `length for type ${name} must be at least 1`);
      }
      if (first > stringLengthMax) {
        throw new SqlError(
          "invalid_parameter_value",
          `length for type ${name} cannot exceed ${stringLengthMax}`,
        );
      }
      return first + varlenaHeaderBytes;
    }
    case oids.numeric: {
      const scale = typmodArguments[1] ?? 0;
      if (typmodArguments.length > 2)
        throw new SqlError("invalid_parameter_value", "invalid NUMERIC type modifier");
      if (first < 1 || first > numericPrecisionMax) {
        throw new SqlError(
          "invalid_parameter_value",
          `NUMERIC precision ${first} must be between 1 and ${numericPrecisionMax}`,
        );
      }
      if (scale < -numericPrecisionMax || scale > numericPrecisionMax) {
        throw new SqlError(
          "invalid_parameter_value",
          `NUMERIC scale ${scale} must be between -1000 and 1000`,
        );
      }
      return ((first << 16) | (scale & 0x7ff)) + varlenaHeaderBytes;
    }
    case oids.time:
    case oids.timestamp:
    case oids.timestamptz: {
      if (typmodArguments.length !== 1) throw invalidTypeModifier();
      if (first < 0) {
        throw new SqlError(
          "invalid_parameter_value",
          `${timeTypeName(type.oid, first)} precision must not be negative`,
        );
      }
      return Math.min(first, timePrecisionMax);
    }
    case oids.interval: {
      const precision = typmodArguments[1];
      const range = first === 0 ? intervalFullRange : first;
      if (precision === undefined) {
        return range === intervalFullRange ? -1 : ((range & 0x7fff) << 16) | intervalFullPrecision;
      }
      if (precision < 0) {
        throw new SqlError(
          "invalid_parameter_value",
          `INTERVAL(${precision}) precision must not be negative`,
        );
      }
      return ((range & 0x7fff) << 16) | Math.min(precision, timePrecisionMax);
    }
    default:
      throw new SqlError("syntax_error", `type modifier is not allowed for type "${type.name}"`);
  }
}

function timeTypeName(oid: number, precision: number): string {
  if (oid === oids.time) return `TIME(${precision})`;
  return `TIMESTAMP(${precision})${oid === oids.timestamptz ? " WITH TIME ZONE" : ""}`;
}

function invalidTypeModifier(): SqlError {
  return new SqlError("invalid_parameter_value", "invalid type modifier");
}

/** Characters that varchar(n) or char(n) holds; undefined when unbounded. */
export function lengthOfTypmod(typmod: number): number | undefined {
  return typmod < varlenaHeaderBytes ? undefined : typmod - varlenaHeaderBytes;
}

/** Precision and scale of numeric(p, s); undefined when unbounded. The scale may be negative. */
export function numericTypmod(
  typmod: number,
): { readonly precision: number; readonly scale: number } | undefined {
  if (typmod < varlenaHeaderBytes) return undefined;
  const packed = typmod - varlenaHeaderBytes;
  return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 };
}

/** Fields and precision of an interval modifier. */
export function intervalTypmod(
  typmod: number,
): { readonly range: number; readonly precision: number | undefined } | undefined {
  if (typmod < 0) return undefined;
  const precision = typmod & 0xffff;
  return {
    range: (typmod >> 16) & 0x7fff,
    precision: precision === intervalFullPrecision ? undefined : precision,
  };
}

const intervalRangeNames: ReadonlyMap<number, string> = (() => {
  const { year, month, day, hour, minute, second } = intervalFieldBits;
  return new Map([
    [year, " year"],
    [month, " month"],
    [day, " day"],
    [hour, " hour"],
    [minute, " minute"],
    [second, " second"],
    [year | month, " year to month"],
    [day | hour, " day to hour"],
    [day | hour | minute, " day to minute"],
    [day | hour | minute | second, " day to second"],
    [hour | minute, " hour to minute"],
    [hour | minute | second, " hour to second"],
    [minute | second, " minute to second"],
  ]);
})();

/** What format_type(oid, typmod) says. Types that are not built in are the catalog's to name. */
export function formatType(oid: number, typmod = -1): string {
  const type = byOid.get(oid);
  if (type === undefined) return oid === 0 ? "-" : "???";
  if (typmod < 0) {
    // Without a length `character` would mean character(1), so the unbounded type keeps its own name.
    return type.displayName;
  }
  if (type.category === "A") return `${formatType(type.elementOid, typmod)}[]`;
  switch (type.oid) {
    case oids.varchar:
    case oids.bpchar: {
      const length = lengthOfTypmod(typmod);
      return length === undefined ? type.displayName : `${type.displayName}(${length})`;
    }
    case oids.numeric: {
      const modifier = numericTypmod(typmod);
      return modifier === undefined
        ? type.displayName
        : `${type.displayName}(${modifier.precision},${modifier.scale})`;
    }
    case oids.time:
      return `time(${typmod}) without time zone`;
    case oids.timestamp:
      return `timestamp(${typmod}) without time zone`;
    case oids.timestamptz:
      return `timestamp(${typmod}) with time zone`;
    case oids.interval: {
      const modifier = intervalTypmod(typmod);
      if (modifier === undefined) return type.displayName;
      const fields = intervalRangeNames.get(modifier.range) ?? "";
      const precision = modifier.precision === undefined ? "" : `(${modifier.precision})`;
      return `${type.displayName}${fields}${precision}`;
    }
    default:
      return type.displayName;
  }
}

/** True for text[], int2vector and the like, but not for name, whose subscripts give single bytes. */
export function isArrayType(oid: number): boolean {
  return byOid.get(oid)?.category === "A";
}

/** An array type made from its element type, which int2vector and oidvector are not. */
export function isTrueArrayType(oid: number): boolean {
  const type = byOid.get(oid);
  return (
    type !== undefined && type.category === "A" && byOid.get(type.elementOid)?.arrayOid === oid
  );
}

export function isPolymorphic(oid: number): boolean {
  switch (oid) {
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

/** The type of arrays of this one; 0A000 when there is none. */
export function arrayTypeOf(elementOid: number): number {
  const arrayOid = byOid.get(elementOid)?.arrayOid ?? 0;
  if (arrayOid === 0) throw notSupported(`array of type ${formatType(elementOid)}`);
  return arrayOid;
}
