import { SqlError } from "#base/errors.ts";
import { arrayOf } from "./array-text.ts";
import { oids } from "./builtin-types.ts";
import { comparatorFor } from "./compare.ts";
import { Interval, Jsonb, SqlArray } from "./datum.ts";
import type { Datum, JsonValue } from "./datum.ts";
import {
  accumulator,
  aggregate,
  any,
  anyarray,
  anyelement,
  anynonarray,
  bool,
  bytea,
  float4,
  float8,
  int2,
  int4,
  int8,
  interval,
  json,
  jsonb,
  numeric,
  polymorphicAggregate,
  text,
  typeOf,
} from "./define.ts";
import type { ArgType } from "./define.ts";
import type { Accumulator, AggregateFunction } from "./function.ts";
import { addIntervals, divideInterval } from "./interval-arithmetic.ts";
import { formatJson, jsonObject } from "./json-text.ts";
import { jsonTextOf, toJsonValue } from "./json-conversion.ts";
import { checkInt8, toFloat4 } from "./number-conversion.ts";
import type { Numeric } from "./numeric.ts";
import { coefficientAt, finiteNumeric, numericFromBigint } from "./numeric.ts";
import { addNumeric, divideNumeric } from "./numeric-arithmetic.ts";
import { isArrayType } from "./type.ts";
import { statisticsAggregates } from "./functions-statistics.ts";

const countAggregates: readonly AggregateFunction[] = [
  aggregate("count", [], int8, newCount, { strict: false }),
  aggregate("count", [any], int8, newCount),
];

/** Counts calls; whether nulls count is decided by strictness, in the executor. */
function newCount(): Accumulator {
  let count = 0;
  return {
    add: () => {
      count++;
    },
    result: () => BigInt(count),
  };
}

/** Sums of whole numbers in a double while it is exact, in a bigint beyond. */
class IntegerSum {
  count = 0;
  #small = 0;
  #large = 0n;

  add(value: number): void {
    this.count++;
    this.#small += value;
    if (this.#small > 2 ** 52 || this.#small < -(2 ** 52)) {
      this.#large += BigInt(this.#small);
      this.#small = 0;
    }
  }

  addBig(value: bigint): void {
    this.count++;
    this.#large += value;
  }

  get total(): bigint {
    return this.#large + BigInt(this.#small);
  }
}

function newIntegerSum(): Accumulator {
  const sum = new IntegerSum();
  return accumulator<[ArgType<number>]>(
    (value) => {
      if (value !== null) sum.add(value);
    },
    () => (sum.count === 0 ? null : checkInt8(sum.total)),
  );
}

function newIntegerAverage(): Accumulator {
  const sum = new IntegerSum();
  return accumulator<[ArgType<number>]>(
    (value) => {
      if (value !== null) sum.add(value);
    },
    () => (sum.count === 0 ? null : average(numericFromBigint(sum.total), sum.count)),
  );
}

function newBigintSum(): Accumulator {
  const sum = new IntegerSum();
  return accumulator<[ArgType<bigint>]>(
    (value) => {
      if (value !== null) sum.addBig(value);
    },
    () => (sum.count === 0 ? null : numericFromBigint(sum.total)),
  );
}

function newBigintAverage(): Accumulator {
  const sum = new IntegerSum();
  return accumulator<[ArgType<bigint>]>(
    (value) => {
      if (value !== null) sum.addBig(value);
    },
    () => (sum.count === 0 ? null : average(numericFromBigint(sum.total), sum.count)),
  );
}

function average(sum: Numeric, count: number): Numeric {
  return divideNumeric(sum, numericFromBigint(BigInt(count)));
}

/** An exact sum: coefficients at the largest scale seen, special values apart. */
class NumericSum {
  count = 0;
  #coefficient = 0n;
  #scale = 0;
  #special: Numeric | undefined;

