import { Client, Metadata, type ChannelCredentials, type ClientDuplexStream } from "@grpc/grpc-js";
import type { Cancel, NetworkChannel, Runtime } from "#runtime/ports.ts";
import { PeerServiceService } from "@holo-fusion/proto/peer";
import { channelOptions } from "./transport-security.ts";
import { PeerLane, type FrameStream } from "./peer-lane.ts";

/** `main` must never wait behind a snapshot, so `bulk` has a stream of its own. */
export type LaneName = "main" | "bulk";

export const laneNames: readonly LaneName[] = ["main", "bulk"];

/** Stream metadata by which nodes recognise each other. */
export const metadataKeys = {
  nodeId: "holo-node-id",
  clusterId: "holo-cluster-id",
  lane: "holo-lane",
} as const;

export interface PeerLinkOptions {
  readonly self: number;
  readonly peer: number;
  readonly clusterId: () => string | undefined;
  readonly credentials: ChannelCredentials;
  readonly onMessage: (from: number, message: Uint8Array) => void;
  readonly onStateChange: (state: "connected" | "disconnected") => void;
}

const windowBytes: Readonly<Record<LaneName, number>> = {
  main: 16 * 1024 * 1024,
  bulk: 16 * 1024 * 1024,
};
const backoffMsMin = 50;
const backoffMsMax = 500;
/** An attempt that is not answered in this time is given up. */
const dialTimeoutMs = 3_000;

const identity = (bytes: Buffer): Buffer => bytes;

/**
 * The way to one peer: two Exchange streams that this node dials, redialled for ever with backoff.
 * While they are down, streams that the peer dialled carry our frames as well, so that a peer that
 * restarts is answered before our next attempt.
 */
