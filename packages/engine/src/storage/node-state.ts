import { ByteReader } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import type { NodeId } from "#base/ids.ts";
import { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import { prefixSpan } from "#base/keys.ts";
import { DataFolderError } from "./data-folder-error.ts";
import type { OrderedStore } from "./ordered-store.ts";
import { encodeTimestamp, readTimestamp } from "./version-codec.ts";

/** Whose data folder this is. */
export interface StoreIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
}

/** Of everything in the data folder; raised when a release can no longer read what an older one wrote. */
const storeFormatVersion = 1;

const identityKey = Buffer.from("identity");
const incarnationKey = Buffer.from("incarnation");
const clockKey = Buffer.from("clock upper bound");
const peerPrefix = Buffer.from("peer incarnation ");

/**
 * What a node remembers about itself: whose folder this is, how far its clock may have gone, and
 * the incarnation of each peer it supported. Each change is durable when its promise resolves.
 */
export class NodeState {
  readonly #backend: OrderedStore;
  #identity: StoreIdentity | undefined;
  #incarnation = 0;
  #clockUpperBound: Timestamp = zeroTimestamp;
  readonly #peerIncarnations = new Map<NodeId, number>();

  private constructor(backend: OrderedStore) {
    this.#backend = backend;
  }

  /** Throws DataFolderError when the folder is of an unknown format. */
  static open(backend: OrderedStore): NodeState {
    const state = new NodeState(backend);
    const identity = backend.get("node", identityKey);
    if (identity !== undefined) {
      const reader = new ByteReader(identity);
      const format = reader.varint();
      if (format !== storeFormatVersion) {
        throw new DataFolderError(
          `the data folder has format ${format}; this release reads ${storeFormatVersion}`,
        );
      }
      state.#identity = { clusterId: reader.string(), nodeId: reader.varint() };
    }
    const incarnation = backend.get("node", incarnationKey);
    if (incarnation !== undefined) state.#incarnation = new ByteReader(incarnation).varint();
    const clock = backend.get("node", clockKey);
    if (clock !== undefined) state.#clockUpperBound = readTimestamp(clock);
    backend.scan("node", prefixSpan(peerPrefix), (key, value) => {
      const peer = new KeyReader(key, peerPrefix.length).id();
      state.#peerIncarnations.set(peer, new ByteReader(value).varint());
      return true;
    });
    return state;
  }

  /** Undefined for a folder that was never used. */
  get identity(): StoreIdentity | undefined {
    return this.#identity;
  }

  /** Throws DataFolderError, naming both, when the folder already belongs to someone else. */
  async claim(identity: StoreIdentity): Promise<void> {
    const owner = this.#identity;
    if (owner !== undefined) {
      if (owner.clusterId === identity.clusterId && owner.nodeId === identity.nodeId) return;
      throw new DataFolderError(
        `the data folder belongs to node ${owner.nodeId} of cluster ${owner.clusterId}, not to node ${identity.nodeId} of cluster ${identity.clusterId}`,
      );
    }
    const value = new ByteWriter()
      .varint(storeFormatVersion)
      .string(identity.clusterId)
      .varint(identity.nodeId)
      .finish();
    await this.#put(identityKey, value);
    this.#identity = identity;
  }

  /** How often the node was started on this folder; `nextIncarnation` raises it by one. */
  get incarnation(): number {
    return this.#incarnation;
  }

  async nextIncarnation(): Promise<number> {
    const next = this.#incarnation + 1;
    await this.#put(incarnationKey, new ByteWriter().varint(next).finish());
    this.#incarnation = next;
    return next;
  }

  /** No timestamp above this was given out before the last stop. */
  get clockUpperBound(): Timestamp {
    return this.#clockUpperBound;
  }

  async setClockUpperBound(bound: Timestamp): Promise<void> {
    await this.#put(clockKey, encodeTimestamp(bound));
    this.#clockUpperBound = bound;
  }

  /** The incarnation of each peer that this node last supported. */
  peerIncarnations(): ReadonlyMap<NodeId, number> {
    return this.#peerIncarnations;
  }

  async setPeerIncarnation(peer: NodeId, incarnation: number): Promise<void> {
    const key = new KeyWriter().raw(peerPrefix).id(peer).finish();
    await this.#put(key, new ByteWriter().varint(incarnation).finish());
    this.#peerIncarnations.set(peer, incarnation);
  }

  #put(key: Uint8Array, value: Uint8Array): Promise<void> {
    return this.#backend.write((batch) => {
      batch.put("node", key, value);
    });
  }
}
