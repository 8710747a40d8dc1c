import { isBefore, zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import type { ReplicaId } from "#base/ids.ts";
import type { RaftNode } from "#raft/raft-node.ts";
import { leaseExpiration, type VoterSet } from "./lease.ts";

/**
 * Knows until when the leader may serve. A quorum of promises, once given, stands until its instant
 * whatever comes after, so the answer is worked out anew only when it does not reach far enough.
 *
 * What shortens it must call `forget`: a new term, a change of the members, a transfer.
 */
export class LeaseKeeper {
  readonly #raft: RaftNode;
  readonly #supportedUntil: (peer: ReplicaId) => Timestamp | undefined;
  #expiration: Timestamp = zeroTimestamp;
  #prospectiveVoters: VoterSet = [];
  #isTransferring = false;

  constructor(raft: RaftNode, supportedUntil: (peer: ReplicaId) => Timestamp | undefined) {
    this.#raft = raft;
    this.#supportedUntil = supportedUntil;
  }

  /**
   * True when no other leader can have served or can come to serve at this time or before. Readers
   * ask with the limit of their uncertainty: in the last moments of a lease (its stasis) a value could
   * be served that the next holder finds uncertain.
   */
  covers(timestamp: Timestamp): boolean {
    if (!this.#isTransferring && isBefore(timestamp, this.#expiration)) return true;
    this.#expiration = this.#compute();
    return isBefore(timestamp, this.#expiration);
  }

  /** As of now; a moment in the past when this replica does not lead. */
  get expiration(): Timestamp {
    return this.#compute();
  }

  /** A new term begins, here or elsewhere. */
  forget(): void {
    this.#expiration = zeroTimestamp;
    this.#prospectiveVoters = [];
    this.#isTransferring = false;
  }

  /** From now on another replica may be told to campaign, in spite of all support. */
  startTransfer(): void {
    this.#isTransferring = true;
    this.#expiration = zeroTimestamp;
  }

  /**
   * A change of the voters is on its way. Others may apply it before we do and elect among
   * themselves, so from now on both sets of voters must support us.
   */
  expectVoters(voters: VoterSet): void {
    this.#expiration = zeroTimestamp;
    this.#prospectiveVoters = voters;
  }

  configurationApplied(): void {
    this.#expiration = zeroTimestamp;
    this.#prospectiveVoters = [];
  }

  #compute(): Timestamp {
    const raft = this.#raft;
    if (raft.role !== "leader" || !raft.isSupportedBy(raft.self)) return zeroTimestamp;
    const { voters, votersOutgoing } = raft.configuration;
    return leaseExpiration(raft.self, [voters, votersOutgoing, this.#prospectiveVoters], (peer) =>
      raft.isSupportedBy(peer) ? this.#supportedUntil(peer) : undefined,
    );
  }
}
