import { notSupported } from "#base/errors.ts";
import type { ReturningClause } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";
import type { ModifyPlan, ModifyPlanNode, OutputColumn } from "./query-plan.ts";
import type { Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import { bindTargetList, targetColumn } from "./target-list.ts";

export interface Returning {
  readonly expressions: readonly Expression[] | undefined;
  readonly columns: readonly OutputColumn[];
}

/** RETURNING over the scope's row; `row` gives the origin of plain columns. */
export function bindReturning(
  environment: Environment,
  clause: ReturningClause | undefined,
  scope: Scope,
  row: readonly OutputColumn[],
): Returning {
  if (clause === undefined) return { expressions: undefined, columns: [] };
  if ((clause.options ?? []).length > 0) throw notSupported("RETURNING WITH (OLD, NEW)");
  const targets = bindTargetList(
    { environment, scope, clause: clauses.returning },
    clause.exprs ?? [],
    row,
  );
  return {
    expressions: targets.map((target) => target.expression),
    columns: targets.map(targetColumn),
  };
}

export function modifyNode(modify: ModifyPlan, returning: Returning): ModifyPlanNode {
  return { kind: "modify", modify, columns: returning.columns };
}
