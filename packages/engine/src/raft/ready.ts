import type { Configuration } from "./configuration.ts";
import type { Entry, HardState, Message, PeerId, SnapshotMetadata } from "./message.ts";

/**
 * What the machine wants done, taken out of it by `ready()`. The parts may be carried out at the same
 * time, under these rules:
 *
 * - `messages` may leave at once. Whatever vouches for something on disk is held back inside until
 *   `storageAppended` says it is there, and comes out of a later Ready.
 * - `append`s are written in the order they were given; `storageAppended(sequence)` also answers for
 *   all before it.
 * - `committed` is applied in order; `applied(index)` may lag behind.
 */
export interface Ready {
  readonly append: StorageAppend | undefined;
  /** Durable here and committed, not handed out before. */
  readonly committed: readonly Entry[];
  readonly messages: readonly Message[];
}

/** One atomic write to the replica's log. */
export interface StorageAppend {
  readonly sequence: number;
  /** To be written along; undefined when unchanged. */
  readonly hardState: HardState | undefined;
  /** Replaces the whole log and the state machine, before `entries`. */
  readonly snapshot: SnapshotMetadata | undefined;
  /** Replaces whatever the log holds from entries[0].index on. */
  readonly entries: readonly Entry[];
}

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

export type ProposeOutcome =
  | { readonly kind: "accepted"; readonly index: number; readonly term: number }
  | { readonly kind: "dropped"; readonly reason: DropReason };

export type DropReason =
  | "notLeader"
  /** Leadership is being handed over. */
  | "transferring"
  /** As much is uncommitted as `uncommittedBytesMax` allows: back off. */
  | "tooMuchUncommitted"
  /** The leader is no longer a member. */
  | "removed"
  /** A change is still unapplied, or this one does not fit the present configuration. */
  | "configurationBusy"
  | "configurationInvalid";

/** How far a follower is, as the leader sees it. */
export interface PeerStatus {
  readonly peer: PeerId;
  readonly isLearner: boolean;
  /** Durable on the peer up to here. */
  readonly match: number;
  readonly next: number;
  readonly state: "probe" | "replicate" | "snapshot";
  /** Has answered since the last check of the quorum. */
  readonly isActive: boolean;
  /** The follower counts toward the leader's lease; see StoreSupport. Always so for the leader. */
  readonly isSupporting: boolean;
  readonly inFlightMessages: number;
}

export interface RaftStatus {
  readonly self: PeerId;
  readonly role: Role;
  readonly term: number;
  readonly vote: PeerId;
  readonly leader: PeerId;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly configuration: Configuration;
  readonly isQuiescent: boolean;
  /** Whom leadership is being handed to; `nobody` otherwise. */
  readonly transferee: PeerId;
  /** Empty unless this replica leads. */
  readonly peers: readonly PeerStatus[];
}
