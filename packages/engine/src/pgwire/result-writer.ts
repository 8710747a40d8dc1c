import { assert } from "#base/assert.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { CopyPieces, Notice, ResultSink } from "#sql/session/protocol.ts";
import type { Row } from "#sql/types/datum.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import {
  writeCommandComplete,
  writeCopyData,
  writeCopyDone,
  writeCopyResponse,
  writeEmptyQueryResponse,
  writeNotice,
  writeParameterStatus,
  writeRowDescription,
} from "./backend-messages.ts";
import type { Output } from "./output.ts";
import { RowEncoder } from "./row-encoder.ts";
import type { StatementCounts } from "./statement-counts.ts";

/** Turns what a session reports into messages. One per connection; `begin` starts each call. */
export class ResultWriter implements ResultSink {
  readonly #output: Output;
  readonly #counts: StatementCounts;
  readonly #context: () => InputContext;
  readonly #nextCopyPiece: (signal: AbortSignal) => Promise<Uint8Array | undefined>;
  #encoder: RowEncoder | undefined;

  /** `context`: the session's present output context. */
  constructor(
    output: Output,
    counts: StatementCounts,
    from: {
      readonly context: () => InputContext;
      readonly nextCopyPiece: (signal: AbortSignal) => Promise<Uint8Array | undefined>;
    },
  ) {
    this.#output = output;
    this.#counts = counts;
    this.#context = from.context;
    this.#nextCopyPiece = from.nextCopyPiece;
  }

  /** `encoder` is given in the extended protocol; in the simple one `columns` makes it. */
  begin(encoder: RowEncoder | undefined): void {
    this.#encoder = encoder;
    this.#counts.started++;
    this.#output.beginCall();
  }

  finish(): void {
    this.#encoder = undefined;
    this.#output.endCall();
  }

  get hasFlushed(): boolean {
    return this.#output.hasCallFlushed;
  }

  restart(): void {
    assert(!this.hasFlushed, "rows that have left cannot be taken back");
    this.#output.restartCall();
  }

  columns(columns: readonly OutputColumn[]): void {
    writeRowDescription(this.#output.writer, columns, undefined);
    this.#encoder = new RowEncoder(columns, undefined, this.#context());
  }

  row(row: Row): boolean {
    assert(this.#encoder !== undefined, "columns are known before the first row");
    const { writer } = this.#output;
    const mark = writer.mark();
    try {
      this.#encoder.write(writer, row);
    } catch (error) {
      // Half a row must not stay in the stream before the error that follows.
      writer.rewind(mark);
      throw error;
    }
    return this.#output.flushWhenFull();
  }

  drained(): Promise<void> {
    return this.#output.drained();
  }

  copyIn(columnCount: number, signal: AbortSignal): CopyPieces {
    writeCopyResponse(this.#output.writer, "in", columnCount);
    // The client sends nothing before it has this.
    this.#output.flush();
    return { next: () => this.#nextCopyPiece(signal) };
  }

  copyOut(columnCount: number): void {
    writeCopyResponse(this.#output.writer, "out", columnCount);
  }

  copyData(line: string): boolean {
    writeCopyData(this.#output.writer, line);
    return this.#output.flushWhenFull();
  }

  copyDone(): void {
    writeCopyDone(this.#output.writer);
  }

  complete(commandTag: string): void {
    this.#counts.complete(commandTag);
    writeCommandComplete(this.#output.writer, commandTag);
  }

  empty(): void {
    writeEmptyQueryResponse(this.#output.writer);
  }

  notice(notice: Notice): void {
    writeNotice(this.#output.writer, notice);
  }

  parameterStatus(name: string, value: string): void {
    writeParameterStatus(this.#output.writer, name, value);
  }
}
