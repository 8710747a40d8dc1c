import { SimulatedCrash } from "#runtime/sim/sim-crash.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { checkHistory, checkReplicas } from "./kv-checker.ts";
import type { ReplicaRecord } from "./kv-history.ts";
import { SimCluster } from "./sim-cluster.ts";
import { SimFaults } from "./sim-faults.ts";
import { readStoreHistory } from "./sim-store-history.ts";
import { SimTrace } from "./sim-trace.ts";
import { SimWorkload } from "./sim-workload.ts";

export interface SimRunOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How long things go wrong, in simulated milliseconds. */
  readonly durationMs: number;
  /** Whether disks may fail a sync, which stops their node. Default true. */
  readonly failsSyncs?: boolean;
  /** Every line of the trace. */
  readonly onLine?: (line: string) => void;
}

export interface SimRunResult {
  /** Equal for two runs of one seed. */
  readonly traceSum: number;
  readonly transactions: number;
  readonly committed: number;
  readonly unknown: number;
  /** From healing until every node took a write. */
  readonly recoveryMs: number;
  /** One line each; empty when all is well. */
  readonly problems: readonly string[];
}

/** After everything is put right, every range accepts writes within this time. */
export const recoveryMsMax = 10_000;
const settleMsMax = 60_000;

/**
 * One cluster, from one seed: transactions and faults for a while, then everything is put right, and
 * what clients saw must be explained by what the stores hold.
 */
