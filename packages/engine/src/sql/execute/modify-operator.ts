import type { DeletePlan, ModifyPlan, UpdatePlan } from "#sql/bind/query-plan.ts";
import { unreachable } from "#base/assert.ts";
import type { Frame } from "./frame.ts";
import type { PlanCompiler } from "./compile-plan.ts";
import { InsertOperator } from "./insert-operator.ts";
import type { Batch, Operator, RowMaker } from "./operator.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { KeyView, TableWriter } from "./table-writer.ts";
import type { EncodedRow } from "./table-writer.ts";

/** INSERT, UPDATE or DELETE; gives the rows of RETURNING. */
export class ModifyOperator implements Operator {
  readonly #operator: Operator;

  constructor(plan: ModifyPlan, compiler: PlanCompiler) {
    this.#operator = compileModify(plan, compiler);
  }

  run(frame: Frame): AsyncIterable<Batch> {
    return this.#operator.run(frame);
  }
}

function compileModify(plan: ModifyPlan, compiler: PlanCompiler): Operator {
  switch (plan.kind) {
    case "insert":
      return new InsertOperator(plan, compiler);
    case "update":
      return new UpdateOperator(plan, compiler);
    case "delete":
      return new DeleteOperator(plan, compiler);
    default:
      return unreachable(plan);
  }
}

/** A row of the target that the source found, with the columns of FROM or USING behind it. */
interface Found {
  readonly target: Row;
  readonly source: Row;
  readonly encoded: EncodedRow;
}

/** A row that a join finds twice is changed once: by the first match. */
function findTargets(batch: Batch, writer: TableWriter, seen: Set<string>, width: number): Found[] {
  const found: Found[] = [];
  for (const source of batch) {
    const target = source.length === width ? source : source.slice(0, width);
    const encoded = writer.encode(target);
    if (seen.has(encoded.primary.name)) continue;
    seen.add(encoded.primary.name);
    found.push({ target, source, encoded });
  }
  return found;
}

class UpdateOperator implements Operator {
  readonly #plan: UpdatePlan;
  readonly #source: Operator;
  readonly #writer: TableWriter;
  readonly #slots: readonly number[];
  readonly #values: RowMaker;
  readonly #returning: RowMaker | undefined;

  constructor(plan: UpdatePlan, compiler: PlanCompiler) {
    this.#plan = plan;
    this.#source = compiler.operator(plan.source);
    this.#writer = new TableWriter(plan.table, plan.checks, compiler.expression);
    this.#slots = plan.assignments.map((assignment) =>
      plan.table.columns.findIndex((column) => column.id === assignment.columnId),
    );
    this.#values = compiler.maker(plan.assignments.map((assignment) => assignment.value));
    this.#returning = plan.returning === undefined ? undefined : compiler.maker(plan.returning);
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { run } = frame;
    const width = this.#plan.table.columns.length;
    const seen = new Set<string>();
    let count = 0;
    for await (const batch of this.#source.run(frame)) {
      const found = findTargets(batch, this.#writer, seen, width);
      const changes: { before: EncodedRow; after: EncodedRow; source: Row }[] = [];
      for (const { target, source, encoded } of found) {
        const row = await this.#newRow(target, source, frame);
        await this.#writer.check(row, frame);
        changes.push({ before: encoded, after: this.#writer.encode(row), source });
      }
      const view = new KeyView(run);
      await view.load(
        changes.flatMap(({ before, after }) => this.#writer.newUniqueKeys(before, after)),
      );
      for (const { before, after } of changes) this.#writer.update(before, after, view, run);
      count += changes.length;
      run.affected.set(this.#plan, count);
      if (this.#returning !== undefined && changes.length > 0) {
        yield await this.#returning.makeBatch(
          changes.map(({ after, source }) => [...after.row, ...source.slice(width)]),
          frame,
        );
      }
      const pause = run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }

  async #newRow(target: Row, source: Row, frame: Frame): Promise<Datum[]> {
    const row = [...target];
    const values = this.#values.suspends
      ? await this.#values.make(source, frame)
      : this.#values.makeSync(source, frame);
    for (let at = 0; at < values.length; at++) {
      const slot = this.#slots[at];
      if (slot !== undefined) row[slot] = values[at] ?? null;
    }
    return row;
  }
}

class DeleteOperator implements Operator {
  readonly #plan: DeletePlan;
  readonly #source: Operator;
  readonly #writer: TableWriter;
  readonly #returning: RowMaker | undefined;

  constructor(plan: DeletePlan, compiler: PlanCompiler) {
    this.#plan = plan;
    this.#source = compiler.operator(plan.source);
    this.#writer = new TableWriter(plan.table, [], compiler.expression);
    this.#returning = plan.returning === undefined ? undefined : compiler.maker(plan.returning);
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { run } = frame;
    const seen = new Set<string>();
    let count = 0;
    for await (const batch of this.#source.run(frame)) {
      const found = findTargets(batch, this.#writer, seen, this.#plan.table.columns.length);
      for (const { encoded } of found) this.#writer.remove(encoded, run);
      count += found.length;
      run.affected.set(this.#plan, count);
      if (this.#returning !== undefined && found.length > 0) {
        yield await this.#returning.makeBatch(
          found.map(({ source }) => source),
          frame,
        );
      }
      const pause = run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }
}
