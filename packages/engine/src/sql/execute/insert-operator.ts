import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { InsertPlan, OnConflict } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { Frame } from "./frame.ts";
import { evaluateOne } from "./operator.ts";
import type { Batch, Compiled, Operator, RowMaker } from "./operator.ts";
import type { PlanCompiler } from "./compile-plan.ts";
import { keyName } from "./row-codec.ts";
import type { NamedKey } from "./statement-writes.ts";
import { KeyView, TableWriter } from "./table-writer.ts";
import type { EncodedRow, IndexEntry } from "./table-writer.ts";

/** Where the value of one column of a new row comes from. */
type ColumnSource =
  | { readonly kind: "source"; readonly slot: number }
  | { readonly kind: "default"; readonly value: Compiled }
  | { readonly kind: "rowId" }
  | { readonly kind: "null" };

interface CompiledUpdate {
  readonly slots: readonly number[];
  readonly values: RowMaker;
  readonly where: Compiled | undefined;
}

export class InsertOperator implements Operator {
  readonly #plan: InsertPlan;
  readonly #source: Operator;
  readonly #writer: TableWriter;
  readonly #columns: readonly ColumnSource[];
  readonly #update: CompiledUpdate | undefined;
  readonly #returning: RowMaker | undefined;

  constructor(plan: InsertPlan, compiler: PlanCompiler, source = compiler.operator(plan.source)) {
    this.#plan = plan;
    this.#source = source;
    this.#writer = new TableWriter(plan.table, plan.checks, compiler.expression);
    this.#columns = plan.table.columns.map((column): ColumnSource => {
      if (column.hidden) return { kind: "rowId" };
      const slot = plan.columnIds.indexOf(column.id);
      if (slot >= 0) return { kind: "source", slot };
      const given = plan.defaults.find((one) => one.columnId === column.id);
      return given === undefined
        ? { kind: "null" }
        : { kind: "default", value: compiler.expression(given.value) };
    });
    this.#update = compileUpdate(plan, compiler);
    this.#returning = plan.returning === undefined ? undefined : compiler.maker(plan.returning);
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { run } = frame;
    await run.verifyCatalog();
    const isBlind = run.mayInsertBlind && this.#plan.onConflict === undefined;
    const changed = new Set<string>();
    let count = 0;
    for await (const batch of this.#source.run(frame)) {
      const encoded: EncodedRow[] = [];
      for (const source of batch) {
        const row = this.#newRow(source, frame);
        const made = row instanceof Promise ? await row : row;
        if (this.#writer.hasChecks) await this.#writer.check(made, frame);
        else this.#writer.checkNotNull(made, frame);
        encoded.push(this.#writer.encode(made));
      }
      let rows: readonly Row[];
      if (isBlind) {
        for (const one of encoded) this.#writer.insertBlind(one, run);
        rows = encoded.map((one) => one.row);
      } else {
        rows = await this.#insertChecked(encoded, changed, frame);
      }
      count += rows.length;
      run.affected.set(this.#plan, count);
      if (this.#returning !== undefined && rows.length > 0) {
        yield await this.#returning.makeBatch(rows, frame);
      }
      const pause = run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }

  #newRow(source: Row, frame: Frame): Datum[] | Promise<Datum[]> {
    const row: Datum[] = [];
    for (const column of this.#columns) {
      switch (column.kind) {
        case "source":
          row.push(source[column.slot] ?? null);
          break;
        case "rowId":
          row.push(frame.run.rowIds.next());
          break;
        case "null":
          row.push(null);
          break;
        case "default":
          if (column.value.suspends) return this.#newRowSlowly(source, frame);
          row.push(column.value.evaluate(source, frame));
      }
    }
    return row;
  }

  async #newRowSlowly(source: Row, frame: Frame): Promise<Datum[]> {
    const row: Datum[] = [];
    for (const column of this.#columns) {
      if (column.kind === "source") row.push(source[column.slot] ?? null);
      else if (column.kind === "rowId") row.push(frame.run.rowIds.next());
      else if (column.kind === "null") row.push(null);
      else row.push(await evaluateOne(column.value, source, frame));
    }
    return row;
  }

  /** The rows that were inserted or, by ON CONFLICT, updated. */
  async #insertChecked(
    encoded: readonly EncodedRow[],
    changed: Set<string>,
    frame: Frame,
  ): Promise<readonly Row[]> {
    const { run } = frame;
    const { onConflict } = this.#plan;
    const view = new KeyView(run);
    await view.load(this.#writer.uniqueKeys(encoded));
    const rows: Row[] = [];
    for (const proposed of encoded) {
      const conflict =
        onConflict === undefined
          ? undefined
          : findConflict(proposed, this.#plan.table.primaryIndex.id, onConflict, view);
      if (conflict === undefined) {
        this.#writer.insert(proposed, view, run);
        changed.add(proposed.primary.name);
        rows.push(proposed.row);
        continue;
      }
      if (this.#update === undefined) continue;
      const primaryKey =
        conflict.entry === undefined
          ? proposed.primary.key
          : this.#writer.codec.primaryKeyOfEntry(conflict.value);
      const named: NamedKey = { key: primaryKey, name: keyName(primaryKey) };
      if (changed.has(named.name)) throw secondChange();
      const updated = await this.#updateExisting(named, proposed, view, frame);
      changed.add(named.name);
      if (updated === undefined) continue;
      changed.add(updated.primary.name);
      rows.push(updated.row);
    }
    return rows;
  }

  /** Undefined when WHERE lets the existing row be. */
  async #updateExisting(
    primaryKey: NamedKey,
    proposed: EncodedRow,
    view: KeyView,
    frame: Frame,
  ): Promise<EncodedRow | undefined> {
    const { run } = frame;
    const update = this.#update;
    assert(update !== undefined, "DO NOTHING updates nothing");
    await view.load([primaryKey]);
    const value = view.find(primaryKey.name);
    assert(value !== undefined, "a unique entry names a row that is there");
    const existing = this.#writer.decode({ key: primaryKey.key, value });
    const pair = [...existing, ...proposed.row];
    if (update.where !== undefined && (await evaluateOne(update.where, pair, frame)) !== true) {
      return undefined;
    }
    const values = await update.values.make(pair, frame);
    const row = [...existing];
    for (let at = 0; at < values.length; at++) {
      const slot = update.slots[at];
      if (slot !== undefined) row[slot] = values[at] ?? null;
    }
    await this.#writer.check(row, frame);
    const before = this.#writer.encode(existing);
    const after = this.#writer.encode(row);
    await view.load(this.#writer.newUniqueKeys(before, after));
    this.#writer.update(before, after, view, run);
    return after;
  }
}

function compileUpdate(plan: InsertPlan, compiler: PlanCompiler): CompiledUpdate | undefined {
  const action = plan.onConflict?.action;
  if (action?.kind !== "update") return undefined;
  return {
    slots: action.assignments.map((assignment) =>
      plan.table.columns.findIndex((column) => column.id === assignment.columnId),
    ),
    values: compiler.maker(action.assignments.map((assignment) => assignment.value)),
    where: action.where === undefined ? undefined : compiler.expression(action.where),
  };
}

/** The first arbiter whose key is taken; entry undefined stands for the primary key. */
function findConflict(
  proposed: EncodedRow,
  primaryIndexId: number,
  onConflict: OnConflict,
  view: KeyView,
): { readonly entry: IndexEntry | undefined; readonly value: Uint8Array } | undefined {
  const isArbiter = (indexId: number): boolean =>
    onConflict.indexIds.length === 0 || onConflict.indexIds.includes(indexId);
  if (isArbiter(primaryIndexId)) {
    const value = view.find(proposed.primary.name);
    if (value !== undefined) return { entry: undefined, value };
  }
  for (const entry of proposed.entries) {
    if (!entry.isUnique || !isArbiter(entry.codec.index.id)) continue;
    const value = view.find(entry.name);
    if (value !== undefined) return { entry, value };
  }
  return undefined;
}

function secondChange(): SqlError {
  return new SqlError(
    "cardinality_violation",
    "ON CONFLICT DO UPDATE command cannot affect row a second time",
    {
      hint: "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
    },
  );
}
