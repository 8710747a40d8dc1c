import type { Configuration } from "./configuration.ts";

/**
 * Names one life of one member of a group. Never reused within the group, so that a message to a
 * replica that was removed cannot reach the one that came after it. From 1; 0 means nobody.
 */
export type PeerId = number;

export const nobody: PeerId = 0;

/** `configuration` entries carry an encoded ConfigurationChange in `command`. */
export type EntryKind = "command" | "configuration";

/**
 * One place in the replicated log. Two logs that hold an entry with the same index and term hold
 * the same entries up to there. An empty command is what a new leader writes first.
 */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly command: Uint8Array;
}

/**
 * What must be durable before any message of its term leaves the node. `commit` may lag behind what is
 * committed, but never behind the last change of the configuration before one that is in the log.
 */
export interface HardState {
  readonly term: number;
  /** Who got our vote in this term; `nobody` when no one did. */
  readonly vote: PeerId;
  readonly commit: number;
}

/** The state of the machine after every entry up to `index`. The data travels on another channel. */
export interface SnapshotMetadata {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

interface MessageBase {
  readonly from: PeerId;
  readonly to: PeerId;
  /** The sender's term; for a pre-vote and a granted answer to it, the term that would come. */
  readonly term: number;
}

/** Entries that follow `previous`. Carries no entries when it only probes or moves the commit index. */
export interface AppendMessage extends MessageBase {
  readonly kind: "append";
  readonly previousIndex: number;
  readonly previousTerm: number;
  readonly commit: number;
  readonly entries: readonly Entry[];
}

/**
 * Accepted: the sender durably holds the leader's log up to `index`. Rejected: it does not hold the
 * leader's entry at `index`, and `hintIndex`/`hintTerm` name the last place where the logs may agree.
 */
export interface AppendResponseMessage extends MessageBase {
  readonly kind: "appendResponse";
  readonly index: number;
  readonly rejected: boolean;
  readonly hintIndex: number;
  readonly hintTerm: number;
  /** As in HeartbeatResponseMessage. */
  readonly supportEpoch: number;
}

export interface HeartbeatMessage extends MessageBase {
  readonly kind: "heartbeat";
  readonly commit: number;
  /** Asks the receiver to stop ticking, if its log ends exactly at `commit`. */
  readonly quiesce: boolean;
}

export interface HeartbeatResponseMessage extends MessageBase {
  readonly kind: "heartbeatResponse";
  /**
   * While the sender's store supports the leader's store in this epoch, the sender helps nobody else
   * to become leader. 0 promises nothing.
   */
  readonly supportEpoch: number;
}

/** Asks whether a vote would be granted, without disturbing anyone's term. Ongaro's thesis, 9.6. */
export interface PreVoteMessage extends MessageBase {
  readonly kind: "preVote";
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/**
 * Tells how far the sender knows the log to be committed: a candidate may hold the entry that makes it
 * the only voter without knowing that it counts, while those who know are no longer voters.
 */
export interface PreVoteResponseMessage extends MessageBase {
  readonly kind: "preVoteResponse";
  readonly granted: boolean;
  readonly commit: number;
  readonly commitTerm: number;
}

export interface VoteMessage extends MessageBase {
  readonly kind: "vote";
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader itself asked for this election, so it does not count as a disturbance. */
  readonly isTransfer: boolean;
}

export interface VoteResponseMessage extends MessageBase {
  readonly kind: "voteResponse";
  readonly granted: boolean;
}

/**
 * Restores the receiver to `snapshot`. Whoever carries it streams the data first, and hands this
 * message to the receiver's `step` with the metadata of what was really sent.
 */
export interface SnapshotMessage extends MessageBase {
  readonly kind: "snapshot";
  readonly snapshot: SnapshotMetadata;
}

/** From a leader that hands over: campaign at once. Ongaro's thesis, 3.10. */
export interface TimeoutNowMessage extends MessageBase {
  readonly kind: "timeoutNow";
}

/**
 * The sender does not lead in any term up to `term`, so nobody need hold on to a promise made to it as
 * leader of one. Sent until another leader is known.
 */
export interface RelinquishMessage extends MessageBase {
  readonly kind: "relinquish";
}

export type Message =
  | AppendMessage
  | AppendResponseMessage
  | HeartbeatMessage
  | HeartbeatResponseMessage
  | PreVoteMessage
  | PreVoteResponseMessage
  | VoteMessage
  | VoteResponseMessage
  | SnapshotMessage
  | TimeoutNowMessage
  | RelinquishMessage;

/** What an entry is charged against every bound in bytes. */
export function entryBytes(entry: Entry): number {
  return entry.command.length + entryOverheadBytes;
}

/** Index, term, kind and length, roughly as they are encoded; also keeps empty entries from being free. */
const entryOverheadBytes = 12;
