import { SqlError } from "#base/errors.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Cancel, Runtime } from "#runtime/ports.ts";
import { SnapshotWriter } from "#storage/snapshot.ts";
import type { RangeStateWrite, Store } from "#storage/store.ts";
import { spansOverlap } from "./range-descriptor.ts";
import type { Replica } from "./replica.ts";
import { snapshotPositionWrite } from "./replica-state.ts";
import {
  decodeSnapshotHeader,
  readSnapshotChunk,
  readSnapshotId,
  snapshotMethods,
  type SnapshotHeader,
  type SnapshotMessage,
} from "./snapshot-frames.ts";

/** A sender that is silent for longer has gone. */
const silenceMsMax = 15_000;

/** A snapshot that is here in full, and not yet in place of what the range holds. */
export interface StagedSnapshot {
  readonly message: SnapshotMessage;
  install(): Promise<void>;
}

export interface SnapshotReceiverOptions {
  readonly runtime: Runtime;
  readonly store: Store;
  readonly calls: Calls;
  /** The replica that the snapshot is for, made when there is none; undefined when it may not exist. */
  readonly replicaFor: (rangeId: RangeId, message: SnapshotMessage) => Replica | undefined;
  readonly replicas: () => readonly Replica[];
}

interface Incoming {
  readonly from: NodeId;
  readonly id: number;
  readonly header: SnapshotHeader;
  readonly writer: SnapshotWriter;
  readonly replica: Replica;
  chunkCount: number;
  giveUp: Cancel;
}

/**
 * Takes in snapshots, one at a time: a node that comes back after long would else hold several ranges
 * in its staging area at once. Others are turned away and come again.
 */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions;
  #incoming: Incoming | undefined;
  #isOpening = false;

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
    const { calls } = options;
    calls.handle(snapshotMethods.begin, async (from, payload) => this.#begin(from, payload));
    calls.handle(snapshotMethods.chunk, async (from, payload) => this.#chunk(from, payload));
    calls.handle(snapshotMethods.finish, async (from, payload) => this.#finish(from, payload));
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #begin(from: NodeId, payload: Uint8Array): Promise<Uint8Array> {
    const { id, header } = decodeSnapshotHeader(payload);
    if (this.#incoming?.from === from) await this.#drop();
    if (this.#incoming !== undefined || this.#isOpening)
      throw refusal("another snapshot is coming in");
    const replica = this.#options.replicaFor(header.rangeId, header.message);
    if (replica === undefined) throw refusal("the replica was removed from this node");
    for (const other of this.#options.replicas()) {
      const { descriptor } = other;
      if (other === replica || descriptor === undefined) continue;
      if (spansOverlap(descriptor.span, header.span))
        throw refusal("another range is in its place");
    }
    this.#isOpening = true;
    try {
      const writer = await SnapshotWriter.open(this.#options.store, header);
      this.#incoming = {
        from,
        id,
        header,
        writer,
        replica,
        chunkCount: 0,
        giveUp: this.#giveUpLater(),
      };
    } finally {
      this.#isOpening = false;
    }
    return empty;
  }

  async #chunk(from: NodeId, payload: Uint8Array): Promise<Uint8Array> {
    const { id, number, chunk } = readSnapshotChunk(payload);
    const incoming = this.#expect(from, id);
    if (number !== incoming.chunkCount) throw refusal(`chunk ${number} is not the next one`);
    incoming.chunkCount++;
    incoming.giveUp();
    await incoming.writer.write(chunk);
    incoming.giveUp = this.#giveUpLater();
    return empty;
  }

  async #finish(from: NodeId, payload: Uint8Array): Promise<Uint8Array> {
    const incoming = this.#expect(from, readSnapshotId(payload));
    const { header, writer, replica } = incoming;
    incoming.giveUp();
    const { message } = header;
    const state: RangeStateWrite[] = [...header.state, snapshotPositionWrite(message.snapshot)];
    const outcome = await replica.restore(from, {
      message,
      install: () => writer.install(message.snapshot.index, state),
    });
    this.#incoming = undefined;
    if (outcome === "refused") await writer.abort();
    this.#options.runtime.log.info("snapshot received", {
      range: header.rangeId,
      from,
      index: message.snapshot.index,
      outcome,
    });
    return empty;
  }

  #expect(from: NodeId, id: number): Incoming {
    const incoming = this.#incoming;
    if (incoming === undefined || incoming.from !== from || incoming.id !== id) {
      throw refusal("no such snapshot is coming in");
    }
    return incoming;
  }

  #giveUpLater(): Cancel {
    return this.#options.runtime.clock.after(silenceMsMax, () => {
      void this.#drop();
    });
  }

  async #drop(): Promise<void> {
    const incoming = this.#incoming;
    if (incoming === undefined) return;
    this.#incoming = undefined;
    incoming.giveUp();
    await incoming.writer.abort();
  }
}

const empty = new Uint8Array(0);

function refusal(reason: string): SqlError {
  return new SqlError("insufficient_resources", `snapshot refused: ${reason}`);
}
