import { aggregate, accumulator, float4, float8, int2, int4, int8, numeric } from "./define.ts";
import type { ArgType } from "./define.ts";
import type { Datum } from "./datum.ts";
import type { Accumulator, AggregateFunction } from "./function.ts";
import {
  Numeric,
  finiteNumeric,
  numericFromBigint,
  numericFromInteger,
  numericNaN,
  numericSign,
  numericZero,
} from "./numeric.ts";
import {
  addNumeric,
  divideNumeric,
  multiplyNumeric,
  subtractNumeric,
} from "./numeric-arithmetic.ts";
import { floatOverflow } from "./number-conversion.ts";
import { sqrtNumeric } from "./numeric-functions.ts";

/** Variance, deviation, correlation and regression. */

type Spread = "variance" | "deviation";
type Basis = "sample" | "population";

/** Exact: keeps the count, the sum and the sum of squares. */
function newNumericSpread(spread: Spread, basis: Basis): () => Accumulator {
  return () => {
    let count = 0;
    let sum = numericZero;
    let squares = numericZero;
    return {
      add: (args) => {
        const value = asNumeric(args[0] ?? null);
        if (value === undefined) return;
        count++;
        sum = addNumeric(sum, value);
        squares = addNumeric(squares, multiplyNumeric(value, value));
      },
      result: () => {
        if (count === 0 || (count === 1 && basis === "sample")) return null;
        if (sum.kind !== "finite" || squares.kind !== "finite") return numericNaN;
        const n = numericFromInteger(count);
        const numerator = subtractNumeric(multiplyNumeric(n, squares), multiplyNumeric(sum, sum));
        if (numericSign(numerator) <= 0) return numericZero;
        const divisor = basis === "sample" ? count * (count - 1) : count * count;
        const variance = divideNumeric(numerator, numericFromBigint(BigInt(divisor)));
        return spread === "variance" ? variance : sqrtNumeric(variance);
      },
    };
  };
}

function asNumeric(value: Datum): Numeric | undefined {
  if (value instanceof Numeric) return value;
  if (typeof value === "number") return numericFromInteger(value);
  if (typeof value === "bigint") return finiteNumeric(value, 0);
  return undefined;
}

/** Youngs and Cramer, "Some Results Relevant to Choice of Sum and Sum-of-Product Algorithms", 1971. */
class FloatMoments {
  count = 0;
  sumX = 0;
  /** Sum of squared differences from the mean. */
  spreadX = 0;

  add(x: number): void {
    const before = this.sumX;
    this.count++;
    this.sumX += x;
    if (this.count > 1) {
      const difference = x * this.count - this.sumX;
      this.spreadX += (difference * difference) / (this.count * (this.count - 1));
      if (isInfinite(this.sumX) || isInfinite(this.spreadX)) {
        refuseOverflow(before, x);
        this.spreadX = NaN;
      }
    } else if (!Number.isFinite(x)) {
      this.spreadX = NaN;
    }
  }
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

/** 22003 when a sum became infinite though nothing that went into it was. */
function refuseOverflow(...parts: readonly number[]): void {
  if (!parts.some(isInfinite)) throw floatOverflow();
}

function newFloatSpread(spread: Spread, basis: Basis): () => Accumulator {
  return () => {
    const moments = new FloatMoments();
    return accumulator<[ArgType<number>]>(
      (value) => {
        if (value !== null) moments.add(value);
      },
      () => {
        const { count } = moments;
        if (count === 0 || (count === 1 && basis === "sample")) return null;
        const variance = moments.spreadX / (basis === "sample" ? count - 1 : count);
        return spread === "variance" ? variance : Math.sqrt(variance);
      },
    );
  };
}

const spreads: readonly (readonly [string, Spread, Basis])[] = [
  ["variance", "variance", "sample"],
  ["var_samp", "variance", "sample"],
  ["var_pop", "variance", "population"],
  ["stddev", "deviation", "sample"],
  ["stddev_samp", "deviation", "sample"],
  ["stddev_pop", "deviation", "population"],
];

/** Sums over pairs (y, x), in PostgreSQL's argument order. */
class PairMoments {
  count = 0;
  sumX = 0;
  sumY = 0;
  spreadX = 0;
  spreadY = 0;
  product = 0;

