import { assert } from "#base/assert.ts";
import type { NodeId } from "#base/ids.ts";
import { ClusterNode } from "#cluster/cluster-node.ts";
import type { JoinClient } from "#cluster/join.ts";
import { LivenessTable } from "#cluster/liveness-table.ts";
import type { NodeReport } from "#cluster/node-figures.ts";
import { DistributedKv } from "#kv/distributed-kv.ts";
import { HlcClock } from "#range/hlc-clock.ts";
import type { LogLimits } from "#range/log-truncation.ts";
import { Stores } from "#range/stores.ts";
import { Calls } from "#runtime/calls.ts";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { SimDisk } from "#runtime/sim/sim-disk.ts";
import type { LogLine } from "#runtime/sim/sim-log.ts";
import { SimNetwork } from "#runtime/sim/sim-network.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime, type SimRuntime } from "#runtime/sim/sim-runtime.ts";
import { SimTime } from "#runtime/sim/sim-time.ts";
import { MemoryStore, MemoryTables } from "#storage/memory-store.ts";
import { NodeState } from "#storage/node-state.ts";
import { SharedLog } from "#storage/shared-log.ts";
import { Store } from "#storage/store.ts";

export interface SimClusterOptions {
  readonly logLimits?: LogLimits;
  readonly replicationFactor?: number;
  readonly onLog?: (node: NodeId, line: LogLine) => void;
  /** Size of a segment of the shared log. Small, so that tests see rotation. */
  readonly segmentBytes?: number;
  /** A node stopped itself. By default the run fails. */
  readonly onFatal?: (node: NodeId, reason: string, cause: unknown) => void;
}

/** What of a node outlives its crashes, and its present life. */
export class SimNode {
  readonly nodeId: NodeId;
  readonly disk: SimDisk;
  readonly tables = new MemoryTables();
  /** Milliseconds that this node's wall clock is off. */
  clockOffsetMs = 0;
  life: SimNodeLife | undefined;
  lives = 0;
  /** Of the life that is coming up. */
  startingClock: SimClock | undefined;

  constructor(nodeId: NodeId, disk: SimDisk) {
    this.nodeId = nodeId;
    this.disk = disk;
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  get isStarting(): boolean {
    return this.startingClock !== undefined;
  }

  /** The present life; the node must be up. */
  get running(): SimNodeLife {
    assert(this.life !== undefined, `node ${this.nodeId} is down`);
    return this.life;
  }
}

export interface SimNodeLife {
  readonly runtime: SimRuntime;
  readonly hlc: HlcClock;
  readonly log: SharedLog;
  readonly store: Store;
  readonly stores: Stores;
  readonly cluster: ClusterNode;
  readonly kv: DistributedKv;
  readonly liveness: LivenessTable;
}

/**
 * Whole nodes without a front door, in one process and from one seed: the composition of node/ over
 * simulated time, disks and network.
 */
export class SimCluster {
  readonly seed: number;
  readonly time = new SimTime();
  readonly random: SimRandom;
  readonly network: SimNetwork;
  readonly nodes = new Map<NodeId, SimNode>();
  readonly #options: SimClusterOptions;

  constructor(seed: number, options: SimClusterOptions = {}) {
    this.seed = seed;
    this.#options = options;
    this.random = new SimRandom(seed);
    this.network = new SimNetwork(this.time, this.random.fork("network"));
  }

  node(nodeId: NodeId): SimNode {
    let node = this.nodes.get(nodeId);
    if (node === undefined) {
      node = new SimNode(nodeId, new SimDisk(this.time, this.random.fork(`disk${nodeId}`)));
      this.nodes.set(nodeId, node);
    }
    return node;
  }

  get upNodes(): readonly SimNode[] {
    return [...this.nodes.values()].filter(({ isUp }) => isUp);
  }

  kv(nodeId: NodeId): DistributedKv {
    return this.node(nodeId).running.kv;
  }

