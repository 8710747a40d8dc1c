import { SqlError } from "#base/errors.ts";
import type { Node, SelectStmt } from "#sql/parse/ast.ts";
import { AggregateStage } from "./aggregate-stage.ts";
import { bindCondition } from "./expression-binding.ts";
import { resolveUnknown } from "./coerce.ts";
import { deparse } from "./deparse.ts";
import type { QueryLevel } from "./environment.ts";
import type { Expression, SortKey } from "./expression.ts";
import { sameExpression } from "./expression-walk.ts";
import { bindFrom } from "./from.ts";
import { bindGroupBy } from "./group-by.ts";
import { limited } from "./limit.ts";
import { addTarget, bindOrderBy, findNamedTarget } from "./order-by.ts";
import { isOrderable } from "./orderable.ts";
import { filtered, slotOf, sorted } from "./plan-steps.ts";
import type { QueryPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { bindTargetList, targetColumn } from "./target-list.ts";
import type { Target } from "./target-list.ts";
import { setStage, windowStage } from "./window-stage.ts";
import { formatType } from "#sql/types/type.ts";
import { startOf } from "./start-of.ts";

/**
 * Binds one SELECT. Everything is bound over FROM's row first; then the nodes are stacked, and
 * each expression is rewritten to the row it will see:
 *
 *   FROM → WHERE → groups → HAVING → windows → sets → target list → DISTINCT → ORDER BY → LIMIT
 */
export function bindSelect(level: QueryLevel, select: SelectStmt): QueryPlan {
  const { environment, request } = level;
  const scope = new Scope(request.parent, request.ctes ?? request.parent?.ctes);
  const site = (clause: Site["clause"]): Site => ({ environment, scope, clause });
  scope.unreachable = request.unreachable ?? [];
  collectWindows(scope, select);

  let plan = bindFrom(environment, scope, select.fromClause ?? []);
  const where =
    select.whereClause === undefined
      ? undefined
      : bindCondition(site(clauses.where), select.whereClause, "WHERE");

  const distinctOn = distinctOnItems(select);
  const isDistinct = select.distinctClause !== undefined;
  const keepUnknown =
    request.keepUnknown === true && !isDistinct && select.sortClause === undefined;
  const targets = bindTargetList(
    site(clauses.select),
    select.targetList ?? [],
    plan.columns,
    keepUnknown,
  );
  const having =
    select.havingClause === undefined
      ? undefined
      : bindCondition(site(clauses.having), select.havingClause, "HAVING");
  const orderBy = bindOrderBy(site(clauses.orderBy), select.sortClause ?? [], targets);
  const groupBy = bindGroupBy(
    site(clauses.groupBy),
    { nodes: select.groupClause ?? [], isDistinct: select.groupDistinct === true },
    targets,
  );
  const on = distinctOn.map((item) => bindDistinctOn(site(clauses.distinctOn), item, targets));
  const limit = limited(site(clauses.limit), select);
  if (isDistinct && on.length === 0) checkDistinct(targets, orderBy);

  plan = filtered(plan, where);
  let rewrite = (expression: Expression): Expression => expression;
  const isGrouped =
    select.groupClause !== undefined ||
    having !== undefined ||
    scope.pending.some((pending) => pending.kind === "aggregate" || pending.kind === "grouping");
  if (isGrouped) {
    const stage = new AggregateStage(scope, groupBy);
    plan = stage.plan(plan);
    rewrite = (expression) => stage.rewrite(expression);
    if (having !== undefined) plan = filtered(plan, rewrite(having));
  }
  ({ plan, rewrite } = windowStage(scope, plan, rewrite));
  ({ plan, rewrite } = setStage(scope, plan, rewrite));

  plan = {
    kind: "project",
    input: plan,
    expressions: targets.map((target) => rewrite(target.expression)),
    columns: targets.map(targetColumn),
  };
  if (on.length > 0) {
    plan = distinctOnPlan(plan, targets, on, orderBy);
  } else {
    if (isDistinct) plan = { kind: "distinct", input: plan, on: undefined, columns: plan.columns };
    plan = sorted(plan, overTargets(targets, orderBy));
  }
  plan = limit(plan, overTargets(targets, orderBy));
  return withoutJunk(plan, targets);
}

function collectWindows(scope: Scope, select: SelectStmt): void {
  for (const node of select.windowClause ?? []) {
    if (!("WindowDef" in node) || node.WindowDef.name === undefined) continue;
    if (scope.windows.has(node.WindowDef.name)) {
      throw new SqlError("windowing_error", `window "${node.WindowDef.name}" is already defined`);
    }
    scope.windows.set(node.WindowDef.name, node.WindowDef);
  }
}

/** The grammar gives SELECT DISTINCT as a list of one empty node. */
function distinctOnItems(select: SelectStmt): readonly Node[] {
  return (select.distinctClause ?? []).filter((item) => Object.keys(item).length > 0);
}

/** Keys bound over FROM's row, as slots of the target list. */
function overTargets(targets: readonly Target[], keys: readonly SortKey[]): readonly SortKey[] {
  return keys.map((key) => ({ ...key, expression: targetSlot(targets, key.expression) }));
}

function targetSlot(targets: readonly Target[], expression: Expression): Expression {
  const own = targets.findIndex((target) => target.expression === expression);
  const slot =
    own === -1 ? targets.findIndex((target) => sameExpression(target.expression, expression)) : own;
  return {
    kind: "column",
    slot,
    name: expression.kind === "column" ? expression.name : deparse(expression),
    table: expression.kind === "column" ? expression.table : undefined,
    result: expression.result,
    position: expression.position,
  };
}

function sameOrSelf(target: Expression, expression: Expression): boolean {
  return target === expression || sameExpression(target, expression);
}

function withoutJunk(plan: QueryPlan, targets: readonly Target[]): QueryPlan {
  if (!targets.some((target) => target.isJunk)) return plan;
  const kept = plan.columns
    .map((column, slot) => ({ column, slot }))
    .filter(({ slot }) => targets[slot]?.isJunk === false);
  return {
    kind: "project",
    input: plan,
    expressions: kept.map(({ column, slot }) => slotOf(column, slot)),
    columns: kept.map(({ column }) => column),
  };
}

function checkDistinct(targets: readonly Target[], orderBy: readonly SortKey[]): void {
  const visible = targets.filter((target) => !target.isJunk);
  for (const key of orderBy) {
    if (visible.some((target) => sameOrSelf(target.expression, key.expression))) continue;
    throw new SqlError(
      "invalid_column_reference",
      "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
      { position: startOf(key.expression) },
    );
  }
  for (const { expression } of visible) checkComparable(expression);
}

function checkComparable(expression: Expression): void {
  const oid = expression.result.type.oid;
  if (isOrderable(oid)) return;
  throw new SqlError(
    "undefined_function",
    `could not identify an equality operator for type ${formatType(oid)}`,
    { position: startOf(expression) },
  );
}

function bindDistinctOn(site: Site, item: Node, targets: Target[]): Expression {
  const expression =
    findNamedTarget(site, item, targets, "DISTINCT ON")?.expression ??
    addTarget(site, item, targets);
  checkComparable(expression);
  return resolveUnknown(site.environment, expression);
}

/** Sorted by the ON expressions first, so that equal ones come together; the first of each stays. */
function distinctOnPlan(
  input: QueryPlan,
  targets: readonly Target[],
  on: readonly Expression[],
  orderBy: readonly SortKey[],
): QueryPlan {
  const isOn = (key: SortKey): boolean => on.some((one) => sameOrSelf(one, key.expression));
  const leading = orderBy.slice(0, on.length);
  const misplaced =
    orderBy.length > 0 &&
    (leading.some((key, index) => !isOn(key) && index < on.length) ||
      orderBy.slice(leading.length).some(isOn));
  const outOfOrder = leading.find((key) => !isOn(key));
  if (misplaced) {
    throw new SqlError(
      "invalid_column_reference",
      "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
      {
        position: (
          on.find((one) => !leading.some((key) => sameOrSelf(one, key.expression))) ??
          outOfOrder?.expression
        )?.position,
      },
    );
  }
  const missing = on.filter((one) => !orderBy.some((key) => sameOrSelf(key.expression, one)));
  const keys: readonly SortKey[] = [
    ...orderBy.slice(0, on.length - missing.length),
    ...missing.map((expression) => ({ expression, descending: false, nullsFirst: false })),
    ...orderBy.slice(on.length - missing.length),
  ];
  const plan = sorted(input, overTargets(targets, keys));
  return {
    kind: "distinct",
    input: plan,
    on: on.map((expression) => targetSlot(targets, expression)),
    columns: plan.columns,
  };
}
