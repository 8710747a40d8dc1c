import type { Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";
import type { RangeDirectory } from "#cluster/range-directory.ts";
import type { SystemRecord, SystemRecords } from "#cluster/system-records.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { BeginOptions, KvClient, KvTransaction } from "./api.ts";
import { RangeCalls } from "./range-calls.ts";
import { retryTransaction } from "./retry-transaction.ts";
import { Router } from "./router.ts";
import { Transaction, type TransactionNode } from "./transaction.ts";

export interface DistributedKvOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly calls: Calls;
  readonly stores: Stores;
  readonly directory: RangeDirectory;
}

/** The KvClient of a node: transactions over ranges wherever they are. */
export class DistributedKv implements KvClient {
  readonly systemRecords: SystemRecords;
  readonly #hlc: HlcClock;
  readonly #router: Router;
  readonly #node: TransactionNode;

  constructor(options: DistributedKvOptions) {
    const { runtime, hlc, calls, stores, directory } = options;
    this.#hlc = hlc;
    const rangeCalls = new RangeCalls({ runtime, hlc, calls, stores, self: stores.nodeId });
    this.#router = new Router({ runtime, hlc, directory, calls: rangeCalls, self: stores.nodeId });
    this.#node = { runtime, hlc, router: this.#router };
    this.systemRecords = systemRecordsOver(runtime, this);
  }

  begin(options: BeginOptions = {}): KvTransaction {
    return new Transaction(this.#node, options);
  }

  now(): Timestamp {
    return this.#hlc.now();
  }

  /** Ends what looks for a leaseholder with 57P01. */
  close(): void {
    this.#router.close();
  }
}

function systemRecordsOver(runtime: Runtime, kv: KvClient): SystemRecords {
  return {
    async read(key, signal) {
      return kv.begin({ readOnly: true, ...withSignal(signal) }).get(key);
    },
    async readAll(span, signal) {
      const transaction = kv.begin({ readOnly: true, ...withSignal(signal) });
      const records: SystemRecord[] = [];
      let rest: Span | undefined = span;
      while (rest !== undefined) {
        const chunk = await transaction.scan(rest);
        records.push(...chunk.rows);
        rest = chunk.rest;
      }
      return records;
    },
    async update(key, change, signal) {
      await retryTransaction(
        runtime,
        kv,
        async (transaction) => {
          const value = change(await transaction.get(key));
          if (value !== undefined) transaction.put(key, value);
        },
        withSignal(signal),
      );
    },
  };
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
