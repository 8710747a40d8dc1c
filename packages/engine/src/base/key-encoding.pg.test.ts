import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeyWriter, type KeyDecimal } from "./key-encoding.ts";

const url = process.env["HOLO_TEST_POSTGRES_URL"];

/** Values as PostgreSQL writes them, and how each becomes a key. */
interface Type {
  readonly name: string;
  readonly values: readonly string[];
  readonly write: (writer: KeyWriter, value: string) => void;
}

const types: readonly Type[] = [
  {
    name: "boolean",
    values: ["false", "true"],
    write: (writer, value) => writer.boolean(value === "true"),
  },
  {
    name: "bigint",
    values: [
      "-9223372036854775808 -9223372036854775807 -72057594037927937 -72057594037927936 -9007199254740993",
      "-9007199254740992 -65537 -65536 -257 -256 -255 -2 -1 0 1 229 230 231 255 256 65535 65536 16777216",
      "4294967295 4294967296 9007199254740991 9007199254740992 9007199254740993 9223372036854775807",
    ].flatMap((line) => line.split(" ")),
    write: (writer, value) => writer.int64(BigInt(value)),
  },
  {
    name: "double precision",
    values:
      "-Infinity -1.7976931348623157e308 -1 -5e-324 0 -0 5e-324 1e-10 0.1 1 2 1e300 Infinity NaN".split(
        " ",
      ),
    write: (writer, value) => writer.float64(Number(value)),
  },
  {
    name: "numeric",
    values: [
      "-Infinity -1e40 -100.5 -100 -99.99 -10 -1.01 -1.00 -1 -0.9 -0.09 -0.0001 0 0.00 0.0001 0.001 0.01 0.09",
      "0.1 0.10 0.9 1 1.0 1.000 1.01 1.1 2 9 9.9 10 10.0 11 99 100 100.5 123456789.123456789 1e39 1e40 Infinity NaN",
    ].flatMap((line) => line.split(" ")),
    write: (writer, value) => writer.numeric(parseDecimal(value)),
  },
  {
    name: `text collate "C"`,
    values: [
      "",
      " ",
      "!",
      "0",
      "A",
      "Z",
      "a",
      "aa",
      "ab",
      "a b",
      "a\u0001",
      "b",
      "é",
      "ß",
      "z",
      "中",
      "\uffee",
      "😀",
    ],
    write: (writer, value) => writer.text(value),
  },
  {
    name: "bytea",
    values: [
      "\\x",
      "\\x00",
      "\\x0000",
      "\\x0001",
      "\\x00ff",
      "\\x01",
      "\\x0100",
      "\\xfe",
      "\\xff",
      "\\xff00",
      "\\xffff",
    ],
    write: (writer, value) => writer.bytes(Buffer.from(value.slice(2), "hex")),
  },
  {
    name: "uuid",
    values: [
      "00000000-0000-0000-0000-000000000000",
      "00000000-0000-0000-0000-000000000001",
      "7fffffff-ffff-ffff-ffff-ffffffffffff",
      "80000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
    write: (writer, value) => writer.uuid(Buffer.from(value.replaceAll("-", ""), "hex")),
  },
  {
    // Months, days, microseconds.
    name: "interval",
    values:
      "0 0 0|0 0 1|0 0 -1|0 1 0|0 0 86400000000|0 0 86400000001|1 0 0|0 30 0|0 29 86400000000|0 31 0|12 0 0|0 360 0|0 365 0|-1 0 0|-1 31 0|1 -30 0|1200 0 0|-1200 0 5".split(
        "|",
      ),
    write: (writer, value) => {
      const [months, days, micros] = value.split(" ");
      writer.interval({ months: Number(months), days: Number(days), micros: BigInt(micros ?? 0) });
    },
  },
];

function parseDecimal(value: string): KeyDecimal {
  if (value === "NaN") return { kind: "nan", coefficient: 0n, scale: 0 };
  if (value === "Infinity") return { kind: "infinity", coefficient: 0n, scale: 0 };
  if (value === "-Infinity") return { kind: "-infinity", coefficient: 0n, scale: 0 };
  const [mantissa = "", exponent = "0"] = value.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const coefficient = BigInt(whole + fraction) * 10n ** BigInt(exponent);
  return { kind: "finite", coefficient, scale: fraction.length };
}

function literal(type: Type, value: string): string {
  if (type.name !== "interval") return value;
  const [months, days, micros] = value.split(" ");
  return `${months} mons ${days} days ${micros} microseconds`;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item, i) => ({ item, rank: (i * 7919) % 101 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

describe.skipIf(url === undefined)(
  "keys order as PostgreSQL orders (HOLO_TEST_POSTGRES_URL)",
  () => {
    const client = new pg.Client({ connectionString: url });
    beforeAll(() => client.connect());
    afterAll(() => client.end());

    for (const type of types) {
      for (const direction of ["asc", "desc"] as const) {
        test(`${type.name} ${direction}`, async () => {
          const values: (string | null)[] = [...shuffled(type.values), null];
          const cast = type.name.replace(/ collate .*/, "");
          const collation = type.name.slice(cast.length);
          // Equal values share a rank, so that ties do not depend on the sort.
          const { rows } = await client.query<{ n: number; rank: string }>(
            `select n::int, dense_rank() over (order by value${collation} ${direction}) as rank
           from unnest($1::text[]::${cast}[]) with ordinality as t(value, n)`,
            [values.map((value) => (value === null ? null : literal(type, value)))],
          );
          const theirs = new Map(rows.map(({ n, rank }) => [values[n - 1] ?? null, Number(rank)]));
          const keys = values.map((value) => {
            const writer = new KeyWriter();
            if (value === null) writer.null();
            else type.write(writer, value);
            if (direction === "desc") writer.complement(0);
            return { value, key: Buffer.from(writer.finish()) };
          });
          keys.sort((a, b) => Buffer.compare(a.key, b.key));
          let rank = 0;
          let last: Buffer | undefined;
          const ours = keys.map(({ value, key }) => {
            if (last === undefined || !key.equals(last)) rank++;
            last = key;
            return { value, rank };
          });
          expect(ours).toEqual(ours.map(({ value }) => ({ value, rank: theirs.get(value) })));
        });
      }
    }
  },
);
