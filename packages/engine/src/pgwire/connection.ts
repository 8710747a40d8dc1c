import { InvariantViolation } from "#base/assert.ts";
import { SqlError, isSqlError, notSupported } from "#base/errors.ts";
import type { Cancel, Connection, Runtime, TlsServerOptions } from "#runtime/ports.ts";
import type { Session, SessionFactory } from "#sql/session/protocol.ts";
import { authenticate } from "./authenticate.ts";
import type { Authenticator } from "./authentication.ts";
import {
  writeBackendKeyData,
  writeError,
  writeNegotiateProtocolVersion,
  writeParameterStatus,
  writeReadyForQuery,
} from "./backend-messages.ts";
import { ExtendedMessages } from "./extended-messages.ts";
import { frontend, readQuery } from "./frontend-messages.ts";
import { MalformedMessage, MessageReader } from "./message-reader.ts";
import { Output } from "./output.ts";
import { ResultWriter } from "./result-writer.ts";
import type { StatementCounts } from "./statement-counts.ts";
import { protocolVersion, readStartupPacket, type StartupPacket } from "./startup-packet.ts";

export interface PgConnectionOptions {
  /** Names the connection in logs, in pg_stat_activity and in CancelRequest. */
  readonly processId: number;
  readonly authenticator: Authenticator;
  /** Undefined: encryption is answered with a refusal. */
  readonly tls: TlsServerOptions | undefined;
  /** Time from accept to the first ReadyForQuery. */
  readonly startupTimeoutMs: number;
  /** A statement or a bind longer than this gets 54000. */
  readonly messageBytesMax: number;
}

/** What a connection asks of the server it belongs to. */
export interface PgConnectionOwner {
  /** False when the node is full. Called once, after a good start-up packet. */
  admit(connection: PgConnection): boolean;
  cancel(processId: number, secret: number): void;
  readonly counts: StatementCounts;
  closed(connection: PgConnection): void;
}

/** A client that sends faster than it is served is read no further than this. */
const inputBytesMax = 256 * 1024;

/** How long a socket stays open after its last message, for the client to read it. */
const lingerMs = 2_000;

const knownTypes = new Set<number>(Object.values(frontend));
const connectionLost = new SqlError("connection_failure", "connection to client lost");

/**
 * One client's connection, from its first byte to its last.
 *
 *   startup ── (TLS) ── (SCRAM) ── session open ── ready … ── closed
 *
 * - Messages are handled one after another in the order they came; several may be queued.
 * - After an error in the extended protocol everything up to the next Sync is dropped.
 * - Whatever goes wrong ends in an error message and, when the stream can no longer be followed,
 *   in the end of this connection; never of another one. Only a broken invariant stops the node.
 */
export class PgConnection {
  readonly processId: number;
  readonly secret: number;
  readonly #runtime: Runtime;
  readonly #sessions: SessionFactory;
  readonly #owner: PgConnectionOwner;
  readonly #options: PgConnectionOptions;
  readonly #reader: MessageReader;
  readonly #output: Output;
  readonly #results: ResultWriter;
  readonly #extendedMessages: ExtendedMessages;
  readonly #cancelStartupTimeout: Cancel;
  #connection: Connection;
  #session: Session | undefined;
  #isReady = false;
  #isPumping = false;
  #isPaused = false;
  #isClosed = false;
  #isSkippingToSync = false;
  /** Something was sent since the last ReadyForQuery, or a statement runs. */
  #isBusy = false;
  #stopReason: SqlError | undefined;
  /** Wakes the exchange that waits for a message in its middle. */
  #waiting: (() => void) | undefined;

