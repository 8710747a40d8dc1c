import { SqlError } from "#base/errors.ts";
import { oids } from "./builtin-types.ts";
import { Jsonb, SqlArray, SqlRecord } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import { formatDate, formatTimestamp } from "./datetime-format.ts";
import type { InputContext } from "./format-settings.ts";
import { formatJson, parseJson, quoteJsonString } from "./json-text.ts";
import {
  Numeric,
  formatNumeric,
  numericFromBigint,
  numericFromInteger,
  parseNumeric,
} from "./numeric.ts";
import { formatFloat4, formatFloat8 } from "./scalar-text.ts";
import { formatText } from "./text-format.ts";
import { getTimeZone } from "./time-zone.ts";
import { findType } from "./type.ts";

/** Values of any SQL type as JSON: to_json, jsonb_agg, row_to_json. */

const isoStyle = { format: "ISO", order: "MDY" } as const;

function isoDateTime(typeOid: number, datum: Datum, context: InputContext): string | undefined {
  switch (typeOid) {
    case oids.date:
      return formatDate(Number(datum), isoStyle);
    case oids.timestamp:
      return typeof datum === "bigint"
        ? formatTimestamp(datum, isoStyle, undefined).replace(" ", "T")
        : undefined;
    case oids.timestamptz: {
      if (typeof datum !== "bigint") return undefined;
      const text = formatTimestamp(datum, isoStyle, getTimeZone(context.format.timeZone));
      // JSON's dates are XML's, whose offsets have minutes.
      return text.replace(" ", "T").replace(/([+-]\d\d)( BC)?$/, "$1:00$2");
    }
    default:
      return undefined;
  }
}

function numberText(typeOid: number, datum: Datum, context: InputContext): string | undefined {
  switch (typeOid) {
    case oids.int2:
    case oids.int4:
    case oids.int8:
      return String(datum);
    case oids.float4:
      return formatFloat4(Number(datum), context.format.extraFloatDigits);
    case oids.float8:
      return formatFloat8(Number(datum), context.format.extraFloatDigits);
    case oids.numeric:
      return datum instanceof Numeric ? formatNumeric(datum) : undefined;
    default:
      return undefined;
  }
}

function nested<T>(array: SqlArray, leaf: (item: Datum) => T, join: (parts: T[]) => T): T {
  let next = 0;
  const level = (depth: number): T => {
    const length = array.dimensions[depth]?.length ?? 0;
    const parts: T[] = [];
    for (let index = 0; index < length; index++) {
      if (depth + 1 < array.dimensions.length) parts.push(level(depth + 1));
      else parts.push(leaf(array.items[next++] ?? null));
    }
    return join(parts);
  };
  return level(0);
}

/** Field names of a record, f1, f2 … when it has none. */
function fieldName(names: readonly string[] | undefined, index: number): string {
  return names?.[index] ?? `f${index + 1}`;
}

export function toJsonValue(typeOid: number, datum: Datum, context: InputContext): JsonValue {
  if (datum === null) return null;
  if (typeof datum === "boolean") return datum;
  if (datum instanceof Jsonb) return datum.value;
  if (typeOid === oids.json) return parseJson(String(datum));
  if (datum instanceof SqlArray) {
    const leafOid = datum.elementTypeOid;
    return nested<JsonValue>(
      datum,
      (item) => toJsonValue(leafOid, item, context),
      (parts) => parts,
    );
  }
  if (datum instanceof SqlRecord) {
    return new Map(
      datum.fields.map((field, index) => [
        fieldName(datum.fieldNames, index),
        toJsonValue(datum.fieldTypeOids[index] ?? oids.text, field, context),
      ]),
    );
  }
  if (typeOid === oids.int8 && typeof datum === "bigint") return numericFromBigint(datum);
  if ((typeOid === oids.int4 || typeOid === oids.int2) && typeof datum === "number") {
    return numericFromInteger(datum);
  }
  if (typeOid === oids.numeric && datum instanceof Numeric && datum.kind === "finite") return datum;
  const number = numberText(typeOid, datum, context);
  if (number !== undefined) {
    const parsed = parseNumeric(number);
    return parsed === undefined || parsed.kind !== "finite" ? number : parsed;
  }
  return isoDateTime(typeOid, datum, context) ?? formatText(typeOid, datum, context);
}

/** The same as text of type json, where arrays and objects have no spaces. */
export function jsonTextOf(typeOid: number, datum: Datum, context: InputContext): string {
  if (datum === null) return "null";
  if (typeof datum === "boolean") return datum ? "true" : "false";
  if (datum instanceof Jsonb) return formatJson(datum.value);
  if (typeOid === oids.json) return String(datum);
  if (datum instanceof SqlArray) {
    const leafOid = datum.elementTypeOid;
    return nested(
      datum,
      (item) => jsonTextOf(leafOid, item, context),
      (parts) => `[${parts.join(",")}]`,
    );
  }
  if (datum instanceof SqlRecord) {
    const parts = datum.fields.map((field, index) => {
      const value = jsonTextOf(datum.fieldTypeOids[index] ?? oids.text, field, context);
      return `${quoteJsonString(fieldName(datum.fieldNames, index))}:${value}`;
    });
    return `{${parts.join(",")}}`;
  }
  const number = numberText(typeOid, datum, context);
  if (number !== undefined) return /^-?[0-9]/.test(number) ? number : quoteJsonString(number);
  return quoteJsonString(
    isoDateTime(typeOid, datum, context) ?? formatText(typeOid, datum, context),
  );
}

/** Keys of built objects must be plain values. */
export function jsonKeyOf(
  typeOid: number,
  datum: Datum,
  position: number,
  context: InputContext,
): string {
  if (datum === null) {
    throw new SqlError("invalid_parameter_value", `argument ${position}: key must not be null`);
  }
  const isComposite = datum instanceof SqlArray || datum instanceof SqlRecord;
  if (isComposite || datum instanceof Jsonb || findType(typeOid)?.oid === oids.json) {
    throw new SqlError(
      "invalid_parameter_value",
      "key value must be scalar, not array, composite, or json",
    );
  }
  if (typeof datum === "boolean") return datum ? "true" : "false";
  return isoDateTime(typeOid, datum, context) ?? formatText(typeOid, datum, context);
}
