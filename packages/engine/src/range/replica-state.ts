import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { RangeId, ReplicaId } from "#base/ids.ts";
import { configurationOf, type Configuration } from "#raft/configuration.ts";
import { readConfiguration, writeConfiguration } from "#raft/message-codec.ts";
import type { LogPosition } from "#storage/log-entry.ts";
import type { RangeStateWrite, Store } from "#storage/store.ts";
import { decodeLease, encodeLease, noLease, type Lease } from "./lease.ts";
import {
  decodeRangeDescriptor,
  encodeRangeDescriptor,
  type RangeDescriptor,
  type ReplicaDescriptor,
} from "./range-descriptor.ts";

/**
 * The records that a range keeps about itself beside its data, changed by the commands that change
 * what they say. All replicas have the same ones at the same applied index.
 */
export interface ReplicaState {
  readonly descriptor: RangeDescriptor;
  readonly configuration: Configuration;
  readonly lease: Lease;
  /** Of the last command applied under the lease. */
  readonly leaseAppliedIndex: number;
}

const names = {
  descriptor: "descriptor",
  configuration: "configuration",
  lease: "lease",
  leaseAppliedIndex: "leaseAppliedIndex",
  /** Not replicated: the position that the last snapshot installed here brought. */
  snapshot: "snapshot",
  /** Not replicated: the highest replica id that this node has left the range with. */
  removed: "removed",
} as const;

/** Undefined when the node holds no data of the range. */
export function loadReplicaState(store: Store, rangeId: RangeId): ReplicaState | undefined {
  return replicaStateFrom((name) => store.rangeState(rangeId, name));
}

export function replicaStateFrom(
  read: (name: string) => Uint8Array | undefined,
): ReplicaState | undefined {
  const descriptor = read(names.descriptor);
  const configuration = read(names.configuration);
  if (descriptor === undefined || configuration === undefined) return undefined;
  const lease = read(names.lease);
  const applied = read(names.leaseAppliedIndex);
  return {
    // The store lends its bytes; a descriptor outlives them.
    descriptor: decodeRangeDescriptor(Uint8Array.from(descriptor)),
    configuration: readConfiguration(new ByteReader(configuration)),
    lease: lease === undefined ? noLease : decodeLease(lease),
    leaseAppliedIndex: applied === undefined ? 0 : new ByteReader(applied).varint(),
  };
}

export function descriptorWrites(
  descriptor: RangeDescriptor,
  configuration: Configuration,
): readonly RangeStateWrite[] {
  const writer = new ByteWriter();
  writeConfiguration(writer, configuration);
  return [
    { name: names.descriptor, value: encodeRangeDescriptor(descriptor) },
    { name: names.configuration, value: writer.finish() },
  ];
}

/** A new lease starts to count its commands anew. */
export function leaseWrites(lease: Lease): readonly RangeStateWrite[] {
  return [{ name: names.lease, value: encodeLease(lease) }, ...leaseAppliedIndexWrites(0)];
}

export function leaseAppliedIndexWrites(index: number): readonly RangeStateWrite[] {
  return [{ name: names.leaseAppliedIndex, value: new ByteWriter(8).varint(index).finish() }];
}

export function snapshotPositionWrite(position: LogPosition): RangeStateWrite {
  return {
    name: names.snapshot,
    value: new ByteWriter(16).varint(position.index).varint(position.term).finish(),
  };
}

export function snapshotPosition(store: Store, rangeId: RangeId): LogPosition | undefined {
  const value = store.rangeState(rangeId, names.snapshot);
  if (value === undefined) return undefined;
  const reader = new ByteReader(value);
  return { index: reader.varint(), term: reader.varint() };
}

/** The range's own records go, all but the mark that it was here. */
export function removalWrite(replicaId: ReplicaId): readonly RangeStateWrite[] {
  return [
    ...Object.values(names)
      .filter((name) => name !== names.removed)
      .map((name) => ({ name, value: undefined })),
    { name: names.removed, value: new ByteWriter(8).varint(replicaId).finish() },
  ];
}

/** A replica of this id, or of an earlier one, was removed from this node. */
export function isRemoved(store: Store, rangeId: RangeId, replicaId: ReplicaId): boolean {
  const value = store.rangeState(rangeId, names.removed);
  return value !== undefined && new ByteReader(value).varint() >= replicaId;
}

/**
 * The descriptor with the roles that the configuration gives. A replica that the configuration does
 * not name any more is gone from it.
 */
export function withRoles(
  descriptor: RangeDescriptor,
  configuration: Configuration,
): RangeDescriptor {
  const replicas: ReplicaDescriptor[] = [];
  for (const { nodeId, replicaId } of descriptor.replicas) {
    const role = roleIn(configuration, replicaId);
    if (role !== undefined) replicas.push({ nodeId, replicaId, role });
  }
  return { ...descriptor, replicas };
}

function roleIn(configuration: Configuration, peer: number): ReplicaDescriptor["role"] | undefined {
  if (configuration.voters.includes(peer)) return "voter";
  if (configuration.learnersNext.includes(peer)) return "demoting";
  if (configuration.votersOutgoing.includes(peer)) return "outgoing";
  return configuration.learners.includes(peer) ? "learner" : undefined;
}

export const emptyConfiguration: Configuration = configurationOf({ voters: [] });
