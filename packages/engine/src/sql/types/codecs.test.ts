import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { compareBytes } from "#base/bytes.ts";
import { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { fixedContext } from "#testing/postgres-oracle.ts";
import { formatBinary, parseBinary } from "./binary-format.ts";
import { oids } from "./builtin-types.ts";
import { comparatorFor, hashKeyFor } from "./compare.ts";
import { Interval, Jsonb } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import { arrayOf } from "./array-text.ts";
import { jsonObject } from "./json-text.ts";
import { findKeyColumnDecoder, keyColumnEncoder } from "./key-codec.ts";
import { Numeric, numericInfinity, numericNaN, numericNegativeInfinity } from "./numeric.ts";
import { formatText, parseText } from "./text-format.ts";
import { valueCodecFor } from "./value-codec.ts";

const text = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((value) => !value.includes("\0"));
const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const numeric = fc.oneof(
  fc
    .record({ coefficient: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat(20) })
    .map(({ coefficient, scale }) => new Numeric("finite", coefficient, scale)),
  fc.constantFrom(numericNaN, numericInfinity, numericNegativeInfinity),
);
const micros = fc.bigInt({ min: -211_813_488_000_000_000n, max: 9_223_371_331_199_999_999n });
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    text,
    fc.integer().map((value) => new Numeric("finite", BigInt(value), 1)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie("value")), { maxLength: 3 }).map(jsonObject),
  ),
})).value;

const types: readonly (readonly [name: string, typeOid: number, arbitrary: fc.Arbitrary<Datum>])[] =
  [
    ["bool", oids.bool, fc.boolean()],
    ["int2", oids.int2, fc.integer({ min: -32_768, max: 32_767 })],
    ["int4", oids.int4, fc.integer()],
    ["int8", oids.int8, int8],
    ["float8", oids.float8, fc.double()],
    ["float4", oids.float4, fc.float()],
    ["numeric", oids.numeric, numeric],
    ["text", oids.text, text],
    ["bytea", oids.bytea, fc.uint8Array({ maxLength: 12 })],
    [
      "date",
      oids.date,
      fc.oneof(
        fc.integer({ min: -2_451_545, max: 100_000_000 }),
        fc.constantFrom(Infinity, -Infinity),
      ),
    ],
    ["timestamp", oids.timestamp, micros],
    ["timestamptz", oids.timestamptz, micros],
    [
      "interval",
      oids.interval,
      fc
        .tuple(
          fc.integer({ min: -9999, max: 9999 }),
          fc.integer({ min: -99_999, max: 99_999 }),
          micros,
        )
        .map(([months, days, rest]) => new Interval(months, days, rest / 1000n)),
    ],
    ["uuid", oids.uuid, fc.uuid()],
    ["jsonb", oids.jsonb, json.map((value) => new Jsonb(value))],
    [
      "int4[]",
      oids.int4Array,
      fc.array(fc.option(fc.integer()), { maxLength: 4 }).map((items) => arrayOf(oids.int4, items)),
    ],
    [
      "text[]",
      oids.textArray,
      fc.array(fc.option(text), { maxLength: 4 }).map((items) => arrayOf(oids.text, items)),
    ],
  ];

const context = fixedContext({ timeZone: "Europe/Berlin" });

function keyOf(typeOid: number, datum: Datum): Uint8Array {
  const writer = new KeyWriter();
  keyColumnEncoder(typeOid)(writer, datum);
  return writer.finish();
}

/** -0 and 0 are one key, as they are one value to SQL. */
function plain(datum: Datum): Datum {
  return datum === 0 ? 0 : datum;
}

describe.each(types)("%s", (_name, typeOid, arbitrary) => {
  test("text form reads back as it was", () => {
    fc.assert(
      fc.property(arbitrary, (datum) => {
        const shown = formatText(typeOid, datum, context);
        expect(parseText(typeOid, -1, shown, context)).toEqual(datum);
      }),
    );
  });

  test("binary form reads back as it was", () => {
    fc.assert(
      fc.property(arbitrary, (datum) => {
        expect(parseBinary(typeOid, -1, formatBinary(typeOid, datum), context)).toEqual(datum);
      }),
    );
  });

  test("row form reads back as it was", () => {
    const codec = valueCodecFor(typeOid);
    fc.assert(
      fc.property(arbitrary, (datum) => {
        const writer = new ByteWriter();
        codec.write(writer, datum);
        const reader = new ByteReader(writer.finish());
        expect(codec.read(reader)).toEqual(datum);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  test("keys sort as values do, and equal values hash alike", () => {
    const compare = comparatorFor(typeOid);
    const hash = hashKeyFor(typeOid);
    fc.assert(
      fc.property(arbitrary, arbitrary, (left, right) => {
        const order = Math.sign(compare(left, right));
        expect(Math.sign(compareBytes(keyOf(typeOid, left), keyOf(typeOid, right)))).toBe(order);
        const sameHash = new Set([hash(left), hash(right)]).size === 1;
        expect(sameHash).toBe(order === 0);
        expect(Math.sign(compare(left, left))).toBe(0);
      }),
    );
  });

  test("keys that promise to give the value back do", () => {
    const decode = findKeyColumnDecoder(typeOid);
    if (decode === undefined) return;
    fc.assert(
      fc.property(arbitrary, (datum) => {
        expect(decode(new KeyReader(keyOf(typeOid, datum)))).toEqual(plain(datum));
      }),
    );
  });
});
