import type { ExplainOptions } from "#sql/bind/statement.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import { explainJson } from "./explain-json.ts";
import { describePlan } from "./explain-node.ts";
import { explainText } from "./explain-text.ts";

/** What running one plan node cost, summed over its loops. */
export interface NodeActuals {
  readonly startupMs: number;
  readonly totalMs: number;
  readonly rows: number;
  readonly loops: number;
  /** Rows that the node's filter dropped. */
  readonly rowsRemoved?: number | undefined;
}

export interface ExplainRun {
  readonly planningMs: number;
  readonly executionMs: number;
  /** By plan node; nodes that never ran are absent. */
  readonly actuals: ReadonlyMap<QueryPlan, NodeActuals>;
}

/**
 * The rows of EXPLAIN: one per line in the text format, one with the whole document in JSON.
 * `run` is present for ANALYZE.
 */
export function explain(
  plan: QueryPlan,
  options: ExplainOptions,
  run: ExplainRun | undefined,
): readonly string[] {
  const root = describePlan(plan, options);
  return options.format === "json"
    ? [explainJson(root, options, run)]
    : explainText(root, options, run);
}
