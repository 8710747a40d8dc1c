import { assert } from "#base/assert.ts";
import type { NodeId, RangeId, ReplicaId } from "#base/ids.ts";
import { rangeDescriptorKey, wholeSpan } from "#base/keys.ts";
import { configurationOf } from "#raft/configuration.ts";
import type { Message } from "#raft/message.ts";
import { Calls, type Cancellation } from "#runtime/calls.ts";
import type { Cancel, Network, Runtime } from "#runtime/ports.ts";
import type { SharedLog } from "#storage/shared-log.ts";
import type { Store } from "#storage/store.ts";
import { transactionTagBytes } from "#storage/write-batch.ts";
import type { RangeRequest, RangeResponse } from "./batch.ts";
import type { HlcClock } from "./hlc-clock.ts";
import { defaultLogLimits, truncateLog, type LogLimits } from "./log-truncation.ts";
import { RaftTransport } from "./raft-transport.ts";
import { RangeMetrics } from "./range-metrics.ts";
import { encodeRangeDescriptor, replicaOn, type RangeDescriptor } from "./range-descriptor.ts";
import { Replica, type ReplicaHost } from "./replica.ts";
import {
  descriptorWrites,
  isRemoved,
  loadReplicaState,
  removalWrite,
  snapshotPosition,
  snapshotPositionWrite,
} from "./replica-state.ts";
import { SnapshotReceiver } from "./snapshot-receiver.ts";
import { onChannel, SnapshotSender } from "./snapshot-sender.ts";
import type { StoreLiveness } from "./store-liveness.ts";

export const tickMs = 100;
/** Above the longest deadline of a commit, see RecentCommits. */
const recentCommitsTurnMs = 15_000;

/** Pause between campaigns of a replica that has just started, on average. */
const startCampaignMs = 250;
const startCampaignsMax = 8;

/** Where the log of a new range starts: not at 0, so that a replica without data must take a snapshot. */
const firstPosition = { index: 10, term: 5 };

export interface StoresOptions {
  readonly runtime: Runtime;
  readonly nodeId: NodeId;
  readonly hlc: HlcClock;
  readonly log: SharedLog;
  readonly store: Store;
  readonly network: Network;
  readonly liveness: StoreLiveness;
  readonly logLimits?: LogLimits;
}

/**
 * All replicas of this node, over one shared log and one store.
 *
 * - A replica is processed once per turn of the event loop, however much happened to it; then the
 *   messages of all replicas leave, in one frame per peer.
 * - A sleeping replica costs one comparison per tick.
 */
export class Stores {
  readonly #options: StoresOptions;
  readonly #replicas = new Map<RangeId, Replica>();
  readonly #transport: RaftTransport;
  readonly #bulk: Calls;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #host: ReplicaHost;
  readonly #metrics: RangeMetrics;
  readonly #changeHandlers = new Set<(replica: Replica) => void>();
  readonly #stops: Cancel[] = [];
  readonly #dirty = new Set<Replica>();
  #isTurnDue = false;
  #isClosed = false;

