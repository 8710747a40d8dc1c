import { SqlError } from "#base/errors.ts";
import type { TypeRef } from "#sql/bind/expression.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type {
  BindRequest,
  ResultSink,
  Session,
  SessionFactory,
  SessionOptions,
  StatementDescription,
  TransactionStatus,
} from "#sql/session/protocol.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import {
  defaultFormatSettings,
  emptyCatalogLookup,
  type InputContext,
} from "#sql/types/format-settings.ts";
import { getType } from "#sql/types/type.ts";

/** What a scripted session does for one statement text. */
export interface ScriptedStatement {
  readonly columns?: readonly OutputColumn[];
  readonly rows?: readonly Row[];
  readonly tag?: string;
  readonly parameterTypeOids?: readonly number[];
  readonly error?: SqlError;
  /** Thrown as it is: a bug, not an error for clients. */
  readonly failure?: Error;
  /** Runs until cancelled. */
  readonly isEndless?: boolean;
  readonly transactionStatus?: TransactionStatus;
}

export function column(name: string, typeOid: number): OutputColumn {
  const type: TypeRef = { type: getType(typeOid), typmod: -1 };
  return { ...type, name, tableId: 0, attributeNumber: 0 };
}

/** Answers statement texts by a table instead of an engine, for tests of what stands above sessions. */
export class ScriptedSessions implements SessionFactory {
  readonly #statements: ReadonlyMap<string, ScriptedStatement>;
  /** Every call that reached a session, in order. */
  readonly calls: string[] = [];
  readonly opened: SessionOptions[] = [];
  closedCount = 0;

  constructor(statements: Readonly<Record<string, ScriptedStatement>> = {}) {
    this.#statements = new Map(Object.entries(statements));
  }

  open(options: SessionOptions): Promise<Session> {
    if (options.database === "missing") {
      return Promise.reject(
        new SqlError("invalid_catalog_name", `database "${options.database}" does not exist`),
      );
    }
    this.opened.push(options);
    return Promise.resolve(new ScriptedSession(this));
  }

  initialParameterStatus(): readonly (readonly [string, string])[] {
    return [
      ["server_version", "15.0"],
      ["client_encoding", "UTF8"],
    ];
  }

  find(text: string): ScriptedStatement {
    const statement = this.#statements.get(text);
    if (statement === undefined) {
      throw new SqlError("syntax_error", `no script for "${text}"`, { position: 1 });
    }
    return statement;
  }
}

interface Portal {
  readonly statement: ScriptedStatement;
  readonly parameters: readonly (Uint8Array | null)[];
  at: number;
}

class ScriptedSession implements Session {
  readonly inputContext: InputContext = {
    format: defaultFormatSettings,
    transactionTimestamp: 0n,
    catalog: emptyCatalogLookup,
  };
  transactionStatus: TransactionStatus = "I";
  readonly #owner: ScriptedSessions;
  readonly #statements = new Map<string, ScriptedStatement>();
  readonly #portals = new Map<string, Portal>();
  #cancel: ((reason: SqlError) => void) | undefined;

  constructor(owner: ScriptedSessions) {
    this.#owner = owner;
  }

  async simpleQuery(text: string, sink: ResultSink): Promise<void> {
    this.#owner.calls.push(`query ${text}`);
    if (text === "") {
      sink.empty();
      return;
    }
    for (const part of text.split(";")) {
      const statement = this.#owner.find(part.trim());
      if (statement.columns !== undefined) sink.columns(statement.columns);
      await this.#run(statement, statement.rows ?? [], sink);
    }
  }

  parse(name: string, text: string): Promise<void> {
    this.#owner.calls.push(`parse ${name} ${text}`);
    return Promise.resolve().then(() => {
      this.#statements.set(name, this.#owner.find(text));
    });
  }

  describeStatement(name: string): StatementDescription {
    const statement = this.#statement(name);
    return {
      parameterTypeOids: statement.parameterTypeOids ?? [],
      columns: statement.columns,
    };
  }

  bind(request: BindRequest): Promise<void> {
    const shown = request.parameters.map((value, index) =>
      value === null
        ? "null"
        : `${request.parameterFormats[index]}:${Buffer.from(value).toString("latin1")}`,
    );
    this.#owner.calls.push(`bind ${request.portal}<${request.statement} [${shown.join(" ")}]`);
    return Promise.resolve().then(() => {
      const statement = this.#statement(request.statement);
      this.#portals.set(request.portal, { statement, parameters: request.parameters, at: 0 });
    });
  }

  describePortal(name: string): readonly OutputColumn[] | undefined {
    return this.#portal(name).statement.columns;
  }

  async execute(name: string, rowsMax: number, sink: ResultSink): Promise<boolean> {
    this.#owner.calls.push(`execute ${name} ${rowsMax}`);
    const portal = this.#portal(name);
    const rows = portal.statement.rows ?? [];
    const end = rowsMax === 0 ? rows.length : Math.min(portal.at + rowsMax, rows.length);
    const part = rows.slice(portal.at, end);
    portal.at = end;
    const isSuspended = rowsMax > 0 && part.length === rowsMax;
    await this.#run(portal.statement, part, sink, !isSuspended);
    return !isSuspended;
  }

  closeStatement(name: string): void {
    this.#owner.calls.push(`close statement ${name}`);
    this.#statements.delete(name);
  }

  closePortal(name: string): void {
    this.#owner.calls.push(`close portal ${name}`);
    this.#portals.delete(name);
  }

  sync(): Promise<void> {
    this.#owner.calls.push("sync");
    return Promise.resolve();
  }

  failed(): void {
    this.#owner.calls.push("failed");
    if (this.transactionStatus === "T") this.transactionStatus = "E";
  }

  cancel(reason: SqlError): void {
    this.#cancel?.(reason);
  }

  close(): Promise<void> {
    this.#owner.closedCount++;
    return Promise.resolve();
  }

  async #run(
    statement: ScriptedStatement,
    rows: readonly Row[],
    sink: ResultSink,
    isLast = true,
  ): Promise<void> {
    for (const row of rows) if (!sink.row(row)) await sink.drained();
    if (statement.error !== undefined) throw statement.error;
    if (statement.failure !== undefined) throw statement.failure;
    if (statement.isEndless === true) {
      await new Promise<void>((_resolve, reject) => {
        this.#cancel = reject;
      });
    }
    if (statement.transactionStatus !== undefined) {
      this.transactionStatus = statement.transactionStatus;
    }
    if (isLast) sink.complete(statement.tag ?? `SELECT ${rows.length}`);
  }

  #statement(name: string): ScriptedStatement {
    const statement = this.#statements.get(name);
    if (statement === undefined) {
      throw new SqlError(
        "invalid_sql_statement_name",
        `prepared statement "${name}" does not exist`,
      );
    }
    return statement;
  }

  #portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal === undefined) {
      throw new SqlError("invalid_cursor_name", `portal "${name}" does not exist`);
    }
    return portal;
  }
}

/** `count` rows of (int4, text). */
export function numberedRows(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, index): readonly Datum[] => [index, `row ${index}`]);
}

export const numberedColumns: readonly OutputColumn[] = [
  column("n", oids.int4),
  column("label", oids.text),
];
