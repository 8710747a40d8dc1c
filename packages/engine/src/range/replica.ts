import { assert } from "#base/assert.ts";
import { addMs, type Timestamp } from "#base/hlc.ts";
import type { NodeId, RangeId, ReplicaId } from "#base/ids.ts";
import type { ConfigurationStep } from "#raft/configuration.ts";
import type { Message } from "#raft/message.ts";
import { RaftNode } from "#raft/raft-node.ts";
import type { DropReason, StorageAppend } from "#raft/ready.ts";
import type { SharedLog } from "#storage/shared-log.ts";
import type { Store } from "#storage/store.ts";
import type { Cancellation } from "#runtime/calls.ts";
import type { Runtime } from "#runtime/ports.ts";
import { Applier, type Applied } from "./applier.ts";
import type { RangeRequest, RangeResponse } from "./batch.ts";
import { encodeLeaseCommand } from "./command.ts";
import type { HlcClock } from "./hlc-clock.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { Proposals } from "./proposals.ts";
import { encodeRangeDescriptor, type RangeDescriptor } from "./range-descriptor.ts";
import { ReplicaLog } from "./replica-log.ts";
import { emptyConfiguration, loadReplicaState, type ReplicaState } from "./replica-state.ts";
import { Serving, type ServedFigures, type ServedReplica } from "./serving.ts";
import type { StagedSnapshot } from "./snapshot-receiver.ts";
import type { StoreLiveness } from "./store-liveness.ts";

/** What a replica needs of the node it lives on. */
export interface ReplicaHost {
  readonly runtime: Runtime;
  readonly nodeId: NodeId;
  readonly hlc: HlcClock;
  readonly log: SharedLog;
  readonly store: Store;
  readonly liveness: StoreLiveness;
  send(to: NodeId, rangeId: RangeId, message: Message): void;
  sendSnapshot(replica: Replica, to: NodeId, message: Message & { kind: "snapshot" }): void;
  /** Has the replica's `process` called before the turn is over. */
  schedule(replica: Replica): void;
  /** The lease, the descriptor or the leader changed. */
  changed(replica: Replica): void;
  /** The range no longer has this replica. */
  removed(replica: Replica): void;
}

/**
 * One copy of a range.
 *
 *   requests ─→ latches ─→ evaluation ─→ raft ─→ shared log ┐ (at the same time)
 *                  ↑                       └──→ followers   ┘
 *                  └──── answer ←── apply ←── committed
 *
 * - Evaluation happens above raft, on the leaseholder only: a command is a batch of versions, and
 *   applying it decides nothing but whether its lease is in force.
 * - Every timestamp that is served or committed has gone through the node's clock, so the next commit,
 *   at the clock's `now`, is later than everything that anybody has read here.
 * - A replica without a descriptor holds no data: it votes and waits for a snapshot.
 */
export class Replica implements ServedReplica {
  readonly rangeId: RangeId;
  readonly replicaId: ReplicaId;
  readonly proposals = new Proposals();
  readonly #host: ReplicaHost;
  readonly #raft: RaftNode;
  readonly #lease: LeaseKeeper;
  readonly #serving: Serving;
  readonly #applier: Applier;
  /** Where the members are: from the descriptor, and from whom messages came. */
  readonly #nodes = new Map<ReplicaId, NodeId>();
  #state: ReplicaState | undefined;
  /** Appends that must wait for a snapshot to be installed first. */
  #installing: Promise<void> | undefined;
  #staged: StagedSnapshot | undefined;
  #leaseProposedIn = 0;
  #lastProposedIndex = 0;
  #termSeen = 0;
  #leaderSeen = 0;
  #idleTicks = 0;
  #logHolds = 0;
  #isClosed = false;

