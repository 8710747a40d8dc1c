import { assert } from "#base/assert.ts";
import { isJoint, type Configuration, type ConfigurationChange } from "./configuration.ts";
import {
  answerPreVote,
  campaign,
  isBoundToLeader,
  learnCommit,
  onPreVote,
  onRelinquish,
  onVote,
  onVoteAnswer,
  tickElection,
} from "./election.ts";
import { onAppend, onHeartbeat, onSnapshot } from "./following.ts";
import { appendChange, applyChange, leaveJointWhenDue, refuseChange } from "./membership.ts";
import { entryBytes, nobody, type Entry, type Message, type PeerId } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import type {
  DropReason,
  PeerStatus,
  ProposeOutcome,
  RaftStatus,
  Ready,
  Role,
  StorageAppend,
} from "./ready.ts";
import {
  appendAsLeader,
  isSupportedBy,
  onAppendResponse,
  onHeartbeatResponse,
  onOwnLogDurable,
  sendDueAppends,
  sendHeartbeat,
  tickLeader,
  transferLeadership,
} from "./replication.ts";
import { RaftState } from "./state.ts";

/**
 * One member of a Raft group as a pure state machine: inputs are the methods below, output is what
 * `ready()` returns. It does no I/O, keeps no clock and makes no promises; the same inputs give the
 * same outputs.
 *
 * The loop around it: give it input; while `hasReady()`, take `ready()`, send its messages, start its
 * append (then `storageAppended`), apply its committed entries (then `applied`). Input may come at any
 * time between these calls.
 *
 * Ongaro, "Consensus: Bridging Theory and Practice", 2014: pre-vote 9.6, check-quorum 6.2, leadership
 * transfer 3.10, joint consensus 4.3, snapshots 5. The shape is that of etcd's raft package.
 */
export class RaftNode {
  readonly #state: RaftState;
  /** Messages that wait for the append of their sequence. */
  readonly #held: { readonly sequence: number; readonly messages: Message[] }[] = [];
  #lastSequence = 0;
  #durableSequence = 0;
  #writtenTerm: number;
  #writtenVote: PeerId;

  constructor(options: RaftOptions) {
    this.#state = new RaftState(options);
    this.#writtenTerm = this.#state.term;
    this.#writtenVote = this.#state.vote;
  }

  /** Takes a message from a peer. Any order, loss and repetition is fine. */
  step(message: Message): void {
    const state = this.#state;
    assert(message.to === state.self, `message for ${message.to} came to ${state.self}`);
    if (state.isQuiescent && endsQuiescence(state, message)) this.#stopQuiescence();

    if (message.kind === "relinquish") onRelinquish(state, message);
    if (message.kind === "preVoteResponse") learnCommit(state, message);
    if ((message.kind === "preVote" || message.kind === "vote") && message.term >= state.term) {
      if (isBoundToLeader(state, message)) {
        // A quick no lets the candidate try again soon, rather than after another timeout.
        if (message.kind === "preVote") answerPreVote(state, message.from, undefined);
        return;
      }
    }
    if (message.term > state.term && movesTerm(message)) {
      state.becomeFollower(message.term, nobody);
    }
    if (message.term < state.term) this.#answerOldTerm(message);
    else this.#dispatch(message);
  }

  /** One unit of time has passed. A quiescent node need not be ticked. */
  tick(): void {
    const state = this.#state;
    if (state.isQuiescent) return;
    if (state.isLeader) tickLeader(state);
    else tickElection(state);
  }

