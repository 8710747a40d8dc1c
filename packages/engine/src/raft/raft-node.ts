import type { Configuration, ConfigurationChange } from "./configuration.ts";
import type { Message, PeerId } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import type { ProposeOutcome, RaftStatus, Ready, Role } from "./ready.ts";

/**
 * One member of a Raft group as a pure state machine: inputs are the methods below, output is what
 * `ready()` returns. It does no I/O, keeps no clock and makes no promises; the same inputs give the
 * same outputs.
 *
 * The loop around it: give it input; while `hasReady()`, take `ready()`, send its messages, start its
 * append (then `storageAppended`), apply its committed entries (then `applied`).
 *
 * Ongaro, "Consensus: Bridging Theory and Practice", 2014: pre-vote 9.6, check-quorum 6.2, leadership
 * transfer 3.10, joint consensus 4.3, snapshots 5. The shape is that of etcd's raft package.
 */
export declare class RaftNode {
  constructor(options: RaftOptions);

  /** Takes a message from a peer. Any order, loss and repetition is fine. */
  step(message: Message): void;
  /** One unit of time has passed. A quiescent node need not be ticked. */
  tick(): void;

  /** The entry is in the log when this returns; it may still be lost to another leader. */
  propose(command: Uint8Array): ProposeOutcome;
  proposeConfigurationChange(change: ConfigurationChange): ProposeOutcome;
  /**
   * To be called while applying a committed `configuration` entry, before `applied` of its index, with
   * what decodeConfigurationChange gives. Returns the configuration to store beside the applied index.
   */
  applyConfigurationChange(change: ConfigurationChange): Configuration;

  /** Starts an election without waiting for the timeout. Honours the support it has given. */
  campaign(): void;
  /** Hands leadership to a voter. False when this replica does not lead or the peer cannot. */
  transferLeadership(to: PeerId): boolean;

  /** A message to the peer was lost for sure. */
  reportUnreachable(peer: PeerId): void;
  /** How sending the snapshot of a `snapshot` message went. */
  reportSnapshot(peer: PeerId, outcome: "finished" | "failed"): void;

  hasReady(): boolean;
  ready(): Ready;
  /** The append of this sequence, and all before it, are durable. */
  storageAppended(sequence: number): void;
  /** Every committed entry up to the index has been applied. */
  applied(index: number): void;

  /**
   * Asks a leader to let the group sleep: nobody ticks, no heartbeats. `isLive` says which peers are up;
   * those that are not may lag behind. False when there is still something to do.
   */
  quiesce(isLive: (peer: PeerId) => boolean): boolean;
  /** Ends the sleep here, and on a leader everywhere. */
  wake(): void;

  readonly self: PeerId;
  readonly role: Role;
  readonly term: number;
  /** Who leads in this term as far as we know; `nobody` when we do not. */
  readonly leader: PeerId;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly isQuiescent: boolean;
  readonly configuration: Configuration;
  /** Followers that count toward this leader's lease; see StoreSupport. */
  isSupportedBy(peer: PeerId): boolean;
  status(): RaftStatus;
}