  add(value: Numeric): void {
    this.count++;
    if (value.kind !== "finite") {
      this.#special = this.#special === undefined ? value : addNumeric(this.#special, value);
      return;
    }
    if (value.scale > this.#scale) {
      this.#coefficient = coefficientAt(finiteNumeric(this.#coefficient, this.#scale), value.scale);
      this.#scale = value.scale;
    }
    this.#coefficient += coefficientAt(value, this.#scale);
  }

  get total(): Numeric {
    return this.#special ?? finiteNumeric(this.#coefficient, this.#scale);
  }
}

function newNumericSum(finish: (sum: NumericSum) => Datum): () => Accumulator {
  return () => {
    const sum = new NumericSum();
    return accumulator<[ArgType<Numeric>]>(
      (value) => {
        if (value !== null) sum.add(value);
      },
      () => (sum.count === 0 ? null : finish(sum)),
    );
  };
}

function newFloatSum(finish: (sum: number, count: number) => number): () => Accumulator {
  return () => {
    let sum = 0;
    let count = 0;
    return accumulator<[ArgType<number>]>(
      (value) => {
        if (value === null) return;
        const next = sum + value;
        if (!Number.isFinite(next) && Number.isFinite(sum) && Number.isFinite(value)) {
          throw new SqlError("numeric_value_out_of_range", "value out of range: overflow");
        }
        sum = next;
        count++;
      },
      () => (count === 0 ? null : finish(sum, count)),
    );
  };
}

function newIntervalSum(finish: (sum: Interval, count: number) => Interval): () => Accumulator {
  return () => {
    let sum = new Interval(0, 0, 0n);
    let count = 0;
    return accumulator<[ArgType<Interval>]>(
      (value) => {
        if (value === null) return;
        sum = addIntervals(sum, value);
        count++;
      },
      () => (count === 0 ? null : finish(sum, count)),
    );
  };
}

const sums: readonly AggregateFunction[] = [
  aggregate("sum", [int2], int8, newIntegerSum),
  aggregate("sum", [int4], int8, newIntegerSum),
  aggregate("sum", [int8], numeric, newBigintSum),
  aggregate(
    "sum",
    [numeric],
    numeric,
    newNumericSum((sum) => sum.total),
  ),
  aggregate(
    "sum",
    [float4],
    float4,
    newFloatSum((sum) => toFloat4(sum)),
  ),
  aggregate(
    "sum",
    [float8],
    float8,
    newFloatSum((sum) => sum),
  ),
  aggregate(
    "sum",
    [interval],
    interval,
    newIntervalSum((sum) => sum),
  ),
  aggregate("avg", [int2], numeric, newIntegerAverage),
  aggregate("avg", [int4], numeric, newIntegerAverage),
  aggregate("avg", [int8], numeric, newBigintAverage),
  aggregate(
    "avg",
    [numeric],
    numeric,
    newNumericSum((sum) => average(sum.total, sum.count)),
  ),
  aggregate(
    "avg",
    [float4],
    float8,
    newFloatSum((sum, count) => sum / count),
  ),
  aggregate(
    "avg",
    [float8],
    float8,
    newFloatSum((sum, count) => sum / count),
  ),
  aggregate(
    "avg",
    [interval],
    interval,
    newIntervalSum((sum, count) => divideInterval(sum, count)),
  ),
];

/** Keeps the first of the values that sort first (sign -1) or last (sign 1). */
function newExtreme(typeOid: number, sign: -1 | 1): () => Accumulator {
  const compare = comparatorFor(typeOid);
  return () => {
    let best: Datum = null;
    return {
      add: (args) => {
        const value = args[0] ?? null;
        if (value === null) return;
        if (best === null || compare(value, best) * sign > 0) best = value;
      },
      result: () => best,
    };
  };
}

const extremeOids = [
  oids.int2,
  oids.int4,
  oids.int8,
  oids.oid,
  oids.float4,
  oids.float8,
  oids.numeric,
  oids.text,
  oids.bpchar,
  oids.date,
  oids.time,
  oids.timestamp,
  oids.timestamptz,
  oids.interval,
  oids.tid,
  oids.pgLsn,
  oids.xid8,
] as const;

