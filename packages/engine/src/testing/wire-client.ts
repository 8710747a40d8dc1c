import { Parser } from "pg-protocol/dist/parser.js";
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import type { Connection, ConnectionHandler } from "#runtime/ports.ts";
import type { SimTime } from "#runtime/sim/sim-time.ts";

/**
 * A PostgreSQL client without a socket: the server's Connection on one side, pg-protocol's
 * independent parser on the other.
 */
export class WireClient implements Connection {
  readonly remoteAddress: string;
  readonly remotePort = 40_000;
  readonly isEncrypted = false;
  readonly messages: BackendMessage[] = [];
  /** Every write the server made. */
  readonly writes: Buffer[] = [];
  isClosed = false;
  isPaused = false;
  /** When false, writes are taken but the server is told that the client is behind. */
  isReading = true;
  readonly #time: SimTime;
  readonly #parser = new Parser();
  #handler: ConnectionHandler | undefined;
  #rawBytes = 0;

  constructor(time: SimTime, remoteAddress = "127.0.0.1") {
    this.#time = time;
    this.remoteAddress = remoteAddress;
  }

  /** Sends, and waits until the server has nothing left to do without time passing. */
  async send(...chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      if (!this.isClosed) this.#handler?.onData(Uint8Array.from(chunk));
    }
    await this.#time.runFor(0);
  }

  /** Names of the messages since the last call of this or `take`. */
  takeNames(): readonly string[] {
    return this.take().map((message) => message.name);
  }

  take(): readonly BackendMessage[] {
    return this.messages.splice(0);
  }

  /** The next `count` bytes are not messages: answers to SSLRequest and its like. */
  expectRaw(count: number): void {
    this.#rawBytes = count;
  }

  drain(): void {
    this.isReading = true;
    this.#handler?.onDrain();
  }

  /** The client goes away. */
  hangUp(): void {
    this.isClosed = true;
    this.#handler?.onClose(undefined);
  }

  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    const copy = Buffer.from(bytes);
    this.writes.push(copy);
    const raw = Math.min(this.#rawBytes, copy.length);
    this.#rawBytes -= raw;
    if (raw < copy.length) {
      this.#parser.parse(copy.subarray(raw), (message) => this.messages.push(message));
    }
    return this.isReading;
  }

  end(): void {
    this.isClosed = true;
  }

  destroy(): void {
    this.isClosed = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  cork(): void {}

  uncork(): void {}

  startTls(): Promise<Connection> {
    return Promise.reject(new Error("this client does not speak TLS"));
  }
}
