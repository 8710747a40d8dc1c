import type { SortKey } from "#sql/bind/expression.ts";
import type { Row } from "#sql/types/datum.ts";
import type { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchesOf, evaluateOne } from "./operator.ts";
import type { Batch, Compiled, Operator, RowMaker } from "./operator.ts";
import { rowOrder } from "./row-order.ts";

interface Keyed {
  readonly row: Row;
  readonly keys: Row;
}

/** Beyond this many rows a limit is not worth keeping the heap small for. */
const topRowsMax = 100_000;

/** Sorts all of its input, stably; with a limit it keeps no more than about twice as many rows. */
export class SortOperator implements Operator {
  readonly #input: Operator;
  readonly #keys: RowMaker;
  readonly #limit: Compiled | undefined;
  readonly #order: (left: Keyed, right: Keyed) => number;

  constructor(
    input: Operator,
    keys: RowMaker,
    sortKeys: readonly SortKey[],
    limit: Compiled | undefined,
  ) {
    this.#input = input;
    this.#keys = keys;
    this.#limit = limit;
    const order = rowOrder(sortKeys);
    this.#order = (left, right) => order(left.keys, right.keys);
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const limit = await this.#rowsWanted(frame);
    if (limit === 0) return;
    let kept: Keyed[] = [];
    let bytes = 0;
    const cutAt = limit === undefined ? Infinity : limit * 2 + 1_024;
    for await (const batch of this.#input.run(frame)) {
      const keyRows = await this.#keys.makeBatch(batch, frame);
      for (let at = 0; at < batch.length; at++) {
        const row = batch[at] ?? [];
        kept.push({ row, keys: keyRows[at] ?? [] });
        const cost = rowBytes(row) + 64;
        bytes += cost;
        frame.run.memory.grow(cost);
      }
      if (kept.length > cutAt) {
        kept.sort(this.#order);
        const before = kept.length;
        kept = kept.slice(0, limit);
        const freed = Math.floor((bytes * (before - kept.length)) / before);
        bytes -= freed;
        frame.run.memory.shrink(freed);
      }
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    kept.sort(this.#order);
    const sorted = (limit === undefined ? kept : kept.slice(0, limit)).map(({ row }) => row);
    for (const batch of batchesOf(sorted)) {
      yield batch;
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    frame.run.memory.shrink(bytes);
  }

  async #rowsWanted(frame: Frame): Promise<number | undefined> {
    if (this.#limit === undefined) return undefined;
    const value = await evaluateOne(this.#limit, frame.row, frame);
    if (value === null || Number(value) > topRowsMax) return undefined;
    return Math.max(0, Number(value));
  }
}
