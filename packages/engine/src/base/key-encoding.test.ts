import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedBytes } from "./byte-reader.ts";
import { KeyReader, KeyWriter, type KeyDecimal } from "./key-encoding.ts";

type Write<Value> = (writer: KeyWriter, value: Value) => void;

function encode<Value>(write: Write<Value>, value: Value, descending = false): Buffer {
  const writer = new KeyWriter();
  write(writer, value);
  if (descending) writer.complement(0);
  return Buffer.from(writer.finish());
}

/** Encoded order must be `compare`'s, equal for equal values, and no encoding a prefix of another. */
function checkOrder<Value>(
  values: fc.Arbitrary<Value>,
  write: Write<Value>,
  compare: (a: Value, b: Value) => number,
): void {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [keyA, keyB] = [encode(write, a), encode(write, b)];
      expect(Math.sign(Buffer.compare(keyA, keyB))).toBe(Math.sign(compare(a, b)));
      const down = Buffer.compare(encode(write, a, true), encode(write, b, true));
      expect(Math.sign(down)).toBe(-Math.sign(compare(a, b)) + 0);
      if (!keyA.equals(keyB)) {
        expect(keyB.subarray(0, keyA.length).equals(keyA)).toBe(false);
      }
      expect(keyA[0]).toBeGreaterThan(0x00);
      expect(keyA[0]).toBeLessThan(0xff);
    }),
    { numRuns: 3000 },
  );
}

const order = <Value extends number | bigint | string>(a: Value, b: Value) =>
  a < b ? -1 : a > b ? 1 : 0;

const edges = [0n, 1n, 229n, 230n, 255n, 256n, 65_535n, 65_536n];
for (let bits = 23n; bits <= 63n; bits++) edges.push(2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n);
const int64Edges = edges
  .flatMap((edge) => [edge, -edge, -edge - 1n])
  .filter((edge) => edge >= -(2n ** 63n) && edge < 2n ** 63n);
const int64 = fc.oneof(
  fc.constantFrom(...int64Edges),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
);

test("int64 orders by value and comes back", () => {
  checkOrder(int64, (writer, value) => writer.int64(value), order);
  for (const value of int64Edges) {
    expect(new KeyReader(encode((w, v) => w.int64(v), value)).int64()).toBe(value);
  }
  fc.assert(
    fc.property(int64, (value) => {
      const reader = new KeyReader(encode((w, v) => w.int64(v), value));
      expect(reader.int64()).toBe(value);
      expect(reader.isAtEnd).toBe(true);
    }),
  );
});

test("an integer has one key, whether it comes as a number or a bigint", () => {
  const safe = int64.filter(
    (value) => BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)),
  );
  fc.assert(
    fc.property(safe, (value) => {
      const asNumber = encode((w, v) => w.integer(v), Number(value));
      expect(asNumber).toEqual(encode((w, v) => w.int64(v), value));
      expect(new KeyReader(asNumber).integer()).toBe(Number(value));
    }),
    { numRuns: 2000 },
  );
});

const float = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, 1, -1),
);
const floatRank = (value: number) => (Number.isNaN(value) ? 1 : 0);

test("floats order with NaN last and -0 equal to 0", () => {
  checkOrder(
    float,
    (writer, value) => writer.float64(value),
    (a, b) => floatRank(a) - floatRank(b) || (floatRank(a) === 1 ? 0 : order(a, b)),
  );
  fc.assert(
    fc.property(float, (value) => {
      const back = new KeyReader(encode((w, v) => w.float64(v), value)).float64();
      expect(back).toBe(value === 0 ? 0 : value);
    }),
  );
});

const decimal: fc.Arbitrary<KeyDecimal> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("finite" as const),
      coefficient: fc.oneof(
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
        fc
          .tuple(fc.integer({ min: -99, max: 99 }), fc.nat(30))
          .map(([n, e]) => BigInt(n) * 10n ** BigInt(e)),
      ),
      scale: fc.nat(30),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("nan" as const, "infinity" as const, "-infinity" as const)
      .map((kind) => ({ kind, coefficient: 0n, scale: 0 })),
  },
);
const decimalRank = { "-infinity": 0, finite: 1, infinity: 2, nan: 3 } as const;

function compareDecimals(a: KeyDecimal, b: KeyDecimal): number {
  const rank = decimalRank[a.kind] - decimalRank[b.kind];
  if (rank !== 0) return rank;
  return order(a.coefficient * 10n ** BigInt(b.scale), b.coefficient * 10n ** BigInt(a.scale));
}

test("numerics order by value whatever their scale", () => {
  checkOrder(decimal, (writer, value) => writer.numeric(value), compareDecimals);
  fc.assert(
    fc.property(decimal, (value) => {
      const reader = new KeyReader(encode((w, v) => w.numeric(v), value));
      expect(compareDecimals(reader.numeric(), value)).toBe(0);
      expect(reader.isAtEnd).toBe(true);
    }),
    { numRuns: 1000 },
  );
  const one = (coefficient: bigint, scale: number) =>
    encode<KeyDecimal>((w, v) => w.numeric(v), { kind: "finite", coefficient, scale });
  expect(one(100n, 2)).toEqual(one(1n, 0));
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom("a", "b", "\0", "\x01", "é", "😀", "\uffff"), maxLength: 4 }),
);

