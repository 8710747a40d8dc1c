import { isVoter, membersOf, type Configuration } from "./configuration.ts";
import { RaftLog } from "./log.ts";
import { nobody, type Message, type PeerId } from "./message.ts";
import { defaultLimits, type RaftLimits, type RaftOptions, type StoreSupport } from "./options.ts";
import { Progress } from "./progress.ts";
import type { Role } from "./ready.ts";

/** A promise to help nobody but this leader, while our store supports its store in this epoch. */
export interface SupportPromise {
  readonly leader: PeerId;
  readonly term: number;
  readonly epoch: number;
}

/**
 * Everything that changes in a Raft node. The rules that change it are functions in the files beside
 * this one, by subject; RaftNode is the only one outside that holds a RaftState.
 *
 * - term never falls; vote changes once per term, from nobody to somebody.
 * - `progress` holds exactly the members of the configuration while we lead, ourselves included.
 * - What must not leave before the log is durable is in `held`, everything else in `outbox`.
 */
export class RaftState {
  readonly self: PeerId;
  readonly limits: RaftLimits;
  readonly log: RaftLog;
  readonly support: StoreSupport | undefined;
  readonly randomInteger: (bound: number) => number;

  configuration: Configuration;
  term: number;
  vote: PeerId;
  leader: PeerId = nobody;
  role: Role = "follower";

  outbox: Message[] = [];
  held: Message[] = [];

  /** Ticks since we heard from a leader, or as a leader since we checked the quorum. */
  electionElapsed = 0;
  /** Spread over [electionTicks, 2 * electionTicks), so that not all campaign at once. */
  electionTimeout = 0;
  heartbeatElapsed = 0;
  isQuiescent = false;

  /** As a candidate: who answered what. */
  votes = new Map<PeerId, boolean>();

  /** As a follower. */
  promise: SupportPromise | undefined;
  /** As a former leader: followers may still hold on to a promise that we no longer need. */
  isRelinquishing = false;

  /** As a leader. */
  progress = new Map<PeerId, Progress>();
  /** Something may have become sendable since the last Ready. */
  isSendDue = false;
  transferee: PeerId = nobody;
  /** Somebody was told to take over in this term, so our followers' promises are void. */
  hasTimeoutNowLeft = false;
  /** No other change may be proposed until this index is applied. */
  pendingConfigurationIndex = 0;
  /** Of what was proposed in this term and is not committed yet. */
  uncommittedBytes = 0;

  constructor(options: RaftOptions) {
    this.self = options.self;
    this.limits = { ...defaultLimits, ...options.limits };
    this.support = options.support;
    this.randomInteger = options.randomInteger;
    this.configuration = options.configuration;
    this.term = options.hardState?.term ?? 0;
    this.vote = options.hardState?.vote ?? nobody;
    this.log = new RaftLog(options.storage, {
      commit: options.hardState?.commit ?? 0,
      applied: options.appliedIndex,
    });
    this.#restartTimers();
  }

  get isLeader(): boolean {
    return this.role === "leader";
  }

  get isVoter(): boolean {
    return isVoter(this.configuration, this.self);
  }

  /** Leaves as soon as somebody takes it. */
  send(message: Message): void {
    this.outbox.push(message);
  }

  /** Leaves when everything that is in the log and the hard state by now is durable. */
  sendWhenDurable(message: Message): void {
    this.held.push(message);
  }

  /** A store that supports nobody is a promise to nobody: epoch 0. */
  supportEpochFor(leader: PeerId): number {
    return this.support?.givenTo(leader) ?? 0;
  }

  /** Whether our store still supports the store of the leader that has our promise. */
  get isPromiseKept(): boolean {
    const { promise } = this;
    return promise !== undefined && this.supportEpochFor(promise.leader) === promise.epoch;
  }

  becomeFollower(term: number, leader: PeerId): void {
    if (this.isLeader && this.support !== undefined) this.isRelinquishing = true;
    this.#enter("follower", term);
    this.leader = leader;
  }

  /** Asks around without touching the term. */
  becomePreCandidate(): void {
    this.role = "preCandidate";
    this.leader = nobody;
    this.votes.clear();
    this.#restartTimers();
  }

  becomeCandidate(): void {
    this.#enter("candidate", this.term + 1);
    this.vote = this.self;
  }

  becomeLeader(): void {
    this.#enter("leader", this.term);
    this.leader = this.self;
    this.promise = undefined;
    this.isRelinquishing = false;
    const next = this.log.lastIndex + 1;
    for (const peer of membersOf(this.configuration)) {
      const progress = new Progress(peer, next, this.limits);
      if (peer === this.self) {
        progress.match = this.log.stableIndex;
        progress.becomeReplicate();
        progress.isActive = true;
      }
      this.progress.set(peer, progress);
    }
    // Whatever is in the log may be a change of the configuration that is not applied yet.
    this.pendingConfigurationIndex = this.log.lastIndex;
  }

  #enter(role: Role, term: number): void {
    if (term !== this.term) {
      this.term = term;
      this.vote = nobody;
    }
    this.role = role;
    this.leader = nobody;
    this.isQuiescent = false;
    this.votes.clear();
    this.progress.clear();
    this.isSendDue = false;
    this.transferee = nobody;
    this.hasTimeoutNowLeft = false;
    this.pendingConfigurationIndex = 0;
    this.uncommittedBytes = 0;
    this.#restartTimers();
  }

  #restartTimers(): void {
    const { electionTicks } = this.limits;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.electionTimeout = electionTicks + this.randomInteger(electionTicks);
  }
}
