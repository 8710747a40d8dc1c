import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { Row } from "#sql/types/datum.ts";
import type { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchesOf } from "./operator.ts";
import type { Batch, Operator } from "./operator.ts";
import type { RowHash } from "./row-hash.ts";
import { SeenRows } from "./set-operators.ts";

/** A WITH query while its statement runs: rows are read as far as somebody wants them, and kept. */
export class CteRows {
  readonly #source: AsyncIterator<Batch>;
  readonly #frame: Frame;
  readonly #batches: Batch[] = [];
  #isDone = false;
  #reading: Promise<void> | undefined;

  constructor(operator: Operator, frame: Frame) {
    this.#source = operator.run(frame)[Symbol.asyncIterator]();
    this.#frame = frame;
  }

  async *read(): AsyncGenerator<Batch> {
    for (let at = 0; ; at++) {
      while (at >= this.#batches.length && !this.#isDone) await this.#readOne();
      const batch = this.#batches[at];
      if (batch === undefined) return;
      yield batch;
    }
  }

  /** Runs to the end: a query that changes data does all of it, wanted or not. */
  async finish(): Promise<void> {
    while (!this.#isDone) await this.#readOne();
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #readOne(): Promise<void> {
    this.#reading ??= this.#advance();
    await this.#reading;
  }

  async #advance(): Promise<void> {
    const step = await this.#source.next();
    this.#reading = undefined;
    if (step.done === true) {
      this.#isDone = true;
      return;
    }
    for (const row of step.value) this.#frame.run.memory.grow(rowBytes(row));
    this.#batches.push(step.value);
  }
}

/** The rows of the last round of a recursive query. */
class WorkingRows {
  rows: readonly Row[] = [];

  async *read(): AsyncGenerator<Batch> {
    yield* batchesOf(this.rows);
  }
}

export type NamedRows = CteRows | WorkingRows;

export interface CteDefinition {
  readonly id: number;
  readonly operator: Operator;
  readonly changesData: boolean;
}

export class WithOperator implements Operator {
  readonly #ctes: readonly CteDefinition[];
  readonly #body: Operator;

  constructor(ctes: readonly CteDefinition[], body: Operator) {
    this.#ctes = ctes;
    this.#body = body;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const opened: { definition: CteDefinition; rows: CteRows }[] = [];
    for (const definition of this.#ctes) {
      const rows = new CteRows(definition.operator, frame);
      frame.setNamedRows(definition.id, rows);
      opened.push({ definition, rows });
    }
    try {
      yield* this.#body.run(frame);
      for (const { definition, rows } of opened) {
        if (definition.changesData) await rows.finish();
      }
    } finally {
      for (const { rows } of opened) await rows.close();
    }
  }
}

export class CteScanOperator implements Operator {
  readonly #id: number;
  readonly #name: string;

  constructor(id: number, name: string) {
    this.#id = id;
    this.#name = name;
  }

  run(frame: Frame): AsyncIterable<Batch> {
    const rows = frame.findNamedRows(this.#id);
    assert(rows !== undefined, `WITH query ${this.#name} is not open`);
    return rows.read();
  }
}

/** Most rounds, against recursions that never end without giving rows either. */
const roundsMax = 1_000_000;

export class RecursiveOperator implements Operator {
  readonly #cteId: number;
  readonly #start: Operator;
  readonly #step: Operator;
  /** Undefined for UNION ALL. */
  readonly #hash: ((row: Row) => RowHash) | undefined;

  constructor(
    cteId: number,
    start: Operator,
    step: Operator,
    hash: ((row: Row) => RowHash) | undefined,
  ) {
    this.#cteId = cteId;
    this.#start = start;
    this.#step = step;
    this.#hash = hash;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const seen = this.#hash === undefined ? undefined : new SeenRows(this.#hash, frame);
    const working = new WorkingRows();
    // Only the step reads the working rows under the query's name: for everybody else it stands for
    // all its rows, and they may be read while the recursion goes on.
    const stepFrame = frame.withNamedRows(this.#cteId, working);
    let source = this.#start;
    for (let round = 0; round < roundsMax; round++) {
      const next: Row[] = [];
      for await (const batch of source.run(round === 0 ? frame : stepFrame)) {
        const fresh = seen === undefined ? batch : batch.filter((row) => seen.add(row));
        if (fresh.length === 0) continue;
        for (const row of fresh) {
          frame.run.memory.grow(rowBytes(row));
          next.push(row);
        }
        yield fresh;
        const pause = frame.run.pacer.pace();
        if (pause !== undefined) await pause;
      }
      for (const row of working.rows) frame.run.memory.shrink(rowBytes(row));
      if (next.length === 0) {
        seen?.release();
        return;
      }
      working.rows = next;
      source = this.#step;
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    throw new SqlError(
      "program_limit_exceeded",
      `recursive query took more than ${roundsMax} rounds`,
    );
  }
}