  /** Starts a cluster of this many nodes and waits until its range has all the replicas it should. */
  async bootstrap(count: number): Promise<void> {
    for (let nodeId = 1; nodeId <= count; nodeId++) await this.start(nodeId);
    const wanted = Math.min(count, this.#options.replicationFactor ?? 3);
    const votersMin = wanted - ((wanted + 1) % 2);
    assert(
      await this.time.runUntil(() => this.isSettled(1, votersMin), 60_000),
      "the range was not replicated in time",
    );
  }

  /**
   * Somebody serves the range, and every node that is up and has it knows of so many voters and of no
   * change under way.
   */
  isSettled(rangeId: number, votersMin: number): boolean {
    const known = this.upNodes.flatMap(({ running }) => {
      const replica = running.stores.replica(rangeId);
      return replica === undefined ? [] : [replica.raft.configuration];
    });
    return (
      this.leaseholder(rangeId) !== undefined &&
      known.length >= votersMin &&
      known.every(
        ({ voters, votersOutgoing }) => voters.length >= votersMin && votersOutgoing.length === 0,
      )
    );
  }

  /** Voters of a range, by the leaseholder's descriptor; empty when no node holds the lease. */
  voters(rangeId: number): readonly NodeId[] {
    for (const { life } of this.upNodes) {
      const replica = life?.stores.replica(rangeId);
      if (replica?.isLeaseholder !== true) continue;
      return (replica.descriptor?.replicas ?? [])
        .filter(({ role }) => role === "voter")
        .map(({ nodeId }) => nodeId);
    }
    return [];
  }

  leaseholder(rangeId: number): NodeId | undefined {
    return this.upNodes.find(({ life }) => life?.stores.replica(rangeId)?.isLeaseholder === true)
      ?.nodeId;
  }

  /** First start, or a start after stop or crash. Drives time until the node is up. */
  start(nodeId: NodeId): Promise<void> {
    return this.time.run(this.startUp(nodeId));
  }

  /** As `start`, for a caller that drives time itself. */
  async startUp(nodeId: NodeId): Promise<void> {
    const node = this.node(nodeId);
    assert(node.life === undefined, `node ${nodeId} is already up`);
    node.lives++;
    const life = node.lives;
    const opened = await this.#open(node);
    // It may have been crashed while it came up.
    if (node.lives !== life) return;
    node.life = opened;
    node.startingClock = undefined;
  }

  /** The process is gone from one moment to the next; the disk keeps what was synced, or a bit more. */
  crash(nodeId: NodeId): void {
    const node = this.node(nodeId);
    node.lives++;
    node.life?.runtime.clock.halt();
    node.startingClock?.halt();
    node.life = undefined;
    node.startingClock = undefined;
    this.network.detach(nodeId);
    node.disk.crash();
    node.tables.crash();
  }

  /** As SIGTERM: hands leases over, then closes everything. */
  stop(nodeId: NodeId): Promise<void> {
    return this.time.run(this.#stop(nodeId));
  }

  async #stop(nodeId: NodeId): Promise<void> {
    const node = this.node(nodeId);
    const { stores, cluster, kv, liveness, hlc, log, store } = node.running;
    await stores.transferLeases(2_000);
    kv.close();
    await cluster.close();
    await stores.close();
    liveness.close();
    await hlc.close();
    await log.close();
    await store.close();
    node.life = undefined;
    node.lives++;
    this.network.detach(nodeId);
  }

  async #open(node: SimNode): Promise<SimNodeLife> {
    const { nodeId } = node;
    const clock = new SimClock(this.time, node.clockOffsetMs);
    node.startingClock = clock;
    const runtime = simRuntime(this.seed, {
      clock,
      random: this.random.fork(`node${nodeId}/${node.lives}`),
      onLog: (line) => this.#options.onLog?.(nodeId, line),
      onFatal: (reason, cause) => {
        if (this.#options.onFatal === undefined) {
          throw new Error(`node ${nodeId}: ${reason}`, { cause });
        }
        this.#options.onFatal(nodeId, reason, cause);
      },
    });
    const disk = node.disk.attach();
    const backend = new MemoryStore(runtime.clock, node.tables);
    const network = this.network.attach(nodeId);
    const state = NodeState.open(backend);
    const log = await SharedLog.open(runtime, disk, {
      segmentBytes: this.#options.segmentBytes ?? 1024 * 1024,
    });
    const store = await Store.open(runtime, disk, backend, { freeBytesReserve: 0 });
    const hlc = await HlcClock.open(runtime, state);
    const calls = new Calls(runtime, network);
    const liveness = await LivenessTable.open({
      runtime,
      hlc,
      network,
      memory: state,
      report: () => idleReport,
    });
    const stores = await Stores.open({
      runtime,
      nodeId,
      hlc,
      log,
      store,
      network,
      liveness,
      logLimits: this.#options.logLimits ?? shortLog,
    });
    const cluster = new ClusterNode({
      runtime,
      nodeId,
      addresses: addressesOf(nodeId),
      locality: new Map(),
      version: "0.1.0",
      replicationFactor: this.#options.replicationFactor ?? 3,
      identity: state,
      disk,
      hlc,
      network,
      calls,
      liveness,
      stores,
    });
    const kv = new DistributedKv({ runtime, hlc, calls, stores, directory: cluster.directory });
    const others = [...this.nodes.values()]
      .filter((other) => other !== node && other.lives > 0)
      .map((other) => grpcAddress(other.nodeId));
    if (state.identity !== undefined) await cluster.resume(undefined, []);
    else if (others.length === 0) await cluster.bootstrap();
    else await cluster.join(this.#joinClient, others);
    cluster.start(kv.systemRecords);
    return { runtime, hlc, log, store, stores, cluster, kv, liveness };
  }

  /** Over no network: joining is an operator's act, and faults of its transport are rpc's matter. */
  readonly #joinClient: JoinClient = {
    join: (address, request) => {
      const node = [...this.nodes.values()].find(({ nodeId }) => grpcAddress(nodeId) === address);
      if (node?.life === undefined) return Promise.reject(new Error(`${address} is not up`));
      return node.life.cluster.handleJoin(request);
    },
  };
}

function grpcAddress(nodeId: NodeId): string {
  return `sim:${nodeId}`;
}

function addressesOf(nodeId: NodeId) {
  return { grpc: grpcAddress(nodeId), sql: `sql:${nodeId}`, health: `health:${nodeId}` };
}

/** So short that a node that was away for seconds often needs a snapshot. */
const shortLog: LogLimits = {
  leaderBytesKept: 4 * 1024,
  followerBytesKept: 8 * 1024,
  bytesMax: 32 * 1024,
};

const idleReport: NodeReport = {
  health: "ready",
  healthDetail: "",
  startedAtMs: 0,
  residentBytes: 0,
  cpuFraction: 0,
  sqlConnections: 0,
  statementsPerSecond: 0,
  leaseCount: 0,
  replicaCount: 0,
};