const extremes: readonly AggregateFunction[] = [
  ...extremeOids.flatMap((oid) => [
    aggregate("min", [typeOf(oid)], typeOf(oid), newExtreme(oid, -1)),
    aggregate("max", [typeOf(oid)], typeOf(oid), newExtreme(oid, 1)),
  ]),
  polymorphicAggregate("min", [anyarray], anyarray, (call) => newExtreme(call.returnType, -1)),
  polymorphicAggregate("max", [anyarray], anyarray, (call) => newExtreme(call.returnType, 1)),
];

function newBoolean(join: (a: boolean, b: boolean) => boolean): () => Accumulator {
  return () => {
    let state: boolean | null = null;
    return accumulator<[ArgType<boolean>]>(
      (value) => {
        if (value !== null) state = state === null ? value : join(state, value);
      },
      () => state,
    );
  };
}

const both = newBoolean((a, b) => a && b);
const either = newBoolean((a, b) => a || b);

const booleans: readonly AggregateFunction[] = [
  aggregate("bool_and", [bool], bool, both),
  aggregate("every", [bool], bool, both),
  aggregate("bool_or", [bool], bool, either),
];

function newBits(join: (a: bigint, b: bigint) => bigint, isBig: boolean): () => Accumulator {
  return () => {
    let state: bigint | undefined;
    return {
      add: (args) => {
        const value = args[0] ?? null;
        if (typeof value !== "number" && typeof value !== "bigint") return;
        const big = BigInt(value);
        state = state === undefined ? big : join(state, big);
      },
      result: () => (state === undefined ? null : isBig ? state : Number(state)),
    };
  };
}

const bits: readonly AggregateFunction[] = [
  ["bit_and", (a: bigint, b: bigint) => a & b] as const,
  ["bit_or", (a: bigint, b: bigint) => a | b] as const,
  ["bit_xor", (a: bigint, b: bigint) => a ^ b] as const,
].flatMap(([name, join]) => [
  aggregate(name, [int2], int2, newBits(join, false)),
  aggregate(name, [int4], int4, newBits(join, false)),
  aggregate(name, [int8], int8, newBits(join, true)),
]);

function newStringAggregate(): Accumulator {
  let joined: string | undefined;
  return accumulator<[ArgType<string>, ArgType<string>]>(
    (value, delimiter) => {
      if (value === null) return;
      joined = joined === undefined ? value : joined + (delimiter ?? "") + value;
    },
    () => joined ?? null,
  );
}

function newByteaAggregate(): Accumulator {
  const parts: Uint8Array[] = [];
  return accumulator<[ArgType<Uint8Array>, ArgType<Uint8Array>]>(
    (value, delimiter) => {
      if (value === null) return;
      if (parts.length > 0 && delimiter !== null) parts.push(delimiter);
      parts.push(value);
    },
    () => (parts.length === 0 ? null : Buffer.concat(parts)),
  );
}

function newArrayAggregate(elementOid: number): () => Accumulator {
  return () => {
    const items: Datum[] = [];
    return {
      add: (args) => {
        items.push(args[0] ?? null);
      },
      result: () => (items.length === 0 ? null : arrayOf(elementOid, items.slice())),
    };
  };
}

/** Arrays of one shape become one array with one dimension more. */
function newNestedArrayAggregate(): Accumulator {
  const arrays: SqlArray[] = [];
  return accumulator<[ArgType<SqlArray>]>(
    (array) => {
      if (array === null) {
        throw new SqlError("null_value_not_allowed", "cannot accumulate null arrays");
      }
      if (array.dimensions.length === 0) {
        throw new SqlError("array_subscript_error", "cannot accumulate empty arrays");
      }
      const [first] = arrays;
      const agrees =
        first === undefined ||
        (first.dimensions.length === array.dimensions.length &&
          first.dimensions.every(
            (dimension, index) => dimension.length === array.dimensions[index]?.length,
          ));
      if (!agrees) {
        throw new SqlError(
          "array_subscript_error",
          "cannot accumulate arrays of different dimensionality",
        );
      }
      arrays.push(array);
    },
    () => {
      const [first] = arrays;
      if (first === undefined) return null;
      return new SqlArray(
        first.elementTypeOid,
        arrays.flatMap((array) => array.items),
        [{ length: arrays.length, lowerBound: 1 }, ...first.dimensions],
      );
    },
  );
}

