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

/** How many rows the optimiser expects of a plan node. */
export type RowEstimate = (plan: QueryPlan) => number;

/**
 * The rows of EXPLAIN: one per line in the text format, one with the whole document in JSON.
 * `figures.run` is present for ANALYZE.
 */
export function explain(
  plan: QueryPlan,
  options: ExplainOptions,
  figures: { readonly run: ExplainRun | undefined; readonly estimate: RowEstimate },
): readonly string[] {
  const root = describePlan(plan, options);
  return options.format === "json"
    ? [explainJson(root, options, figures)]
    : explainText(root, options, figures);
}