  add(y: number, x: number): void {
    const beforeX = this.sumX;
    const beforeY = this.sumY;
    this.count++;
    this.sumX += x;
    this.sumY += y;
    if (this.count === 1) {
      if (!Number.isFinite(x)) this.spreadX = this.product = NaN;
      if (!Number.isFinite(y)) this.spreadY = this.product = NaN;
      return;
    }
    const differenceX = x * this.count - this.sumX;
    const differenceY = y * this.count - this.sumY;
    const scale = 1 / (this.count * (this.count - 1));
    this.spreadX += differenceX * differenceX * scale;
    this.spreadY += differenceY * differenceY * scale;
    this.product += differenceX * differenceY * scale;
    if (isInfinite(this.sumX) || isInfinite(this.spreadX)) refuseOverflow(beforeX, x);
    if (isInfinite(this.sumY) || isInfinite(this.spreadY)) refuseOverflow(beforeY, y);
    if (isInfinite(this.product)) refuseOverflow(beforeX, x, beforeY, y);
    if (isInfinite(this.spreadX)) this.spreadX = NaN;
    if (isInfinite(this.spreadY)) this.spreadY = NaN;
    if (isInfinite(this.product)) this.product = NaN;
  }
}

function newPair(finish: (moments: PairMoments) => number | bigint | null): () => Accumulator {
  return () => {
    const moments = new PairMoments();
    return accumulator<[ArgType<number>, ArgType<number>]>(
      (y, x) => {
        if (y !== null && x !== null) moments.add(y, x);
      },
      () => finish(moments),
    );
  };
}

const needOne = (compute: (m: PairMoments) => number | null) => (m: PairMoments) =>
  m.count < 1 ? null : compute(m);

const pairs: readonly (readonly [string, (m: PairMoments) => number | null])[] = [
  [
    "corr",
    needOne((m) =>
      m.spreadX === 0 || m.spreadY === 0 ? null : m.product / Math.sqrt(m.spreadX * m.spreadY),
    ),
  ],
  ["covar_pop", needOne((m) => m.product / m.count)],
  ["covar_samp", (m) => (m.count < 2 ? null : m.product / (m.count - 1))],
  ["regr_avgx", needOne((m) => m.sumX / m.count)],
  ["regr_avgy", needOne((m) => m.sumY / m.count)],
  [
    "regr_intercept",
    needOne((m) =>
      m.spreadX === 0 ? null : (m.sumY - (m.sumX * m.product) / m.spreadX) / m.count,
    ),
  ],
  [
    "regr_r2",
    needOne((m) => {
      if (m.spreadX === 0) return null;
      if (m.spreadY === 0) return 1;
      return (m.product * m.product) / (m.spreadX * m.spreadY);
    }),
  ],
  ["regr_slope", needOne((m) => (m.spreadX === 0 ? null : m.product / m.spreadX))],
  ["regr_sxx", needOne((m) => m.spreadX)],
  ["regr_sxy", needOne((m) => m.product)],
  ["regr_syy", needOne((m) => m.spreadY)],
];

export const statisticsAggregates: readonly AggregateFunction[] = [
  ...spreads.flatMap(([name, spread, basis]) => [
    ...[int2, int4, int8, numeric].map((type) =>
      aggregate(name, [type], numeric, newNumericSpread(spread, basis)),
    ),
    aggregate(name, [float4], float8, newFloatSpread(spread, basis)),
    aggregate(name, [float8], float8, newFloatSpread(spread, basis)),
  ]),
  ...pairs.map(([name, finish]) => aggregate(name, [float8, float8], float8, newPair(finish))),
  aggregate(
    "regr_count",
    [float8, float8],
    int8,
    newPair((moments) => BigInt(moments.count)),
  ),
];
