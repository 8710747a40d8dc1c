import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import type { Message } from "#raft/message.ts";
import { readMessage, writeMessage } from "#raft/message-codec.ts";
import type { Network, Runtime } from "#runtime/ports.ts";
import type { HlcClock } from "./hlc-clock.ts";

/** A frame is sent before its turn is over when it grows beyond this. */
const frameBytesMax = 512 * 1024;
const formatVersion = 1;
const clockOffset = 1;

export interface RaftTransportOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly network: Network;
  readonly deliver: (from: NodeId, rangeId: RangeId, message: Message) => void;
}

/**
 * Carries raft messages: all that leave for one node in one turn go in one frame. Every frame brings
 * the sender's clock, so that whoever gets a vote is ahead of everything its voters have promised.
 *
 * Format 1: version (u8), clock (8), then messages, each behind its range id, to the end.
 */
export class RaftTransport {
  readonly #runtime: Runtime;
  readonly #hlc: HlcClock;
  readonly #network: Network;
  readonly #deliver: RaftTransportOptions["deliver"];
  readonly #outbox = new Map<NodeId, ByteWriter>();

  constructor(options: RaftTransportOptions) {
    this.#runtime = options.runtime;
    this.#hlc = options.hlc;
    this.#network = options.network;
    this.#deliver = options.deliver;
  }

  start(): void {
    this.#network.receive("raft", (from, frame) => {
      this.#receive(from, frame);
    });
  }

  /** Leaves with the next flush. */
  send(to: NodeId, rangeId: RangeId, message: Message): void {
    let writer = this.#outbox.get(to);
    if (writer === undefined) {
      writer = new ByteWriter(1_024).u8(formatVersion).u32(0).u32(0);
      this.#outbox.set(to, writer);
    }
    writer.varint(rangeId);
    writeMessage(writer, message);
    if (writer.length > frameBytesMax) {
      this.#outbox.delete(to);
      this.#sendFrame(to, writer);
    }
  }

  flush(): void {
    for (const [to, writer] of this.#outbox) this.#sendFrame(to, writer);
    this.#outbox.clear();
  }

  /** The clock is read last: it must be above all that was served before the messages were made. */
  #sendFrame(to: NodeId, writer: ByteWriter): void {
    const clock = new ByteReader(new ByteWriter(8).timestamp(this.#hlc.now()).view());
    writer.setU32(clockOffset, clock.u32()).setU32(clockOffset + 4, clock.u32());
    this.#network.send(to, "raft", writer.view());
  }

  #receive(from: NodeId, frame: Uint8Array): void {
    try {
      const reader = new ByteReader(frame);
      const format = reader.u8();
      if (format !== formatVersion) throw new MalformedBytes(`raft frame format ${format}`);
      if (!this.#hlc.receive(reader.timestamp())) return;
      while (!reader.isAtEnd) {
        const rangeId = reader.varint();
        this.#deliver(from, rangeId, readMessage(reader));
      }
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#runtime.log.warn("malformed raft frame", { from, reason: error.message });
    }
  }
}
