import type { Configuration } from "./configuration.ts";
import type { LogStorage } from "./log-storage.ts";
import type { HardState, PeerId } from "./message.ts";

/**
 * What this node knows about liveness between stores, asked at the moment it matters.
 *
 * An epoch numbers one unbroken stretch of support of one store for another: it is positive, and
 * grows each time support lapsed and was given anew. A leader holds its lease through a follower only
 * while that follower has answered it, in the leader's term, under the epoch that still runs: so a
 * follower that helped somebody else in between is not counted by mistake.
 */
export interface StoreSupport {
  /** The epoch in which this store supports the peer's store at this instant; 0 when it does not. */
  givenTo(peer: PeerId): number;
  /** The epoch in which the peer's store supports this store, as far as we know; 0 when it does not. */
  receivedFrom(peer: PeerId): number;
  /** False while a restarted store cannot know whom it supported in its previous life. */
  mayVote(): boolean;
}

export interface RaftOptions {
  readonly self: PeerId;
  readonly storage: LogStorage;
  /** As read from disk; undefined for a replica that never wrote one. */
  readonly hardState: HardState | undefined;
  /** The configuration as of `appliedIndex`. */
  readonly configuration: Configuration;
  /** What the state machine has durably applied; never below storage.firstIndex - 1. */
  readonly appliedIndex: number;
  /** A uniform integer in [0, bound): spreads the election timeouts. */
  readonly randomInteger: (bound: number) => number;
  readonly limits?: Partial<RaftLimits>;
  /** Without it, a voter refuses others for as long as it has heard from a leader lately. */
  readonly support?: StoreSupport | undefined;
}

export interface RaftLimits {
  /** A follower campaigns after this many ticks of silence, plus up to as many again. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Bound of the entries in one append message; one entry always fits. */
  readonly messageBytesMax: number;
  /** Bounds of what is on the way to one follower and not answered. */
  readonly inFlightMessagesMax: number;
  readonly inFlightBytesMax: number;
  /** Proposals are dropped while this much is proposed and not committed. */
  readonly uncommittedBytesMax: number;
  /** Bound of the committed entries in one Ready; one entry always fits. */
  readonly committedBytesMax: number;
}

export const defaultLimits: RaftLimits = {
  electionTicks: 10,
  heartbeatTicks: 2,
  messageBytesMax: 256 * 1024,
  inFlightMessagesMax: 256,
  inFlightBytesMax: 16 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  committedBytesMax: 4 * 1024 * 1024,
};
