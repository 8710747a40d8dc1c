import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { decodeWriteBatch, encodeWriteBatch, type WriteBatch } from "#storage/write-batch.ts";
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

export function encodeCommand(command: Command): Uint8Array {
  if (command.kind === "lease") {
    return new ByteWriter(64).u8(formatVersion).u8(0).raw(encodeLease(command.lease)).finish();
  }
  const batch = encodeWriteBatch(command.batch);
  return new ByteWriter(batch.length + 16)
    .u8(formatVersion)
    .u8(1)
    .varint(command.leaseSequence)
    .varint(command.leaseAppliedIndex)
    .raw(batch)
    .view();
}

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