export async function runSimulation(options: SimRunOptions): Promise<SimRunResult> {
  const run = new SimRun(options);
  const onRejection = (error: unknown) => {
    run.onRejection(error);
  };
  process.on("unhandledRejection", onRejection);
  try {
    return await run.run();
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

class SimRun {
  readonly #options: SimRunOptions;
  readonly #trace: SimTrace;
  readonly #cluster: SimCluster;
  readonly #workload: SimWorkload;
  readonly #faults: SimFaults;
  readonly #problems: string[] = [];

  constructor(options: SimRunOptions) {
    const { seed, nodes, onLine } = options;
    this.#options = options;
    const random = new SimRandom(seed, "run");
    this.#trace = new SimTrace(onLine);
    this.#cluster = new SimCluster(seed, {
      // What a deployment may choose is chosen by the seed.
      replicationFactor: nodes >= 5 && random.chance(0.5) ? 5 : 3,
      segmentBytes: random.pick([16, 64, 1024]) * 1024,
      onLog: (node, line) => {
        const fields = JSON.stringify(line.fields, showError);
        this.#trace.add(
          this.#cluster.time.nowMs,
          `[${node}] ${line.level} ${line.message} ${fields}`,
        );
      },
      onFatal: (node, reason, cause) => {
        if (!this.#faults.stopped(node, reason)) {
          this.#problem(`node ${node} stopped itself: ${reason}: ${showCause(cause)}`);
        }
      },
    });
    this.#workload = new SimWorkload(this.#cluster, random.fork("workload"), this.#trace, {
      clients: 5,
      keys: random.pick([4, 12, 30]),
      pauseMs: random.pick([20, 60, 120]),
    });
    this.#faults = new SimFaults(this.#cluster, random.fork("faults"), this.#trace, {
      pauseMs: random.pick([500, 1_200, 3_000]),
      clockSkewMs: random.pick([0, 100, 240]),
      failsSyncs: options.failsSyncs ?? true,
      onDeath: (nodeId) => {
        this.#workload.nodeDied(nodeId);
      },
    });
  }

  /** A node that stopped itself leaves promises behind that nobody waits for. */
  onRejection(error: unknown): void {
    if (!(error instanceof SimulatedCrash)) this.#problem(`unhandled: ${showCause(error)}`);
  }

  async run(): Promise<SimRunResult> {
    const { nodes, durationMs } = this.#options;
    const { time } = this.#cluster;
    let recoveryMs = 0;
    try {
      await this.#cluster.bootstrap(nodes);
      this.#workload.start();
      this.#faults.start();
      await time.runFor(durationMs);
      this.#faults.heal();
      recoveryMs = await this.#awaitRecovery();
      this.#workload.stop();
      if (!(await time.runUntil(() => this.#workload.isIdle, settleMsMax))) {
        this.#problem("transactions that began before the end did not end");
      }
      await this.#check();
    } catch (error) {
      this.#problem(showCause(error));
    }
    for (const complaint of this.#workload.complaints) this.#problem(complaint);
    const { transactions } = this.#workload;
    const count = (kind: string) =>
      transactions.filter(({ outcome }) => outcome.kind === kind).length;
    this.#trace.add(
      time.nowMs,
      `${time.eventCount} events, ${this.#cluster.network.bytesSent} bytes`,
    );
    return {
      traceSum: this.#trace.sum,
      transactions: transactions.length,
      committed: count("committed"),
      unknown: count("unknown"),
      recoveryMs,
      problems: this.#problems,
    };
  }

  /** Every node must take a write of its own client in time. */
  async #awaitRecovery(): Promise<number> {
    const { time, nodes } = this.#cluster;
    const startedAtMs = time.nowMs;
    const waiting = new Set(nodes.keys());
    for (const node of nodes.values()) {
      const attempt = async () => {
        while (waiting.has(node.nodeId) && time.nowMs < startedAtMs + 6 * recoveryMsMax) {
          if (node.isUp && (await this.#workload.tryWrite(node, `after${node.nodeId}`))) {
            waiting.delete(node.nodeId);
            return;
          }
          await new Promise<void>((resolve) => {
            time.schedule(50, resolve);
          });
        }
      };
      void attempt();
    }
    if (!(await time.runUntil(() => waiting.size === 0, recoveryMsMax))) {
      const who = [...waiting].join(", ");
      this.#problem(`no write within ${recoveryMsMax} ms of healing on node ${who}`);
      // Whether it comes back at all is worth knowing too.
      if (!(await time.runUntil(() => waiting.size === 0, 5 * recoveryMsMax))) {
        this.#problem("nor later");
        for (const line of this.#describe()) this.#problem(line);
      }
    }
    return time.nowMs - startedAtMs;
  }

  async #check(): Promise<void> {
    const { time } = this.#cluster;
    const voters = this.#cluster.voters(1);
    const appliedIndexes = () =>
      voters.map((nodeId) => this.#cluster.node(nodeId).life?.store.appliedIndex(1) ?? 0);
    const hasConverged = () => new Set(appliedIndexes()).size === 1;
    if (!(await time.runUntil(hasConverged, settleMsMax))) {
      this.#problem(`replicas do not catch up: applied ${appliedIndexes().join(", ")}`);
    }
    const replicas: ReplicaRecord[] = [];
    for (const nodeId of voters) {
      const { store } = this.#cluster.node(nodeId).running;
      const { appliedIndex, history } = await time.run(readStoreHistory(store, 1));
      replicas.push({ node: nodeId, appliedIndex, history });
    }
    // The others hold a part of what this one holds, which checkReplicas finds out where they are level.
    const [truth] = replicas.toSorted((a, b) => b.appliedIndex - a.appliedIndex);
    if (truth === undefined) {
      this.#problem("nobody holds the range");
      return;
    }
    for (const { rule, detail } of [
      ...checkReplicas(replicas),
      ...checkHistory(this.#workload.transactions, truth.history),
    ]) {
      this.#problem(`${rule}: ${detail}`);
    }
    for (const [key, versions] of truth.history) {
      this.#trace.add(time.nowMs, `${key}: ${JSON.stringify(versions)}`);
    }
  }

  /** How the replicas stand, for whoever looks into a run that got stuck. */
  #describe(): readonly string[] {
    return [...this.#cluster.nodes.values()].map(({ nodeId, life }) => {
      const replica = life?.stores.replica(1);
      if (life === undefined || replica === undefined) return `node ${nodeId}: no replica`;
      const { role, term, leader, lastIndex, commitIndex, appliedIndex, peers } =
        replica.raft.status();
      const place = `applied ${appliedIndex}, commit ${commitIndex}, last ${lastIndex}`;
      const lease = replica.isLeaseholder ? ", leaseholder" : "";
      const followers = peers.map(
        ({ peer, state, match, next, isActive, isSupporting }) =>
          `${peer}:${state} ${match}/${next}${isActive ? "" : " silent"}${isSupporting ? "" : " unsupporting"}`,
      );
      const vote = life.liveness.mayVote() ? "" : ", may not vote";
      return `node ${nodeId}: ${role} of term ${term}, leader ${leader}, ${place}${lease}${vote} ${followers.join(" ")}`;
    });
  }

  #problem(text: string): void {
    this.#trace.add(this.#cluster.time.nowMs, `PROBLEM ${text}`);
    this.#problems.push(text);
  }
}

function showError(_name: string, value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === "bigint" ? value.toString() : value;
}

function showCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const deeper = cause.cause === undefined ? "" : ` (${showCause(cause.cause)})`;
  return `${cause.stack ?? cause.message}${deeper}`;
}
