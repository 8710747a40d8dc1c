import { isJoint, type Configuration } from "./configuration.ts";
import type { PeerId } from "./message.ts";

export type VoteResult = "won" | "lost" | "pending";

/** How many of a group of voters decide for it. */
export function majority(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/** Whether the peers that have it include a majority of each half of the configuration. */
export function hasQuorum(configuration: Configuration, has: (peer: PeerId) => boolean): boolean {
  return voteResult(configuration, (peer) => has(peer)) === "won";
}

/** Where an election stands. `voteOf` is undefined while the peer has not answered. */
export function voteResult(
  configuration: Configuration,
  voteOf: (peer: PeerId) => boolean | undefined,
): VoteResult {
  const incoming = majorityResult(configuration.voters, voteOf);
  if (!isJoint(configuration)) return incoming;
  const outgoing = majorityResult(configuration.votersOutgoing, voteOf);
  if (incoming === outgoing) return incoming;
  return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
}

/**
 * The greatest value that a quorum has reached: of the value per voter, the one that a majority of each
 * half is at or above. With match indexes it is what may be committed, with the ends of support it is
 * the end of the leader's lease. Undefined when a half has no voters.
 */
export function quorumValue<Value>(
  configuration: Configuration,
  valueOf: (peer: PeerId) => Value,
  compare: (a: Value, b: Value) => number,
): Value | undefined {
  const incoming = majorityValue(configuration.voters, valueOf, compare);
  if (!isJoint(configuration)) return incoming;
  const outgoing = majorityValue(configuration.votersOutgoing, valueOf, compare);
  if (incoming === undefined || outgoing === undefined) return undefined;
  return compare(incoming, outgoing) <= 0 ? incoming : outgoing;
}

/** The index up to which a quorum holds the log. */
export function quorumIndex(
  configuration: Configuration,
  matchOf: (peer: PeerId) => number,
): number {
  return quorumValue(configuration, matchOf, (a, b) => a - b) ?? 0;
}

function majorityResult(
  voters: readonly PeerId[],
  voteOf: (peer: PeerId) => boolean | undefined,
): VoteResult {
  const needed = majority(voters.length);
  let granted = 0;
  let open = 0;
  for (const voter of voters) {
    const vote = voteOf(voter);
    if (vote === true) granted++;
    else if (vote === undefined) open++;
  }
  if (granted >= needed) return "won";
  return granted + open >= needed ? "pending" : "lost";
}

function majorityValue<Value>(
  voters: readonly PeerId[],
  valueOf: (peer: PeerId) => Value,
  compare: (a: Value, b: Value) => number,
): Value | undefined {
  const values = voters.map(valueOf);
  values.sort((a, b) => compare(b, a));
  return values[majority(voters.length) - 1];
}
