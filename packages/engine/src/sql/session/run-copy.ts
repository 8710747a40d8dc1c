import { SqlError, isSqlError } from "#base/errors.ts";
import type { CopyFromStatement, CopyToStatement, BoundStatement } from "#sql/bind/statement.ts";
import { compileCopyInto } from "#sql/execute/compile-plan.ts";
import { Frame } from "#sql/execute/frame.ts";
import { batchRowsMax } from "#sql/execute/operator.ts";
import type { Batch, Operator } from "#sql/execute/operator.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { parseText, textFormatter } from "#sql/types/text-format.ts";
import { CopyReader, malformed } from "./copy-reader.ts";
import { copyHeader, copyLine } from "./copy-writer.ts";
import type { Invocation } from "./invocation.ts";
import { PlannedQuery } from "./planned-query.ts";
import type { ResultSink } from "./protocol.ts";
import { newRun, readOnlyError, startQuery } from "./run-query.ts";
import type { SessionState } from "./session-state.ts";

/** COPY … FROM STDIN: all rows are inserted by this one statement, or none. */
export async function runCopyFrom(
  state: SessionState,
  statement: CopyFromStatement,
  invocation: Invocation,
): Promise<string> {
  const transaction = state.requireTransaction();
  if (transaction.isReadOnly) throw readOnlyError("COPY FROM");
  const { plan } = statement;
  const run = newRun(state, []);
  const operator = compileCopyInto(plan, new ClientRows(state, statement, invocation.sink));
  for await (const _ of operator.run(new Frame(run, undefined, []))) {
    // Nothing is returned.
  }
  run.writes.flush(run.transaction);
  transaction.catalog.watch(plan.table);
  return `COPY ${run.affected.get(plan) ?? 0}`;
}

/** The rows of a COPY as the client sends them. */
class ClientRows implements Operator {
  readonly #state: SessionState;
  readonly #statement: CopyFromStatement;
  readonly #sink: ResultSink;

  constructor(state: SessionState, statement: CopyFromStatement, sink: ResultSink) {
    this.#state = state;
    this.#statement = statement;
    this.#sink = sink;
  }

  async *run(): AsyncGenerator<Batch> {
    const { columns, format } = this.#statement;
    const { signal } = this.#state;
    const reader = new CopyReader(format);
    const pieces = this.#sink.copyIn(columns.length, signal);
    let header = format.header;
    let batch: Row[] = [];
    for (let piece = await pieces.next(); ; piece = await pieces.next()) {
      for (const line of reader.lines(piece)) {
        if (header !== false) {
          if (header === "match") this.#checkHeader(reader, line);
          header = false;
          continue;
        }
        batch.push(this.#row(reader, line));
        if (batch.length < batchRowsMax) continue;
        yield batch;
        batch = [];
      }
      if (piece === undefined) break;
    }
    if (batch.length > 0) yield batch;
  }

  #row(reader: CopyReader, line: string): Row {
    const { columns } = this.#statement;
    const context = this.#state.inputContext;
    let at: string | undefined;
    try {
      const fields = reader.fields(line);
      const row = columns.map((column, place): Datum => {
        at = undefined;
        const field = fields[place];
        if (field === undefined) {
          throw malformed(`missing data for column "${column.name}"`);
        }
        at = `, column ${column.name}: ${field === null ? "null input" : `"${field}"`}`;
        return field === null
          ? null
          : parseText(column.type.oid, column.type.typmod, field, context);
      });
      at = undefined;
      // An empty line has one empty field, also when there are no columns to copy.
      if (fields.length > columns.length && !(columns.length === 0 && line === "")) {
        throw malformed("extra data after last expected column");
      }
      return row;
    } catch (error) {
      throw this.#placed(error, reader, at ?? `: "${line}"`);
    }
  }

  #checkHeader(reader: CopyReader, line: string): void {
    const { columns } = this.#statement;
    const fields = reader.fields(line);
    if (fields.length !== columns.length) {
      throw malformed(
        `wrong number of fields in header line: got ${fields.length}, expected ${columns.length}`,
      );
    }
    columns.forEach((column, place) => {
      const field = fields[place];
      if (field === column.name) return;
      const got = field === null || field === undefined ? "null value" : `"${field}"`;
      throw malformed(
        `column name mismatch in header line field ${place + 1}: got ${got}, expected "${column.name}"`,
      );
    });
  }

  /** The error with the line it happened in. */
  #placed(error: unknown, reader: CopyReader, rest: string): unknown {
    if (!isSqlError(error)) return error;
    const shown = rest.length > 100 ? `${rest.slice(0, 100)}…` : rest;
    return new SqlError(error.condition, error.message, {
      ...error.fields,
      where: `COPY ${this.#statement.plan.table.name}, line ${reader.lineNumber}${shown}`,
    });
  }
}

/** COPY … TO STDOUT. */
export async function runCopyTo(
  state: SessionState,
  bound: BoundStatement,
  statement: CopyToStatement,
  invocation: Invocation,
): Promise<string> {
  const { query, format } = statement;
  const { sink } = invocation;
  const { columns } = query.plan;
  const planned = new PlannedQuery({ ...bound, statement: query, columns }, query, undefined, {
    statistics: state.engine.statistics,
    evalContext: state.context(),
  });
  const execution = await startQuery(state, planned, invocation.parameters, () =>
    Promise.resolve(planned),
  );
  try {
    const formatters = columns.map((column) => textFormatter(column.type.oid, state.inputContext));
    let count = 0;
    sink.copyOut(columns.length);
    if (format.header === true) {
      const names = columns.map((column) => column.name);
      sink.copyData(copyHeader(names, format));
    }
    await execution.send(0, {
      row: (row) => {
        count++;
        const fields = formatters.map((formatter, place) => {
          const datum = row[place] ?? null;
          return datum === null ? null : formatter(datum);
        });
        return sink.copyData(copyLine(fields, format));
      },
      drained: () => sink.drained(),
    });
    sink.copyDone();
    return `COPY ${count}`;
  } finally {
    await execution.close();
  }
}
