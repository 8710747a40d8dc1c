import type { BoundStatement, ExplainStatement } from "#sql/bind/statement.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { NodeMeasure } from "#sql/execute/statement-run.ts";
import { RowEstimator } from "#sql/optimise/estimate-rows.ts";
import { optimise } from "#sql/optimise/optimise.ts";
import { explain } from "#sql/plan/explain.ts";
import type { ExplainRun } from "#sql/plan/explain.ts";
import { sendRows } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";
import { PlannedQuery } from "./planned-query.ts";
import { startQuery } from "./run-query.ts";
import { textColumns } from "./run-setting-statement.ts";
import type { SessionState } from "./session-state.ts";

/** EXPLAIN; with ANALYZE the query is run, its rows counted and dropped. */
export async function runExplain(
  state: SessionState,
  bound: BoundStatement,
  statement: ExplainStatement,
  invocation: Invocation,
): Promise<string> {
  const { clock } = state.engine.runtime;
  const { query, options } = statement;
  const startMs = clock.monotonicMs();
  const optimiser = { statistics: state.engine.statistics, evalContext: state.context() };
  let plan: QueryPlan;
  let run: ExplainRun | undefined;
  if (query.kind === "query") {
    const planned = new PlannedQuery({ ...bound, statement: query }, query, undefined, optimiser);
    plan = planned.plan;
    if (options.analyze) {
      const planningMs = clock.monotonicMs() - startMs;
      run = await analyze(state, planned, invocation, planningMs);
    }
  } else {
    plan = optimise(query.plan, optimiser);
  }
  const estimator = new RowEstimator(state.engine.statistics);
  const estimate = (node: QueryPlan): number => estimator.rows(node);
  const lines = explain(plan, options, { run, estimate });
  await sendRows(
    invocation,
    bound.columns ?? textColumns(["QUERY PLAN"]),
    lines.map((line) => [line]),
  );
  return "EXPLAIN";
}

async function analyze(
  state: SessionState,
  planned: PlannedQuery,
  invocation: Invocation,
  planningMs: number,
): Promise<ExplainRun> {
  const { clock } = state.engine.runtime;
  const actuals = new Map<QueryPlan, NodeMeasure>();
  const startMs = clock.monotonicMs();
  const execution = await startQuery(
    state,
    planned,
    invocation.parameters,
    () => Promise.resolve(planned),
    { measures: actuals },
  );
  try {
    while ((await execution.take(1_024)).length > 0);
  } finally {
    await execution.close();
  }
  return { planningMs, executionMs: clock.monotonicMs() - startMs, actuals };
}
