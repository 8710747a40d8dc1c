import type { NodeId } from "#base/ids.ts";
import type { Calls } from "#runtime/calls.ts";
import type { Network, Runtime } from "#runtime/ports.ts";
import type { SharedLog } from "#storage/shared-log.ts";
import { openSnapshot, type StoreSnapshot } from "#storage/snapshot.ts";
import type { Store } from "#storage/store.ts";
import type { Replica } from "./replica.ts";
import { replicaStateFrom } from "./replica-state.ts";
import {
  encodeSnapshotChunk,
  encodeSnapshotHeader,
  encodeSnapshotId,
  snapshotMethods,
  type SnapshotMessage,
} from "./snapshot-frames.ts";

const chunkBytes = 256 * 1024;
const callTimeoutMs = 10_000;
/** Installing may wait for a flush and for the disk. */
const finishTimeoutMs = 60_000;

export interface SnapshotSenderOptions {
  readonly runtime: Runtime;
  readonly log: SharedLog;
  readonly store: Store;
  readonly calls: Calls;
}

/** The same calls over another channel, so that snapshots do not hold up requests. */
export function onChannel(network: Network, channel: "bulk"): Network {
  return {
    self: network.self,
    send: (to, _channel, frame) => {
      network.send(to, channel, frame);
    },
    receive: (_channel, handler) => {
      network.receive(channel, handler);
    },
    setAddress: (node, address) => {
      network.setAddress(node, address);
    },
    onPeerState: (handler) => network.onPeerState(handler),
  };
}

/** Sends the state of a range to a replica that lags too far for the log. One per replica at a time. */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  readonly #underWay = new Set<string>();
  readonly #abort = new AbortController();
  #lastId = 0;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** Reports to the replica's raft how it went. */
  send(replica: Replica, to: NodeId, message: SnapshotMessage): void {
    const name = `${replica.rangeId}/${message.to}`;
    if (this.#underWay.has(name) || this.#abort.signal.aborted) return;
    this.#underWay.add(name);
    void this.#transfer(replica, to, message).then((outcome) => {
      this.#underWay.delete(name);
      replica.reportSnapshot(message.to, outcome);
    });
  }

  close(): void {
    this.#abort.abort(new Error("the node stops"));
  }

  async #transfer(
    replica: Replica,
    to: NodeId,
    message: SnapshotMessage,
  ): Promise<"finished" | "failed"> {
    const { log, store, runtime } = this.#options;
    const { rangeId, descriptor } = replica;
    if (descriptor === undefined) return "failed";
    // Entries behind the snapshot must still be there when it has arrived.
    const release = replica.holdLog();
    let snapshot: StoreSnapshot | undefined;
    try {
      snapshot = await openSnapshot(store, { rangeId, span: descriptor.span, chunkBytes });
      const index = snapshot.appliedIndex;
      const term = log.rangeLog(rangeId).term(index);
      const records = new Map(snapshot.state.map(({ name, value }) => [name, value]));
      const state = replicaStateFrom((name) => records.get(name));
      if (term === undefined || state === undefined) return "failed";
      await this.#stream(to, snapshot, {
        rangeId,
        span: descriptor.span,
        message: { ...message, snapshot: { index, term, configuration: state.configuration } },
        bytesExpected: store.statistics(rangeId).liveBytes,
        state: snapshot.state,
      });
      return "finished";
    } catch (error) {
      runtime.log.warn("snapshot not sent", { range: rangeId, to, reason: reasonOf(error) });
      return "failed";
    } finally {
      snapshot?.close();
      release();
    }
  }

  async #stream(
    to: NodeId,
    snapshot: StoreSnapshot,
    header: Parameters<typeof encodeSnapshotHeader>[1],
  ): Promise<void> {
    const { calls } = this.#options;
    const { signal } = this.#abort;
    const id = ++this.#lastId;
    const options = { timeoutMs: callTimeoutMs, signal };
    await calls.call(to, snapshotMethods.begin, encodeSnapshotHeader(id, header), options);
    for (let number = 0; ; number++) {
      const chunk = await snapshot.next();
      if (chunk === undefined) break;
      const payload = encodeSnapshotChunk(id, number, chunk);
      await calls.call(to, snapshotMethods.chunk, payload, options);
    }
    await calls.call(to, snapshotMethods.finish, encodeSnapshotId(id), {
      timeoutMs: finishTimeoutMs,
      signal,
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
