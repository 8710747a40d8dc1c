import { votersOf } from "./configuration.ts";
import {
  entryBytes,
  nobody,
  type AppendResponseMessage,
  type EntryKind,
  type HeartbeatResponseMessage,
  type PeerId,
} from "./message.ts";
import type { Progress } from "./progress.ts";
import { hasQuorum, quorumIndex } from "./quorum.ts";
import type { RaftState } from "./state.ts";

/** What a leader does: send the log, count what is durable, keep its followers, hand over. */

const noCommand = new Uint8Array(0);

export function startLeading(state: RaftState): void {
  state.becomeLeader();
  // Raft 5.4.2: entries of earlier terms are committed by committing one of ours.
  appendAsLeader(state, "command", noCommand);
}

/** The leader's own log grows; followers get it with the next Ready. */
export function appendAsLeader(state: RaftState, kind: EntryKind, command: Uint8Array): number {
  const index = state.log.lastIndex + 1;
  const entry = { index, term: state.term, kind, command };
  state.log.push(entry);
  state.uncommittedBytes += entryBytes(entry);
  state.isSendDue = true;
  return index;
}

export function tickLeader(state: RaftState): void {
  const { limits } = state;
  if (++state.electionElapsed >= limits.electionTicks) {
    state.electionElapsed = 0;
    const mayStillBeDeposed = state.hasTimeoutNowLeft;
    state.transferee = nobody;
    if (mayStillBeDeposed || !isBackedByQuorum(state)) {
      // After a failed transfer as well: only a new term gives back a sound lease.
      state.becomeFollower(state.term, nobody);
      return;
    }
    for (const progress of state.progress.values()) {
      progress.isActive = progress.peer === state.self;
    }
  }
  if (++state.heartbeatElapsed >= limits.heartbeatTicks) {
    state.heartbeatElapsed = 0;
    broadcastHeartbeat(state);
  } else {
    // A follower whose log is complete learns of the last commit without waiting for more entries.
    for (const progress of state.progress.values()) {
      if (knownCommit(state, progress) > progress.sentCommit) sendHeartbeat(state, progress, false);
    }
  }
}

/** Ongaro's thesis, 6.2: a leader that does not reach a quorum must not keep clients waiting. */
function isBackedByQuorum(state: RaftState): boolean {
  const { configuration, progress } = state;
  if (!hasQuorum(configuration, (peer) => progress.get(peer)?.isActive === true)) return false;
  return (
    state.support === undefined || hasQuorum(configuration, (peer) => isSupportedBy(state, peer))
  );
}

/** See StoreSupport. A leader that told somebody to take over has given up all support. */
export function isSupportedBy(state: RaftState, peer: PeerId): boolean {
  if (!state.isLeader || state.hasTimeoutNowLeft) return false;
  if (peer === state.self) return true;
  const epoch = state.progress.get(peer)?.supportEpoch ?? 0;
  return epoch !== 0 && state.support?.receivedFrom(peer) === epoch;
}

function broadcastHeartbeat(state: RaftState): void {
  for (const progress of state.progress.values()) sendHeartbeat(state, progress, false);
}

export function sendHeartbeat(state: RaftState, progress: Progress, quiesce: boolean): void {
  if (progress.peer === state.self) return;
  const commit = knownCommit(state, progress);
  progress.sentCommit = Math.max(progress.sentCommit, commit);
  state.send({
    kind: "heartbeat",
    from: state.self,
    to: progress.peer,
    term: state.term,
    commit,
    quiesce,
  });
}

/** What a follower may take for committed in its own log: nothing that we do not know to be ours there. */
function knownCommit(state: RaftState, progress: Progress): number {
  return Math.min(state.log.commitIndex, progress.match);
}

/** Sends everybody what the window allows. Runs once per Ready, so that proposals travel together. */
export function sendDueAppends(state: RaftState): void {
  state.isSendDue = false;
  const lastIndex = state.log.lastIndex;
  for (const progress of state.progress.values()) {
    if (progress.peer === state.self) continue;
    while (progress.canSend && progress.next <= lastIndex) {
      if (!sendAppend(state, progress)) break;
    }
  }
}

