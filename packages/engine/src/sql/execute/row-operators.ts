import { SqlError } from "#base/errors.ts";
import type { SortKey } from "#sql/bind/expression.ts";
import type { FilterPlan, VirtualScanPlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { SqlRecord } from "#sql/types/datum.ts";
import type { SetReturningFunction } from "#sql/types/function.ts";
import type { Frame } from "./frame.ts";
import { noteRowsRemoved } from "./measure.ts";
import { batchRowsMax, batchesOf, evaluateOne, filterBatch } from "./operator.ts";
import type { Batch, Compiled, Operator, RowMaker } from "./operator.ts";
import { rowOrder } from "./row-order.ts";
import { BatchBuilder } from "./set-operators.ts";

export class ValuesOperator implements Operator {
  readonly #rows: readonly RowMaker[];

  constructor(rows: readonly RowMaker[]) {
    this.#rows = rows;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    let rows: Row[] = [];
    for (const maker of this.#rows) {
      rows.push(
        maker.suspends ? await maker.make(frame.row, frame) : maker.makeSync(frame.row, frame),
      );
      if (rows.length < batchRowsMax) continue;
      yield rows;
      rows = [];
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    if (rows.length > 0) yield rows;
  }
}

export class FilterOperator implements Operator {
  readonly #plan: FilterPlan;
  readonly #input: Operator;
  readonly #condition: Compiled;

  constructor(plan: FilterPlan, input: Operator, condition: Compiled) {
    this.#plan = plan;
    this.#input = input;
    this.#condition = condition;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    for await (const batch of this.#input.run(frame)) {
      const kept = await filterBatch(this.#condition, batch, frame);
      noteRowsRemoved(frame.run, this.#plan, batch.length - kept.length);
      if (kept.length > 0) yield kept;
    }
  }
}

export class ProjectOperator implements Operator {
  readonly #input: Operator;
  readonly #expressions: RowMaker;

  constructor(input: Operator, expressions: RowMaker) {
    this.#input = input;
    this.#expressions = expressions;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    for await (const batch of this.#input.run(frame)) {
      yield await this.#expressions.makeBatch(batch, frame);
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }
}

/** A set-returning function with its arguments, or a plain expression. */
export type SetItem =
  | { readonly kind: "scalar"; readonly expression: Compiled }
  | { readonly kind: "set"; readonly fn: SetReturningFunction; readonly args: RowMaker };

/** The rows of a set function for one input row; none on a null argument of a strict one. */
function setRows(fn: SetReturningFunction, args: Row, frame: Frame): Iterator<Row> {
  if (fn.strict && args.includes(null)) return [][Symbol.iterator]();
  return fn.rows(args, frame.run.context)[Symbol.iterator]();
}

/** Set-returning functions in the select list: they run in step, shorter ones end in nulls. */
export class ProjectSetOperator implements Operator {
  readonly #input: Operator;
  readonly #items: readonly SetItem[];

  constructor(input: Operator, items: readonly SetItem[]) {
    this.#input = input;
    this.#items = items;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const output = new BatchBuilder();
    for await (const batch of this.#input.run(frame)) {
      for (const row of batch) {
        const scalars: (Datum | undefined)[] = [];
        const sets: (Iterator<Row> | undefined)[] = [];
        for (const item of this.#items) {
          const isSet = item.kind === "set";
          scalars.push(isSet ? undefined : await evaluateOne(item.expression, row, frame));
          sets.push(isSet ? setRows(item.fn, await item.args.make(row, frame), frame) : undefined);
        }
        for (;;) {
          let hasRow = false;
          const made = sets.map((set, at): Datum => {
            if (set === undefined) return scalars[at] ?? null;
            const step = set.next();
            if (step.done === true) return null;
            hasRow = true;
            return setValue(step.value, this.#items[at]);
          });
          if (!hasRow) break;
          output.add(made);
          if (!output.isFull) continue;
          yield output.take();
          const pause = frame.run.pacer.pace();
          if (pause !== undefined) await pause;
        }
      }
    }
    if (!output.isEmpty) yield output.take();
  }
}

/** In a select list a function of several columns gives one record. */
function setValue(row: Row, item: SetItem | undefined): Datum {
  if (item?.kind !== "set" || item.fn.columns.length <= 1) return row[0] ?? null;
  return new SqlRecord(
    row,
    item.fn.columns.map((column) => column.typeOid),
  );
}

export interface FunctionSource {
  readonly item: SetItem;
  readonly width: number;
}

/** FROM f(…), ROWS FROM (f(…), g(…)), WITH ORDINALITY. */
export class FunctionScanOperator implements Operator {
  readonly #sources: readonly FunctionSource[];
  readonly #withOrdinality: boolean;

  constructor(sources: readonly FunctionSource[], withOrdinality: boolean) {
    this.#sources = sources;
    this.#withOrdinality = withOrdinality;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const sets: Iterator<Row>[] = [];
    for (const { item, width } of this.#sources) sets.push(await this.#open(item, width, frame));
    const output = new BatchBuilder();
    for (let number = 1n; ; number++) {
      const made: Datum[] = [];
      let hasRow = false;
      for (const [at, set] of sets.entries()) {
        const width = this.#sources[at]?.width ?? 0;
        const step = set.next();
        const row: Row = step.done === true ? [] : step.value;
        hasRow ||= step.done !== true;
        for (let slot = 0; slot < width; slot++) made.push(row[slot] ?? null);
      }
      if (!hasRow) break;
      if (this.#withOrdinality) made.push(number);
      output.add(made);
      if (!output.isFull) continue;
      yield output.take();
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    if (!output.isEmpty) yield output.take();
  }

  async #open(item: SetItem, width: number, frame: Frame): Promise<Iterator<Row>> {
    if (item.kind === "set") return setRows(item.fn, await item.args.make(frame.row, frame), frame);
    const value = await evaluateOne(item.expression, frame.row, frame);
    const row = width > 1 && value instanceof SqlRecord ? value.fields : [value];
    return [row][Symbol.iterator]();
  }
}

/** LIMIT and OFFSET; WITH TIES goes on while the sort keys stay the same. */
export class LimitOperator implements Operator {
  readonly #input: Operator;
  readonly #limit: Compiled | undefined;
  readonly #offset: Compiled | undefined;
  readonly #ties: { readonly keys: RowMaker; readonly sortKeys: readonly SortKey[] } | undefined;

  constructor(
    input: Operator,
    limit: Compiled | undefined,
    offset: Compiled | undefined,
    ties: { readonly keys: RowMaker; readonly sortKeys: readonly SortKey[] } | undefined,
  ) {
    this.#input = input;
    this.#limit = limit;
    this.#offset = offset;
    this.#ties = ties;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    let toSkip = await this.#count(this.#offset, "offset", frame);
    const limit =
      this.#limit === undefined ? Infinity : await this.#count(this.#limit, "limit", frame);
    if (limit === 0) return;
    let left = limit;
    let last: Row | undefined;
    const order = this.#ties === undefined ? undefined : rowOrder(this.#ties.sortKeys);
    for await (const batch of this.#input.run(frame)) {
      let rows = batch;
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, rows.length);
        toSkip -= skipped;
        rows = rows.slice(skipped);
        if (rows.length === 0) continue;
      }
      const taken = rows.length <= left ? rows : rows.slice(0, left);
      left -= taken.length;
      if (taken.length > 0) {
        yield taken;
        last = taken.at(-1);
      }
      if (left > 0) continue;
      if (this.#ties === undefined || order === undefined || last === undefined) return;
      const lastKeys = await this.#ties.keys.make(last, frame);
      const ties: Row[] = [];
      for (const row of rows.slice(taken.length)) {
        if (order(await this.#ties.keys.make(row, frame), lastKeys) !== 0) {
          if (ties.length > 0) yield ties;
          return;
        }
        ties.push(row);
      }
      if (ties.length > 0) yield ties;
    }
  }

  /** NULL means no limit, and no offset. */
  async #count(
    expression: Compiled | undefined,
    which: "limit" | "offset",
    frame: Frame,
  ): Promise<number> {
    const none = which === "limit" ? Infinity : 0;
    if (expression === undefined) return none;
    const value = await evaluateOne(expression, frame.row, frame);
    if (value === null) return none;
    const count = Number(value);
    if (count >= 0) return count;
    throw which === "limit"
      ? new SqlError("invalid_row_count_in_limit_clause", "LIMIT must not be negative")
      : new SqlError("invalid_row_count_in_result_offset_clause", "OFFSET must not be negative");
  }
}

export class VirtualScanOperator implements Operator {
  readonly #plan: VirtualScanPlan;
  readonly #filter: Compiled | undefined;

  constructor(plan: VirtualScanPlan, filter: Compiled | undefined) {
    this.#plan = plan;
    this.#filter = filter;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { run } = frame;
    await run.verifyCatalog();
    const all = [...run.virtualRows.rows(this.#plan.table, run)];
    for (const batch of batchesOf(all)) {
      const kept =
        this.#filter === undefined ? batch : await filterBatch(this.#filter, batch, frame);
      if (kept.length > 0) yield kept;
      const pause = run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }
}
