import type { Span } from "#base/ids.ts";
import type { ScanPlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { Frame } from "./frame.ts";
import { batchRowsMax, evaluateOne, filterBatch } from "./operator.ts";
import type { Batch, Compiled, Operator } from "./operator.ts";
import type { Expression } from "#sql/bind/expression.ts";
import { tableCodec } from "./row-codec.ts";
import type { RowDecoder, TableCodec } from "./row-codec.ts";
import { RangeMaker } from "./scan-range.ts";
import { noteRowsRemoved } from "./measure.ts";

/** Reads a table through one of its indexes. */
export class ScanOperator implements Operator {
  readonly #plan: ScanPlan;
  readonly #codec: TableCodec;
  readonly #decoder: RowDecoder;
  readonly #ranges: RangeMaker;
  readonly #filter: Compiled | undefined;
  readonly #limitHint: Compiled | undefined;
  readonly #isPrimary: boolean;

  constructor(plan: ScanPlan, compile: (expression: Expression) => Compiled) {
    this.#plan = plan;
    this.#codec = tableCodec(plan.table);
    this.#decoder = this.#codec.decoder(plan.columnIds);
    this.#ranges = new RangeMaker(this.#codec.indexCodec(plan.indexId), plan.constraint, compile);
    this.#filter = plan.filter === undefined ? undefined : compile(plan.filter);
    this.#limitHint = plan.limitHint === undefined ? undefined : compile(plan.limitHint);
    this.#isPrimary = plan.indexId === plan.table.primaryIndex.id;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const range = await this.#ranges.make(frame);
    if (range.kind === "points") {
      const keys = this.#plan.reverse ? [...range.keys].reverse() : range.keys;
      for (let start = 0; start < keys.length; start += batchRowsMax) {
        const rows = await this.#fetch(keys.slice(start, start + batchRowsMax), frame);
        const kept = await this.#keep(rows.filter(isRow), frame);
        if (kept.length > 0) yield kept;
      }
      return;
    }
    const rowsMax = await this.#chunkRows(frame);
    const spans = this.#plan.reverse ? [...range.spans].reverse() : range.spans;
    for (const span of spans) yield* this.#scan(span, rowsMax, frame);
  }

  /** True when each outer row finds at most one row here, so that `lookup` reads in one request. */
  get isPointLookup(): boolean {
    return this.#ranges.isPoints;
  }

  /** The rows that each of these outer rows finds, in their order. */
  async lookup(outerRows: readonly Row[], frame: Frame): Promise<readonly Batch[]> {
    const keys: Uint8Array[] = [];
    const owners: number[] = [];
    const frames = outerRows.map((row) => new Frame(frame.run, frame, row));
    for (const [owner, inner] of frames.entries()) {
      const range = await this.#ranges.make(inner);
      if (range.kind !== "points") continue;
      for (const key of range.keys) {
        keys.push(key);
        owners.push(owner);
      }
    }
    const found: Row[][] = outerRows.map(() => []);
    const rows = await this.#fetch(keys, frame);
    for (const [at, row] of rows.entries()) {
      const owner = owners[at];
      const inner = owner === undefined ? undefined : frames[owner];
      if (row === undefined || owner === undefined || inner === undefined) continue;
      if (this.#filter === undefined || (await evaluateOne(this.#filter, row, inner)) === true) {
        found[owner]?.push(row);
      }
    }
    return found;
  }

  /** Rows by keys of this scan's index; undefined where there is none. */
  async #fetch(
    keys: readonly Uint8Array[],
    frame: Frame,
  ): Promise<readonly (Datum[] | undefined)[]> {
    if (keys.length === 0) return [];
    const values = await frame.run.getMany(keys);
    if (this.#isPrimary) {
      return keys.map((key, at) => {
        const value = values[at];
        return value === undefined ? undefined : this.#decoder.decode(key, value);
      });
    }
    const primaryKeys: Uint8Array[] = [];
    const owners: number[] = [];
    for (const [at, value] of values.entries()) {
      if (value === undefined) continue;
      owners.push(at);
      primaryKeys.push(this.#codec.primaryKeyOfEntry(value));
    }
    const rows: (Datum[] | undefined)[] = keys.map(() => undefined);
    const found = await this.#fetchPrimary(primaryKeys, frame);
    for (const [at, row] of found.entries()) {
      const owner = owners[at];
      if (owner !== undefined) rows[owner] = row;
    }
    return rows;
  }

  async #fetchPrimary(
    primaryKeys: readonly Uint8Array[],
    frame: Frame,
  ): Promise<readonly (Datum[] | undefined)[]> {
    if (primaryKeys.length === 0) return [];
    const values = await frame.run.getMany(primaryKeys);
    return primaryKeys.map((key, at) => {
      const value = values[at];
      return value === undefined ? undefined : this.#decoder.decode(key, value);
    });
  }

  async *#scan(span: Span, rowsMax: number, frame: Frame): AsyncGenerator<Batch> {
    let rest: Span | undefined = span;
    while (rest !== undefined) {
      const chunk = await frame.run.scan(rest, { rowsMax, reverse: this.#plan.reverse });
      rest = chunk.rest;
      let rows: readonly Row[];
      if (this.#isPrimary) {
        const decoded: Row[] = [];
        for (const { key, value } of chunk.rows) decoded.push(this.#decoder.decode(key, value));
        rows = decoded;
      } else {
        const primaryKeys = chunk.rows.map(({ value }) => this.#codec.primaryKeyOfEntry(value));
        rows = (await this.#fetchPrimary(primaryKeys, frame)).filter(isRow);
      }
      const kept = await this.#keep(rows, frame);
      if (kept.length > 0) yield kept;
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }

  async #keep(rows: readonly Row[], frame: Frame): Promise<Batch> {
    if (this.#filter === undefined || rows.length === 0) return rows;
    const kept = await filterBatch(this.#filter, rows, frame);
    noteRowsRemoved(frame.run, this.#plan, rows.length - kept.length);
    return kept;
  }

  /** A filter makes the limit say little about how many keys must be read. */
  async #chunkRows(frame: Frame): Promise<number> {
    if (this.#limitHint === undefined || this.#filter !== undefined) return batchRowsMax;
    const limit = await evaluateOne(this.#limitHint, frame.row, frame);
    if (limit === null) return batchRowsMax;
    return Math.max(1, Math.min(Number(limit), batchRowsMax));
  }
}

function isRow<T>(row: T | undefined): row is T {
  return row !== undefined;
}
