import { Metadata, status, type ChannelCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { MalformedBytes } from "#base/byte-reader.ts";
import type { Cancel, Network, NetworkChannel, Runtime } from "#runtime/ports.ts";
import { decodeFrames } from "./exchange-envelope.ts";
import { metadataKeys, PeerLink, type LaneName } from "./peer-link.ts";

export interface GrpcNetworkOptions {
  readonly self: number;
  /** Undefined before the node belongs to a cluster; until then peers are turned away, as those of another one. */
  readonly clusterId: () => string | undefined;
  readonly credentials: ChannelCredentials;
}

type Receiver = (from: number, frame: Uint8Array) => void;
type PeerStateHandler = (node: number, state: "connected" | "disconnected") => void;

/** The Network port over PeerService.Exchange. `accept` is the server's side of the service. */
export class GrpcNetwork implements Network {
  readonly self: number;
  readonly #runtime: Runtime;
  readonly #options: GrpcNetworkOptions;
  readonly #links = new Map<number, PeerLink>();
  readonly #receivers = new Map<NetworkChannel, Receiver>();
  readonly #stateHandlers = new Set<PeerStateHandler>();
  #isClosed = false;

  constructor(runtime: Runtime, options: GrpcNetworkOptions) {
    this.self = options.self;
    this.#runtime = runtime;
    this.#options = options;
    runtime.metrics.observeGauge("peer_connected", "Peers that can be reached now", () => {
      let count = 0;
      for (const link of this.#links.values()) if (link.isConnected) count++;
      return count;
    });
    runtime.metrics.observeCounter(
      "peer_frames_dropped",
      "Frames dropped because a peer was behind or out of reach",
      () => {
        let count = 0;
        for (const link of this.#links.values()) count += link.droppedCount;
        return count;
      },
    );
  }

  send(to: number, channel: NetworkChannel, frame: Uint8Array): void {
    if (to === this.self) {
      this.#runtime.clock.soon(() => {
        this.#receivers.get(channel)?.(to, frame);
      });
      return;
    }
    this.#links.get(to)?.send(channel, frame);
  }

  receive(channel: NetworkChannel, handler: Receiver): void {
    this.#receivers.set(channel, handler);
  }

  setAddress(node: number, address: string): void {
    if (node === this.self || this.#isClosed) return;
    const known = this.#links.get(node);
    if (known !== undefined) {
      known.setAddress(address);
      return;
    }
    this.#links.set(
      node,
      new PeerLink(this.#runtime, address, {
        self: this.self,
        peer: node,
        clusterId: this.#options.clusterId,
        credentials: this.#options.credentials,
        onMessage: (from, message) => {
          this.#onMessage(from, message);
        },
        onStateChange: (state) => {
          for (const handler of this.#stateHandlers) handler(node, state);
        },
      }),
    );
  }

  onPeerState(handler: PeerStateHandler): Cancel {
    this.#stateHandlers.add(handler);
    return () => {
      this.#stateHandlers.delete(handler);
    };
  }

  /** A peer opened an Exchange stream to us. */
  accept(stream: ServerDuplexStream<Buffer, Buffer>): void {
    const from = Number(stream.metadata.get(metadataKeys.nodeId)[0] ?? NaN);
    const clusterId = stream.metadata.get(metadataKeys.clusterId)[0];
    const lane: LaneName = stream.metadata.get(metadataKeys.lane)[0] === "bulk" ? "bulk" : "main";
    const problem = this.#isClosed
      ? "the node is stopping"
      : clusterId !== this.#options.clusterId()
        ? `this node belongs to ${this.#clusterName()}`
        : !Number.isInteger(from) || from === this.self
          ? "the node number is not that of a peer"
          : undefined;
    if (problem !== undefined) {
      stream.emit("error", { code: status.FAILED_PRECONDITION, details: problem });
      return;
    }
    const hello = new Metadata();
    hello.set(metadataKeys.nodeId, String(this.self));
    stream.sendMetadata(hello);

    this.#links.get(from)?.acceptStream(lane, stream);
    stream.on("data", (message: Buffer) => {
      this.#onMessage(from, message);
    });
    stream.on("drain", () => {
      this.#links.get(from)?.acceptedDrain(lane, stream);
    });
    let hasEnded = false;
    const onEnd = () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#links.get(from)?.acceptedEnd(lane, stream);
      stream.end();
    };
    stream.on("end", onEnd);
    stream.on("error", onEnd);
    stream.on("cancelled", onEnd);
    stream.on("close", onEnd);
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
  }

  #clusterName(): string {
    const clusterId = this.#options.clusterId();
    return clusterId === undefined ? "no cluster yet" : `cluster ${clusterId}`;
  }

  #onMessage(from: number, message: Uint8Array): void {
    try {
      decodeFrames(message, (channel, frame) => {
        this.#receivers.get(channel)?.(from, frame);
      });
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#runtime.log.warn("malformed message from a peer dropped", {
        from,
        reason: error.message,
      });
    }
  }
}
