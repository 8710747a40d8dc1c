import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { NodeId } from "#base/ids.ts";

export type Membership = "active" | "decommissioning" | "removed";

const memberships: readonly Membership[] = ["active", "decommissioning", "removed"];

/** Where a node can be reached; each is `host:port`. */
export interface NodeAddresses {
  readonly grpc: string;
  readonly sql: string;
  readonly health: string;
}

/** What the cluster knows of one of its nodes for good: a record of the replicated system keyspace. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  readonly addresses: NodeAddresses;
  /** Such as `region` and `zone`, from the broadest to the narrowest. */
  readonly locality: ReadonlyMap<string, string>;
  readonly version: string;
  readonly membership: Membership;
}

const formatVersion = 1;

export function encodeNodeRecord(record: NodeRecord): Uint8Array {
  const writer = new ByteWriter();
  writer
    .u8(formatVersion)
    .varint(record.nodeId)
    .string(record.addresses.grpc)
    .string(record.addresses.sql)
    .string(record.addresses.health)
    .string(record.version)
    .u8(memberships.indexOf(record.membership))
    .varint(record.locality.size);
  for (const [tier, value] of record.locality) writer.string(tier).string(value);
  return writer.finish();
}

export function decodeNodeRecord(bytes: Uint8Array): NodeRecord {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`node record format ${format}`);
  const nodeId = reader.varint();
  const addresses = { grpc: reader.string(), sql: reader.string(), health: reader.string() };
  const version = reader.string();
  const membership = memberships[reader.u8()];
  if (membership === undefined) throw new MalformedBytes("node membership");
  const locality = new Map<string, string>();
  for (let count = reader.varint(); count > 0; count--) {
    const tier = reader.string();
    locality.set(tier, reader.string());
  }
  reader.expectEnd();
  return { nodeId, addresses, locality, version, membership };
}