const collections: readonly AggregateFunction[] = [
  aggregate("string_agg", [text, text], text, newStringAggregate, { strict: false }),
  aggregate("string_agg", [bytea, bytea], bytea, newByteaAggregate, { strict: false }),
  polymorphicAggregate(
    "array_agg",
    [anynonarray],
    anyarray,
    (call) => newArrayAggregate(call.argTypes[0] ?? 0),
    { strict: false },
  ),
  polymorphicAggregate("array_agg", [anyarray], anyarray, () => newNestedArrayAggregate, {
    strict: false,
  }),
];

function newJsonArray(typeOid: number, isBinary: boolean): () => Accumulator {
  return () => {
    const values: JsonValue[] = [];
    const texts: string[] = [];
    let count = 0;
    // json_agg puts arrays and rows on lines of their own.
    const isStructured = typeOid === oids.record || isArrayType(typeOid);
    return {
      add: (args, context) => {
        const value = args[0] ?? null;
        count++;
        if (isBinary) values.push(toJsonValue(typeOid, value, context));
        else texts.push(jsonTextOf(typeOid, value, context));
      },
      result: () => {
        if (count === 0) return null;
        if (isBinary) return new Jsonb(values.slice());
        return `[${texts.join(isStructured ? ", \n " : ", ")}]`;
      },
    };
  };
}

function newJsonObject(valueOid: number, keyOid: number, isBinary: boolean): () => Accumulator {
  return () => {
    const entries: [string, JsonValue][] = [];
    const texts: string[] = [];
    let count = 0;
    return {
      add: (args, context) => {
        const [key = null, value = null] = args;
        if (key === null) {
          throw new SqlError("invalid_parameter_value", "field name must not be null");
        }
        const keyValue = toJsonValue(keyOid, key, context);
        const keyText = typeof keyValue === "string" ? keyValue : formatJson(keyValue);
        count++;
        if (isBinary) entries.push([keyText, toJsonValue(valueOid, value, context)]);
        else texts.push(`${formatJson(keyText)} : ${jsonTextOf(valueOid, value, context)}`);
      },
      result: () => {
        if (count === 0) return null;
        return isBinary ? new Jsonb(jsonObject(entries)) : `{ ${texts.join(", ")} }`;
      },
    };
  };
}

const jsonAggregates: readonly AggregateFunction[] = [
  polymorphicAggregate(
    "jsonb_agg",
    [anyelement],
    jsonb,
    (call) => newJsonArray(call.argTypes[0] ?? 0, true),
    { strict: false },
  ),
  polymorphicAggregate(
    "json_agg",
    [anyelement],
    json,
    (call) => newJsonArray(call.argTypes[0] ?? 0, false),
    { strict: false },
  ),
  ...(["jsonb_object_agg", "json_object_agg"] as const).map((name) =>
    polymorphicAggregate(
      name,
      [any, any],
      name === "jsonb_object_agg" ? jsonb : json,
      (call) =>
        newJsonObject(call.argTypes[1] ?? 0, call.argTypes[0] ?? 0, name === "jsonb_object_agg"),
      { strict: false },
    ),
  ),
];

export const aggregateFunctions: readonly AggregateFunction[] = [
  ...countAggregates,
  ...sums,
  ...extremes,
  ...booleans,
  ...bits,
  ...collections,
  ...jsonAggregates,
  ...statisticsAggregates,
];