export class PeerLink {
  readonly #runtime: Runtime;
  readonly #options: PeerLinkOptions;
  readonly #lanes: Readonly<Record<LaneName, PeerLane>> = {
    main: new PeerLane(windowBytes.main),
    bulk: new PeerLane(windowBytes.bulk),
  };
  readonly #accepted = new Map<LaneName, FrameStream>();
  #address: string;
  #client: Client | undefined;
  #dialled: ClientDuplexStream<Buffer, Buffer>[] = [];
  #isDialledUp = false;
  #hasEverFailed = false;
  #isUp = false;
  #isClosed = false;
  #failureCount = 0;
  #cancelTimer: Cancel = () => {};
  #isFlushPending = false;

  constructor(runtime: Runtime, address: string, options: PeerLinkOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#address = address;
    this.#dial();
  }

  get address(): string {
    return this.#address;
  }

  get isConnected(): boolean {
    return this.#isUp;
  }

  get droppedCount(): number {
    return this.#lanes.main.droppedCount + this.#lanes.bulk.droppedCount;
  }

  setAddress(address: string): void {
    if (address === this.#address) return;
    this.#address = address;
    this.#hangUp();
    this.#dial();
  }

  send(channel: NetworkChannel, frame: Uint8Array): void {
    const lane = this.#lanes[channel === "bulk" ? "bulk" : "main"];
    if (!lane.isOpen && this.#hasEverFailed) {
      lane.droppedCount++;
      return;
    }
    lane.push({ channel, bytes: frame });
    if (this.#isFlushPending) return;
    this.#isFlushPending = true;
    this.#runtime.clock.soon(() => {
      this.#isFlushPending = false;
      this.#lanes.main.flush();
      this.#lanes.bulk.flush();
    });
  }

  /** The peer dialled us. Its stream says when it ends; `onDrain` when it has caught up. */
  acceptStream(name: LaneName, stream: FrameStream): void {
    this.#accepted.set(name, stream);
    if (!this.#lanes[name].isOpen) this.#lanes[name].open(stream);
    this.#updateState();
    // The peer is there: no reason to sit out the backoff.
    if (!this.#isDialledUp && this.#client === undefined) {
      this.#failureCount = 0;
      this.#dial();
    }
  }

  acceptedDrain(name: LaneName, stream: FrameStream): void {
    if (!this.#isDialledUp && this.#accepted.get(name) === stream) this.#lanes[name].onDrain();
  }

  acceptedEnd(name: LaneName, stream: FrameStream): void {
    if (this.#accepted.get(name) !== stream) return;
    this.#accepted.delete(name);
    if (!this.#isDialledUp) this.#lanes[name].close();
    this.#updateState();
  }

  close(): void {
    this.#isClosed = true;
    this.#hangUp();
  }

  #dial(): void {
    this.#cancelTimer();
    if (this.#isClosed) return;
    const client = new Client(this.#address, this.#options.credentials, channelOptions);
    this.#client = client;
    this.#dialled = laneNames.map((name) => this.#openStream(client, name));
    this.#cancelTimer = this.#runtime.clock.after(dialTimeoutMs, () => {
      this.#lost(client, "no answer in time");
    });
  }

  #openStream(client: Client, name: LaneName): ClientDuplexStream<Buffer, Buffer> {
    const metadata = new Metadata();
    metadata.set(metadataKeys.nodeId, String(this.#options.self));
    metadata.set(metadataKeys.clusterId, this.#options.clusterId() ?? "");
    metadata.set(metadataKeys.lane, name);
    const stream = client.makeBidiStreamRequest(
      PeerServiceService.exchange.path,
      identity,
      identity,
      metadata,
    );
    stream.on("metadata", (hello) => {
      if (client !== this.#client) return;
      const found = hello.get(metadataKeys.nodeId)[0];
      if (found !== String(this.#options.peer)) {
        this.#runtime.log.warn("another node answers at a peer's address", {
          peer: this.#options.peer,
          address: this.#address,
          found,
        });
        this.#lost(client, "another node answers there");
        return;
      }
      this.#lanes[name].open(stream);
      if (name !== "main") return;
      this.#cancelTimer();
      this.#failureCount = 0;
      this.#isDialledUp = true;
      this.#updateState();
    });
    stream.on("data", (message: Buffer) => {
      if (client === this.#client) this.#options.onMessage(this.#options.peer, message);
    });
    stream.on("drain", () => {
      if (client === this.#client) this.#lanes[name].onDrain();
    });
    stream.on("error", (error) => {
      this.#lost(client, error.message);
    });
    stream.on("end", () => {
      this.#lost(client, "the peer ended the stream");
    });
    return stream;
  }

  #lost(client: Client, reason: string): void {
    if (client !== this.#client || this.#isClosed) return;
    const fields = { peer: this.#options.peer, address: this.#address, reason };
    if (this.#isDialledUp) this.#runtime.log.info("peer is out of reach", fields);
    else this.#runtime.log.debug("peer cannot be dialled", fields);
    this.#hasEverFailed = true;
    this.#hangUp();
    const ceiling = Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(this.#failureCount++, 8));
    // Full jitter over the upper half, so that peers of a restarted node do not all come at once.
    const delayMs = ceiling * (0.5 + 0.5 * this.#runtime.random.float());
    this.#cancelTimer = this.#runtime.clock.after(delayMs, () => {
      this.#dial();
    });
  }

  #hangUp(): void {
    this.#cancelTimer();
    const client = this.#client;
    const dialled = this.#dialled;
    this.#client = undefined;
    this.#dialled = [];
    this.#isDialledUp = false;
    for (const stream of dialled) stream.cancel();
    client?.close();
    for (const name of laneNames) {
      const accepted = this.#accepted.get(name);
      if (accepted === undefined || this.#isClosed) this.#lanes[name].close();
      else this.#lanes[name].open(accepted);
    }
    this.#updateState();
  }

  #updateState(): void {
    const isUp = !this.#isClosed && (this.#isDialledUp || this.#accepted.has("main"));
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#options.onStateChange(isUp ? "connected" : "disconnected");
  }
}
