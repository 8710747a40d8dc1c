import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "#base/bytes.ts";
import type { ColumnDescriptor, IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { comparatorFor } from "#sql/types/compare.ts";
import type { Datum } from "#sql/types/datum.ts";
import { Interval, Jsonb, SqlArray } from "#sql/types/datum.ts";
import { Numeric } from "#sql/types/numeric.ts";
import { TableCodec, encodeMissing } from "./row-codec.ts";

function column(
  id: number,
  typeOid: number,
  more: Partial<ColumnDescriptor> = {},
): ColumnDescriptor {
  return {
    id,
    name: `c${id}`,
    type: { oid: typeOid, typmod: -1 },
    notNull: false,
    defaultSql: undefined,
    missingValue: undefined,
    hidden: false,
    comment: undefined,
    ...more,
  };
}

function index(id: number, columnIds: readonly number[], unique: boolean): IndexDescriptor {
  return {
    id,
    oid: 20_000 + id,
    constraintOid: 0,
    name: `index_${id}`,
    unique,
    columnIds,
    isConstraint: false,
    isPrimary: id === 1,
  };
}

function table(
  columns: readonly ColumnDescriptor[],
  keyIds: readonly number[],
  secondary: readonly IndexDescriptor[] = [],
): TableDescriptor {
  return {
    id: 16_384,
    schemaId: 2_200,
    schemaName: "public",
    name: "t",
    version: 1,
    owner: "datafusion",
    columns,
    nextColumnId: columns.length + 1,
    primaryIndex: index(1, keyIds, true),
    secondaryIndexes: secondary,
    nextIndexId: 10,
    checks: [],
    comment: undefined,
  };
}

const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
const numeric = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 12 }))
  .map(([coefficient, scale]) => new Numeric("finite", coefficient, scale));
const interval = fc
  .tuple(
    fc.integer({ min: -9999, max: 9999 }),
    fc.integer({ min: -9999, max: 9999 }),
    fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  )
  .map(([months, days, micros]) => new Interval(months, days, micros));

/** A generator of values for each type that a column may have. */
const generators: ReadonlyMap<number, fc.Arbitrary<Datum>> = new Map<number, fc.Arbitrary<Datum>>([
  [oids.bool, fc.boolean()],
  [oids.int2, fc.integer({ min: -32_768, max: 32_767 })],
  [oids.int4, fc.integer()],
  [oids.int8, int8],
  [oids.float8, fc.double()],
  [oids.numeric, numeric],
  [oids.text, text],
  [oids.bytea, fc.uint8Array()],
  [
    oids.date,
    fc.oneof(fc.integer({ min: -700_000, max: 2_000_000 }), fc.constantFrom(Infinity, -Infinity)),
  ],
  [oids.timestamptz, fc.bigInt({ min: -(10n ** 17n), max: 9n * 10n ** 18n })],
  [oids.interval, interval],
  [oids.uuid, fc.uuid()],
  [oids.jsonb, text.map((value) => new Jsonb(new Map([["k", [value, null, true]]])))],
  [
    oids.int4Array,
    fc
      .array(fc.option(fc.integer()), { minLength: 1 })
      .map((items) => new SqlArray(oids.int4, items, [{ length: items.length, lowerBound: 1 }])),
  ],
]);

const typeOids = [...generators.keys()];
const withoutKey = new Set<number>([oids.jsonb, oids.int4Array]);

function valueOf(typeOid: number): fc.Arbitrary<Datum> {
  return fc.option(generators.get(typeOid) ?? fc.constant(null), { freq: 5 });
}

