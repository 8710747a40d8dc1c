import type { SetOperationPlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchRowsMax } from "./operator.ts";
import type { Batch, Operator, RowMaker } from "./operator.ts";
import type { RowHash } from "./row-hash.ts";

type Hasher = (row: Row) => RowHash;

/** Rows not seen before, in the order of their first appearance. */
export class DistinctOperator implements Operator {
  readonly #input: Operator;
  readonly #hash: Hasher;

  constructor(input: Operator, hash: Hasher) {
    this.#input = input;
    this.#hash = hash;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const seen = new SeenRows(this.#hash, frame);
    for await (const batch of this.#input.run(frame)) {
      const fresh = batch.filter((row) => seen.add(row));
      if (fresh.length > 0) yield fresh;
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    seen.release();
  }
}

/** The first row of each run of equal keys; the input is sorted by them. */
export class DistinctOnOperator implements Operator {
  readonly #input: Operator;
  readonly #keys: RowMaker;
  readonly #hash: Hasher;

  constructor(input: Operator, keys: RowMaker, hash: Hasher) {
    this.#input = input;
    this.#keys = keys;
    this.#hash = hash;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    let previous: RowHash | undefined;
    for await (const batch of this.#input.run(frame)) {
      const keyRows = await this.#keys.makeBatch(batch, frame);
      const fresh: Row[] = [];
      for (let at = 0; at < batch.length; at++) {
        const hash = this.#hash(keyRows[at] ?? []);
        if (hash === previous) continue;
        previous = hash;
        fresh.push(batch[at] ?? []);
      }
      if (fresh.length > 0) yield fresh;
    }
  }
}

/** UNION, INTERSECT and EXCEPT, with ALL or without. */
export class SetOperator implements Operator {
  readonly #plan: SetOperationPlan;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #hash: Hasher;

  constructor(plan: SetOperationPlan, left: Operator, right: Operator, hash: Hasher) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#hash = hash;
  }

  run(frame: Frame): AsyncIterable<Batch> {
    if (this.#plan.operation !== "union") return this.#filterLeft(frame);
    return this.#plan.all ? this.#append(frame) : this.#union(frame);
  }

  async *#append(frame: Frame): AsyncGenerator<Batch> {
    yield* this.#left.run(frame);
    yield* this.#right.run(frame);
  }

  async *#union(frame: Frame): AsyncGenerator<Batch> {
    const seen = new SeenRows(this.#hash, frame);
    for (const side of [this.#left, this.#right]) {
      for await (const batch of side.run(frame)) {
        const fresh = batch.filter((row) => seen.add(row));
        if (fresh.length > 0) yield fresh;
        const pause = frame.run.pacer.pace();
        if (pause !== undefined) await pause;
      }
    }
    seen.release();
  }

  /** Counts the right side's rows, then lets left rows through by what is left of the counts. */
  async *#filterLeft(frame: Frame): AsyncGenerator<Batch> {
    const { all, operation } = this.#plan;
    const counts = new Map<RowHash, number>();
    let bytes = 0;
    for await (const batch of this.#right.run(frame)) {
      for (const row of batch) {
        const hash = this.#hash(row);
        const count = counts.get(hash) ?? 0;
        counts.set(hash, count + 1);
        if (count > 0) continue;
        const cost = rowBytes(row);
        bytes += cost;
        frame.run.memory.grow(cost);
      }
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    const seen = new SeenRows(this.#hash, frame);
    const isExcept = operation === "except";
    for await (const batch of this.#left.run(frame)) {
      const kept: Row[] = [];
      for (const row of batch) {
        const hash = this.#hash(row);
        const count = counts.get(hash) ?? 0;
        if (all) {
          if (count > 0) counts.set(hash, count - 1);
          if (count > 0 !== isExcept) kept.push(row);
        } else if (count > 0 !== isExcept && seen.add(row)) kept.push(row);
      }
      if (kept.length > 0) yield kept;
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    seen.release();
    frame.run.memory.shrink(bytes);
  }
}

/** A set of rows that knows what it costs. */
export class SeenRows {
  readonly #hash: Hasher;
  readonly #frame: Frame;
  readonly #seen = new Set<RowHash>();
  #bytes = 0;

  constructor(hash: Hasher, frame: Frame) {
    this.#hash = hash;
    this.#frame = frame;
  }

  /** False when an equal row was there. */
  add(row: Row): boolean {
    const hash = this.#hash(row);
    if (this.#seen.has(hash)) return false;
    this.#seen.add(hash);
    const cost = rowBytes(row);
    this.#bytes += cost;
    this.#frame.run.memory.grow(cost);
    return true;
  }

  release(): void {
    this.#frame.run.memory.shrink(this.#bytes);
  }
}

/** Gathers single rows into batches. */
export class BatchBuilder {
  #rows: Datum[][] = [];

  add(row: Datum[]): void {
    this.#rows.push(row);
  }

  get isFull(): boolean {
    return this.#rows.length >= batchRowsMax;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  take(): Batch {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}
