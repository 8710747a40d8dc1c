import { isSqlError } from "#base/errors.ts";
import { showTimestamp } from "#base/hlc.ts";
import type { KvTransaction, ScanChunk } from "#kv/api.ts";
import type { SimRandom } from "#runtime/sim/sim-random.ts";
import type { KeyName, OutcomeRecord, ReadRecord, TransactionRecord, Value } from "./kv-history.ts";
import type { SimCluster, SimNode } from "./sim-cluster.ts";
import { decodeKey, encodeKey } from "./sim-store-history.ts";
import type { SimTrace } from "./sim-trace.ts";

export interface WorkloadOptions {
  readonly clients: number;
  readonly keys: number;
  /** Mean pause of a client between two transactions. */
  readonly pauseMs: number;
}

/** A node that took this long over one step, with nothing wrong with it, has hung. */
const stepMsMax = 60_000;

/** Thrown to a client whose node died: it never hears of its request again. */
class NodeDied extends Error {
  override readonly name = "NodeDied";
}

/** Thrown to a client that waited too long. */
class Hung extends Error {
  override readonly name = "Hung";
}

/**
 * Clients that run random transactions on random nodes and write down what they see. Few keys, so that they
 * meet; every value is written once.
 */
export class SimWorkload {
  readonly transactions: TransactionRecord[] = [];
  /** What a client saw that no database should do, beside what the history will tell. */
  readonly complaints: string[] = [];
  readonly #cluster: SimCluster;
  readonly #random: SimRandom;
  readonly #trace: SimTrace;
  readonly #options: WorkloadOptions;
  readonly #waiting = new Map<number, Set<(error: Error) => void>>();
  #lastNumber = 0;
  #isStopping = false;
  #running = 0;

  constructor(cluster: SimCluster, random: SimRandom, trace: SimTrace, options: WorkloadOptions) {
    this.#cluster = cluster;
    this.#random = random;
    this.#trace = trace;
    this.#options = options;
  }