  constructor(host: ReplicaHost, rangeId: RangeId, replicaId: ReplicaId) {
    this.#host = host;
    this.rangeId = rangeId;
    this.replicaId = replicaId;
    this.#state = loadReplicaState(host.store, rangeId);
    const rangeLog = host.log.rangeLog(rangeId);
    this.#raft = new RaftNode({
      self: replicaId,
      storage: new ReplicaLog(rangeLog, () => {
        const index = this.#raft.appliedIndex;
        const term = rangeLog.term(index);
        const configuration = this.#state?.configuration;
        if (term === undefined || configuration === undefined) return undefined;
        return { index, term, configuration };
      }),
      hardState: rangeLog.hardState.term === 0 ? undefined : rangeLog.hardState,
      configuration: this.#state?.configuration ?? emptyConfiguration,
      appliedIndex: this.#state === undefined ? 0 : host.store.appliedIndex(rangeId),
      randomInteger: (bound) => host.runtime.random.integer(bound),
      support: {
        givenTo: (peer) => this.#onNode(peer, (node) => host.liveness.supportGivenTo(node)) ?? 0,
        receivedFrom: (peer) =>
          this.#onNode(peer, (node) => host.liveness.supportReceivedFrom(node)?.epoch) ?? 0,
        mayVote: () => host.liveness.mayVote(),
      },
    });
    this.#lease = new LeaseKeeper(this.#raft, (peer) =>
      this.#onNode(peer, (node) => host.liveness.supportReceivedFrom(node)?.until),
    );
    this.#applier = new Applier({
      rangeId,
      store: host.store,
      raft: this.#raft,
      proposals: this.proposals,
      state: () => this.#state,
      onApplied: (applied) => {
        this.#onApplied(applied);
      },
      onDrained: () => {
        host.schedule(this);
      },
    });
    this.#serving = new Serving(host, this);
    this.#learnNodes();
  }

  /** Undefined while the replica has no data yet. */
  get descriptor(): RangeDescriptor | undefined {
    return this.#state?.descriptor;
  }

  get raft(): RaftNode {
    return this.#raft;
  }

  /** The node that leads as far as this replica knows; 0 when it does not. */
  get leaderNode(): NodeId {
    return this.#nodes.get(this.#raft.leader) ?? 0;
  }

  /** True while this replica may serve: it holds a lease, and that has not run out. */
  get isLeaseholder(): boolean {
    return this.holdsLeaseUntil(this.#host.hlc.now());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Requests served so far. */
  get figures(): Readonly<ServedFigures> {
    return this.#serving.figures;
  }

  holdsLeaseUntil(timestamp: Timestamp): boolean {
    const lease = this.#state?.lease;
    const raft = this.#raft;
    return (
      raft.role === "leader" &&
      lease !== undefined &&
      lease.sequence === raft.term &&
      lease.replicaId === this.replicaId &&
      this.#lease.covers(timestamp)
    );
  }

  nextLeaseAppliedIndex(): number {
    return ++this.#lastProposedIndex;
  }

  schedule(): void {
    this.#host.schedule(this);
  }

  get leaseExpiration(): Timestamp {
    return this.#lease.expiration;
  }

  /** Answers at once when nothing is in the way, which is the rule for reads. */
  execute(request: RangeRequest, signal?: Cancellation): RangeResponse | Promise<RangeResponse> {
    return this.#serving.execute(request, signal);
  }

  /** A message from a peer's replica of this range. */
  step(from: NodeId, message: Message): void {
    if (this.#isClosed) return;
    this.#nodes.set(message.from, from);
    this.#raft.step(message);
    this.#host.schedule(this);
  }

  tick(): void {
    const raft = this.#raft;
    if (raft.isQuiescent) {
      if (raft.role !== "leader" || this.#lease.covers(addMs(this.#host.hlc.now(), renewalMs)))
        return;
      raft.wake();
    }
    raft.tick();
    this.#idleTicks = this.proposals.count > 0 ? 0 : this.#idleTicks + 1;
    if (this.#idleTicks > quiesceAfterTicks && raft.role === "leader") {
      raft.quiesce(
        (peer) => this.#onNode(peer, (node) => this.#host.liveness.isLive(node)) ?? false,
      );
    }
    this.#host.schedule(this);
  }

  /** A peer came back, or one that led is no longer supported. */
  wake(): void {
    this.#raft.wake();
    this.#host.schedule(this);
  }

  /** Carries out what raft wants done. Called once per turn in which something happened. */
  process(): void {
    const raft = this.#raft;
    while (!this.#isClosed && raft.hasReady()) {
      const { append, committed, messages } = raft.ready();
      if (append !== undefined) this.#append(append);
      for (const message of messages) this.#send(message);
      if (committed.length > 0) this.#applier.apply(committed);
      this.#followRole();
    }
  }

  /**
   * Proposes a change of the members: their ids, and the descriptor that names them. Undefined when it
   * is on its way.
   */
  changeMembers(
    steps: readonly ConfigurationStep[],
    descriptor: RangeDescriptor,
  ): DropReason | undefined {
    const raft = this.#raft;
    const outcome = raft.proposeConfigurationChange({
      transition: steps.length > 1 ? "joint" : "automatic",
      steps,
      context: encodeRangeDescriptor(descriptor),
    });
    if (outcome.kind === "dropped") return outcome.reason;
    const { voters } = raft.configuration;
    const added = steps.filter(({ kind }) => kind === "addVoter").map(({ peer }) => peer);
    this.#lease.expectVoters([...new Set([...voters, ...added])]);
    this.#host.schedule(this);
    return undefined;
  }

  /** Hands the lease over; nothing is served here until somebody has it. False when it cannot be. */
  transferLease(to: NodeId): boolean {
    const target = this.descriptor?.replicas.find(
      (replica) => replica.nodeId === to && replica.role === "voter",
    );
    if (target === undefined || !this.#raft.transferLeadership(target.replicaId)) return false;
    this.#lease.startTransfer();
    this.#host.schedule(this);
    return true;
  }

  /** A snapshot is here in full; raft decides whether it is wanted. Resolves when that is done. */
  async restore(from: NodeId, staged: StagedSnapshot): Promise<"installed" | "refused"> {
    if (this.#isClosed || this.#staged !== undefined) return "refused";
    this.#staged = staged;
    this.step(from, staged.message);
    this.process();
    await this.#installing;
    const wasTaken = this.#staged === undefined;
    this.#staged = undefined;
    return wasTaken ? "installed" : "refused";
  }

  reportSnapshot(peer: ReplicaId, outcome: "finished" | "failed"): void {
    if (this.#isClosed) return;
    this.#raft.reportSnapshot(peer, outcome);
    this.#host.schedule(this);
  }

  /** Keeps the log from being truncated until the answer is called. */
  holdLog(): () => void {
    this.#logHolds++;
    return () => {
      this.#logHolds--;
    };
  }

  get isLogHeld(): boolean {
    return this.#logHolds > 0;
  }

  /** Called now and then: forgets answers that nobody can ask for again. */
  turnRecentCommits(): void {
    this.#serving.turnRecentCommits();
  }

  close(): void {
    this.#isClosed = true;
    this.#applier.stop();
    this.proposals.abandon();
  }

  #append(append: StorageAppend): void {
    const { snapshot } = append;
    if (snapshot !== undefined) {
      const staged = this.#staged;
      assert(
        staged?.message.snapshot.index === snapshot.index,
        "raft restores a snapshot that is not here",
      );
      this.#installing = this.#install(staged, append);
      return;
    }
    const written =
      this.#installing === undefined
        ? this.#write(append)
        : this.#installing.then(() => this.#write(append));
    this.#whenWritten(append.sequence, written);
  }

  #write({ entries, hardState }: StorageAppend): Promise<void> {
    return this.#host.log.append({ rangeId: this.rangeId, entries, hardState, sync: true });
  }

  #whenWritten(sequence: number, written: Promise<void>): void {
    written.then(
      () => {
        if (this.#isClosed) return;
        this.#raft.storageAppended(sequence);
        this.#host.schedule(this);
      },
      (error: unknown) => {
        if (!this.#isClosed) this.#host.runtime.fatal("the log could not be written", error);
      },
    );
  }

  /** The staged data takes the place of what is here; then the log starts behind it. */
  async #install(staged: StagedSnapshot, append: StorageAppend): Promise<void> {
    const { log, store, runtime } = this.#host;
    const { index, term } = staged.message.snapshot;
    try {
      await this.#applier.idle();
      await staged.install();
      const { hardState } = log.rangeLog(this.rangeId);
      await log.reset(this.rangeId, { index, term }, append.hardState ?? hardState);
      if (append.entries.length > 0) await this.#write(append);
    } catch (error) {
      if (!this.#isClosed) runtime.fatal("a snapshot could not be installed", error);
    }
    if (this.#isClosed) return;
    this.#state = loadReplicaState(store, this.rangeId);
    assert(this.#state !== undefined, "a snapshot brought no descriptor");
    this.#staged = undefined;
    this.#installing = undefined;
    this.#applier.reset(this.#state.leaseAppliedIndex);
    this.proposals.skippedTo(index);
    this.#learnNodes();
    this.#raft.storageAppended(append.sequence);
    this.#host.changed(this);
    this.#host.schedule(this);
  }

  #send(message: Message): void {
    const to = this.#nodes.get(message.to);
    if (to === undefined) return;
    if (message.kind === "snapshot") this.#host.sendSnapshot(this, to, message);
    else this.#host.send(to, this.rangeId, message);
  }

  #followRole(): void {
    const raft = this.#raft;
    if (raft.term !== this.#termSeen) {
      this.#termSeen = raft.term;
      this.#lease.forget();
    }
    if (raft.leader !== this.#leaderSeen) {
      this.#leaderSeen = raft.leader;
      this.#host.changed(this);
    }
    if (raft.role === "leader" && this.#leaseProposedIn !== raft.term) this.#proposeLease();
  }

  /** The first command of a term; what this replica proposes afterwards counts from one. */
  #proposeLease(): void {
    const raft = this.#raft;
    const { hlc, nodeId } = this.#host;
    this.#leaseProposedIn = raft.term;
    this.#lastProposedIndex = 0;
    const { replicaId } = this;
    raft.propose(encodeLeaseCommand({ sequence: raft.term, replicaId, nodeId, start: hlc.now() }));
  }

  #onApplied(applied: Applied): void {
    switch (applied.kind) {
      case "writes":
        this.#host.hlc.forward(applied.timestamp);
        break;
      case "lease":
        this.#state = applied.state;
        this.#host.hlc.forward(applied.state.lease.start);
        this.#host.changed(this);
        break;
      case "members":
        this.#state = applied.state;
        this.#lease.configurationApplied();
        this.#learnNodes();
        this.#host.changed(this);
        if (
          !applied.state.descriptor.replicas.some(({ replicaId }) => replicaId === this.replicaId)
        ) {
          this.#host.removed(this);
        }
        break;
    }
  }

  #learnNodes(): void {
    for (const { replicaId, nodeId } of this.#state?.descriptor.replicas ?? []) {
      this.#nodes.set(replicaId, nodeId);
    }
  }

  #onNode<Result>(peer: ReplicaId, ask: (node: NodeId) => Result): Result | undefined {
    const node = this.#nodes.get(peer);
    return node === undefined ? undefined : ask(node);
  }
}

/** A sleeping leader wakes when its lease would end within this: somebody has stopped to renew it. */
const renewalMs = 1_200;
const quiesceAfterTicks = 20;