describe("rows", () => {
  const columns = typeOids.map((typeOid, at) => column(at + 1, typeOid));
  const rows = fc.tuple(...typeOids.map(valueOf));

  test("come back as they went in, whatever the columns of the key", () => {
    const keyable = columns.filter((one) => !withoutKey.has(one.type.oid));
    fc.assert(
      fc.property(rows, fc.subarray(keyable, { minLength: 1 }), (row, key) => {
        const filled = row.map((datum, slot) =>
          datum === null && key.some((one) => one.id === columns[slot]?.id)
            ? sample(columns[slot]?.type.oid ?? 0)
            : datum,
        );
        const codec = new TableCodec(
          table(
            columns,
            key.map((one) => one.id),
          ),
        );
        const stored = codec.rowDecoder.decode(codec.primaryKey(filled), codec.value(filled));
        expect(stored).toEqual(filled);
      }),
    );
  });

  test("give any columns in any order", () => {
    const codec = new TableCodec(table(columns, [3, 7]));
    const some = fc.shuffledSubarray(columns, { minLength: 1 });
    fc.assert(
      fc.property(rows, some, (row, wanted) => {
        const filled = row.map((datum, slot) => datum ?? sample(columns[slot]?.type.oid ?? 0));
        const decoder = codec.decoder(wanted.map((one) => one.id));
        expect(decoder.decode(codec.primaryKey(filled), codec.value(filled))).toEqual(
          wanted.map((one) => filled[one.id - 1]),
        );
      }),
    );
  });
});

function sample(typeOid: number): Datum {
  return (
    fc.sample(generators.get(typeOid) ?? fc.constant(null), { numRuns: 1, seed: 1 })[0] ?? null
  );
}

describe("a changed table", () => {
  const before = table([column(1, oids.int4), column(2, oids.text), column(3, oids.numeric)], [1]);
  const old = new TableCodec(before);
  const row = [7, "seven", new Numeric("finite", 750n, 2)];
  const key = old.primaryKey(row);
  const value = old.value(row);

  test("passes over a column that is gone, whatever its type was", () => {
    const after = new TableCodec(table([column(1, oids.int4), column(3, oids.numeric)], [1]));
    expect(after.rowDecoder.decode(key, value)).toEqual([row[0], row[2]]);
  });

  test("shows the missing value of a column in rows that are older, and null where null was written", () => {
    const missingValue = encodeMissing(oids.int8, 42n);
    const after = new TableCodec(
      table([...before.columns, column(4, oids.int8, { missingValue })], [1]),
    );
    expect(after.rowDecoder.decode(key, value)).toEqual([...row, 42n]);
    const rewritten = [...row, null];
    expect(after.rowDecoder.decode(key, after.value(rewritten))).toEqual(rewritten);
  });
});

describe("index entries", () => {
  const columns = [column(1, oids.int4), column(2, oids.text), column(3, oids.int8)];
  const unique = index(2, [2], true);
  const plain = index(3, [3], false);
  const codec = new TableCodec(table(columns, [1], [unique, plain]));
  const entry = (which: IndexDescriptor, row: readonly Datum[]): string => {
    const { key } = codec.indexEntry(codec.indexCodec(which.id), row, codec.primaryKey(row));
    return Buffer.from(key).toString("hex");
  };

  test("of a unique index collide for equal values, and never with a null", () => {
    expect(entry(unique, [1, "a", 1n])).toBe(entry(unique, [2, "a", 2n]));
    expect(entry(unique, [1, null, 1n])).not.toBe(entry(unique, [2, null, 1n]));
  });

  test("of a plain index belong to their row", () => {
    expect(entry(plain, [1, "a", 5n])).not.toBe(entry(plain, [2, "b", 5n]));
  });

  test("lead to the row", () => {
    const row = [9, "nine", 81n];
    const primaryKey = codec.primaryKey(row);
    const { value } = codec.indexEntry(codec.indexCodec(3), row, primaryKey);
    expect(compareBytes(codec.primaryKeyOfEntry(value), primaryKey)).toBe(0);
  });

  test("sort as their values do", () => {
    const compare = comparatorFor(oids.int8);
    const codecOf = (n: bigint): Uint8Array => {
      const row = [0, null, n];
      return codec.indexEntry(codec.indexCodec(3), row, codec.primaryKey(row)).key;
    };
    fc.assert(
      fc.property(int8, int8, (a, b) => {
        expect(Math.sign(compareBytes(codecOf(a), codecOf(b)))).toBe(Math.sign(compare(a, b)));
      }),
    );
  });
});

test("a key that is too long is refused with its size and limit", () => {
  const codec = new TableCodec(table([column(1, oids.text)], [1]));
  expect(() => codec.primaryKey(["x".repeat(5_000)])).toThrowError(
    /index row size \d+ exceeds maximum/,
  );
});
