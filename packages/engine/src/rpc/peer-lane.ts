import { encodeFrames, type OutgoingFrame } from "./exchange-envelope.ts";

/** The writing half of an open Exchange stream, whichever side dialled. */
export interface FrameStream {
  /** False when the peer is behind; then the stream says when it has caught up. */
  write(message: Buffer): boolean;
}

/** About what one HTTP/2 write should carry. */
const messageBytesTarget = 256 * 1024;

/**
 * Frames on their way to one peer, of the channels that share one stream.
 *
 * - While the peer is behind, frames wait, up to `windowBytes`; beyond that they are dropped, as
 *   the network port allows. Raft, snapshots and callers all recover from a lost frame, while a
 *   buffer without bound would take the node down with the peer.
 * - While there is no stream nothing waits, except before the first one.
 */
export class PeerLane {
  readonly #windowBytes: number;
  #frames: OutgoingFrame[] = [];
  #queuedBytes = 0;
  #stream: FrameStream | undefined;
  #isStalled = false;
  droppedCount = 0;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  open(stream: FrameStream): void {
    this.#stream = stream;
    this.#isStalled = false;
    this.flush();
  }

  close(): void {
    this.#stream = undefined;
    this.clear();
  }

  clear(): void {
    this.droppedCount += this.#frames.length;
    this.#frames = [];
    this.#queuedBytes = 0;
  }

  push(frame: OutgoingFrame): void {
    if (this.#queuedBytes > 0 && this.#queuedBytes + frame.bytes.length > this.#windowBytes) {
      this.droppedCount++;
      return;
    }
    this.#frames.push(frame);
    this.#queuedBytes += frame.bytes.length;
  }

  /** The peer has caught up. */
  onDrain(): void {
    this.#isStalled = false;
    this.flush();
  }

  flush(): void {
    while (this.#stream !== undefined && !this.#isStalled && this.#frames.length > 0) {
      this.#isStalled = !this.#stream.write(encodeFrames(this.#nextMessage()));
    }
  }

  #nextMessage(): readonly OutgoingFrame[] {
    if (this.#queuedBytes <= messageBytesTarget) {
      const all = this.#frames;
      this.#frames = [];
      this.#queuedBytes = 0;
      return all;
    }
    let bytes = 0;
    let count = 0;
    while (count < this.#frames.length && bytes < messageBytesTarget) {
      bytes += this.#frames[count]?.bytes.length ?? 0;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#frames.splice(0, count);
  }
}
