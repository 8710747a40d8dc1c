import { SqlError } from "#base/errors.ts";
import type {
  Cancel,
  Connection,
  Gauge,
  Listener,
  Runtime,
  Sockets,
  TlsServerOptions,
} from "#runtime/ports.ts";
import type { SessionFactory } from "#sql/session/protocol.ts";
import type { Authenticator } from "./authentication.ts";
import { PgConnection, type PgConnectionOwner } from "./connection.ts";
import { StatementCounts } from "./statement-counts.ts";

export interface PgServerOptions {
  readonly host: string;
  readonly port: number;
  readonly authenticator: Authenticator;
  readonly tls: TlsServerOptions | undefined;
  /** Clients with a session; one more gets 53300. */
  readonly connectionsMax: number;
  readonly startupTimeoutMs: number;
  readonly messageBytesMax: number;
}

/** Sockets that have not said who they are, beside those that have. */
const unknownSocketsMax = 256;

const shutdown = new SqlError(
  "admin_shutdown",
  "terminating connection due to administrator command",
);

/** Listens for PostgreSQL clients and keeps track of them. */
export class PgServer implements PgConnectionOwner {
  readonly #runtime: Runtime;
  readonly #sessions: SessionFactory;
  readonly #options: PgServerOptions;
  readonly counts: StatementCounts;
  readonly #gauge: Gauge;
  readonly #connections = new Map<number, PgConnection>();
  readonly #admitted = new Set<PgConnection>();
  #listener: Listener | undefined;
  #processId = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(runtime: Runtime, sessions: SessionFactory, options: PgServerOptions) {
    this.#runtime = runtime;
    this.#sessions = sessions;
    this.#options = options;
    this.counts = new StatementCounts(runtime.metrics);
    this.#gauge = runtime.metrics.gauge("sql_connections", "Clients with an open SQL session");
    this.#gauge.set(0);
  }

  /** Rejects with AddressInUse when the port is taken. */
  async listen(sockets: Sockets): Promise<void> {
    const { host, port } = this.#options;
    this.#listener = await sockets.listen({ host, port }, (connection) => this.accept(connection));
  }

  /** Where it listens; the port is the real one when 0 was asked for. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#listener;
  }

  get connectionCount(): number {
    return this.#admitted.size;
  }

  accept(connection: Connection): void {
    if (this.#connections.size - this.#admitted.size >= unknownSocketsMax) {
      connection.destroy();
      return;
    }
    do this.#processId = (this.#processId % 0x7fff_ffff) + 1;
    while (this.#connections.has(this.#processId));
    const client = new PgConnection(this.#runtime, connection, this.#sessions, this, {
      processId: this.#processId,
      authenticator: this.#options.authenticator,
      tls: this.#options.tls,
      startupTimeoutMs: this.#options.startupTimeoutMs,
      messageBytesMax: this.#options.messageBytesMax,
    });
    this.#connections.set(client.processId, client);
    client.start();
  }

  admit(connection: PgConnection): boolean {
    if (this.#admitted.size >= this.#options.connectionsMax) return false;
    this.#admitted.add(connection);
    this.#gauge.set(this.#admitted.size);
    return true;
  }

  /** A wrong secret is ignored without a word, as the protocol asks. */
  cancel(processId: number, secret: number): void {
    const connection = this.#connections.get(processId);
    if (connection?.secret === secret) connection.cancelStatement();
  }

  closed(connection: PgConnection): void {
    this.#connections.delete(connection.processId);
    this.#admitted.delete(connection);
    this.#gauge.set(this.#admitted.size);
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  /**
   * Stops accepting, tells every client 57P01 as soon as it is between transactions, and those
   * that are not within `graceMs` anyway.
   */
  async close(graceMs: number): Promise<void> {
    this.#listener?.stop();
    for (const connection of [...this.#connections.values()]) connection.stopWhenIdle(shutdown);
    let cancelGrace: Cancel = () => {};
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        cancelGrace = this.#runtime.clock.after(graceMs, resolve);
      });
    }
    cancelGrace();
    for (const connection of [...this.#connections.values()]) connection.stopNow(shutdown);
    await this.#listener?.close();
  }
}
