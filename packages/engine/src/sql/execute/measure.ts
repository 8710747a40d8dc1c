import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { Clock } from "#runtime/ports.ts";
import type { Frame } from "./frame.ts";
import type { Batch, Operator } from "./operator.ts";
import type { NodeMeasure, StatementRun } from "./statement-run.ts";

/** An operator that counts its rows and time when the statement asks for it, and otherwise steps aside. */
export class MeasuredOperator implements Operator {
  readonly #plan: QueryPlan;
  readonly #inner: Operator;

  constructor(plan: QueryPlan, inner: Operator) {
    this.#plan = plan;
    this.#inner = inner;
  }

  run(frame: Frame): AsyncIterable<Batch> {
    const { measures, measureClock } = frame.run;
    return measures === undefined || measureClock === undefined
      ? this.#inner.run(frame)
      : this.#measure(frame, measureOf(measures, this.#plan), measureClock);
  }

  async *#measure(frame: Frame, measure: NodeMeasure, clock: Clock): AsyncGenerator<Batch> {
    measure.loops++;
    let startMs = clock.monotonicMs();
    let isFirst = true;
    for await (const batch of this.#inner.run(frame)) {
      const spentMs = clock.monotonicMs() - startMs;
      measure.totalMs += spentMs;
      if (isFirst) measure.startupMs += spentMs;
      isFirst = false;
      measure.rows += batch.length;
      yield batch;
      startMs = clock.monotonicMs();
    }
    measure.totalMs += clock.monotonicMs() - startMs;
  }
}

export function noteRowsRemoved(run: StatementRun, plan: QueryPlan, count: number): void {
  if (run.measures !== undefined) measureOf(run.measures, plan).rowsRemoved += count;
}

function measureOf(measures: Map<QueryPlan, NodeMeasure>, plan: QueryPlan): NodeMeasure {
  let measure = measures.get(plan);
  if (measure === undefined) {
    measure = { startupMs: 0, totalMs: 0, rows: 0, loops: 0, rowsRemoved: 0 };
    measures.set(plan, measure);
  }
  return measure;
}