  constructor(
    runtime: Runtime,
    connection: Connection,
    sessions: SessionFactory,
    owner: PgConnectionOwner,
    options: PgConnectionOptions,
  ) {
    this.processId = options.processId;
    this.secret = runtime.random.integer(2 ** 32) | 0;
    this.#runtime = runtime;
    this.#connection = connection;
    this.#sessions = sessions;
    this.#owner = owner;
    this.#options = options;
    this.#reader = new MessageReader({ messageBytesMax: options.messageBytesMax });
    this.#output = new Output(runtime.clock, connection);
    this.#results = new ResultWriter(this.#output, owner.counts, {
      context: () => this.#requireSession().inputContext,
      nextCopyPiece: (signal) => this.#nextCopyPiece(signal),
    });
    this.#extendedMessages = new ExtendedMessages(this.#reader, this.#output, this.#results, () =>
      this.#requireSession(),
    );
    this.#cancelStartupTimeout = runtime.clock.after(options.startupTimeoutMs, () => {
      this.#end(undefined);
    });
  }

  /** Reads from now on. */
  start(): void {
    this.#attach(this.#connection);
  }

  /** Ends what the client is running with 57014; nothing running, no effect. */
  cancelStatement(): void {
    this.#session?.cancel(
      new SqlError("query_canceled", "canceling statement due to user request"),
    );
  }

  /** Ends the connection as soon as it is between statements and outside a transaction. */
  stopWhenIdle(reason: SqlError): void {
    this.#stopReason = reason;
    if (this.#isReady) this.#stopIfIdle();
    else this.#end(reason);
  }

  /** Ends the connection now, with its statement. */
  stopNow(reason: SqlError): void {
    this.#session?.cancel(reason);
    this.#end(reason);
  }

  #attach(connection: Connection): void {
    connection.setHandler({
      onData: (bytes) => {
        if (this.#isClosed) return;
        this.#reader.push(bytes);
        this.#pump();
        if (
          !this.#isPaused &&
          this.#reader.bufferedBytes > inputBytesMax &&
          this.#reader.hasMessage
        ) {
          this.#isPaused = true;
          this.#connection.pause();
        }
      },
      onDrain: () => this.#output.onDrain(),
      onClose: () => {
        if (connection === this.#connection) this.#disposed();
      },
    });
  }

  #pump(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting();
    } else if (!this.#isPumping && !this.#isClosed) {
      this.#isPumping = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed && !this.#isReady) {
        if (this.#reader.nextStartup() === "none") return;
        await this.#startup(readStartupPacket(this.#reader));
      }
      while (!this.#isClosed) {
        const outcome = this.#reader.next();
        this.#resumeReading();
        if (outcome === "none") return;
        const step = outcome === "tooLong" ? this.#refuseTooLong() : this.#handle();
        if (step !== undefined) await step;
        if (this.#output.isBehind) await this.#output.drained();
      }
    } catch (error) {
      this.#end(
        error instanceof MalformedMessage
          ? new SqlError("protocol_violation", error.message)
          : this.#toSqlError(error),
      );
    } finally {
      this.#isPumping = false;
      if (this.#isClosed) this.#closeSession();
    }
  }

  #resumeReading(): void {
    if (this.#isPaused && this.#reader.bufferedBytes <= inputBytesMax / 2) {
      this.#isPaused = false;
      this.#connection.resume();
    } else if (this.#isPaused && !this.#reader.hasMessage) {
      this.#isPaused = false;
      this.#connection.resume();
    }
  }

  // Start-up

  async #startup(packet: StartupPacket): Promise<void> {
    switch (packet.kind) {
      case "ssl":
        return this.#startTls();
      case "gssEncryption":
        this.#connection.write(Buffer.from("N"));
        return;
      case "cancel":
        this.#owner.cancel(packet.processId, packet.secret);
        this.#end(undefined);
        return;
      case "unsupportedVersion":
        throw new SqlError(
          "feature_not_supported",
          `unsupported frontend protocol ${packet.major}.${packet.minor}: server supports 3.0 to 3.0`,
        );
      case "startup":
        return this.#open(packet);
    }
  }

  async #startTls(): Promise<void> {
    const { tls } = this.#options;
    if (tls === undefined || this.#connection.isEncrypted) {
      this.#connection.write(Buffer.from("N"));
      return;
    }
    if (this.#reader.bufferedBytes > 0) {
      // Bytes sent in the clear must not be taken for bytes sent under TLS.
      throw new MalformedMessage("received unencrypted data after SSL request");
    }
    this.#connection.write(Buffer.from("S"));
    const plain = this.#connection;
    try {
      this.#connection = await plain.startTls(tls);
    } catch (error) {
      this.#runtime.log.debug("tls handshake failed", { error });
      this.#disposed();
      return;
    }
    this.#output.replaceConnection(this.#connection);
    this.#attach(this.#connection);
  }

  async #open(packet: StartupPacket & { readonly kind: "startup" }): Promise<void> {
    const { writer } = this.#output;
    if (packet.minor > 0 || packet.unknownOptions.length > 0) {
      writeNegotiateProtocolVersion(writer, {
        newestVersion: protocolVersion,
        unknownOptions: packet.unknownOptions,
      });
    }
    const user = packet.parameters.get("user");
    if (user === undefined || user === "") {
      throw new SqlError(
        "invalid_authorization_specification",
        "no PostgreSQL user name specified in startup packet",
      );
    }
    if (packet.parameters.has("replication")) throw notSupported("the replication protocol");
    if (this.#stopReason !== undefined) {
      throw new SqlError("cannot_connect_now", "the database system is shutting down");
    }
    if (!this.#owner.admit(this)) {
      throw new SqlError("too_many_connections", "sorry, too many clients already");
    }
    await authenticate(this.#options.authenticator, writer, {
      user,
      remoteAddress: this.#connection.remoteAddress,
      isEncrypted: this.#connection.isEncrypted,
      serverNonce: () => Buffer.from(this.#runtime.random.bytes(18)).toString("base64"),
      nextAnswer: () => this.#nextAnswer(),
    });
    if (this.#isClosed) return;

    const session = await this.#sessions.open({
      user,
      database: packet.parameters.get("database") ?? user,
      parameters: packet.parameters,
      remoteAddress: this.#connection.remoteAddress,
      remotePort: this.#connection.remotePort,
      processId: this.processId,
      terminate: (reason) => {
        this.stopNow(reason);
      },
    });
    if (this.#isClosed) {
      await session.close();
      return;
    }
    this.#session = session;
    for (const [name, value] of this.#sessions.initialParameterStatus(session)) {
      writeParameterStatus(writer, name, value);
    }
    writeBackendKeyData(writer, { processId: this.processId, secret: this.secret });
    this.#cancelStartupTimeout();
    this.#isReady = true;
    this.#readyForQuery();
  }

  /** Flushes, then waits for the client's next message of the exchange. Undefined: it went away. */
  async #nextAnswer(): Promise<MessageReader | undefined> {
    this.#output.flush();
    const outcome = await this.#nextMessage(undefined);
    if (outcome === "closed") return undefined;
    if (outcome === "tooLong") throw new MalformedMessage("invalid message length");
    if (this.#reader.messageType !== frontend.password) {
      const type = this.#reader.messageType;
      throw new MalformedMessage(`expected SASL response, got message type ${type}`);
    }
    return this.#reader;
  }

  /** Waits for a message in the middle of an exchange; rejects with the signal's reason. */
  async #nextMessage(signal: AbortSignal | undefined): Promise<"message" | "tooLong" | "closed"> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#isClosed) return "closed";
      const outcome = this.#reader.next();
      this.#resumeReading();
      if (outcome !== "none") return outcome;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting = undefined;
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting = wake;
        signal?.addEventListener("abort", wake);
      });
    }
  }

  /** What the client sends next of a COPY; undefined at its end. */
  async #nextCopyPiece(signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      const outcome = await this.#nextMessage(signal);
      if (outcome === "closed") throw connectionLost;
      if (outcome === "tooLong") {
        throw new SqlError("program_limit_exceeded", "a message of COPY is too long");
      }
      const type = this.#reader.messageType;
      switch (type) {
        case frontend.copyData:
          return this.#reader.bytes(this.#reader.remainingBytes);
        case frontend.copyDone:
          return undefined;
        case frontend.copyFail: {
          const reason = this.#reader.string();
          throw new SqlError("query_canceled", `COPY from stdin failed: ${reason}`);
        }
        case frontend.flush:
        case frontend.sync:
          continue;
        case frontend.terminate:
          this.#end(undefined);
          throw connectionLost;
        default:
          throw new MalformedMessage(`unexpected message type ${type} during COPY from stdin`);
      }
    }
  }

  // Ready

  #handle(): Promise<void> | undefined {
    const type = this.#reader.messageType;
    if (!knownTypes.has(type)) {
      throw new MalformedMessage(`invalid frontend message type ${type}`);
    }
    if (type === frontend.terminate) {
      this.#end(undefined);
      return undefined;
    }
    if (this.#isSkippingToSync && type !== frontend.sync) return undefined;
    this.#isBusy = true;
    switch (type) {
      case frontend.query:
        return this.#query();
      case frontend.sync:
        return this.#sync();
      case frontend.flush:
        this.#output.flush();
        return undefined;
      case frontend.functionCall:
        return this.#functionCall();
      case frontend.copyData:
      case frontend.copyDone:
      case frontend.copyFail:
        // What a client still sends after its COPY was refused is dropped, as the protocol asks.
        return undefined;
      case frontend.password:
        throw new MalformedMessage("unexpected password message");
      default:
        return this.#extended(type);
    }
  }

  async #query(): Promise<void> {
    const session = this.#requireSession();
    try {
      const text = readQuery(this.#reader);
      this.#results.begin(undefined);
      await session.simpleQuery(text, this.#results);
    } catch (error) {
      this.#report(error);
    } finally {
      this.#results.finish();
    }
    this.#readyForQuery();
  }

  #extended(type: number): Promise<void> | undefined {
    try {
      const step = this.#extendedMessages.handle(type);
      if (step !== undefined) return this.#settle(step);
      this.#output.flushWhenFull();
    } catch (error) {
      this.#skipToSync(error);
    }
    return undefined;
  }

  async #settle(step: Promise<void>): Promise<void> {
    try {
      await step;
      this.#output.flushWhenFull();
    } catch (error) {
      this.#skipToSync(error);
    }
  }

  #skipToSync(error: unknown): void {
    this.#report(error);
    this.#isSkippingToSync = true;
  }

  #sync(): Promise<void> | undefined {
    this.#reader.end();
    this.#isSkippingToSync = false;
    return this.#endBatch();
  }

  #endBatch(): Promise<void> | undefined {
    const step = this.#requireSession().sync();
    if (step !== undefined) return this.#finishBatch(step);
    this.#readyForQuery();
    return undefined;
  }

  async #finishBatch(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      this.#report(error);
    }
    this.#readyForQuery();
  }

  #functionCall(): Promise<void> | undefined {
    this.#report(notSupported("the function call protocol"));
    return this.#endBatch();
  }

  #refuseTooLong(): Promise<void> | undefined {
    const type = this.#reader.messageType;
    if (this.#isSkippingToSync) return undefined;
    this.#isBusy = true;
    const limit = this.#options.messageBytesMax;
    this.#report(
      new SqlError("program_limit_exceeded", "statement is too long", {
        detail: `A message may have at most ${limit} bytes.`,
      }),
    );
    if (type === frontend.query) return this.#endBatch();
    this.#isSkippingToSync = true;
    return undefined;
  }

  #readyForQuery(): void {
    const session = this.#requireSession();
    if (session.transactionStatus === "I") this.#extendedMessages.forgetPortals();
    writeReadyForQuery(this.#output.writer, session.transactionStatus);
    this.#isBusy = false;
    // A pipeline's answers share a write; and those of all connections leave together, so that a
    // program that serves several of them wakes once and not for each.
    this.#output.flushSoon();
    if (this.#stopReason !== undefined) this.#stopIfIdle();
  }

  /** An error that leaves the connection usable. */
  #report(error: unknown): void {
    if (error instanceof MalformedMessage) throw error;
    const reported = this.#toSqlError(error);
    this.#owner.counts.failed(reported);
    if (this.#isClosed) return;
    writeError(this.#output.writer, "ERROR", reported);
    this.#session?.failed();
  }

  #toSqlError(error: unknown): SqlError {
    if (isSqlError(error)) return error;
    // Expressions and documents are walked by recursion: the engine's stack is their limit.
    if (error instanceof RangeError && error.message.includes("call stack")) {
      return new SqlError("statement_too_complex", "stack depth limit exceeded", { cause: error });
    }
    // Below kv a broken invariant stops the node before it gets here. What does get here went wrong in
    // one statement's own evaluation, and ends that statement.
    this.#runtime.log.error("statement failed on an unexpected error", { error });
    const message = error instanceof Error ? error.message : String(error);
    return new SqlError("internal_error", message, { cause: error });
  }

  // The end

  #stopIfIdle(): void {
    if (this.#stopReason === undefined || this.#isClosed) return;
    if (this.#isBusy || this.#session?.transactionStatus !== "I") return;
    this.#end(this.#stopReason);
  }

  /** Says why, when there is a reason to say, and closes. */
  #end(fatal: SqlError | undefined): void {
    if (this.#isClosed) return;
    if (fatal !== undefined) writeError(this.#output.writer, "FATAL", fatal);
    this.#output.endCall();
    this.#output.flush();
    const connection = this.#connection;
    connection.end();
    // A client that does not take its leave is not waited for.
    this.#runtime.clock.after(lingerMs, () => {
      connection.destroy();
    });
    this.#disposed();
  }

  #disposed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelStartupTimeout();
    this.#output.close();
    this.#waiting?.();
    this.#waiting = undefined;
    this.#owner.closed(this);
    this.#session?.cancel(connectionLost);
    if (!this.#isPumping) this.#closeSession();
  }

  /** Calls of a session come one at a time: it is closed when what was running has ended. */
  #closeSession(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.close().catch((error: unknown) => {
      this.#runtime.log.error("session did not close cleanly", { error });
    });
  }

  #requireSession(): Session {
    if (this.#session === undefined) throw new InvariantViolation("no session is open yet");
    return this.#session;
  }
}