/** One message with the next entries. False when the follower needs a snapshot instead. */
function sendAppend(state: RaftState, progress: Progress): boolean {
  const { log, limits } = state;
  const previousIndex = progress.next - 1;
  const previousTerm = log.term(previousIndex);
  if (previousTerm === undefined || progress.next < log.firstIndex) {
    sendSnapshot(state, progress);
    return false;
  }
  const entries = log.entries(progress.next, log.lastIndex + 1, limits.messageBytesMax);
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  progress.sent(previousIndex + entries.length, bytes);
  progress.sentCommit = log.commitIndex;
  state.send({
    kind: "append",
    from: state.self,
    to: progress.peer,
    term: state.term,
    previousIndex,
    previousTerm,
    commit: log.commitIndex,
    entries,
  });
  return true;
}

function sendSnapshot(state: RaftState, progress: Progress): void {
  // A follower that does not answer would not take it in either.
  if (!progress.isActive) return;
  const snapshot = state.log.snapshot();
  if (snapshot === undefined) return;
  progress.becomeSnapshot(snapshot.index);
  state.send({
    kind: "snapshot",
    from: state.self,
    to: progress.peer,
    term: state.term,
    snapshot,
  });
}

export function onAppendResponse(state: RaftState, message: AppendResponseMessage): void {
  const progress = state.progress.get(message.from);
  if (progress === undefined) return;
  progress.isActive = true;
  progress.supportEpoch = message.supportEpoch;
  if (message.rejected) {
    // Our own log may diverge from the follower's earlier than its hint says.
    const hint =
      message.hintTerm === 0
        ? message.hintIndex
        : state.log.lastPossibleMatch({ index: message.hintIndex, term: message.hintTerm }).index;
    if (progress.rejected(message.index, hint)) state.isSendDue = true;
    return;
  }
  const isNews = progress.acknowledged(message.index);
  const hasCaughtUp =
    progress.state === "probe" ||
    (progress.state === "snapshot" && progress.match + 1 >= state.log.firstIndex);
  if (hasCaughtUp) progress.becomeReplicate();
  state.isSendDue = true;
  if (isNews) commitByQuorum(state);
  continueTransfer(state);
}

export function onHeartbeatResponse(state: RaftState, message: HeartbeatResponseMessage): void {
  const progress = state.progress.get(message.from);
  if (progress === undefined) return;
  progress.isActive = true;
  progress.supportEpoch = message.supportEpoch;
  progress.isProbeOut = false;
  state.isSendDue = true;
  // What is on its way, or a snapshot that was said to have arrived, may be lost. An empty message behind
  // it makes the follower say so.
  const isWaiting =
    progress.state === "replicate" ||
    (progress.state === "probe" && progress.next > state.log.lastIndex);
  if (isWaiting && progress.match < progress.next - 1) sendEmptyAppend(state, progress);
}

function sendEmptyAppend(state: RaftState, progress: Progress): void {
  const previousIndex = progress.next - 1;
  const previousTerm = state.log.term(previousIndex);
  if (previousTerm === undefined) {
    // What is in flight has been compacted away meanwhile; only a snapshot helps.
    progress.becomeProbe();
    return;
  }
  state.send({
    kind: "append",
    from: state.self,
    to: progress.peer,
    term: state.term,
    previousIndex,
    previousTerm,
    commit: state.log.commitIndex,
    entries: [],
  });
}

/** The leader's own log is durable up to here. */
export function onOwnLogDurable(state: RaftState): void {
  const own = state.progress.get(state.self);
  if (own === undefined) return;
  if (own.acknowledged(state.log.stableIndex)) commitByQuorum(state);
}

/** Raft 5.4.2: only an entry of our own term is committed by counting. */
export function commitByQuorum(state: RaftState): void {
  const { log } = state;
  const index = quorumIndex(state.configuration, (peer) => state.progress.get(peer)?.match ?? 0);
  if (index > log.commitIndex && log.matches(index, state.term)) log.commitTo(index);
}

export function transferLeadership(state: RaftState, to: PeerId): boolean {
  if (!state.isLeader || to === state.self) return false;
  if (!votersOf(state.configuration).includes(to)) return false;
  if (state.transferee === to) return true;
  if (state.hasTimeoutNowLeft) return false;
  state.transferee = to;
  state.electionElapsed = 0;
  state.isSendDue = true;
  continueTransfer(state);
  return true;
}

/** Once the successor holds our whole log, it may campaign. */
function continueTransfer(state: RaftState): void {
  const progress = state.progress.get(state.transferee);
  if (progress === undefined || state.hasTimeoutNowLeft) return;
  if (progress.match !== state.log.lastIndex) return;
  state.hasTimeoutNowLeft = true;
  state.send({ kind: "timeoutNow", from: state.self, to: state.transferee, term: state.term });
}
