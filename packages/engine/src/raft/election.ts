import { votersOf } from "./configuration.ts";
import {
  nobody,
  type Message,
  type PeerId,
  type PreVoteMessage,
  type PreVoteResponseMessage,
  type RelinquishMessage,
  type VoteMessage,
} from "./message.ts";
import { voteResult } from "./quorum.ts";
import { startLeading } from "./replication.ts";
import type { RaftState } from "./state.ts";

/** One tick of anyone who does not lead. */
export function tickElection(state: RaftState): void {
  const { limits } = state;
  if (state.isRelinquishing && ++state.heartbeatElapsed >= limits.heartbeatTicks) {
    state.heartbeatElapsed = 0;
    relinquish(state);
  }
  if (state.promise !== undefined) {
    if (state.isPromiseKept) {
      state.electionElapsed = 0;
      return;
    }
    // Support has ended after a long silence already: what is left to wait for is the jitter.
    state.promise = undefined;
    state.electionElapsed = limits.electionTicks;
  }
  if (++state.electionElapsed >= state.electionTimeout) {
    state.electionElapsed = 0;
    // Whoever may not campaign itself must not keep others from it for the sake of a silent leader.
    state.leader = nobody;
    campaign(state, "preVote");
  }
}

/** Starts an election, unless this replica may not lead or must not disturb the leader. */
export function campaign(state: RaftState, kind: "preVote" | "vote" | "transfer"): void {
  if (state.isLeader || !mayCampaign(state, kind)) return;
  const isPreVote = kind === "preVote";
  if (isPreVote) {
    state.becomePreCandidate();
    state.votes.set(state.self, true);
  } else {
    state.becomeCandidate();
    // Our own vote counts like any other: when it is durable. Were it lost in a crash, we could lead the
    // same term twice.
    state.sendWhenDurable({
      kind: "voteResponse",
      from: state.self,
      to: state.self,
      term: state.term,
      granted: true,
    });
  }
  const { index: lastIndex, term: lastTerm } = state.log.last;
  for (const peer of votersOf(state.configuration)) {
    if (peer === state.self) continue;
    const address = { from: state.self, to: peer, lastIndex, lastTerm };
    if (isPreVote) state.send({ ...address, kind: "preVote", term: state.term + 1 });
    else {
      const isTransfer = kind === "transfer";
      state.send({ ...address, kind: "vote", term: state.term, isTransfer });
    }
  }
  if (isPreVote) countVotes(state);
}

function mayCampaign(state: RaftState, kind: "preVote" | "vote" | "transfer"): boolean {
  if (!state.isVoter || state.log.hasPendingSnapshot) return false;
  if (state.support?.mayVote() === false) return false;
  if (kind !== "transfer" && state.isPromiseKept) return false;
  // The configuration that decides this election might not be the one we know.
  return !state.log.hasUnappliedConfiguration();
}

/**
 * Whether we must not help the candidate because a leader counts on us. A leader's lease rests on
 * this: it holds while a quorum refuses everybody else.
 */
export function isBoundToLeader(state: RaftState, message: PreVoteMessage | VoteMessage): boolean {
  if (state.support?.mayVote() === false) return true;
  if (message.kind === "vote" && message.isTransfer) return false;
  if (state.isPromiseKept) return state.promise?.leader !== message.from;
  // Ongaro's thesis, 6.2 and 9.6: a server that hears from a leader is not to be talked out of it.
  return (
    state.leader !== nobody &&
    state.leader !== message.from &&
    state.electionElapsed < state.limits.electionTicks
  );
}

/** The message's term is above ours, and we are not bound. */
export function onPreVote(state: RaftState, message: PreVoteMessage): void {
  const isGranted =
    message.term > state.term &&
    state.log.isUpToDate({ index: message.lastIndex, term: message.lastTerm });
  answerPreVote(state, message.from, isGranted ? message.term : undefined);
}

/** Grants the pre-vote for a term, or refuses it. */
export function answerPreVote(
  state: RaftState,
  candidate: PeerId,
  grantedTerm: number | undefined,
): void {
  const { log } = state;
  state.send({
    kind: "preVoteResponse",
    from: state.self,
    to: candidate,
    term: grantedTerm ?? state.term,
    granted: grantedTerm !== undefined,
    commit: log.commitIndex,
    commitTerm: log.term(log.commitIndex) ?? 0,
  });
}

/** The message's term is ours. */
export function onVote(state: RaftState, message: VoteMessage): void {
  const isFree = state.vote === message.from || (state.vote === nobody && state.leader === nobody);
  const isGranted =
    isFree && state.log.isUpToDate({ index: message.lastIndex, term: message.lastTerm });
  if (isGranted) {
    state.vote = message.from;
    state.electionElapsed = 0;
  }
  state.sendWhenDurable({
    kind: "voteResponse",
    from: state.self,
    to: message.from,
    term: state.term,
    granted: isGranted,
  });
}

/** Whatever we hold of what the sender knows to be committed is committed. */
export function learnCommit(state: RaftState, message: PreVoteResponseMessage): void {
  const { commit, commitTerm } = message;
  if (commitTerm > 0 && state.log.matches(commit, commitTerm)) state.log.commitTo(commit);
}

export function onVoteAnswer(
  state: RaftState,
  message: Message & { readonly kind: "voteResponse" | "preVoteResponse" },
): void {
  const isAwaited =
    message.kind === "voteResponse" ? state.role === "candidate" : state.role === "preCandidate";
  if (!isAwaited || state.votes.has(message.from)) return;
  state.votes.set(message.from, message.granted);
  countVotes(state);
}

function countVotes(state: RaftState): void {
  const result = voteResult(state.configuration, (peer) => state.votes.get(peer));
  if (result === "lost") {
    const wasPreVote = state.role === "preCandidate";
    state.becomeFollower(state.term, nobody);
    // Asking is cheap, and those who refused for a leader's sake may be free soon: only jitter is left.
    if (wasPreVote) state.electionElapsed = state.limits.electionTicks;
  } else if (result === "won" && state.votes.has(state.self)) {
    if (state.role === "preCandidate") campaign(state, "vote");
    else startLeading(state);
  }
}

/** A former leader frees its followers: without this they would wait for it as long as its store lives. */
function relinquish(state: RaftState): void {
  for (const peer of votersOf(state.configuration)) {
    if (peer === state.self) continue;
    state.send({ kind: "relinquish", from: state.self, to: peer, term: state.term });
  }
}

export function onRelinquish(state: RaftState, message: RelinquishMessage): void {
  const { promise } = state;
  if (promise?.leader === message.from && promise.term <= message.term) {
    state.promise = undefined;
    if (state.leader === message.from) state.leader = nobody;
  }
}

/** From the leader of our term, or of a term at which we follow it from now on. */
export function followLeader(state: RaftState, leader: PeerId): void {
  if (state.role !== "follower") state.becomeFollower(state.term, leader);
  state.leader = leader;
  state.electionElapsed = 0;
  state.isRelinquishing = false;
  const epoch = state.supportEpochFor(leader);
  if (epoch === 0) state.promise = undefined;
  else if (
    state.promise?.epoch !== epoch ||
    state.promise.leader !== leader ||
    state.promise.term !== state.term
  ) {
    state.promise = { leader, term: state.term, epoch };
  }
}
