import type { Datum, Row } from "#sql/types/datum.ts";
import type { NamedRows } from "./with-operators.ts";
import type { StatementRun } from "./statement-run.ts";

/** A scalar expression made into a function of its input row. Never waits; see SuspendedSubquery. */
export type Evaluator = (row: Row, frame: Frame) => Datum;

/**
 * Where a query level stands while it runs: the statement, and the rows of the queries around it.
 * `outer` columns of depth 1 read `row` of the frame their plan was opened with.
 */
export class Frame {
  readonly run: StatementRun;
  readonly outer: Frame | undefined;
  /** The enclosing query's current row; empty at the top. */
  readonly row: Row;
  /** Results of correlated subqueries for the one row that is being evaluated in this frame. */
  #resultsRow: Row | undefined;
  #results: Map<object, Datum> | undefined;
  #namedRows: Map<number, NamedRows> | undefined;

  constructor(run: StatementRun, outer: Frame | undefined, row: Row) {
    this.run = run;
    this.outer = outer;
    this.row = row;
  }

  setNamedRows(cteId: number, rows: NamedRows): void {
    this.#namedRows ??= new Map();
    this.#namedRows.set(cteId, rows);
  }

  /** The same place in the statement, where one WITH query is read as other rows than here. */
  withNamedRows(cteId: number, rows: NamedRows): Frame {
    const frame = new Frame(this.run, this.outer, this.row);
    frame.#namedRows = new Map(this.#namedRows);
    frame.setNamedRows(cteId, rows);
    return frame;
  }

  /** The rows of a WITH query of this level or one around it. */
  findNamedRows(cteId: number): NamedRows | undefined {
    return this.#namedRows?.get(cteId) ?? this.outer?.findNamedRows(cteId);
  }

  /** Undefined until the subquery has run for this row. */
  subqueryResult(node: object, row: Row): Datum | undefined {
    return this.#resultsRow === row ? this.#results?.get(node) : undefined;
  }

  keepSubqueryResult(node: object, row: Row, result: Datum): void {
    if (this.#resultsRow !== row || this.#results === undefined) {
      this.#resultsRow = row;
      this.#results = new Map();
    }
    this.#results.set(node, result);
  }
}

/**
 * Thrown by an evaluator that needs a subquery's result for this row. Evaluators cannot wait, so
 * the operator runs the subquery and evaluates the row's expression again, which then finds the
 * result. That keeps every expression without subqueries free of promises, and a subquery in a
 * CASE branch that is not taken never runs. The price: the expression's other parts run again.
 */
export class SuspendedSubquery {
  readonly settle: () => Promise<void>;

  constructor(settle: () => Promise<void>) {
    this.settle = settle;
  }
}

/** Evaluates an expression that may hold subqueries. */
export async function evaluate(evaluator: Evaluator, row: Row, frame: Frame): Promise<Datum> {
  for (;;) {
    try {
      return evaluator(row, frame);
    } catch (error) {
      if (!(error instanceof SuspendedSubquery)) throw error;
      await error.settle();
    }
  }
}

/** Leaves the evaluation of the present row until `settle` has brought the result. */
export function suspend(settle: () => Promise<void>): never {
  // Not an Error: nothing went wrong, and a stack trace for every row would cost more than the row.
  // oxlint-disable-next-line typescript/only-throw-error
  throw new SuspendedSubquery(settle);
}