  private constructor(options: StoresOptions) {
    this.#options = options;
    const { runtime, hlc, network, log, store } = options;
    this.#transport = new RaftTransport({
      runtime,
      hlc,
      network,
      deliver: (from, rangeId, message) => {
        this.#deliver(from, rangeId, message);
      },
    });
    this.#bulk = new Calls(runtime, onChannel(network, "bulk"));
    this.#sender = new SnapshotSender({ runtime, log, store, calls: this.#bulk });
    this.#receiver = new SnapshotReceiver({
      runtime,
      store,
      calls: this.#bulk,
      replicaFor: (rangeId, message) => this.#replicaFor(rangeId, message.to),
      replicas: () => this.replicas,
    });
    this.#metrics = new RangeMetrics(runtime.metrics, this.#replicas, hlc);
    this.#host = {
      ...options,
      send: (to, rangeId, message) => {
        this.#transport.send(to, rangeId, message);
      },
      sendSnapshot: (replica, to, message) => {
        this.#sender.send(replica, to, message);
      },
      schedule: (replica) => {
        this.#schedule(replica);
      },
      changed: (replica) => {
        for (const handler of this.#changeHandlers) handler(replica);
      },
      removed: (replica) => {
        this.#remove(replica);
      },
    };
  }

  /** Finds the replicas in the store and gives each its log; none of them moves before `start`. */
  static async open(options: StoresOptions): Promise<Stores> {
    const stores = new Stores(options);
    const { store } = options;
    stores.#metrics.register();
    for (const rangeId of store.rangeIds()) {
      await stores.#repairLog(rangeId);
      stores.#openReplica(rangeId);
    }
    return stores;
  }

  /** Ticks, receives and serves from now on. */
  start(): void {
    const { runtime, liveness, store } = this.#options;
    this.#transport.start();
    store.onFlushed((rangeIds) => {
      for (const rangeId of rangeIds) this.#truncate(rangeId);
    });
    this.#stops.push(
      runtime.clock.every(tickMs, () => {
        for (const replica of this.#replicas.values()) replica.tick();
      }),
      runtime.clock.every(recentCommitsTurnMs, () => {
        for (const replica of this.#replicas.values()) replica.turnRecentCommits();
      }),
      liveness.onSupportWithdrawn((node) => {
        for (const replica of this.#replicas.values()) {
          if (replica.leaderNode === node) replica.wake();
        }
      }),
      liveness.onChange(() => {
        for (const replica of this.#replicas.values()) {
          if (replica.raft.role === "leader") replica.wake();
        }
      }),
    );
    for (const replica of this.#replicas.values()) {
      if (isAlone(replica)) replica.raft.campaign();
      else this.#campaignSoon(replica, startCampaignsMax);
      this.#schedule(replica);
    }
  }

  /**
   * After a start of all nodes nobody leads, and nobody's silence need be waited out: ask for votes
   * early. Where there is a leader, its followers refuse the pre-vote and nothing is disturbed.
   */
  #campaignSoon(replica: Replica, attemptsLeft: number): void {
    const { runtime } = this.#options;
    runtime.clock.after(startCampaignMs * (0.5 + runtime.random.float()), () => {
      if (this.#isClosed || replica.leaderNode !== 0 || attemptsLeft === 0) return;
      replica.raft.campaign();
      this.#schedule(replica);
      this.#campaignSoon(replica, attemptsLeft - 1);
    });
  }

  /** Makes range 1 over the whole keyspace with this node as its only replica: a new cluster. */
  async bootstrap(): Promise<void> {
    const { log, store, nodeId, hlc } = this.#options;
    assert(this.#replicas.size === 0, "a store with ranges is not new");
    const descriptor: RangeDescriptor = {
      rangeId: 1,
      span: wholeSpan,
      generation: 1,
      replicas: [{ nodeId, replicaId: 1, role: "voter" }],
      nextReplicaId: 2,
    };
    store.apply({
      rangeId: 1,
      appliedIndex: firstPosition.index,
      batch: {
        timestamp: hlc.now(),
        tag: new Uint8Array(transactionTagBytes),
        writes: [
          {
            key: rangeDescriptorKey(descriptor.span.end),
            value: encodeRangeDescriptor(descriptor),
          },
        ],
      },
      state: [
        ...descriptorWrites(descriptor, configurationOf({ voters: [1] })),
        snapshotPositionWrite(firstPosition),
      ],
    });
    await store.flush();
    await log.reset(1, firstPosition, {
      term: firstPosition.term,
      vote: 0,
      commit: firstPosition.index,
    });
    this.#openReplica(1);
  }

  get nodeId(): NodeId {
    return this.#options.nodeId;
  }

  /** In the order of their ranges' numbers. */
  get replicas(): readonly Replica[] {
    return [...this.#replicas.values()].sort((a, b) => a.rangeId - b.rangeId);
  }

  replica(rangeId: RangeId): Replica | undefined {
    return this.#replicas.get(rangeId);
  }

  get replicaCount(): number {
    return this.#replicas.size;
  }

  get leaseCount(): number {
    let count = 0;
    for (const replica of this.#replicas.values()) if (replica.isLeaseholder) count++;
    return count;
  }

  /** Live keys and bytes of a range in this store, up to one flush old. */
  statistics(rangeId: RangeId): { readonly liveKeys: number; readonly liveBytes: number } {
    return this.#options.store.statistics(rangeId);
  }

  /**
   * Evaluates on this node's replica; at once when nothing is in the way. An aborted signal keeps what
   * still waits from being evaluated; what was proposed goes on. Rejects with 53100 when the disk is full.
   */
  execute(
    rangeId: RangeId,
    request: RangeRequest,
    signal?: Cancellation,
  ): RangeResponse | Promise<RangeResponse> {
    return this.#replicas.get(rangeId)?.execute(request, signal) ?? { kind: "noReplica" };
  }

  /** The lease, the descriptor or the leader of a replica changed. */
  onChange(handler: (replica: Replica) => void): Cancel {
    this.#changeHandlers.add(handler);
    return () => {
      this.#changeHandlers.delete(handler);
    };
  }

  /** Hands leases to other replicas as far as that is possible within the time, before a stop. */
  async transferLeases(timeoutMs: number): Promise<void> {
    const { runtime, liveness, nodeId } = this.#options;
    const untilMs = runtime.clock.monotonicMs() + timeoutMs;
    const leading = this.replicas.filter((replica) => {
      const target = replica.descriptor?.replicas.find(
        (peer) => peer.nodeId !== nodeId && peer.role === "voter" && liveness.isLive(peer.nodeId),
      );
      return replica.isLeaseholder && target !== undefined && replica.transferLease(target.nodeId);
    });
    while (leading.some((replica) => replica.raft.role === "leader")) {
      if (runtime.clock.monotonicMs() >= untilMs) return;
      await runtime.clock.sleep(20);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#sender.close();
    await this.#receiver.close();
    this.#bulk.close();
    for (const replica of this.#replicas.values()) replica.close();
  }

  #openReplica(rangeId: RangeId): void {
    const { store, nodeId } = this.#options;
    const descriptor = loadReplicaState(store, rangeId)?.descriptor;
    const self = descriptor === undefined ? undefined : replicaOn(descriptor, nodeId);
    if (self !== undefined) this.#create(rangeId, self.replicaId);
  }

  /** After a crash between the installation of a snapshot and the new start of the log. */
  async #repairLog(rangeId: RangeId): Promise<void> {
    const { log, store } = this.#options;
    const position = snapshotPosition(store, rangeId);
    if (position === undefined) return;
    const rangeLog = log.rangeLog(rangeId);
    if (position.index < rangeLog.firstIndex - 1) return;
    if (rangeLog.term(position.index) === position.term) return;
    const { term, vote, commit } = rangeLog.hardState;
    await log.reset(rangeId, position, {
      term: Math.max(term, position.term),
      vote: term >= position.term ? vote : 0,
      commit: Math.max(commit, position.index),
    });
  }

  #schedule(replica: Replica): void {
    this.#dirty.add(replica);
    if (this.#isTurnDue || this.#isClosed) return;
    this.#isTurnDue = true;
    this.#options.runtime.clock.soon(() => {
      this.#turn();
    });
  }

  #turn(): void {
    this.#isTurnDue = false;
    if (this.#isClosed) return;
    for (const replica of this.#dirty) {
      this.#dirty.delete(replica);
      replica.process();
    }
    this.#transport.flush();
  }

  #deliver(from: NodeId, rangeId: RangeId, message: Message): void {
    if (this.#isClosed) return;
    const replica = this.#replicaFor(rangeId, message.to);
    if (replica?.replicaId === message.to) replica.step(from, message);
  }

  /** A member that has no data yet comes into being with the first message to it. */
  #replicaFor(rangeId: RangeId, replicaId: ReplicaId): Replica | undefined {
    const known = this.#replicas.get(rangeId);
    if (known !== undefined) {
      return known.replicaId === replicaId ? known : this.#replace(known, replicaId);
    }
    if (isRemoved(this.#options.store, rangeId, replicaId)) return undefined;
    return this.#create(rangeId, replicaId);
  }

  /** This node left the range and came back while an empty replica waited for its first snapshot. */
  #replace(known: Replica, replicaId: ReplicaId): Replica | undefined {
    if (known.descriptor !== undefined || known.replicaId > replicaId) return undefined;
    known.close();
    return this.#create(known.rangeId, replicaId);
  }

  #create(rangeId: RangeId, replicaId: ReplicaId): Replica {
    const replica = new Replica(this.#host, rangeId, replicaId);
    this.#replicas.set(rangeId, replica);
    this.#metrics.watch(rangeId);
    return replica;
  }

  /** Leaves a mark, so that a late message cannot bring the replica back. */
  #remove(replica: Replica): void {
    const { store, log, runtime } = this.#options;
    const { rangeId, replicaId } = replica;
    replica.close();
    this.#replicas.delete(rangeId);
    this.#dirty.delete(replica);
    const appliedIndex = store.appliedIndex(rangeId) + 1;
    store.apply({ rangeId, appliedIndex, state: removalWrite(replicaId) });
    store
      .flush()
      .then(() => log.removeRange(rangeId))
      .catch((error: unknown) => runtime.fatal("a replica could not be removed", error));
  }

  #truncate(rangeId: RangeId): void {
    const replica = this.#replicas.get(rangeId);
    if (replica === undefined || replica.isLogHeld) return;
    const { log, store } = this.#options;
    truncateLog(replica, {
      log,
      durableIndex: store.durableAppliedIndex(rangeId),
      limits: this.#options.logLimits ?? defaultLogLimits,
    });
  }
}

function isAlone(replica: Replica): boolean {
  const { voters, votersOutgoing } = replica.raft.configuration;
  return votersOutgoing.length === 0 && voters.length === 1 && voters[0] === replica.replicaId;
}
