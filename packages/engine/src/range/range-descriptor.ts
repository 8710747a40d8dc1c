import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { compareBytes } from "#base/bytes.ts";
import type { NodeId, RangeId, ReplicaId, Span } from "#base/ids.ts";

/**
 * What one replica is to its range. `outgoing` and `demoting` occur while a change of the members
 * is under way: an outgoing replica votes for the last time, a demoting one becomes a learner.
 */
export type ReplicaRole = "voter" | "learner" | "outgoing" | "demoting";

const roles: readonly ReplicaRole[] = ["voter", "learner", "outgoing", "demoting"];

export interface ReplicaDescriptor {
  readonly nodeId: NodeId;
  readonly replicaId: ReplicaId;
  readonly role: ReplicaRole;
}

/**
 * One range: a span of keys and who keeps it.
 *
 * - `generation` grows with every change of the span or of the members, so that of two descriptors
 *   for one key the higher generation is the later one.
 * - Replica ids are given from `nextReplicaId` and never reused.
 * - Replicas are in the order of their ids; a node has at most one.
 */
export interface RangeDescriptor {
  readonly rangeId: RangeId;
  readonly span: Span;
  readonly generation: number;
  readonly replicas: readonly ReplicaDescriptor[];
  readonly nextReplicaId: ReplicaId;
}

export function containsKey(span: Span, key: Uint8Array): boolean {
  return (
    compareBytes(span.start, key) <= 0 &&
    (span.end === undefined || compareBytes(key, span.end) < 0)
  );
}

/** True when `inner` lies within `outer`. */
export function containsSpan(outer: Span, inner: Span): boolean {
  if (compareBytes(outer.start, inner.start) > 0) return false;
  if (outer.end === undefined) return true;
  return inner.end !== undefined && compareBytes(inner.end, outer.end) <= 0;
}

export function spansOverlap(a: Span, b: Span): boolean {
  return (
    (a.end === undefined || compareBytes(b.start, a.end) < 0) &&
    (b.end === undefined || compareBytes(a.start, b.end) < 0)
  );
}

export function replicaOn(
  descriptor: RangeDescriptor,
  nodeId: NodeId,
): ReplicaDescriptor | undefined {
  return descriptor.replicas.find((replica) => replica.nodeId === nodeId);
}

const formatVersion = 1;

export function writeSpan(writer: ByteWriter, span: Span): void {
  writer.bytes(span.start).boolean(span.end !== undefined);
  if (span.end !== undefined) writer.bytes(span.end);
}

export function readSpan(reader: ByteReader): Span {
  const start = reader.bytes();
  return { start, end: reader.boolean() ? reader.bytes() : undefined };
}

export function writeRangeDescriptor(writer: ByteWriter, descriptor: RangeDescriptor): void {
  writer.u8(formatVersion).varint(descriptor.rangeId);
  writeSpan(writer, descriptor.span);
  writer.varint(descriptor.generation).varint(descriptor.nextReplicaId);
  writer.varint(descriptor.replicas.length);
  for (const { nodeId, replicaId, role } of descriptor.replicas) {
    writer.varint(nodeId).varint(replicaId).u8(roles.indexOf(role));
  }
}

export function readRangeDescriptor(reader: ByteReader): RangeDescriptor {
  const version = reader.u8();
  if (version !== formatVersion) throw new MalformedBytes(`range descriptor format ${version}`);
  const rangeId = reader.varint();
  const span = readSpan(reader);
  const generation = reader.varint();
  const nextReplicaId = reader.varint();
  const replicas: ReplicaDescriptor[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const nodeId = reader.varint();
    const replicaId = reader.varint();
    const role = roles[reader.u8()];
    if (role === undefined) throw new MalformedBytes("replica role");
    replicas.push({ nodeId, replicaId, role });
  }
  return { rangeId, span, generation, replicas, nextReplicaId };
}

export function encodeRangeDescriptor(descriptor: RangeDescriptor): Uint8Array {
  const writer = new ByteWriter();
  writeRangeDescriptor(writer, descriptor);
  return writer.finish();
}

export function decodeRangeDescriptor(bytes: Uint8Array): RangeDescriptor {
  const reader = new ByteReader(bytes);
  const descriptor = readRangeDescriptor(reader);
  reader.expectEnd();
  return descriptor;
}
