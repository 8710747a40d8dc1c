import type { SqlError } from "#base/errors.ts";
import { isSqlError } from "#base/errors.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import { createSessionFactory } from "#sql/session/session-factory.ts";
import type { SqlSessionFactory } from "#sql/session/session-factory.ts";
import type { SqlLimits } from "#sql/session/engine.ts";
import type { CopyPieces, Notice, ResultSink, Session } from "#sql/session/protocol.ts";
import type { Row } from "#sql/types/datum.ts";
import { formatText } from "#sql/types/text-format.ts";
import type { KvClient } from "#kv/api.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { MemoryKv } from "./memory-kv.ts";

/** What one statement gave: text values as psql would show them. */
export interface StatementResult {
  readonly columns: readonly string[] | undefined;
  readonly typeOids: readonly number[] | undefined;
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
}

export interface TextResult {
  readonly results: readonly StatementResult[];
  readonly notices: readonly Notice[];
  readonly error: SqlError | undefined;
}

/** Gathers results as text; may be told to be slow or to have flushed. */
export class CollectingSink implements ResultSink {
  readonly results: StatementResult[] = [];
  readonly notices: Notice[] = [];
  readonly parameters: (readonly [string, string])[] = [];
  hasFlushed = false;
  /** What a COPY … FROM STDIN reads. */
  copyInput: Uint8Array[] = [];
  /** Lines of COPY … TO STDOUT. */
  readonly copied: string[] = [];
  #columns: readonly OutputColumn[] | undefined;
  #rows: Row[] = [];
  readonly #session: Session;

  constructor(session: Session, columns?: readonly OutputColumn[]) {
    this.#session = session;
    this.#columns = columns;
  }

  columns(columns: readonly OutputColumn[]): void {
    this.#columns = columns;
  }

  row(row: Row): boolean {
    this.#rows.push(row);
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  complete(tag: string): void {
    const columns = this.#columns;
    const context = this.#session.inputContext;
    this.results.push({
      columns: columns?.map((column) => column.name),
      typeOids: columns?.map((column) => column.type.oid),
      rows: this.#rows.map((row) =>
        row.map((datum, at) =>
          datum === null ? null : formatText(columns?.[at]?.type.oid ?? 25, datum, context),
        ),
      ),
      tag,
    });
    this.#columns = undefined;
    this.#rows = [];
  }

  copyIn(): CopyPieces {
    return { next: () => Promise.resolve(this.copyInput.shift()) };
  }

  copyOut(): void {
    this.copied.length = 0;
  }

  copyData(line: string): boolean {
    this.copied.push(line);
    return true;
  }

  copyDone(): void {
    // The lines stay.
  }

  empty(): void {
    this.complete("");
  }

  notice(notice: Notice): void {
    this.notices.push(notice);
  }

  parameterStatus(name: string, value: string): void {
    this.parameters.push([name, value]);
  }

  restart(): void {
    this.results.length = 0;
    this.#rows = [];
  }
}

/** A node's SQL engine over any kv, for tests: sessions without a wire. */
export class SqlClient {
  readonly #factory: SqlSessionFactory;
  #processId = 0;

  constructor(factory: SqlSessionFactory) {
    this.#factory = factory;
  }

  static async open(
    kv: KvClient,
    runtime: Runtime,
    nodeId = 1,
    limits: Partial<SqlLimits> = {},
  ): Promise<SqlClient> {
    const options = { kv, runtime, nodeId, version: "0.1.0", limits };
    return new SqlClient(await createSessionFactory(options));
  }

  /** Over a store in memory, under simulated time. */
  static inMemory(): Promise<SqlClient> {
    return SqlClient.open(new MemoryKv(), simRuntime(1));
  }

  connect(
    parameters: ReadonlyMap<string, string> = new Map(),
    terminate: (reason: SqlError) => void = () => undefined,
    who: { readonly user?: string; readonly database?: string } = {},
  ): Promise<Session> {
    return this.#factory.open({
      user: who.user ?? "datafusion",
      database: who.database ?? "datafusion",
      terminate,
      parameters,
      remoteAddress: "127.0.0.1",
      remotePort: 50_000,
      processId: ++this.#processId,
    });
  }
}

/** Runs a text by the simple protocol. Errors are part of the result. */
export async function runText(session: Session, text: string): Promise<TextResult> {
  const sink = new CollectingSink(session);
  try {
    await session.simpleQuery(text, sink);
    return { results: sink.results, notices: sink.notices, error: undefined };
  } catch (error) {
    if (!isSqlError(error)) throw error;
    return { results: sink.results, notices: sink.notices, error };
  }
}

/** Results, notices and the error of a text, one thing a line. */
export function showResult(result: TextResult): string {
  const lines: string[] = [];
  for (const { severity, error } of result.notices) {
    lines.push(`${severity}: ${error.code} ${error.message}`);
  }
  for (const { columns, rows, tag } of result.results) {
    if (columns !== undefined) lines.push(columns.join(" | "));
    for (const row of rows) lines.push(row.map((value) => value ?? "∅").join(" | "));
    lines.push(tag);
  }
  const { error } = result;
  if (error !== undefined) {
    lines.push(`ERROR: ${error.code} ${error.message}`);
    for (const name of ["detail", "hint", "schema", "table", "column", "constraint"] as const) {
      const value = error.fields[name];
      if (value !== undefined) lines.push(`${name}: ${value}`);
    }
  }
  return lines.join("\n");
}
