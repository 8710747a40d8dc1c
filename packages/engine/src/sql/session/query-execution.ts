import type { StatementRun } from "#sql/execute/statement-run.ts";
import { Frame } from "#sql/execute/frame.ts";
import type { Batch } from "#sql/execute/operator.ts";
import type { Row } from "#sql/types/datum.ts";
import type { PlannedQuery } from "./planned-query.ts";
import type { ResultSink } from "./protocol.ts";

const noRows: Batch = [];

/**
 * A query on its way: rows are pulled as the client wants them.
 *
 * - Before the first row leaves, the catalog the query was planned with is known to be the
 *   transaction's; until then StaleCatalog may come out, and nothing has been sent.
 * - A query that changes data runs to its end before its first row leaves.
 */
export class QueryExecution {
  readonly planned: PlannedQuery;
  readonly run: StatementRun;
  readonly #batches: AsyncIterator<Batch>;
  #held: Batch = noRows;
  #heldFrom = 0;
  #isExhausted = false;
  #rowsSent = 0;

  constructor(planned: PlannedQuery, run: StatementRun) {
    this.planned = planned;
    this.run = run;
    this.#batches = planned.operator.run(new Frame(run, undefined, []))[Symbol.asyncIterator]();
  }

  /** Makes the first row ready, or finds that there is none; a change of data is done after this. */
  async start(): Promise<void> {
    if (this.planned.isReadOnly) {
      await this.#pull();
    } else {
      const all: Row[] = [];
      while (await this.#pull()) for (const row of this.#held) all.push(row);
      this.#held = all;
      this.run.writes.flush(this.run.transaction);
    }
    if (this.planned.readsCatalog) await this.run.verifyCatalog();
  }

  /** Sends at most rowsMax rows (0: all). True when there are no more. */
  async send(rowsMax: number, sink: Pick<ResultSink, "row" | "drained">): Promise<boolean> {
    this.#rowsSent = 0;
    const limit = rowsMax === 0 ? Infinity : rowsMax;
    for (;;) {
      while (this.#heldFrom < this.#held.length) {
        if (this.#rowsSent >= limit) return false;
        const row = this.#held[this.#heldFrom++];
        if (row === undefined) break;
        this.#rowsSent++;
        if (!sink.row(row)) await sink.drained();
      }
      if (!(await this.#pull())) return true;
    }
  }

  /** Takes rows without sending them. */
  async take(rowsMax: number): Promise<Row[]> {
    const rows: Row[] = [];
    while (rows.length < rowsMax) {
      if (this.#heldFrom >= this.#held.length && !(await this.#pull())) break;
      const row = this.#held[this.#heldFrom++];
      if (row !== undefined) rows.push(row);
    }
    this.#rowsSent = rows.length;
    return rows;
  }

  get commandTag(): string {
    return commandTag(this.planned, this.run, this.#rowsSent);
  }

  async close(): Promise<void> {
    if (this.#isExhausted) return;
    this.#isExhausted = true;
    await this.#batches.return?.();
  }

  async #pull(): Promise<boolean> {
    this.#held = noRows;
    this.#heldFrom = 0;
    if (this.#isExhausted) return false;
    const step = await this.#batches.next();
    if (step.done === true) {
      this.#isExhausted = true;
      return false;
    }
    this.#held = step.value;
    return true;
  }
}

function commandTag(planned: PlannedQuery, run: StatementRun, rowsSent: number): string {
  const { command, modify } = planned;
  if (modify === undefined) return `SELECT ${rowsSent}`;
  const count = run.affected.get(modify) ?? 0;
  return command === "INSERT" ? `INSERT 0 ${count}` : `${command} ${count}`;
}
