import type { Timestamp } from "#base/hlc.ts";
import type { NodeId } from "#base/ids.ts";
import type { Cancel } from "#runtime/ports.ts";

/** Support that this store receives from another: until when, and in which unbroken stretch. */
export interface ReceivedSupport {
  readonly epoch: number;
  /** The instant that this store asked for, by the clock that all nodes share. */
  readonly until: Timestamp;
}

/**
 * Who vouches for whom between the stores of a cluster. Leases stand on it (see lease.ts).
 *
 * An epoch numbers one unbroken stretch of support; it is positive and grows each time support
 * lapsed and was given anew, also across restarts of the giver.
 */
export interface StoreLiveness {
  /** The epoch in which this store supports the peer's store now; 0 when it does not. */
  supportGivenTo(node: NodeId): number;
  /** The last support that the peer's store gave this one; undefined when it never did. */
  supportReceivedFrom(node: NodeId): ReceivedSupport | undefined;
  /** False while a restarted store cannot know whom its previous life supported. */
  mayVote(): boolean;
  /** Heard from lately enough to wait for. */
  isLive(node: NodeId): boolean;
  /** Called when this store no longer supports the peer's store. */
  onSupportWithdrawn(handler: (node: NodeId) => void): Cancel;
  /** Called when a peer came, went silent or changed its health. */
  onChange(handler: () => void): Cancel;
}
