import type { ExplainOptions } from "#sql/bind/statement.ts";
import type { ExplainRun, RowEstimate } from "./explain.ts";
import { actualsOf, rowsRemovedOf } from "./explain-actuals.ts";
import type { ExplainDetail, ExplainNode } from "./explain-node.ts";

/** EXPLAIN as PostgreSQL prints it: one node per line, its details below it, children behind arrows. */
export function explainText(
  root: ExplainNode,
  options: ExplainOptions,
  figures: { readonly run: ExplainRun | undefined; readonly estimate: RowEstimate },
): readonly string[] {
  const { run } = figures;
  const lines: string[] = [];
  writeNode(lines, root, { indent: 0, isRoot: true, options, ...figures });
  if (run !== undefined && options.summary) {
    lines.push(`Planning Time: ${run.planningMs.toFixed(3)} ms`);
    lines.push(`Execution Time: ${run.executionMs.toFixed(3)} ms`);
  }
  return lines;
}

interface Place {
  readonly indent: number;
  readonly isRoot: boolean;
  readonly options: ExplainOptions;
  readonly run: ExplainRun | undefined;
  readonly estimate: RowEstimate;
}

function writeNode(lines: string[], node: ExplainNode, place: Place): void {
  const { indent, isRoot, run } = place;
  const arrow = isRoot ? "" : "->  ";
  lines.push(`${" ".repeat(indent)}${arrow}${node.title}${figuresText(node, place)}`);
  const inner = indent + arrow.length + 2;
  for (const detail of node.details) {
    lines.push(`${" ".repeat(inner)}${detail.name}: ${detailText(detail)}`);
  }
  const removed = rowsRemovedOf(node, run);
  if (removed !== undefined && removed > 0) {
    lines.push(`${" ".repeat(inner)}Rows Removed by Filter: ${removed}`);
  }
  for (const child of node.children) {
    if (child.label === undefined) {
      writeNode(lines, child.node, { ...place, indent: inner, isRoot: false });
      continue;
    }
    lines.push(`${" ".repeat(inner)}${child.label}`);
    writeNode(lines, child.node, { ...place, indent: inner + 2, isRoot: false });
  }
}

function detailText(detail: ExplainDetail): string {
  return typeof detail.value === "string" ? detail.value : detail.value.join(", ");
}

function figuresText(node: ExplainNode, { options, run, estimate }: Place): string {
  const parts: string[] = [];
  const [top] = node.plans;
  if (options.costs && top !== undefined) parts.push(`  (rows=${Math.round(estimate(top))})`);
  if (run !== undefined) {
    const actuals = actualsOf(node, run);
    if (actuals === undefined) {
      parts.push(" (never executed)");
    } else {
      const loops = Math.max(1, actuals.loops);
      const time = options.timing
        ? `time=${(actuals.startupMs / loops).toFixed(3)}..${(actuals.totalMs / loops).toFixed(3)} `
        : "";
      parts.push(` (actual ${time}rows=${Math.round(actuals.rows / loops)} loops=${loops})`);
    }
  }
  return parts.join("");
}
