import type { SortKey, WindowCall } from "#sql/bind/expression.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { WindowPartition } from "#sql/types/function.ts";
import type { Frame } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { batchesOf, collectRows, evaluateOne } from "./operator.ts";
import type { Batch, Compiled, Operator, RowMaker } from "./operator.ts";
import { rowHasher } from "./row-hash.ts";
import { rowOrder } from "./row-order.ts";
import { checkOffset, frameOf, isExcluded, rowInFrame } from "./window-frame.ts";
import type { FrameOffsets, PeerGroups } from "./window-frame.ts";

export interface CompiledWindowCall {
  readonly call: WindowCall;
  readonly args: RowMaker;
  readonly filter: Compiled | undefined;
  readonly startOffset: Compiled | undefined;
  readonly endOffset: Compiled | undefined;
}

interface Entry {
  readonly row: Row;
  readonly order: Row;
}

/** Sorts the rows of each partition and adds one column per window call. */
export class WindowOperator implements Operator {
  readonly #input: Operator;
  readonly #partitionBy: RowMaker;
  readonly #hash: (row: Row) => unknown;
  readonly #orderBy: RowMaker;
  readonly #compare: (left: Row, right: Row) => number;
  readonly #calls: readonly CompiledWindowCall[];

  constructor(
    input: Operator,
    partitionBy: { readonly maker: RowMaker; readonly typeOids: readonly number[] },
    orderBy: { readonly maker: RowMaker; readonly keys: readonly SortKey[] },
    calls: readonly CompiledWindowCall[],
  ) {
    this.#input = input;
    this.#partitionBy = partitionBy.maker;
    this.#hash = rowHasher(partitionBy.typeOids);
    this.#orderBy = orderBy.maker;
    this.#compare = rowOrder(orderBy.keys);
    this.#calls = calls;
  }

  async *run(frame: Frame): AsyncGenerator<Batch> {
    const { rows, bytes } = await collectRows(this.#input, frame, rowBytes);
    const partitionKeys = await this.#partitionBy.makeBatch(rows, frame);
    const orderKeys = await this.#orderBy.makeBatch(rows, frame);
    const partitions = new Map<unknown, Entry[]>();
    for (const [at, row] of rows.entries()) {
      const hash = this.#hash(partitionKeys[at] ?? []);
      const entry = { row, order: orderKeys[at] ?? [] };
      const partition = partitions.get(hash);
      if (partition === undefined) partitions.set(hash, [entry]);
      else partition.push(entry);
    }
    for (const partition of partitions.values()) {
      partition.sort((left, right) => this.#compare(left.order, right.order));
      const peers = this.#peerGroups(partition);
      const columns: (readonly Datum[])[] = [];
      for (const call of this.#calls) {
        columns.push(await this.#compute(call, partition, peers, frame));
        const pause = frame.run.pacer.pace();
        if (pause !== undefined) await pause;
      }
      const output = partition.map(({ row }, at) => [
        ...row,
        ...columns.map((column) => column[at] ?? null),
      ]);
      yield* batchesOf(output);
    }
    frame.run.memory.shrink(bytes);
  }

  #peerGroups(partition: readonly Entry[]): PeerGroups {
    const start: number[] = [];
    const end: number[] = [];
    const group: number[] = [];
    const groupStart: number[] = [];
    for (let at = 0; at < partition.length; at++) {
      const before = partition[at - 1];
      const here = partition[at];
      const isNew =
        before === undefined || here === undefined || this.#compare(before.order, here.order) !== 0;
      if (isNew) groupStart.push(at);
      group.push(groupStart.length - 1);
      start.push(groupStart.at(-1) ?? 0);
    }
    for (const number of group) end.push(groupStart[number + 1] ?? partition.length);
    return { start, end, group, groupStart };
  }

  async #compute(
    compiled: CompiledWindowCall,
    partition: readonly Entry[],
    peers: PeerGroups,
    frame: Frame,
  ): Promise<readonly Datum[]> {
    const args = await compiled.args.makeBatch(
      partition.map(({ row }) => row),
      frame,
    );
    const offsets = await frameOffsets(compiled, frame);
    const frames = partition.map((_entry, row) =>
      frameOf(compiled.call.frame, row, partition.length, peers, offsets),
    );
    const { fn } = compiled.call;
    if (fn.kind === "window") {
      const view: WindowPartition = {
        rowCount: partition.length,
        argument: (argument, row) => args[row]?.[argument] ?? null,
        peerStart: (row) => peers.start[row] ?? row,
        peerEnd: (row) => peers.end[row] ?? row + 1,
        frameRow: (row, place) => {
          const bounds = frames[row];
          return bounds === undefined
            ? undefined
            : rowInFrame(compiled.call.frame, row, place, bounds, peers);
        },
      };
      return fn.compute(view, frame.run.context);
    }
    const isCounted: boolean[] = [];
    for (const [at, { row }] of partition.entries()) {
      const passes =
        compiled.filter === undefined || (await evaluateOne(compiled.filter, row, frame)) === true;
      isCounted.push(passes && !(fn.strict && (args[at] ?? []).includes(null)));
    }
    return aggregateOverFrames(compiled.call, args, isCounted, frames, peers, frame);
  }
}

async function frameOffsets(compiled: CompiledWindowCall, frame: Frame): Promise<FrameOffsets> {
  const value = async (
    offset: Compiled | undefined,
    which: "starting" | "ending",
  ): Promise<number> => {
    if (offset === undefined) return 0;
    const datum = await evaluateOne(offset, frame.row, frame);
    return checkOffset(datum === null ? undefined : Number(datum), which);
  };
  return {
    start: await value(compiled.startOffset, "starting"),
    end: await value(compiled.endOffset, "ending"),
  };
}

/**
 * An aggregate for each row's frame. Frames that only grow at their end share one running
 * accumulator; any other frame is added up by itself.
 */
function aggregateOverFrames(
  call: WindowCall,
  args: readonly Row[],
  isCounted: readonly boolean[],
  frames: readonly { readonly start: number; readonly end: number }[],
  peers: PeerGroups,
  frame: Frame,
): Datum[] {
  const { fn } = call;
  if (fn.kind !== "aggregate") return [];
  const { context } = frame.run;
  const results: Datum[] = [];
  let running = fn.newAccumulator();
  let from = 0;
  let to = 0;
  let last: Datum = null;
  let isFresh = false;
  for (const [row, bounds] of frames.entries()) {
    if (call.frame.exclude !== "no others") {
      const single = fn.newAccumulator();
      for (let at = bounds.start; at < bounds.end; at++) {
        if (isExcluded(call.frame, row, at, peers) || isCounted[at] !== true) continue;
        single.add(args[at] ?? [], context);
      }
      results.push(single.result(context));
      continue;
    }
    if (bounds.start !== from || bounds.end < to) {
      running = fn.newAccumulator();
      from = bounds.start;
      to = bounds.start;
      isFresh = false;
    }
    if (to < bounds.end || !isFresh) {
      for (; to < bounds.end; to++)
        if (isCounted[to] === true) running.add(args[to] ?? [], context);
      last = running.result(context);
      isFresh = true;
    }
    results.push(last);
  }
  return results;
}
