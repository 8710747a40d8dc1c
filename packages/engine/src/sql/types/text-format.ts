import { assert } from "#base/assert.ts";
import { SqlError, notSupported } from "#base/errors.ts";
import { formatArray, formatRecord, parseArray, parseVector } from "./array-text.ts";
import { oids } from "./builtin-types.ts";
import { Interval, Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type { Datum } from "./datum.ts";
import {
  formatDate,
  formatInterval,
  formatTimeOfDay,
  formatTimestamp,
  isoTimestampFormatter,
} from "./datetime-format.ts";
import { parseDate, parseTime, parseTimestamp, parseTimestamptz } from "./datetime-parse.ts";
import type { InputContext } from "./format-settings.ts";
import { parseInterval } from "./interval-parse.ts";
import { formatJson, parseJson } from "./json-text.ts";
import { Numeric, formatNumeric, parseNumeric } from "./numeric.ts";
import { splitQualifiedName, truncateIdentifier } from "./object-names.ts";
import {
  formatBytea,
  formatFloat4,
  formatFloat8,
  int2Max,
  int2Min,
  int4Max,
  int4Min,
  invalidSyntax,
  parseBoolean,
  parseBytea,
  parseFloat4,
  parseFloat8,
  parseInt8,
  parseInteger,
  parseOid,
  parseUuid,
} from "./scalar-text.ts";
import { firstByte } from "./text-order.ts";
import { getTimeZone } from "./time-zone.ts";
import { findType, findTypeSpec, formatType, getType } from "./type.ts";
import { typmodCoercion } from "./typmod.ts";

/**
 * Reads a value's text form, as the type's input function does, and applies the modifier
 * (-1 for none). A text that is too long for varchar(n) is an error here, never cut.
 */
export function parseText(
  typeOid: number,
  typmod: number,
  text: string,
  context: InputContext,
): Datum {
  const datum = parseUnmodified(typeOid, text, context, typmod);
  if (typmod < 0) return datum;
  return typmodCoercion(typeOid, typmod, false)?.(datum) ?? datum;
}

function parseUnmodified(
  typeOid: number,
  text: string,
  context: InputContext,
  typmod: number,
): Datum {
  switch (typeOid) {
    case oids.text:
    case oids.varchar:
    case oids.bpchar:
    case oids.unknown:
    case oids.cstring:
      return text;
    case oids.int4:
      return parseInteger(text, "integer", int4Min, int4Max);
    case oids.int8:
      return parseInt8(text);
    case oids.int2:
      return parseInteger(text, "smallint", int2Min, int2Max);
    case oids.bool:
      return parseBoolean(text);
    case oids.float8:
      return parseFloat8(text);
    case oids.float4:
      return parseFloat4(text);
    case oids.numeric: {
      const value = parseNumeric(text);
      if (value === undefined) throw invalidSyntax("numeric", text);
      return value;
    }
    case oids.timestamptz:
      return parseTimestamptz(text, context);
    case oids.timestamp:
      return parseTimestamp(text, context);
    case oids.date:
      return parseDate(text, context);
    case oids.time:
      return parseTime(text, context);
    case oids.interval:
      return parseInterval(text, typmod, context.format.intervalStyle);
    case oids.uuid:
      return parseUuid(text);
    case oids.bytea:
      return parseBytea(text);
    case oids.jsonb:
      return new Jsonb(parseJson(text));
    case oids.json:
      parseJson(text);
      return text;
    case oids.name:
      return truncateIdentifier(text);
    case oids.char:
      return parseCharType(text);
    case oids.oid:
    case oids.xid:
    case oids.cid:
      return parseOid(text);
    case oids.xid8:
      return parseInt8(text);
    case oids.int2vector:
      return parseVector(text, oids.int2, (item) =>
        parseInteger(item, "smallint", int2Min, int2Max),
      );
    case oids.oidvector:
      return parseVector(text, oids.oid, parseOid);
    case oids.tid:
      if (!/^\(\d+,\d+\)$/.test(text)) throw invalidSyntax("tid", text);
      return text;
    case oids.pgLsn:
      return parseLsn(text);
    case oids.void:
      return "";
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return parseObjectName(typeOid, text, context);
    case oids.record:
      throw new SqlError(
        "feature_not_supported",
        "input of anonymous composite types is not implemented",
      );
    case oids.pgNodeTree:
      throw new SqlError("feature_not_supported", "cannot accept a value of type pg_node_tree");
    default:
      break;
  }
  const type = findType(typeOid);
  if (type !== undefined && type.category === "A") {
    const { elementOid } = type;
    return parseArray(text, elementOid, (item) => parseText(elementOid, typmod, item, context));
  }
  if (type?.kind === "pseudo") {
    throw new SqlError("feature_not_supported", `cannot accept a value of type ${type.name}`);
  }
  throw notSupported(`input of type ${formatType(typeOid)}`);
}

/** Type "char" holds one byte; `\ooo` names any. */
function parseCharType(text: string): string {
  const octal = /^\\([0-3][0-7][0-7])$/.exec(text);
  if (octal !== null) {
    const code = Number.parseInt(octal[1] ?? "0", 8);
    return code === 0 ? "" : String.fromCharCode(code);
  }
  return firstByte(text);
}

function parseLsn(text: string): bigint {
  const match = /^([0-9a-fA-F]{1,8})\/([0-9a-fA-F]{1,8})$/.exec(text);
  if (match === null) throw invalidSyntax("pg_lsn", text);
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

function parseObjectName(typeOid: number, text: string, context: InputContext): number {
  if (text === "-") return 0;
  if (/^\d+$/.test(text)) return parseOid(text);
  const { catalog } = context;
  switch (typeOid) {
    case oids.regtype: {
      const spec = findTypeSpec(text);
      if (spec === undefined)
        throw new SqlError("undefined_object", `type "${text}" does not exist`);
      return spec.type.oid;
    }
    case oids.regclass: {
      const parts = splitQualifiedName(text);
      const relation = catalog.findRelation(parts);
      if (relation === undefined) {
        throw new SqlError("undefined_table", `relation "${parts.join(".")}" does not exist`);
      }
      return relation;
    }
    case oids.regnamespace: {
      const name = splitQualifiedName(text).join(".");
      const namespace = catalog.findNamespace(name);
      if (namespace === undefined) {
        throw new SqlError("invalid_schema_name", `schema "${name}" does not exist`);
      }
      return namespace;
    }
    case oids.regrole: {
      const name = splitQualifiedName(text).join(".");
      const role = catalog.findRole(name);
      if (role === undefined) {
        throw new SqlError("undefined_object", `role "${name}" does not exist`);
      }
      return role;
    }
    default: {
      const parts = splitQualifiedName(text.replace(/\(.*\)$/, ""));
      const found = catalog.findFunction(parts[parts.length - 1] ?? "");
      if (found === "ambiguous") {
        throw new SqlError("ambiguous_function", `more than one function named "${text}"`);
      }
      if (found === undefined) {
        throw new SqlError("undefined_function", `function "${text}" does not exist`);
      }
      return found;
    }
  }
}

function formatObjectName(typeOid: number, oid: number, context: InputContext): string {
  if (oid === 0) return "-";
  const { catalog } = context;
  switch (typeOid) {
    case oids.regtype:
      return findType(oid) === undefined
        ? (catalog.relationName(oid) ?? String(oid))
        : formatType(oid);
    case oids.regclass:
      return catalog.relationName(oid) ?? String(oid);
    case oids.regnamespace:
      return catalog.namespaceName(oid) ?? String(oid);
    case oids.regrole:
      return catalog.roleName(oid) ?? String(oid);
    default:
      return catalog.functionName(oid) ?? String(oid);
  }
}

/** Writes a value that is not null in text form. For many values of one type use `textFormatter`. */
export function formatText(typeOid: number, datum: Datum, context: InputContext): string {
  return textFormatter(typeOid, context)(datum);
}

const formatBoolean = (datum: Datum): string => (datum === true ? "t" : "f");

function formatNumericDatum(datum: Datum): string {
  assert(datum instanceof Numeric, "a numeric datum is a Numeric");
  return formatNumeric(datum);
}

function bigintFormatter(format: (value: bigint) => string): (datum: Datum) => string {
  return (datum) => {
    assert(typeof datum === "bigint", "a timestamp datum is a bigint");
    return format(datum);
  };
}

/** The text form of one type under fixed settings, chosen once per column. Never called with null. */
export function textFormatter(typeOid: number, context: InputContext): (datum: Datum) => string {
  const { format } = context;
  switch (typeOid) {
    case oids.bool:
      return formatBoolean;
    case oids.numeric:
      return formatNumericDatum;
    case oids.float8:
      return (datum) => formatFloat8(Number(datum), format.extraFloatDigits);
    case oids.float4:
      return (datum) => formatFloat4(Number(datum), format.extraFloatDigits);
    case oids.bytea:
      return (datum) => {
        assert(datum instanceof Uint8Array, "a bytea datum is a Uint8Array");
        return formatBytea(datum, format.byteaOutput);
      };
    case oids.date:
      return (datum) => formatDate(Number(datum), format.dateStyle);
    case oids.time:
      return (datum) => formatTimeOfDay(Number(datum));
    case oids.timestamp:
      if (format.dateStyle.format === "ISO")
        return bigintFormatter(isoTimestampFormatter(undefined));
      return (datum) => {
        assert(typeof datum === "bigint", "a timestamp datum is a bigint");
        return formatTimestamp(datum, format.dateStyle, undefined);
      };
    case oids.timestamptz: {
      const zone = getTimeZone(format.timeZone);
      if (format.dateStyle.format === "ISO") return bigintFormatter(isoTimestampFormatter(zone));
      return (datum) => {
        assert(typeof datum === "bigint", "a timestamptz datum is a bigint");
        return formatTimestamp(datum, format.dateStyle, zone);
      };
    }
    case oids.interval:
      return (datum) => {
        assert(datum instanceof Interval, "an interval datum is an Interval");
        return formatInterval(datum, format.intervalStyle);
      };
    case oids.jsonb:
      return (datum) => {
        assert(datum instanceof Jsonb, "a jsonb datum is a Jsonb");
        return formatJson(datum.value);
      };
    case oids.char:
      return (datum) => {
        const code = String(datum).charCodeAt(0);
        return code >= 128 ? `\\${code.toString(8)}` : String(datum);
      };
    case oids.pgLsn:
      return (datum) => {
        const value = BigInt.asUintN(64, BigInt(datum as bigint));
        return `${(value >> 32n).toString(16).toUpperCase()}/${(value & 0xffffffffn).toString(16).toUpperCase()}`;
      };
    case oids.regclass:
    case oids.regtype:
    case oids.regproc:
    case oids.regprocedure:
    case oids.regnamespace:
    case oids.regrole:
      return (datum) => formatObjectName(typeOid, Number(datum), context);
    case oids.void:
      return () => "";
    case oids.int2vector:
    case oids.oidvector:
      return (datum) => {
        assert(datum instanceof SqlArray, "a vector datum is a SqlArray");
        return datum.items.join(" ");
      };
    case oids.record:
      return (datum) => formatRecordDatum(datum, context);
    case oids.anyarray:
      return (datum) => {
        assert(datum instanceof SqlArray, "an array datum is a SqlArray");
        return formatArray(datum, textFormatter(datum.elementTypeOid, context));
      };
    default: {
      const type = findType(typeOid);
      if (type === undefined) {
        // The row type of a table.
        return (datum) => formatRecordDatum(datum, context);
      }
      if (type.category === "A") {
        const formatElement = textFormatter(getType(typeOid).elementOid, context);
        return (datum) => {
          assert(datum instanceof SqlArray, "an array datum is a SqlArray");
          return formatArray(datum, formatElement);
        };
      }
      return (datum) =>
        datum instanceof SqlArray
          ? formatArray(datum, textFormatter(datum.elementTypeOid, context))
          : String(datum);
    }
  }
}

function formatRecordDatum(datum: Datum, context: InputContext): string {
  if (!(datum instanceof SqlRecord)) return String(datum);
  return formatRecord(datum, (typeOid, field) => formatText(typeOid, field, context));
}