test("text orders by UTF-8 bytes", () => {
  checkOrder(
    text,
    (writer, value) => writer.text(value),
    (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  fc.assert(
    fc.property(text, (value) => {
      const reader = new KeyReader(encode((w, v) => w.text(v), value));
      expect(reader.text()).toBe(value);
      expect(reader.isAtEnd).toBe(true);
    }),
  );
});

const someBytes = fc
  .array(fc.constantFrom(0, 1, 2, 0xfe, 0xff), { maxLength: 6 })
  .map((b) => Uint8Array.from(b));

test("bytea orders bytewise, zeros and prefixes included", () => {
  checkOrder(
    someBytes,
    (writer, value) => writer.bytes(value),
    (a, b) => Buffer.compare(a, b),
  );
  fc.assert(
    fc.property(someBytes, (value) => {
      expect(new KeyReader(encode((w, v) => w.bytes(v), value)).bytes()).toEqual(value);
    }),
  );
});

const interval = fc.record({
  months: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer()),
  days: fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer()),
  micros: fc.oneof(
    fc.bigInt({ min: -3n, max: 3n }).map((days) => days * 86_400_000_000n),
    int64,
  ),
});
type IntervalParts = { months: number; days: number; micros: bigint };
const spanOf = ({ months, days, micros }: IntervalParts) =>
  (BigInt(months) * 30n + BigInt(days)) * 86_400_000_000n + micros;

test("intervals order by their span", () => {
  checkOrder(
    interval,
    (writer, value) => writer.interval(value),
    (a, b) => order(spanOf(a), spanOf(b)),
  );
  fc.assert(
    fc.property(interval, (value) => {
      const reader = new KeyReader(encode((w, v) => w.interval(v), value));
      expect(reader.intervalSpan()).toBe(spanOf(value));
    }),
  );
});

test("booleans, uuids and ids order and come back", () => {
  checkOrder(
    fc.boolean(),
    (writer, value) => writer.boolean(value),
    (a, b) => Number(a) - Number(b),
  );
  const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 });
  checkOrder(
    uuid,
    (writer, value) => writer.uuid(value),
    (a, b) => Buffer.compare(a, b),
  );
  const id = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(300),
    fc.constantFrom(239, 240, 255, 256, 65_535, 65_536),
  );
  fc.assert(
    fc.property(id, id, (a, b) => {
      const [keyA, keyB] = [encode((w, v) => w.id(v), a), encode((w, v) => w.id(v), b)];
      expect(Math.sign(Buffer.compare(keyA, keyB))).toBe(Math.sign(a - b));
      expect(new KeyReader(keyA).id()).toBe(a);
    }),
  );
});

/** One column of a composite key: a value or null, in either direction. */
interface Column {
  readonly kind: "int" | "text" | "numeric";
  readonly descending: boolean;
}
type Cell = bigint | string | KeyDecimal | null;

function writeCell(writer: KeyWriter, cell: Cell): void {
  if (cell === null) writer.null();
  else if (typeof cell === "bigint") writer.int64(cell);
  else if (typeof cell === "string") writer.text(cell);
  else writer.numeric(cell);
}

function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "bigint" && typeof b === "bigint") return order(a, b);
  if (typeof a === "string" && typeof b === "string") {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return compareDecimals(a as KeyDecimal, b as KeyDecimal);
}

const cells = { int: int64, text, numeric: decimal };
const columns = fc.array(
  fc.record<Column>({
    kind: fc.constantFrom("int" as const, "text" as const, "numeric" as const),
    descending: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);
const twoRows = columns.chain((types) => {
  const row = fc.tuple(
    ...types.map(({ kind }) => fc.option<Cell>(cells[kind] as fc.Arbitrary<Cell>, { freq: 4 })),
  );
  // Rows that agree on their first columns are what composite keys are about.
  return fc.tuple(row, row, fc.nat(types.length)).map(([a, b, same]) => ({
    types,
    a,
    b: b.map((cell, i) => (i < same ? (a[i] ?? null) : cell)),
  }));
});

test("composite keys order column by column, nulls last when ascending and first when descending", () => {
  fc.assert(
    fc.property(twoRows, ({ types, a, b }) => {
      const key = (row: readonly Cell[]) => {
        const writer = new KeyWriter().reset(Buffer.from([2, 100, 1]));
        row.forEach((cell, i) => {
          const start = writer.length;
          writeCell(writer, cell);
          if (types[i]?.descending === true) writer.complement(start);
        });
        return Buffer.from(writer.finish());
      };
      let expected = 0;
      types.forEach(({ descending }, i) => {
        if (expected !== 0) return;
        const compared = compareCells(a[i] ?? null, b[i] ?? null);
        expected = descending ? -compared : compared;
      });
      expect(Math.sign(Buffer.compare(key(a), key(b)))).toBe(Math.sign(expected) + 0);
    }),
    { numRuns: 3000 },
  );
});

test("a damaged key is refused, never read past its end", () => {
  const reads: ((reader: KeyReader) => unknown)[] = [
    (r) => r.boolean(),
    (r) => r.integer(),
    (r) => r.int64(),
    (r) => r.float64(),
    (r) => r.numeric(),
    (r) => r.text(),
    (r) => r.bytes(),
    (r) => r.uuid(),
    (r) => r.intervalSpan(),
    (r) => r.id(),
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(...reads), (bytes, read) => {
      const reader = new KeyReader(bytes);
      try {
        read(reader);
        expect(reader.offset).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }),
    { numRuns: 5000 },
  );
});