  start(): void {
    for (let client = 1; client <= this.#options.clients; client++) {
      const random = this.#random.fork(`client${client}`);
      this.#running++;
      void this.#runClient(random).finally(() => {
        this.#running--;
      });
    }
  }

  /** Each client finishes what it is at. */
  stop(): void {
    this.#isStopping = true;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Whoever waits for this node waits no longer. */
  nodeDied(nodeId: number): void {
    for (const reject of this.#waiting.get(nodeId) ?? []) reject(new NodeDied());
    this.#waiting.delete(nodeId);
  }

  /** One write on one node; true when it is acknowledged. For asking whether the cluster is back at work. */
  async tryWrite(node: SimNode, key: KeyName): Promise<boolean> {
    const number = ++this.#lastNumber;
    const record = new Recorder(number, node.nodeId, this.#cluster.time.nowMs);
    let transaction: KvTransaction | undefined;
    try {
      transaction = node.running.kv.begin();
      const value = `v${number}.0`;
      transaction.put(encodeKey(key), Buffer.from(value));
      record.writes.set(key, value);
      const outcome = await this.#wait(node, transaction.commit());
      this.#finish(record, transaction, outcomeOf(outcome));
      return true;
    } catch (error) {
      this.#finish(record, transaction, this.#outcomeOfError(error, record, true));
      return false;
    }
  }

  async #runClient(random: SimRandom): Promise<void> {
    const { time } = this.#cluster;
    const pause = () =>
      new Promise<void>((resolve) => {
        time.schedule(random.between(0, 2 * this.#options.pauseMs), resolve);
      });
    for (;;) {
      await pause();
      if (this.#isStopping) return;
      const { upNodes } = this.#cluster;
      if (upNodes.length > 0) await this.#runTransaction(random.pick(upNodes), random);
    }
  }

  async #runTransaction(node: SimNode, random: SimRandom): Promise<void> {
    const record = new Recorder(++this.#lastNumber, node.nodeId, this.#cluster.time.nowMs);
    let transaction: KvTransaction | undefined;
    let isCommitting = false;
    try {
      transaction = node.running.kv.begin({ label: `transaction ${record.number}` });
      for (let steps = 1 + random.integer(4); steps > 0; steps--) {
        await this.#step(node, transaction, record, random);
      }
      if (random.chance(0.05)) {
        transaction.rollback();
        this.#finish(record, transaction, { kind: "notCommitted" });
        return;
      }
      isCommitting = true;
      const outcome = await this.#wait(node, transaction.commit());
      this.#finish(record, transaction, outcomeOf(outcome));
    } catch (error) {
      this.#finish(record, transaction, this.#outcomeOfError(error, record, isCommitting));
    }
  }

  async #step(
    node: SimNode,
    transaction: KvTransaction,
    record: Recorder,
    random: SimRandom,
  ): Promise<void> {
    const key = this.#pickKey(random);
    switch (random.integer(10)) {
      case 0:
      case 1:
      case 2: {
        const own = record.own();
        const value = await this.#wait(node, transaction.get(encodeKey(key)));
        record.reads.push({ kind: "get", key, value: textOf(value), own });
        break;
      }
      case 3: {
        const own = record.own();
        const names = [...new Set([key, this.#pickKey(random), this.#pickKey(random)])];
        const values = await this.#wait(node, transaction.getMany(names.map(encodeKey)));
        names.forEach((name, at) => {
          record.reads.push({ kind: "get", key: name, value: textOf(values[at]), own });
        });
        break;
      }
      case 4:
        await this.#scan(node, transaction, record, random);
        break;
      case 5:
        transaction.remove(encodeKey(key));
        record.write(key, undefined);
        break;
      case 6:
        if (record.writes.has(key)) break;
        record.inserts.add(key);
        transaction.insert(encodeKey(key), record.nextValue(key));
        break;
      case 7: {
        const savepoint = transaction.savepoint();
        const before = record.own();
        const insertsBefore = new Set(record.inserts);
        transaction.put(encodeKey(key), record.nextValue(key));
        if (random.chance(0.5)) {
          transaction.rollbackTo(savepoint);
          record.writes = new Map(before);
          record.inserts = insertsBefore;
        }
        break;
      }
      default:
        transaction.put(encodeKey(key), record.nextValue(key));
        break;
    }
  }

  async #scan(
    node: SimNode,
    transaction: KvTransaction,
    record: Recorder,
    random: SimRandom,
  ): Promise<void> {
    const own = record.own();
    const [start = "", end = ""] = [this.#pickKey(random), this.#pickKey(random)].sort();
    if (start === end) return;
    const reverse = random.chance(0.4);
    const span = { start: encodeKey(start), end: encodeKey(end) };
    const rowsMax = random.chance(0.5) ? 1 + random.integer(4) : 0;
    const chunk: ScanChunk = await this.#wait(node, transaction.scan(span, { reverse, rowsMax }));
    const { rows, rest } = chunk;
    if (rowsMax > 0 && rows.length > rowsMax) {
      this.complaints.push(`a scan of at most ${rowsMax} rows gave ${rows.length}`);
    }
    record.reads.push({
      kind: "scan",
      start: reverse && rest !== undefined ? nameOf(rest.end, end) : start,
      end: !reverse && rest !== undefined ? nameOf(rest.start, end) : end,
      reverse,
      rows: rows.map(({ key, value }) => [decodeKey(key), textOf(value) ?? ""] as const),
      own,
    });
  }

  #pickKey(random: SimRandom): KeyName {
    // Some keys are hot.
    const limit = random.chance(0.5) ? Math.min(3, this.#options.keys) : this.#options.keys;
    return `k${String(random.integer(limit)).padStart(2, "0")}`;
  }

  /** The result, or NodeDied when the node is gone first. */
  #wait<Result>(node: SimNode, result: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(node.nodeId) ?? new Set();
      this.#waiting.set(node.nodeId, waiting);
      waiting.add(reject);
      const cancel = this.#cluster.time.schedule(stepMsMax, () => {
        reject(new Hung());
      });
      const done = () => {
        waiting.delete(reject);
        cancel();
      };
      result.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  #outcomeOfError(error: unknown, record: Recorder, isCommitting: boolean): OutcomeRecord {
    if (error instanceof NodeDied) {
      return isCommitting ? { kind: "unknown" } : { kind: "notCommitted" };
    }
    if (error instanceof Hung) {
      this.complaints.push(`transaction ${record.number} on node ${record.node} hung`);
      return { kind: "unknown" };
    }
    if (!isSqlError(error)) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.complaints.push(`transaction ${record.number} on node ${record.node}: ${what}`);
      return { kind: "unknown" };
    }
    this.#trace.add(this.#cluster.time.nowMs, `${record.number} ${error.condition}`);
    if (error.condition === "statement_completion_unknown") {
      if (!isCommitting) this.complaints.push(`40003 outside of commit: ${error.message}`);
      return { kind: "unknown" };
    }
    if (error.condition === "internal_error") {
      this.complaints.push(`transaction ${record.number}: ${error.message}`);
    }
    return { kind: "notCommitted" };
  }

  #finish(record: Recorder, transaction: KvTransaction | undefined, outcome: OutcomeRecord): void {
    const { nowMs } = this.#cluster.time;
    const { number, node, startedAtMs, reads, writes, inserts } = record;
    const what = outcome.kind === "committed" ? showTimestamp(outcome.timestamp) : "";
    this.#trace.add(
      nowMs,
      `${number} on ${node}: ${reads.length} reads, ${writes.size} writes, ${outcome.kind} ${what}`,
    );
    this.transactions.push({
      number,
      node,
      startedAtMs,
      endedAtMs: outcome.kind === "unknown" ? Infinity : nowMs,
      readTimestamp: transaction?.readTimestamp,
      reads,
      writes,
      inserts,
      outcome,
    });
  }
}

/** What is known of a transaction while it runs. */
class Recorder {
  readonly number: number;
  readonly node: number;
  readonly startedAtMs: number;
  readonly reads: ReadRecord[] = [];
  writes = new Map<KeyName, Value>();
  inserts = new Set<KeyName>();
  #valueCount = 0;

  constructor(number: number, node: number, startedAtMs: number) {
    this.number = number;
    this.node = node;
    this.startedAtMs = startedAtMs;
  }

  own(): ReadonlyMap<KeyName, Value> {
    return new Map(this.writes);
  }

  write(key: KeyName, value: Value): void {
    this.writes.set(key, value);
  }

  /** A value that nobody else writes, noted as this transaction's write. */
  nextValue(key: KeyName): Uint8Array {
    const value = `v${this.number}.${this.#valueCount++}`;
    this.write(key, value);
    return Buffer.from(value);
  }
}

function outcomeOf(outcome: Awaited<ReturnType<KvTransaction["commit"]>>): OutcomeRecord {
  return outcome.kind === "committed"
    ? { kind: "committed", timestamp: outcome.timestamp }
    : { kind: "keyExists", key: decodeKey(outcome.key) };
}

function textOf(value: Uint8Array | undefined): Value {
  return value === undefined ? undefined : Buffer.from(value).toString();
}

/** A bound of a rest as a name. A key followed by a zero byte sorts right behind its name, as it should. */
function nameOf(key: Uint8Array | undefined, otherwise: KeyName): KeyName {
  return key === undefined ? otherwise : decodeKey(key);
}
