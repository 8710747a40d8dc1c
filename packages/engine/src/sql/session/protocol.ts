import type { SqlError } from "#base/errors.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { Row } from "#sql/types/datum.ts";
import type { InputContext } from "#sql/types/format-settings.ts";

/**
 * What a wire protocol asks of a SQL session. One session per connection; calls come one at a
 * time, except `cancel`, which may come from anywhere at any moment.
 *
 *   simple protocol:    simpleQuery(text) → results of each statement in turn
 *   extended protocol:  parse → bind → describe → execute… → sync
 *
 * - Errors are SqlErrors. After one the wire layer skips to the next sync, as PostgreSQL does.
 * - bind, execute and sync answer, or throw, at once when there is nothing to wait for; a promise means
 *   that there is. A read by primary key then costs no promise between the socket and the store.
 */
export interface Session {
  /**
   * What the text form of values depends on. `format` is one object until a SET changes it, so
   * that the wire layer may keep column writers made for it.
   */
  readonly inputContext: InputContext;
  readonly transactionStatus: TransactionStatus;

  /**
   * Runs every statement of the text. A text of several statements is one implicit transaction.
   * Events reach the sink in order; the promise resolves after the last, or rejects with the
   * error that ended the text.
   */
  simpleQuery(text: string, sink: ResultSink): Promise<void>;

  parse(name: string, text: string, parameterTypeOids: readonly number[]): Promise<void>;
  describeStatement(name: string): StatementDescription;
  bind(request: BindRequest): Promise<void> | undefined;
  describePortal(name: string): readonly OutputColumn[] | undefined;
  /**
   * rowsMax 0: all. The answer is false when the portal was suspended with rows left.
   * `syncFollows`: the client's next message is known to be Sync, so an implicit transaction may
   * commit inside this call, where a conflict can still be met with another attempt.
   */
  execute(
    portal: string,
    rowsMax: number,
    sink: ResultSink,
    syncFollows?: boolean,
  ): boolean | Promise<boolean>;
  closeStatement(name: string): void;
  closePortal(name: string): void;
  /** Ends the implicit transaction of an extended batch: commits, or rolls back after an error. */
  sync(): Promise<void> | undefined;
  /** Tells the session that an error ended a batch or text, so that an open block is marked failed. */
  failed(): void;

  /** Ends what is running with the reason (57014, 57P01 …). Nothing running: no effect. */
  cancel(reason: SqlError): void;
  close(): Promise<void>;
}

/** ReadyForQuery's letter: idle, in a transaction block, in a failed block. */
export type TransactionStatus = "I" | "T" | "E";

export interface StatementDescription {
  readonly parameterTypeOids: readonly number[];
  /** Undefined when the statement returns no rows. */
  readonly columns: readonly OutputColumn[] | undefined;
}

export interface BindRequest {
  readonly portal: string;
  readonly statement: string;
  /** One per parameter: 0 text, 1 binary; already expanded from the wire's short forms. */
  readonly parameterFormats: readonly (0 | 1)[];
  readonly parameters: readonly (Uint8Array | null)[];
}

/** Where results go. Synchronous; when `row` returns false the session waits for `drained()`. */
export interface ResultSink {
  /** Before the first row of each statement that returns rows, in the simple protocol only. */
  columns(columns: readonly OutputColumn[]): void;
  row(row: Row): boolean;
  drained(): Promise<void>;
  /**
   * Asks the client for the lines of a COPY of so many columns. Each `next` gives a piece of them,
   * undefined at their end; it rejects with 57014 when the client gives up or the signal is aborted.
   */
  copyIn(columnCount: number, signal: AbortSignal): CopyPieces;
  /** Lines of a COPY follow, until `copyDone`. */
  copyOut(columnCount: number): void;
  /** One line; as for `row`, false asks to wait for `drained()`. */
  copyData(line: string): boolean;
  copyDone(): void;
  /** `INSERT 0 5`, `SELECT 3`, `BEGIN` … */
  complete(commandTag: string): void;
  /** The text held no statement. */
  empty(): void;
  notice(notice: Notice): void;
  /** A setting that clients are told of changed (client_encoding, TimeZone, application_name …). */
  parameterStatus(name: string, value: string): void;
  /** Bytes have left for the client since the present call began, so it can no longer be retried inside. */
  readonly hasFlushed: boolean;
  /** Takes back everything the present call has sent, for a retry inside. Only while `hasFlushed` is false. */
  restart(): void;
}

export interface CopyPieces {
  next(): Promise<Uint8Array | undefined>;
}

export interface Notice {
  readonly severity: "WARNING" | "NOTICE" | "INFO" | "LOG" | "DEBUG";
  readonly error: SqlError;
}

export interface SessionOptions {
  readonly user: string;
  readonly database: string;
  /** Startup parameters such as application_name, DateStyle, options. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** BackendKeyData's process number, shown in pg_stat_activity. */
  readonly processId: number;
  /** Ends the connection from within with this as its last, FATAL, error (timeouts, pg_terminate_backend). */
  readonly terminate?: (reason: SqlError) => void;
}

/** Opens sessions; the one thing pgwire takes from the SQL engine. */
export interface SessionFactory {
  /** Rejects with 3D000 for an unknown database, 28000 for an unknown role, 53300 when full. */
  open(options: SessionOptions): Promise<Session>;
  /** Settings reported to the client at start-up, in order. */
  initialParameterStatus(session: Session): readonly (readonly [name: string, value: string])[];
}
