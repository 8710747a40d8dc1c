import type { AggregateCall } from "#sql/bind/expression.ts";
import type { AggregatePlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { Accumulator, AggregateFunction } from "#sql/types/function.ts";
import type { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchesOf, evaluateOne } from "./operator.ts";
import type { Batch, Compiled, Operator, RowMaker } from "./operator.ts";
import type { RowHash } from "./row-hash.ts";
import { rowHasher } from "./row-hash.ts";
import { rowOrder } from "./row-order.ts";

export interface CompiledAggregate {
  readonly call: AggregateCall;
  readonly args: RowMaker;
  readonly filter: Compiled | undefined;
  /** Keys of its ORDER BY; undefined when it has none. */
  readonly orderKeys: RowMaker | undefined;
}

interface Group {
  readonly keys: Row;
  readonly states: readonly AggregateState[];
}

const groupOverheadBytes = 160;

/** Groups in a table by the hash of their keys; groups come out in the order they were first seen. */
export class AggregateOperator implements Operator {
  readonly #input: Operator;
  readonly #groups: RowMaker;
  readonly #hash: (row: Row) => RowHash;
  readonly #aggregates: readonly CompiledAggregate[];
  /** For each grouping set, which group columns count. */
  readonly #sets: readonly (readonly boolean[])[];
  readonly #groupingCalls: readonly (readonly number[])[];

  constructor(
    plan: AggregatePlan,
    input: Operator,
    groups: RowMaker,
    aggregates: readonly CompiledAggregate[],
  ) {
    this.#input = input;
    this.#groups = groups;
    this.#hash = rowHasher(plan.groups.map((group) => group.result.type.oid));
    this.#aggregates = aggregates;
    const all = plan.groups.map((_group, at) => at);
    this.#sets = (plan.groupingSets ?? [all]).map((set) => all.map((at) => set.includes(at)));
    this.#groupingCalls = plan.groupingCalls;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const tables = this.#sets.map(() => new Map<RowHash, Group>());
    let bytes = 0;
    for await (const batch of this.#input.run(frame)) {
      const keyRows = await this.#groups.makeBatch(batch, frame);
      for (const [setIndex, set] of this.#sets.entries()) {
        const table = tables[setIndex];
        if (table === undefined) continue;
        const members = new Map<Group, Row[]>();
        for (let at = 0; at < batch.length; at++) {
          const keys = keyRows[at] ?? [];
          const setKeys = set.includes(false)
            ? keys.map((key, column) => (set[column] === true ? key : null))
            : keys;
          const hash = this.#hash(setKeys);
          let group = table.get(hash);
          if (group === undefined) {
            group = this.#newGroup(setKeys);
            table.set(hash, group);
            const cost = rowBytes(setKeys) + groupOverheadBytes * (1 + group.states.length);
            bytes += cost;
            frame.run.memory.grow(cost);
          }
          const rows = members.get(group);
          if (rows === undefined) members.set(group, [batch[at] ?? []]);
          else rows.push(batch[at] ?? []);
        }
        for (const [group, rows] of members) {
          for (const state of group.states) bytes += await state.add(rows, frame);
        }
      }
      const pause = frame.run.pacer.pace();
      if (pause !== undefined) await pause;
    }
    for (const [setIndex, set] of this.#sets.entries()) {
      const table = tables[setIndex];
      if (table === undefined) continue;
      // Without group columns there is one group even over nothing.
      if (table.size === 0 && !set.includes(true)) {
        const keys = set.map(() => null);
        table.set(this.#hash(keys), this.#newGroup(keys));
      }
      const rows: Row[] = [];
      for (const group of table.values()) {
        const row: Datum[] = [...group.keys];
        for (const state of group.states) row.push(state.result(frame));
        for (const call of this.#groupingCalls) {
          row.push(call.reduce((bits, at) => bits * 2 + (set[at] === true ? 0 : 1), 0));
        }
        rows.push(row);
      }
      yield* batchesOf(rows);
    }
    frame.run.memory.shrink(bytes);
  }

  #newGroup(keys: Row): Group {
    return { keys, states: this.#aggregates.map((aggregate) => new AggregateState(aggregate)) };
  }
}

/** One aggregate of one group: its accumulator, and what DISTINCT and ORDER BY hold back. */
class AggregateState {
  readonly #aggregate: CompiledAggregate;
  readonly #fn: AggregateFunction;
  readonly #accumulator: Accumulator;
  readonly #seen: Set<RowHash> | undefined;
  readonly #hashArgs: ((row: Row) => RowHash) | undefined;
  readonly #held: { readonly args: Row; readonly keys: Row }[] | undefined;

  constructor(aggregate: CompiledAggregate) {
    const { call } = aggregate;
    this.#aggregate = aggregate;
    this.#fn = call.fn;
    this.#accumulator = call.fn.newAccumulator();
    if (call.distinct) {
      this.#seen = new Set();
      this.#hashArgs = rowHasher(call.args.map((argument) => argument.result.type.oid));
    }
    if (call.orderBy.length > 0) this.#held = [];
  }

  /** Returns the bytes it has taken from the statement's account. */
  async add(rows: readonly Row[], frame: Frame): Promise<number> {
    const { args, filter } = this.#aggregate;
    const isPlain = this.#seen === undefined && this.#held === undefined;
    if (isPlain && !args.suspends && filter === undefined) {
      const { context } = frame.run;
      for (const row of rows) {
        const values = args.makeSync(row, frame);
        if (!this.#fn.strict || !values.includes(null)) this.#accumulator.add(values, context);
      }
      return 0;
    }
    let bytes = 0;
    for (const row of rows) {
      if (filter !== undefined && (await evaluateOne(filter, row, frame)) !== true) continue;
      const values = await args.make(row, frame);
      if (this.#fn.strict && values.includes(null)) continue;
      bytes += await this.#addOne(values, row, frame);
    }
    return bytes;
  }

  result(frame: Frame): Datum {
    const { context } = frame.run;
    if (this.#held !== undefined) {
      const order = rowOrder(this.#aggregate.call.orderBy);
      this.#held.sort((left, right) => order(left.keys, right.keys));
      for (const { args } of this.#held) this.#accumulator.add(args, context);
      this.#held.length = 0;
    }
    return this.#accumulator.result(context);
  }

  async #addOne(values: Row, row: Row, frame: Frame): Promise<number> {
    let bytes = 0;
    if (this.#seen !== undefined && this.#hashArgs !== undefined) {
      const hash = this.#hashArgs(values);
      if (this.#seen.has(hash)) return 0;
      this.#seen.add(hash);
      bytes += rowBytes(values);
    }
    if (this.#held === undefined) {
      this.#accumulator.add(values, frame.run.context);
    } else {
      const keys = (await this.#aggregate.orderKeys?.make(row, frame)) ?? [];
      this.#held.push({ args: values, keys });
      bytes += rowBytes(values) + rowBytes(keys);
    }
    frame.run.memory.grow(bytes);
    return bytes;
  }
}
