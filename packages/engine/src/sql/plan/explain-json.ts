import type { ExplainOptions } from "#sql/bind/statement.ts";
import type { ExplainRun, RowEstimate } from "./explain.ts";
import { actualsOf, rowsRemovedOf } from "./explain-actuals.ts";
import type { ExplainNode } from "./explain-node.ts";

interface Figures {
  readonly run: ExplainRun | undefined;
  readonly estimate: RowEstimate;
}

/** EXPLAIN (FORMAT JSON): an array of one document, keys as PostgreSQL names them. */
export function explainJson(root: ExplainNode, options: ExplainOptions, figures: Figures): string {
  const { run } = figures;
  const document: Record<string, unknown> = {
    Plan: nodeJson(root, undefined, options, figures),
  };
  if (run !== undefined && options.summary) {
    document["Planning Time"] = rounded(run.planningMs);
    document["Execution Time"] = rounded(run.executionMs);
  }
  return JSON.stringify([document], undefined, 2);
}

function nodeJson(
  node: ExplainNode,
  label: string | undefined,
  options: ExplainOptions,
  figures: Figures,
): Record<string, unknown> {
  const { run, estimate } = figures;
  const json: Record<string, unknown> = { "Node Type": node.type };
  if (label !== undefined) json["Subplan Name"] = label;
  Object.assign(json, node.facts);
  const [top] = node.plans;
  if (options.costs && top !== undefined) json["Plan Rows"] = Math.round(estimate(top));
  if (run !== undefined) {
    const actuals = actualsOf(node, run);
    const loops = Math.max(1, actuals?.loops ?? 0);
    if (options.timing) {
      json["Actual Startup Time"] = rounded((actuals?.startupMs ?? 0) / loops);
      json["Actual Total Time"] = rounded((actuals?.totalMs ?? 0) / loops);
    }
    json["Actual Rows"] = Math.round((actuals?.rows ?? 0) / loops);
    json["Actual Loops"] = actuals?.loops ?? 0;
  }
  for (const detail of node.details) json[detail.name] = detail.value;
  const removed = rowsRemovedOf(node, run);
  const isFiltered = node.details.some((detail) => detail.name === "Filter");
  if (removed !== undefined && isFiltered) json["Rows Removed by Filter"] = removed;
  if (node.children.length > 0) {
    json["Plans"] = node.children.map((child) =>
      nodeJson(child.node, child.label, options, figures),
    );
  }
  return json;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
