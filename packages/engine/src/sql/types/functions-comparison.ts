import { oids } from "./builtin-types.ts";
import { comparatorFor } from "./compare.ts";
import type { Comparator } from "./compare.ts";
import type { Datum } from "./datum.ts";
import { dateToTimestamp, timestampToTimestamptz } from "./cast-table.ts";
import { anyarray, bool, polymorphic, record, scalar, typeOf } from "./define.ts";
import type { EvalContext, ScalarFunction } from "./function.ts";

const symbols = ["=", "<>", "<", "<=", ">", ">="] as const;
type ComparisonSymbol = (typeof symbols)[number];

function fromOrder(symbol: ComparisonSymbol, compare: Comparator): (a: Datum, b: Datum) => boolean {
  switch (symbol) {
    case "=":
      return (a, b) => compare(a, b) === 0;
    case "<>":
      return (a, b) => compare(a, b) !== 0;
    case "<":
      return (a, b) => compare(a, b) < 0;
    case "<=":
      return (a, b) => compare(a, b) <= 0;
    case ">":
      return (a, b) => compare(a, b) > 0;
    case ">=":
      return (a, b) => compare(a, b) >= 0;
  }
}

/** For datums that JavaScript orders as SQL does: numbers, bigints, booleans, and mixtures of the first two. */
function native(symbol: ComparisonSymbol, sameForm: boolean): (a: Datum, b: Datum) => boolean {
  switch (symbol) {
    case "=":
      return sameForm
        ? (a, b) => a === b
        : (a, b) => !((a as number) < (b as number)) && !((a as number) > (b as number));
    case "<>":
      return sameForm
        ? (a, b) => a !== b
        : (a, b) => (a as number) < (b as number) || (a as number) > (b as number);
    case "<":
      return (a, b) => (a as number) < (b as number);
    case "<=":
      return (a, b) => (a as number) <= (b as number);
    case ">":
      return (a, b) => (a as number) > (b as number);
    case ">=":
      return (a, b) => (a as number) >= (b as number);
  }
}

function operatorsOf(
  leftOid: number,
  rightOid: number,
  make: (symbol: ComparisonSymbol) => (a: Datum, b: Datum, context: EvalContext) => boolean,
): ScalarFunction[] {
  return symbols.map((symbol) =>
    scalar(symbol, [typeOf(leftOid), typeOf(rightOid)], bool, make(symbol)),
  );
}

const nativeTypes = [
  oids.bool,
  oids.int2,
  oids.int4,
  oids.int8,
  oids.oid,
  oids.date,
  oids.time,
  oids.timestamp,
  oids.timestamptz,
  oids.xid8,
  oids.pgLsn,
] as const;

const orderedTypes = [
  oids.float4,
  oids.float8,
  oids.numeric,
  oids.name,
  oids.char,
  oids.bpchar,
  oids.bytea,
  oids.interval,
  oids.uuid,
  oids.jsonb,
  oids.tid,
  oids.oidvector,
] as const;

function textOperators(leftOid: number, rightOid: number): ScalarFunction[] {
  return operatorsOf(leftOid, rightOid, (symbol) => {
    if (symbol === "=") return (a, b) => a === b;
    if (symbol === "<>") return (a, b) => a !== b;
    return fromOrder(symbol, comparatorFor(oids.text));
  });
}

const integerOids = [oids.int2, oids.int4, oids.int8] as const;

function mixedIntegers(): ScalarFunction[] {
  const list: ScalarFunction[] = [];
  for (const left of integerOids) {
    for (const right of integerOids) {
      if (left === right) continue;
      const sameForm = left !== oids.int8 && right !== oids.int8;
      list.push(...operatorsOf(left, right, (symbol) => native(symbol, sameForm)));
    }
  }
  return list;
}

type ToCommon = (datum: Datum, context: EvalContext) => bigint;

/** date, timestamp and timestamptz among one another, by way of the widest. */
function mixedTimes(): ScalarFunction[] {
  const asTimestamp = new Map<number, ToCommon>([
    [oids.date, (datum) => dateToTimestampClamped(Number(datum))],
    [oids.timestamp, (datum) => datum as bigint],
  ]);
  const types = [oids.date, oids.timestamp, oids.timestamptz] as const;
  const list: ScalarFunction[] = [];
  for (const left of types) {
    for (const right of types) {
      if (left === right) continue;
      const usesZone = left === oids.timestamptz || right === oids.timestamptz;
      const convert = (oid: number): ToCommon => {
        const plain = asTimestamp.get(oid);
        if (plain === undefined) return (datum) => datum as bigint;
        if (!usesZone) return plain;
        return (datum, context) => timestampToTimestamptz(plain(datum, context), context);
      };
      const fromLeft = convert(left);
      const fromRight = convert(right);
      for (const symbol of symbols) {
        const compare = native(symbol, true);
        list.push(
          scalar(
            symbol,
            [typeOf(left), typeOf(right)],
            bool,
            (a, b, context) => compare(fromLeft(a, context), fromRight(b, context)),
            { volatility: usesZone ? "stable" : "immutable" },
          ),
        );
      }
    }
  }
  return list;
}

const beyondTimestamps = 2n ** 63n - 2n;

/** Dates reach further than timestamps; those compare as beyond every finite timestamp. */
function dateToTimestampClamped(day: number): bigint {
  if (Number.isFinite(day) && day > 106_751_983) return beyondTimestamps;
  return dateToTimestamp(day);
}

function polymorphicComparisons(): ScalarFunction[] {
  return symbols.flatMap((symbol) => [
    polymorphic(symbol, [anyarray, anyarray], bool, (call) =>
      fromOrder(symbol, comparatorFor(call.argTypes[0] ?? 0)),
    ),
    scalar(symbol, [record, record], bool, fromOrder(symbol, comparatorFor(oids.record))),
  ]);
}

export const comparisonOperators: readonly ScalarFunction[] = [
  ...nativeTypes.flatMap((oid) => operatorsOf(oid, oid, (symbol) => native(symbol, true))),
  ...orderedTypes.flatMap((oid) =>
    operatorsOf(oid, oid, (symbol) => fromOrder(symbol, comparatorFor(oid))),
  ),
  ...textOperators(oids.text, oids.text),
  ...textOperators(oids.name, oids.text),
  ...textOperators(oids.text, oids.name),
  ...mixedIntegers(),
  ...operatorsOf(oids.float4, oids.float8, (symbol) =>
    fromOrder(symbol, comparatorFor(oids.float8)),
  ),
  ...operatorsOf(oids.float8, oids.float4, (symbol) =>
    fromOrder(symbol, comparatorFor(oids.float8)),
  ),
  ...mixedTimes(),
  scalar("=", [typeOf(oids.xid), typeOf(oids.xid)], bool, (a, b) => a === b),
  scalar("<>", [typeOf(oids.xid), typeOf(oids.xid)], bool, (a, b) => a !== b),
  scalar("=", [typeOf(oids.xid), typeOf(oids.int4)], bool, (a, b) => a === b),
  scalar("<>", [typeOf(oids.xid), typeOf(oids.int4)], bool, (a, b) => a !== b),
  ...polymorphicComparisons(),
];
