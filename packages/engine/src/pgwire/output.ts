import type { Clock, Connection } from "#runtime/ports.ts";
import { MessageWriter } from "./message-writer.ts";

/** Results leave in pieces of about this size while a statement is still running. */
const flushBytes = 32 * 1024;

/**
 * What a connection has to say: messages gather in `writer` and leave together.
 *
 * A *call* is one statement's run. What was written before it may leave at any time; what it
 * writes itself leaves when the call is over or has filled a piece, so that a statement which
 * must be retried can take back its rows as long as none of them left.
 */
export class Output {
  readonly writer = new MessageWriter();
  readonly #clock: Clock;
  #connection: Connection;
  #isOpen = true;
  #isBehind = false;
  #isSoonPending = false;
  #waiters: (() => void)[] = [];
  /** Pending bytes from before the running call; undefined when none runs. */
  #callMark: number | undefined;
  #hasCallFlushed = false;

  constructor(clock: Clock, connection: Connection) {
    this.#clock = clock;
    this.#connection = connection;
  }

  /** TLS puts a new connection in place of the old one. */
  replaceConnection(connection: Connection): void {
    this.#connection = connection;
  }

  /** True while the client has not taken what was sent. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  get hasCallFlushed(): boolean {
    return this.#hasCallFlushed;
  }

  beginCall(): void {
    this.#callMark = this.writer.mark();
    this.#hasCallFlushed = false;
  }

  endCall(): void {
    this.#callMark = undefined;
  }

  /** Drops what the running call wrote. */
  restartCall(): void {
    if (this.#callMark !== undefined) this.writer.rewind(this.#callMark);
  }

  /** False when the client is behind: then wait for `drained` before writing more. */
  flush(): boolean {
    if (this.writer.pendingBytes > 0) {
      if (this.#callMark !== undefined) {
        this.#callMark = 0;
        this.#hasCallFlushed = true;
      }
      this.#send(this.writer.take());
    }
    return !this.#isBehind;
  }

  flushWhenFull(): boolean {
    return this.writer.pendingBytes < flushBytes ? !this.#isBehind : this.flush();
  }

  /** At the end of this turn sends what is complete by then, so that a pipeline shares one write. */
  flushSoon(): void {
    if (this.#isSoonPending) return;
    this.#isSoonPending = true;
    this.#clock.soon(() => {
      this.#isSoonPending = false;
      if (this.#callMark === undefined) {
        this.flush();
      } else if (this.#callMark > 0) {
        const complete = this.writer.take(this.#callMark);
        this.#callMark = 0;
        this.#send(complete);
      }
    });
  }

  /** Resolves when the client caught up or is gone. */
  drained(): Promise<void> {
    if (!this.#isBehind) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  onDrain(): void {
    this.#isBehind = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Nothing more is sent; whoever waits goes on. */
  close(): void {
    this.#isOpen = false;
    this.onDrain();
  }

  #send(bytes: Uint8Array): void {
    if (this.#isOpen && !this.#connection.write(bytes)) this.#isBehind = true;
  }
}
