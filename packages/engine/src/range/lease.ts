import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import {
  compareTimestamps,
  isBefore,
  maxTimestamp,
  zeroTimestamp,
  type Timestamp,
} from "#base/hlc.ts";
import type { NodeId, ReplicaId } from "#base/ids.ts";

/**
 * The right to serve a range. A leader proposes one as the first command of its term and serves
 * once that is applied; it holds until the leader loses a quorum of the stores that support it.
 *
 * - `sequence` is the leader's term, so it grows from lease to lease. A command proposed under any but
 *   the lease in force when it is applied does nothing.
 * - `start` is the holder's clock when it proposed the lease, above every timestamp that an earlier
 *   holder served: nothing is written at or below it under this lease.
 */
export interface Lease {
  readonly sequence: number;
  readonly replicaId: ReplicaId;
  readonly nodeId: NodeId;
  readonly start: Timestamp;
}

/** Before the first lease of a range. */
export const noLease: Lease = {
  sequence: 0,
  replicaId: 0,
  nodeId: 0,
  start: zeroTimestamp,
};

/** A set of voters that decides by majority; a joint configuration has two. */
export type VoterSet = readonly ReplicaId[];

/**
 * The first instant at which fewer than a quorum support the leader: the quorum-th largest of the
 * instants granted. The leader counts as always supporting itself. In a joint configuration both
 * majorities are needed, so the earlier instant counts. An empty set decides nothing.
 */
export function leaseExpiration(
  self: ReplicaId,
  voterSets: readonly VoterSet[],
  supportedUntil: (peer: ReplicaId) => Timestamp | undefined,
): Timestamp {
  let expiration = maxTimestamp;
  for (const voters of voterSets) {
    if (voters.length === 0) continue;
    const instants = voters
      .map((peer) => (peer === self ? maxTimestamp : (supportedUntil(peer) ?? zeroTimestamp)))
      .sort((a, b) => compareTimestamps(b, a));
    const quorum = Math.floor(voters.length / 2) + 1;
    const instant = instants[quorum - 1] ?? zeroTimestamp;
    if (isBefore(instant, expiration)) expiration = instant;
  }
  return expiration;
}

const formatVersion = 1;

export function encodeLease(lease: Lease): Uint8Array {
  return new ByteWriter()
    .u8(formatVersion)
    .varint(lease.sequence)
    .varint(lease.replicaId)
    .varint(lease.nodeId)
    .timestamp(lease.start)
    .finish();
}

export function decodeLease(bytes: Uint8Array): Lease {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== formatVersion) throw new MalformedBytes(`lease format ${version}`);
  const lease: Lease = {
    sequence: reader.varint(),
    replicaId: reader.varint(),
    nodeId: reader.varint(),
    start: reader.timestamp(),
  };
  reader.expectEnd();
  return lease;
}
