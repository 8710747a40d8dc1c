import { SqlError } from "#base/errors.ts";
import type { Datum } from "./datum.ts";
import { anycompatible, anyelement, float8, int4, int8 } from "./define.ts";
import type { ArgType } from "./define.ts";
import type { WindowFunction, WindowPartition } from "./function.ts";

/** Functions of a window's rows. Aggregates over windows are computed by the executor. */

function windowFunction(
  name: string,
  argTypes: readonly ArgType<Datum>[],
  returnType: ArgType<Datum>,
  compute: (partition: WindowPartition) => Datum[],
): WindowFunction {
  const open: WindowFunction = {
    kind: "window",
    name,
    argTypes: argTypes.map((type) => type.oid),
    variadic: false,
    defaults: [],
    returnType: returnType.oid,
    compute,
    specialise: undefined,
  };
  return {
    ...open,
    specialise: (call) => ({ ...open, argTypes: call.argTypes, returnType: call.returnType }),
  };
}

function eachRow(partition: WindowPartition, value: (row: number) => Datum): Datum[] {
  return Array.from({ length: partition.rowCount }, (_, row) => value(row));
}

/** Ranks grow by one at each new peer group. */
function denseRanks(partition: WindowPartition): Datum[] {
  let rank = 0n;
  return eachRow(partition, (row) => {
    if (partition.peerStart(row) === row) rank++;
    return rank;
  });
}

/** ntile: the first rows of the partition get the larger buckets. */
function buckets(partition: WindowPartition): Datum[] {
  if (partition.rowCount === 0) return [];
  const wanted = partition.argument(0, 0);
  if (wanted === null) return eachRow(partition, () => null);
  const count = Number(wanted);
  if (count <= 0) {
    throw new SqlError(
      "invalid_argument_for_ntile_function",
      "argument of ntile must be greater than zero",
    );
  }
  const size = Math.floor(partition.rowCount / count);
  const larger = partition.rowCount % count;
  const boundary = larger * (size + 1);
  return eachRow(partition, (row) =>
    row < boundary
      ? Math.floor(row / (size + 1)) + 1
      : larger + Math.floor((row - boundary) / Math.max(size, 1)) + 1,
  );
}

interface Shift {
  readonly direction: 1 | -1;
  readonly hasOffset: boolean;
  readonly hasDefault: boolean;
}

function shifted({
  direction,
  hasOffset,
  hasDefault,
}: Shift): (partition: WindowPartition) => Datum[] {
  return (partition) =>
    eachRow(partition, (row) => {
      const offset = hasOffset ? partition.argument(1, row) : 1;
      if (offset === null) return null;
      const from = row + direction * Number(offset);
      if (from >= 0 && from < partition.rowCount) return partition.argument(0, from);
      return hasDefault ? partition.argument(2, row) : null;
    });
}

function nthValue(partition: WindowPartition): Datum[] {
  return eachRow(partition, (row) => {
    const nth = partition.argument(1, row);
    if (nth === null) return null;
    if (Number(nth) <= 0) {
      throw new SqlError(
        "invalid_argument_for_nth_value_function",
        "argument of nth_value must be greater than zero",
      );
    }
    return frameValue(partition, row, Number(nth) - 1);
  });
}

/** The first argument at a place in the row's frame; null beyond its end. */
function frameValue(partition: WindowPartition, row: number, place: number): Datum {
  const at = partition.frameRow(row, place);
  return at === undefined ? null : partition.argument(0, at);
}

export const windowFunctions: readonly WindowFunction[] = [
  windowFunction("row_number", [], int8, (partition) =>
    eachRow(partition, (row) => BigInt(row + 1)),
  ),
  windowFunction("rank", [], int8, (partition) =>
    eachRow(partition, (row) => BigInt(partition.peerStart(row) + 1)),
  ),
  windowFunction("dense_rank", [], int8, denseRanks),
  windowFunction("percent_rank", [], float8, (partition) =>
    eachRow(partition, (row) =>
      partition.rowCount <= 1 ? 0 : partition.peerStart(row) / (partition.rowCount - 1),
    ),
  ),
  windowFunction("cume_dist", [], float8, (partition) =>
    eachRow(partition, (row) => partition.peerEnd(row) / partition.rowCount),
  ),
  windowFunction("ntile", [int4], int4, buckets),
  ...(
    [
      ["lag", -1],
      ["lead", 1],
    ] as const
  ).flatMap(([name, direction]) => [
    windowFunction(
      name,
      [anyelement],
      anyelement,
      shifted({ direction, hasOffset: false, hasDefault: false }),
    ),
    windowFunction(
      name,
      [anyelement, int4],
      anyelement,
      shifted({ direction, hasOffset: true, hasDefault: false }),
    ),
    windowFunction(
      name,
      [anycompatible, int4, anycompatible],
      anycompatible,
      shifted({ direction, hasOffset: true, hasDefault: true }),
    ),
  ]),
  windowFunction("first_value", [anyelement], anyelement, (partition) =>
    eachRow(partition, (row) => frameValue(partition, row, 0)),
  ),
  windowFunction("last_value", [anyelement], anyelement, (partition) =>
    eachRow(partition, (row) => frameValue(partition, row, -1)),
  ),
  windowFunction("nth_value", [anyelement, int4], anyelement, nthValue),
];
