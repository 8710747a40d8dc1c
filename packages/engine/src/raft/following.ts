import { assert } from "#base/assert.ts";
import { isMember } from "./configuration.ts";
import { followLeader } from "./election.ts";
import type { AppendMessage, HeartbeatMessage, PeerId, SnapshotMessage } from "./message.ts";
import type { RaftState } from "./state.ts";

/** What a follower does with the messages of the leader of its term. */

export function onAppend(state: RaftState, message: AppendMessage): void {
  followLeader(state, message.from);
  const { log } = state;
  const { previousIndex, previousTerm, entries } = message;
  if (previousIndex < log.commitIndex) {
    // A late copy. Up to our commit index we agree with every leader.
    accept(state, message.from, log.commitIndex);
  } else if (log.matches(previousIndex, previousTerm)) {
    assertFollows(message);
    log.append(entries);
    const lastIndex = previousIndex + entries.length;
    log.commitTo(Math.min(message.commit, lastIndex));
    accept(state, message.from, lastIndex);
  } else {
    const hint = log.lastPossibleMatch({ index: previousIndex, term: previousTerm });
    state.send({
      kind: "appendResponse",
      from: state.self,
      to: message.from,
      term: state.term,
      index: previousIndex,
      rejected: true,
      hintIndex: hint.index,
      hintTerm: hint.term,
      supportEpoch: state.promise?.epoch ?? 0,
    });
  }
}

export function onHeartbeat(state: RaftState, message: HeartbeatMessage): void {
  followLeader(state, message.from);
  const { log } = state;
  log.commitTo(message.commit);
  if (message.quiesce && log.lastIndex === message.commit) {
    state.isQuiescent = true;
    return;
  }
  state.send({
    kind: "heartbeatResponse",
    from: state.self,
    to: message.from,
    term: state.term,
    supportEpoch: state.promise?.epoch ?? 0,
  });
}

export function onSnapshot(state: RaftState, message: SnapshotMessage): void {
  followLeader(state, message.from);
  const { log } = state;
  const { snapshot } = message;
  if (snapshot.index <= log.commitIndex || !isMember(snapshot.configuration, state.self)) {
    accept(state, message.from, log.commitIndex);
  } else if (log.matches(snapshot.index, snapshot.term)) {
    // We hold the entries after all; applying them is cheaper than starting over.
    log.commitTo(snapshot.index);
    accept(state, message.from, log.commitIndex);
  } else {
    log.restore(snapshot);
    state.configuration = snapshot.configuration;
    accept(state, message.from, snapshot.index);
  }
}

function accept(state: RaftState, leader: PeerId, index: number): void {
  state.sendWhenDurable({
    kind: "appendResponse",
    from: state.self,
    to: leader,
    term: state.term,
    index,
    rejected: false,
    hintIndex: 0,
    hintTerm: 0,
    supportEpoch: state.promise?.epoch ?? 0,
  });
}

function assertFollows({ previousIndex, previousTerm, entries }: AppendMessage): void {
  let index = previousIndex;
  let term = previousTerm;
  for (const entry of entries) {
    assert(entry.index === index + 1, `entry ${entry.index} does not follow ${index}`);
    assert(entry.term >= term, `term fell from ${term} to ${entry.term}`);
    ({ index, term } = entry);
  }
}
