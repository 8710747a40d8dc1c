import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { Clock } from "#runtime/ports.ts";
import {
  appendWrites,
  beginWriteBatch,
  decodeWriteBatch,
  type WriteBatch,
} from "#storage/write-batch.ts";
import { decodeLease, encodeLease, type Lease } from "./lease.ts";

/** What an entry of a range's log does. The empty entry that a new leader writes first does nothing. */
export type Command = LeaseCommand | WriteCommand;

/** A new lease. Does nothing when a lease of the same or a later sequence is in force. */
export interface LeaseCommand {
  readonly kind: "lease";
  readonly lease: Lease;
}

/**
 * New versions. Does nothing unless its lease is in force and its index is above that of every
 * command applied under this lease: so it takes effect once at most, however often it is proposed.
 */
export interface WriteCommand {
  readonly kind: "write";
  readonly leaseSequence: number;
  readonly leaseAppliedIndex: number;
  readonly batch: WriteBatch;
}

const formatVersion = 1;

export function encodeLeaseCommand(lease: Lease): Uint8Array {
  return new ByteWriter(64).u8(formatVersion).u8(0).raw(encodeLease(lease)).finish();
}

/** The batch is encoded by `encodeWriteBatch` or `encodeLargeBatch`: it does not depend on the place in the log. */
export function encodeWriteCommand(
  place: { readonly leaseSequence: number; readonly leaseAppliedIndex: number },
  batch: Uint8Array,
): Uint8Array {
  return new ByteWriter(batch.length + 16)
    .u8(formatVersion)
    .u8(1)
    .varint(place.leaseSequence)
    .varint(place.leaseAppliedIndex)
    .raw(batch)
    .view();
}

/** As encodeWriteBatch, in slices that let other work run. */
export async function encodeLargeBatch(batch: WriteBatch, clock: Clock): Promise<Uint8Array> {
  const writer = beginWriteBatch(batch);
  for (let from = 0; from < batch.writes.length; from += writesPerSlice) {
    appendWrites(writer, batch.writes, from, from + writesPerSlice);
    await clock.yield();
  }
  return writer.view();
}

const writesPerSlice = 2_000;

/**
 * Keys and values are views into the bytes, unless the batch is known already. Throws MalformedBytes.
 */
export function decodeCommand(bytes: Uint8Array, knownBatch?: WriteBatch): Command {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`command format ${format}`);
  const kind = reader.u8();
  if (kind === 0) return { kind: "lease", lease: decodeLease(reader.raw(reader.remaining)) };
  if (kind !== 1) throw new MalformedBytes(`command of kind ${kind}`);
  return {
    kind: "write",
    leaseSequence: reader.varint(),
    leaseAppliedIndex: reader.varint(),
    batch: knownBatch ?? decodeWriteBatch(reader.raw(reader.remaining)),
  };
}
