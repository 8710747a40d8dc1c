import type { JoinPlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchRowsMax, collectRows, evaluateOne } from "./operator.ts";
import type { Batch, Compiled, Operator } from "./operator.ts";
import type { RowHash } from "./row-hash.ts";
import type { RowMaker } from "./operator.ts";
import type { ScanOperator } from "./scan-operator.ts";

export interface JoinParts {
  readonly type: JoinPlan["type"];
  readonly left: Operator;
  readonly right: Operator;
  readonly condition: Compiled | undefined;
  readonly leftWidth: number;
  readonly rightWidth: number;
}

/**
 * Gathers the output of a join: what each left row does with its matches is the same whatever way
 * they were found.
 */
class JoinOutput {
  readonly #type: JoinPlan["type"];
  readonly #rightNulls: readonly Datum[];
  readonly #leftNulls: readonly Datum[];
  rows: Row[] = [];

  constructor(parts: JoinParts) {
    this.#type = parts.type;
    this.#leftNulls = new Array<Datum>(parts.leftWidth).fill(null);
    this.#rightNulls = new Array<Datum>(parts.rightWidth).fill(null);
  }

  get isFull(): boolean {
    return this.rows.length >= batchRowsMax;
  }

  take(): Batch {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** Returns false when further matches of this left row do not matter. */
  match(left: Row, joined: Row): boolean {
    if (this.#type === "semi") this.rows.push(left);
    else if (this.#type !== "anti") this.rows.push(joined);
    return this.#type !== "semi" && this.#type !== "anti";
  }

  unmatchedLeft(left: Row): void {
    if (this.#type === "anti") this.rows.push(left);
    else if (this.#type === "left" || this.#type === "full") {
      this.rows.push([...left, ...this.#rightNulls]);
    }
  }

  unmatchedRight(right: Row): void {
    this.rows.push([...this.#leftNulls, ...right]);
  }

  get keepsUnmatchedRight(): boolean {
    return this.#type === "right" || this.#type === "full";
  }
}

/** Every pair, in the order left then right. The right side is read once and kept. */
export class NestedLoopOperator implements Operator {
  readonly #parts: JoinParts;

  constructor(parts: JoinParts) {
    this.#parts = parts;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { left, right, condition } = this.#parts;
    const output = new JoinOutput(this.#parts);
    const inner = await collectRows(right, frame, rowBytes);
    const isMatched = new Uint8Array(inner.rows.length);
    for await (const batch of left.run(frame)) {
      for (const leftRow of batch) {
        let hasMatch = false;
        for (let at = 0; at < inner.rows.length; at++) {
          const rightRow = inner.rows[at] ?? [];
          const joined = leftRow.concat(rightRow);
          if (condition !== undefined) {
            const verdict = condition.suspends
              ? await evaluateOne(condition, joined, frame)
              : condition.evaluate(joined, frame);
            if (verdict !== true) continue;
          }
          hasMatch = true;
          isMatched[at] = 1;
          if (!output.match(leftRow, joined)) break;
          if (output.isFull) yield output.take();
        }
        if (!hasMatch) output.unmatchedLeft(leftRow);
        if (output.isFull) yield output.take();
        const pause = frame.run.pacer.pace();
        if (pause !== undefined) await pause;
      }
    }
    if (output.keepsUnmatchedRight) {
      for (const [at, rightRow] of inner.rows.entries()) {
        if (isMatched[at] === 0) output.unmatchedRight(rightRow);
      }
    }
    if (output.rows.length > 0) yield output.take();
    frame.run.memory.shrink(inner.bytes);
  }
}

/** The right side runs anew for each left row, which it sees as outer columns. */
export class LateralJoinOperator implements Operator {
  readonly #parts: JoinParts;

  constructor(parts: JoinParts) {
    this.#parts = parts;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { left, condition } = this.#parts;
    const output = new JoinOutput(this.#parts);
    for await (const batch of left.run(frame)) {
      for (const leftRow of batch) {
        let hasMatch = false;
        const inner = this.#parts.right.run(new Frame(frame.run, frame, leftRow));
        search: for await (const rightRows of inner) {
          for (const rightRow of rightRows) {
            const joined = leftRow.concat(rightRow);
            if (condition !== undefined && (await evaluateOne(condition, joined, frame)) !== true) {
              continue;
            }
            hasMatch = true;
            if (!output.match(leftRow, joined)) break search;
          }
          if (output.isFull) yield output.take();
        }
        if (!hasMatch) output.unmatchedLeft(leftRow);
        if (output.isFull) yield output.take();
        const pause = frame.run.pacer.pace();
        if (pause !== undefined) await pause;
      }
    }
    if (output.rows.length > 0) yield output.take();
  }
}

export interface HashKeys {
  readonly left: RowMaker;
  readonly right: RowMaker;
  readonly hash: (row: Row) => RowHash;
}

interface BuildRow {
  readonly row: Row;
  isMatched: boolean;
}

/** Keeps the right side in a table by its keys; null keys never match. */
export class HashJoinOperator implements Operator {
  readonly #parts: JoinParts;
  readonly #keys: HashKeys;

  constructor(parts: JoinParts, keys: HashKeys) {
    this.#parts = parts;
    this.#keys = keys;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { left, condition } = this.#parts;
    const output = new JoinOutput(this.#parts);
    const build = await this.#build(frame, output.keepsUnmatchedRight);
    for await (const batch of left.run(frame)) {
      const keyRows = await this.#keys.left.makeBatch(batch, frame);
      for (let at = 0; at < batch.length; at++) {
        const leftRow = batch[at] ?? [];
        const keyRow = keyRows[at] ?? [];
        const candidates = keyRow.includes(null)
          ? undefined
          : build.table.get(this.#keys.hash(keyRow));
        let hasMatch = false;
        if (candidates !== undefined) {
          for (const candidate of candidates) {
            const joined = leftRow.concat(candidate.row);
            if (condition !== undefined) {
              const verdict = condition.suspends
                ? await evaluateOne(condition, joined, frame)
                : condition.evaluate(joined, frame);
              if (verdict !== true) continue;
            }
            hasMatch = true;
            candidate.isMatched = true;
            if (!output.match(leftRow, joined)) break;
            if (output.isFull) yield output.take();
          }
        }
        if (!hasMatch) output.unmatchedLeft(leftRow);
      }
      if (output.rows.length > 0) yield output.take();
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    for (const candidate of build.all) {
      if (candidate.isMatched) continue;
      output.unmatchedRight(candidate.row);
      if (output.isFull) yield output.take();
    }
    if (output.rows.length > 0) yield output.take();
    frame.run.memory.shrink(build.bytes);
  }

  async #build(
    frame: Frame,
    keepsAll: boolean,
  ): Promise<{ table: Map<RowHash, BuildRow[]>; all: BuildRow[]; bytes: number }> {
    const table = new Map<RowHash, BuildRow[]>();
    const all: BuildRow[] = [];
    let bytes = 0;
    for await (const batch of this.#parts.right.run(frame)) {
      const keyRows = await this.#keys.right.makeBatch(batch, frame);
      for (let at = 0; at < batch.length; at++) {
        const row = batch[at] ?? [];
        const keyRow = keyRows[at] ?? [];
        const hasNull = keyRow.includes(null);
        if (hasNull && !keepsAll) continue;
        const entry: BuildRow = { row, isMatched: false };
        const cost = rowBytes(row) + 64;
        bytes += cost;
        frame.run.memory.grow(cost);
        if (keepsAll) all.push(entry);
        if (hasNull) continue;
        const hash = this.#keys.hash(keyRow);
        const bucket = table.get(hash);
        if (bucket === undefined) table.set(hash, [entry]);
        else bucket.push(entry);
      }
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    return { table, all, bytes };
  }
}

/** For each batch of left rows one read of all the right rows their keys name. */
export class LookupJoinOperator implements Operator {
  readonly #parts: JoinParts;
  readonly #scan: ScanOperator;

  constructor(parts: JoinParts, scan: ScanOperator) {
    this.#parts = parts;
    this.#scan = scan;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { left, condition } = this.#parts;
    const output = new JoinOutput(this.#parts);
    for await (const batch of left.run(frame)) {
      const found = await this.#scan.lookup(batch, frame);
      for (let at = 0; at < batch.length; at++) {
        const leftRow = batch[at] ?? [];
        let hasMatch = false;
        for (const rightRow of found[at] ?? []) {
          const joined = leftRow.concat(rightRow);
          if (condition !== undefined && (await evaluateOne(condition, joined, frame)) !== true) {
            continue;
          }
          hasMatch = true;
          if (!output.match(leftRow, joined)) break;
        }
        if (!hasMatch) output.unmatchedLeft(leftRow);
      }
      if (output.rows.length > 0) yield output.take();
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
  }
}
