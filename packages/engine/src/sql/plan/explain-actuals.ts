import type { ExplainRun, NodeActuals } from "./explain.ts";
import type { ExplainNode } from "./explain-node.ts";

/** The figures of a line: those of the topmost plan node that it stands for. */
export function actualsOf(node: ExplainNode, run: ExplainRun): NodeActuals | undefined {
  for (const plan of node.plans) {
    const actuals = run.actuals.get(plan);
    if (actuals !== undefined) return actuals;
  }
  return undefined;
}

/** Rows dropped by any of the filters that the line stands for; undefined when nothing counted them. */
export function rowsRemovedOf(node: ExplainNode, run: ExplainRun | undefined): number | undefined {
  if (run === undefined) return undefined;
  let sum: number | undefined;
  for (const plan of node.plans) {
    const removed = run.actuals.get(plan)?.rowsRemoved;
    if (removed !== undefined) sum = (sum ?? 0) + removed;
  }
  return sum;
}
