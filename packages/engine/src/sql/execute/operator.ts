import type { Datum, Row } from "#sql/types/datum.ts";
import { evaluate } from "./frame.ts";
import type { Evaluator, Frame } from "./frame.ts";

/** Rows between two operators: never empty, and never changed once handed on. */
export type Batch = readonly Row[];

/** Most rows of a batch that an operator makes. */
export const batchRowsMax = 1_024;

/**
 * One node of a compiled plan. It holds no state of a run, so many may run at once; leaving the
 * loop over its batches early ends everything below it.
 */
export interface Operator {
  run(frame: Frame): AsyncIterable<Batch>;
}

/** A compiled expression, and whether evaluating it may throw SuspendedSubquery. */
export interface Compiled {
  readonly evaluate: Evaluator;
  readonly suspends: boolean;
}

export function evaluateOne(expression: Compiled, row: Row, frame: Frame): Datum | Promise<Datum> {
  return expression.suspends
    ? evaluate(expression.evaluate, row, frame)
    : expression.evaluate(row, frame);
}

/** The rows for which the condition is true. */
export async function filterBatch(
  condition: Compiled,
  batch: Batch,
  frame: Frame,
): Promise<readonly Row[]> {
  const kept: Row[] = [];
  if (!condition.suspends) {
    const test = condition.evaluate;
    for (const row of batch) if (test(row, frame) === true) kept.push(row);
    return kept;
  }
  for (const row of batch) {
    if ((await evaluate(condition.evaluate, row, frame)) === true) kept.push(row);
  }
  return kept;
}

/** A list of expressions over one row, as operators need them for keys, projections and values. */
export class RowMaker {
  readonly #evaluators: readonly Evaluator[];
  readonly suspends: boolean;

  constructor(expressions: readonly Compiled[]) {
    this.#evaluators = expressions.map((expression) => expression.evaluate);
    this.suspends = expressions.some((expression) => expression.suspends);
  }

  get width(): number {
    return this.#evaluators.length;
  }

  /** Only when it does not suspend. */
  makeSync(row: Row, frame: Frame): Datum[] {
    const made: Datum[] = [];
    for (const evaluator of this.#evaluators) made.push(evaluator(row, frame));
    return made;
  }

  async make(row: Row, frame: Frame): Promise<Datum[]> {
    if (!this.suspends) return this.makeSync(row, frame);
    const made: Datum[] = [];
    for (const evaluator of this.#evaluators) made.push(await evaluate(evaluator, row, frame));
    return made;
  }

  async makeBatch(batch: Batch, frame: Frame): Promise<Datum[][]> {
    const made: Datum[][] = [];
    if (!this.suspends) {
      for (const row of batch) made.push(this.makeSync(row, frame));
      return made;
    }
    for (const row of batch) made.push(await this.make(row, frame));
    return made;
  }
}

/** All rows of an operator, counted against the statement's memory; the caller gives them back. */
export async function collectRows(
  operator: Operator,
  frame: Frame,
  rowCost: (row: Row) => number,
): Promise<{ readonly rows: Row[]; readonly bytes: number }> {
  const rows: Row[] = [];
  let bytes = 0;
  for await (const batch of operator.run(frame)) {
    for (const row of batch) {
      const cost = rowCost(row);
      bytes += cost;
      frame.run.memory.grow(cost);
      rows.push(row);
    }
    const pause = frame.run.pacer.pace();
    if (pause !== undefined) await pause;
  }
  return { rows, bytes };
}

/** Cuts rows into batches. */
export function* batchesOf(rows: readonly Row[]): Generator<Batch> {
  if (rows.length === 0) return;
  if (rows.length <= batchRowsMax) {
    yield rows;
    return;
  }
  for (let start = 0; start < rows.length; start += batchRowsMax) {
    yield rows.slice(start, start + batchRowsMax);
  }
}