  /** The entry is in the log when this returns; it may still be lost to another leader. */
  propose(command: Uint8Array): ProposeOutcome {
    const reason = this.#refuseProposal(command.length);
    if (reason !== undefined) return { kind: "dropped", reason };
    this.#stopQuiescence();
    const index = appendAsLeader(this.#state, "command", command);
    return { kind: "accepted", index, term: this.#state.term };
  }

  proposeConfigurationChange(change: ConfigurationChange): ProposeOutcome {
    const state = this.#state;
    const reason = this.#refuseProposal(change.context.length) ?? refuseChange(state, change);
    if (reason !== undefined) return { kind: "dropped", reason };
    this.#stopQuiescence();
    return { kind: "accepted", index: appendChange(state, change), term: state.term };
  }

  /**
   * To be called while applying a committed `configuration` entry, before `applied` of its index, with
   * what decodeConfigurationChange gives. Returns the configuration to store beside the applied index.
   * Whoever removes a leader lets it hand over first: its lease does not end with its removal.
   */
  applyConfigurationChange(change: ConfigurationChange): Configuration {
    return applyChange(this.#state, change);
  }

  /** Starts an election without waiting for the timeout. Honours the promise it has given. */
  campaign(): void {
    this.#stopQuiescence();
    campaign(this.#state, "preVote");
  }

  /** Hands leadership to a voter. False when this replica does not lead or the peer cannot. */
  transferLeadership(to: PeerId): boolean {
    const isUnderWay = transferLeadership(this.#state, to);
    if (isUnderWay) this.#stopQuiescence();
    return isUnderWay;
  }

  /** A message to the peer was lost for sure. */
  reportUnreachable(peer: PeerId): void {
    const progress = this.#state.progress.get(peer);
    if (progress?.state === "replicate" && peer !== this.#state.self) progress.becomeProbe();
  }

  /** How sending the snapshot of a `snapshot` message went. */
  reportSnapshot(peer: PeerId, outcome: "finished" | "failed"): void {
    const progress = this.#state.progress.get(peer);
    if (progress?.state !== "snapshot") return;
    if (outcome === "failed") progress.pendingSnapshot = 0;
    progress.becomeProbe();
    // The follower's own answer, or that to a heartbeat, says when to go on.
    progress.isProbeOut = true;
  }

  hasReady(): boolean {
    const state = this.#state;
    return (
      state.outbox.length > 0 ||
      state.isSendDue ||
      state.held.length > 0 ||
      state.log.hasUnwritten ||
      state.log.hasCommittedToHandOut ||
      this.#hasNewHardState
    );
  }

  ready(): Ready {
    const state = this.#state;
    const append = this.#takeAppend();
    const committed = state.log.takeCommitted(state.limits.committedBytesMax);
    if (state.isLeader) {
      this.#releaseUncommitted(committed);
      if (state.isSendDue) sendDueAppends(state);
    } else {
      state.isSendDue = false;
    }
    const messages = state.outbox;
    state.outbox = [];
    return { append, committed, messages };
  }

  /** The append of this sequence, and all before it, are durable. */
  storageAppended(sequence: number): void {
    assert(sequence <= this.#lastSequence, `append ${sequence} was never handed out`);
    this.#durableSequence = Math.max(this.#durableSequence, sequence);
    const state = this.#state;
    state.log.written(sequence);
    if (state.isLeader) onOwnLogDurable(state);
    while (this.#held[0] !== undefined && this.#held[0].sequence <= sequence) {
      const { messages } = this.#held[0];
      this.#held.shift();
      this.#release(messages);
    }
  }

  /** Every committed entry up to the index has been applied. */
  applied(index: number): void {
    this.#state.log.applied(index);
    leaveJointWhenDue(this.#state);
  }

  /**
   * Asks a leader to let the group sleep: nobody ticks, no heartbeats. `isLive` says which peers are up;
   * those that are not may lag behind, and must be woken for when they come back. False when there is
   * still something to do.
   */
  quiesce(isLive: (peer: PeerId) => boolean): boolean {
    const state = this.#state;
    const { log } = state;
    if (state.isQuiescent) return true;
    const isIdle =
      state.isLeader &&
      state.transferee === nobody &&
      !isJoint(state.configuration) &&
      log.lastIndex === log.commitIndex &&
      log.lastIndex === log.appliedIndex &&
      !this.hasReady();
    if (!isIdle) return false;
    const others = [...state.progress.values()].filter((progress) => progress.peer !== state.self);
    const awake = others.filter((progress) => isLive(progress.peer));
    if (awake.some((progress) => progress.match !== log.lastIndex)) return false;
    for (const progress of awake) sendHeartbeat(state, progress, true);
    state.isQuiescent = true;
    return true;
  }

  /** Ends the sleep here, and on a leader everywhere. */
  wake(): void {
    this.#stopQuiescence();
  }

  get self(): PeerId {
    return this.#state.self;
  }

  get role(): Role {
    return this.#state.role;
  }

  get term(): number {
    return this.#state.term;
  }

  /** Who leads in this term as far as we know; `nobody` when we do not. */
  get leader(): PeerId {
    return this.#state.leader;
  }

  get lastIndex(): number {
    return this.#state.log.lastIndex;
  }

  get commitIndex(): number {
    return this.#state.log.commitIndex;
  }

  get appliedIndex(): number {
    return this.#state.log.appliedIndex;
  }

  get isQuiescent(): boolean {
    return this.#state.isQuiescent;
  }

  get configuration(): Configuration {
    return this.#state.configuration;
  }

  /** Whether the peer counts toward this leader's lease; see StoreSupport. */
  isSupportedBy(peer: PeerId): boolean {
    return isSupportedBy(this.#state, peer);
  }

  /** How far each follower is: what a leader may truncate its log by. */
  *peers(): Iterable<PeerStatus> {
    const { progress, configuration } = this.#state;
    for (const follower of progress.values()) {
      const { peer, match, next, state, isActive, inFlightCount } = follower;
      yield {
        peer,
        isLearner: configuration.learners.includes(peer),
        match,
        next,
        state,
        isActive,
        isSupporting: this.isSupportedBy(peer),
        inFlightMessages: inFlightCount,
      };
    }
  }

  status(): RaftStatus {
    const { self, role, term, vote, leader, configuration, isQuiescent, transferee, log } =
      this.#state;
    return {
      self,
      role,
      term,
      vote,
      leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      commitIndex: log.commitIndex,
      appliedIndex: log.appliedIndex,
      configuration,
      isQuiescent,
      transferee,
      peers: [...this.peers()],
    };
  }

  #dispatch(message: Message): void {
    const state = this.#state;
    switch (message.kind) {
      case "append":
      case "heartbeat":
      case "snapshot":
        assert(!state.isLeader, `${message.from} leads term ${message.term}, and so do we`);
        if (message.kind === "append") onAppend(state, message);
        else if (message.kind === "heartbeat") onHeartbeat(state, message);
        else onSnapshot(state, message);
        break;
      case "appendResponse":
        if (state.isLeader) onAppendResponse(state, message);
        break;
      case "heartbeatResponse":
        if (state.isLeader) onHeartbeatResponse(state, message);
        break;
      case "preVote":
        onPreVote(state, message);
        break;
      case "vote":
        onVote(state, message);
        break;
      case "preVoteResponse":
        // A granted one speaks of the term after ours, unless it is late.
        if (!message.granted || message.term === state.term + 1) onVoteAnswer(state, message);
        break;
      case "voteResponse":
        onVoteAnswer(state, message);
        break;
      case "timeoutNow":
        campaign(state, "transfer");
        break;
      case "relinquish":
        break;
    }
  }

  /** Nothing of an old term changes us; but its leader and its candidates should learn of ours. */
  #answerOldTerm(message: Message): void {
    const state = this.#state;
    switch (message.kind) {
      case "append":
      case "heartbeat":
      case "snapshot":
        state.sendWhenDurable({
          kind: "heartbeatResponse",
          from: state.self,
          to: message.from,
          term: state.term,
          supportEpoch: 0,
        });
        break;
      case "preVote":
        answerPreVote(state, message.from, undefined);
        break;
      default:
        break;
    }
  }

  #refuseProposal(commandBytes: number): DropReason | undefined {
    const state = this.#state;
    if (!state.isLeader) return "notLeader";
    if (!state.isVoter) return "removed";
    if (state.transferee !== nobody || state.hasTimeoutNowLeft) return "transferring";
    const wouldBe = state.uncommittedBytes + commandBytes;
    if (state.uncommittedBytes > 0 && wouldBe > state.limits.uncommittedBytesMax) {
      return "tooMuchUncommitted";
    }
    return undefined;
  }

  get #hasNewHardState(): boolean {
    const { term, vote } = this.#state;
    return term !== this.#writtenTerm || vote !== this.#writtenVote;
  }

  /**
   * A new commit index alone is not worth a write: a restart finds it out again. But it goes with every
   * change of the configuration: whoever holds that entry must know after a restart that the change before
   * it is committed. Two changes behind, it could win an election among members that are long gone.
   */
  #takeAppend(): StorageAppend | undefined {
    const state = this.#state;
    const { log, term, vote } = state;
    if (!this.#hasNewHardState && !log.hasUnwritten) {
      this.#holdOrRelease();
      return undefined;
    }
    const sequence = ++this.#lastSequence;
    const { snapshot, entries } = log.takeUnwritten(sequence);
    const needsHardState =
      this.#hasNewHardState || entries.some((entry) => entry.kind === "configuration");
    this.#writtenTerm = term;
    this.#writtenVote = vote;
    this.#holdOrRelease();
    return {
      sequence,
      hardState: needsHardState ? { term, vote, commit: log.commitIndex } : undefined,
      snapshot,
      entries,
    };
  }

  /** Held messages wait for the last append that was handed out, if that is not durable yet. */
  #holdOrRelease(): void {
    const state = this.#state;
    if (state.held.length === 0) return;
    const messages = state.held;
    state.held = [];
    if (this.#durableSequence === this.#lastSequence) this.#release(messages);
    else this.#held.push({ sequence: this.#lastSequence, messages });
  }

  #release(messages: readonly Message[]): void {
    const state = this.#state;
    for (const message of messages) {
      if (message.to !== state.self) state.send(message);
      else if (message.term === state.term) this.#dispatch(message);
    }
  }

  #releaseUncommitted(committed: readonly Entry[]): void {
    const state = this.#state;
    if (state.uncommittedBytes === 0) return;
    let bytes = 0;
    for (const entry of committed) bytes += entryBytes(entry);
    // Entries of earlier terms were never counted.
    state.uncommittedBytes = Math.max(0, state.uncommittedBytes - bytes);
  }

  #stopQuiescence(): void {
    const state = this.#state;
    if (!state.isQuiescent) return;
    state.isQuiescent = false;
    state.electionElapsed = 0;
    // The next tick of a leader sends heartbeats, which wake the others.
    state.heartbeatElapsed = state.limits.heartbeatTicks;
  }
}

/** Pre-votes and grants of them speak of a term that nobody has entered yet. */
function movesTerm(message: Message): boolean {
  return message.kind !== "preVote" && !(message.kind === "preVoteResponse" && message.granted);
}

/** Late answers to a leader, and its own request to sleep, let the group sleep on. */
function endsQuiescence(state: RaftState, message: Message): boolean {
  if (message.term > state.term) return true;
  if (message.kind === "heartbeat") return !message.quiesce;
  return message.kind !== "appendResponse" || message.rejected;
}
