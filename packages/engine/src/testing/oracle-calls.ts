import { oids } from "#sql/types/builtin-types.ts";
import type { SqlFunction } from "#sql/types/function.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";
import { formatType } from "#sql/types/type.ts";
import type { OracleCall, TypedText } from "./postgres-oracle.ts";

/** Values of each type worth calling things with: edges, specials, everyday ones. */
const samples: Readonly<Record<string, readonly string[]>> = {
  boolean: ["t", "f"],
  smallint: ["0", "1", "-1", "7", "-13", "32767", "-32768", "100"],
  integer: ["0", "1", "-1", "2", "3", "7", "-13", "42", "2147483647", "-2147483648", "100000"],
  bigint: ["0", "1", "-1", "5", "9223372036854775807", "-9223372036854775808", "123456789012"],
  real: ["0", "1.5", "-2.25", "3.4e38", "1e-40", "NaN", "Infinity", "0.1", "-0"],
  "double precision":
    "0 1.5 -2.25 0.5 1e308 1e-300 NaN Infinity -Infinity 0.1 -0 100 2.5 3.5 1e15 123456.789".split(
      " ",
    ),
  numeric:
    "0 1 -1 0.5 2.50 -3.14159 1e10 123456789012345678901234567890.123 1e-10 NaN Infinity -Infinity 0.001 10 100.00 7 3 0.99".split(
      " ",
    ),
  text: [
    "",
    "a",
    "abc",
    "Hello World",
    "  pad  ",
    "ünïcödé",
    "日本語",
    "a,b,c",
    "100",
    "it's",
    "x%y_z",
    "😀 smile",
    "AbC dEf-ghi",
    "aXbXc",
  ],
  bytea: ["\\x", "\\x00ff10", "\\x616263"],
  date: "2000-01-01 2024-02-29 1999-12-31 infinity -infinity 2024-12-30 1970-01-01".split(" "),
  "time without time zone": ["00:00:00", "12:34:56.789", "23:59:59.999999", "24:00:00"],
  "timestamp without time zone": [
    "2000-01-01 00:00:00",
    "2024-02-29 12:34:56.789",
    "1999-12-31 23:59:59.999999",
    "0044-03-15 01:02:03 BC",
    "infinity",
    "2024-03-10 02:30:00",
    "2024-01-31 10:00:00",
  ],
  "timestamp with time zone": [
    "2000-01-01 00:00:00+00",
    "2024-02-29 12:34:56.789+05:30",
    "1999-12-31 23:59:59.999999-08",
    "infinity",
    "2024-03-10 07:30:00+00",
    "2024-11-03 05:30:00+00",
    "1890-01-01 00:00:00+00",
  ],
  interval: [
    "0",
    "1 day",
    "-1 day",
    "1 year 2 mons 3 days 04:05:06.789",
    "-1 mons +1 day -00:00:01",
    "1000 hours",
    "00:00:00.000001",
    "36 days 25:00:00",
  ],
  uuid: ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  jsonb: [
    "{}",
    "[]",
    "null",
    "1",
    '"a"',
    '{"a": 1, "b": [1, 2, {"c": null}]}',
    '[1, "a", null, true, [2]]',
    '{"aa": {"b": "x"}, "b": 2.50}',
  ],
  json: ["{}", "[1,2]", '{"a":  1}', "null"],
  name: ["abc", "Foo"],
  character: ["a", "a ", "abc"],
  oid: ["0", "1", "4294967295"],
  "integer[]": ["{}", "{1,2,3}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={5,6}"],
  "text[]": ["{}", "{a,b}", '{a,NULL,"x y"}', "{b}", "{a,b,0}"],
};

/** Words that some functions expect as their first text, so that not all calls end in an error. */
const words: Readonly<Record<string, readonly string[]>> = {
  date_trunc: "year month week day hour quarter decade century millennium minute foo".split(" "),
  date_part:
    "year month week day hour quarter decade century minute second milliseconds epoch dow isodow doy isoyear foo".split(
      " ",
    ),
  timezone: ["UTC", "America/New_York", "EST", "Europe/Berlin"],
};

/** Functions whose outcome depends on chance, the clock, or whose name is grammar of its own. */
const leftOut: ReadonlySet<string> = new Set(
  "random setseed gen_random_uuid now clock_timestamp statement_timestamp transaction_timestamp current_timestamp current_date localtimestamp localtime like position overlay extract normalize overlaps age convert_to convert_from notlike similar_escape like_escape cbrt ||/ cos right repeat lpad rpad array_fill make_interval to_timestamp to_char to_date to_number atan2d tand cotd atan2 asind acosd sind cosd sinh tan exp power".split(
    " ",
  ),
);

class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Uniform enough, and the same on every run: a linear congruential generator. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return this.#state / 0x7fffffff;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.next() * list.length)];
  }
}

function typeFor(typeOid: number, element: string): string {
  switch (typeOid) {
    case oids.anyarray:
    case oids.anycompatiblearray:
      return `${element}[]`;
    case oids.anyelement:
    case oids.anynonarray:
    case oids.anycompatible:
    case oids.any:
      return element;
    default:
      return formatType(typeOid);
  }
}

export interface CallOptions {
  readonly seed: number;
  readonly perOverload: number;
}

/** Calls of every overload with sampled arguments; overloads of types without samples are left out. */
export function* generateCalls(
  registry: FunctionRegistry,
  what: "functions" | "operators",
  options: CallOptions,
): Iterable<OracleCall> {
  const dice = new Dice(options.seed);
  const list = what === "functions" ? registry.all() : registry.allOperators();
  for (const overload of list) {
    if (overload.kind !== "scalar" || leftOut.has(overload.name)) continue;
    const times = overload.argTypes.length === 0 ? 1 : options.perOverload;
    for (let time = 0; time < times; time++) {
      const args = sampleArguments(overload, dice);
      if (args === undefined) break;
      yield { kind: what === "functions" ? "function" : "operator", name: overload.name, args };
    }
  }
}

function sampleArguments(overload: SqlFunction, dice: Dice): TypedText[] | undefined {
  const element = dice.pick(["integer", "text"]) ?? "text";
  const args: TypedText[] = [];
  for (const [index, typeOid] of overload.argTypes.entries()) {
    const type = typeFor(typeOid, element);
    const expected = index === 0 ? words[overload.name] : undefined;
    const list = type === "text" && expected !== undefined ? expected : samples[type];
    if (list === undefined) return undefined;
    args.push([type, dice.next() < 0.04 ? null : (dice.pick(list) ?? null)]);
  }
  return args;
}

/** Every sample cast to every other type that has samples. */
export function* generateCasts(): Iterable<OracleCall> {
  const targets = [
    ...Object.keys(samples),
    "varchar(2)",
    "char(5)",
    "numeric(6,2)",
    "timestamp(1)",
  ];
  for (const [source, values] of Object.entries(samples)) {
    for (const value of values.slice(0, 2)) {
      for (const target of targets) {
        yield { kind: "cast", name: target, args: [[source, value]] };
      }
    }
  }
}
