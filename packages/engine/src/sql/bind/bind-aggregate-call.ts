import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall } from "#sql/parse/ast.ts";
import type { AggregateFunction } from "#sql/types/function.ts";
import { isOrderable } from "./orderable.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { formatType } from "#sql/types/type.ts";
import { bindCondition } from "./expression-binding.ts";
import { prepareArguments } from "./function-call.ts";
import { bindSortKey } from "./bind-sort-key.ts";
import { deparseAggregate } from "./deparse.ts";
import type { AggregateCall, Expression } from "./expression.ts";
import { mapChildren, sameExpressions, someExpression } from "./expression-walk.ts";
import { visitOuterOfExpression } from "./outer-columns.ts";
import type { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Clause, Site } from "./site.ts";
import { typeRef } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/** count(x), sum(DISTINCT x), string_agg(x, ',' ORDER BY y) FILTER (WHERE …). */
export function bindAggregate(
  site: Site,
  request: {
    readonly node: FuncCall;
    readonly name: string;
    readonly fn: AggregateFunction;
    readonly resolved: ResolvedCall;
    readonly args: readonly Expression[];
    readonly position: number | undefined;
  },
): Expression {
  const { node, name, position } = request;
  refuseSets(site, request.args, "aggregate function calls");
  const levels = levelsOut(request.args);
  if (levels > 0) return bindOuterAggregate(site, request, levels);
  refuseAggregateHere(site.clause, position);
  refuseNested(site, request.args, position);
  if (node.agg_within_group === true) throw notSupported("WITHIN GROUP", { position });
  const call = aggregateCall(site, request);
  const same = findSame(site.scope, call);
  if (same !== undefined) return { ...same, position };
  const column = site.scope.addPending(
    { kind: "aggregate", call },
    call.result,
    deparseAggregate(name, call),
  );
  return { ...column, position };
}

/** The call without its place among the query's aggregates. Also for aggregates over windows. */
export function aggregateCall(
  site: Site,
  request: {
    readonly node: FuncCall;
    readonly name: string;
    readonly fn: AggregateFunction;
    readonly resolved: ResolvedCall;
    readonly args: readonly Expression[];
    readonly position: number | undefined;
  },
): AggregateCall {
  const { node, name, fn, resolved, position } = request;
  const inner: Site = { ...site, inside: "aggregate" };
  if (node.agg_star === true && request.fn.argTypes.length > 0) {
    throw new SqlError("undefined_function", `function ${name}() does not exist`, { position });
  }
  if (node.agg_star !== true && request.args.length === 0) {
    throw new SqlError(
      "wrong_object_type",
      `${name}(*) must be used to call a parameterless aggregate function`,
      { position },
    );
  }
  const args = prepareArguments(site.environment, resolved, request.args);
  const distinct = node.agg_distinct === true;
  const orderBy = (node.agg_order ?? []).map((item) => bindSortKey(inner, item, args));
  if (distinct) {
    for (const arg of args) {
      if (isOrderable(arg.result.type.oid)) continue;
      throw new SqlError(
        "undefined_function",
        `could not identify an equality operator for type ${formatType(arg.result.type.oid)}`,
        { position: startOf(arg) },
      );
    }
    const keys = orderBy.map((key) => key.expression);
    if (!keys.every((key) => args.some((arg) => sameExpressions([arg], [key])))) {
      throw new SqlError(
        "invalid_column_reference",
        "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
        { position: keys[0]?.position },
      );
    }
  }
  const filter =
    node.agg_filter === undefined
      ? undefined
      : bindCondition({ ...site, clause: clauses.filter }, node.agg_filter, "FILTER");
  return { fn, args, distinct, filter, orderBy, result: typeRef(resolved.returnType) };
}

function refuseAggregateHere(clause: Clause | undefined, position: number | undefined): void {
  if (clause?.aggregates === true) return;
  const place = clause?.name ?? "FROM clause of their own query level";
  throw new SqlError("grouping_error", `aggregate functions are not allowed in ${place}`, {
    position,
  });
}

/** Set-returning functions cannot feed an aggregate or a window function. */
export function refuseSets(site: Site, args: readonly Expression[], place: string): void {
  const isSet = (one: Expression): boolean =>
    one.kind === "column" && site.scope.pendingOf(one.slot)?.kind === "set";
  for (const arg of args) {
    if (!someExpression(arg, isSet)) continue;
    throw new SqlError(
      "feature_not_supported",
      `${place} cannot contain set-returning function calls`,
      {
        hint: "You might be able to move the set-returning function into a LATERAL FROM item.",
        position: nestedPosition(arg, isSet),
      },
    );
  }
}

/** How far out the innermost row lies that the arguments read: an aggregate belongs to the query of that row. */
function levelsOut(args: readonly Expression[]): number {
  let readsOwnRow = false;
  let least = Infinity;
  for (const arg of args) {
    someExpression(arg, (one) => {
      if (one.kind === "column") readsOwnRow = true;
      return false;
    });
    visitOuterOfExpression(arg, (depth) => {
      least = Math.min(least, depth);
    });
  }
  return readsOwnRow || least === Infinity ? 0 : least;
}

/** An aggregate over rows of an enclosing query: computed there, an outer column here. */
function bindOuterAggregate(
  site: Site,
  request: Parameters<typeof bindAggregate>[1],
  levels: number,
): Expression {
  const { node, name, position } = request;
  let scope: Scope | undefined = site.scope;
  for (let level = 0; level < levels; level++) scope = scope?.parent;
  if (scope === undefined) throw notSupported("an aggregate of this kind", { position });
  refuseAggregateHere(scope.clause, position);
  if (node.agg_filter !== undefined || node.agg_order !== undefined) {
    throw notSupported("an aggregate of an outer query with FILTER or ORDER BY", { position });
  }
  const args = request.args.map((arg) => lower(arg, levels));
  const outer: Site = { ...site, scope };
  refuseNested(outer, args, position);
  const call = aggregateCall(outer, { ...request, args });
  const column = scope.addPending(
    { kind: "aggregate", call },
    call.result,
    deparseAggregate(name, call),
  );
  scope.isReferenced = true;
  return { ...liftColumn(column, levels), position };
}

/** The expression as the row `levels` further out sees it, where its columns are own ones. */
function lower(expression: Expression, levels: number): Expression {
  if (expression.kind !== "outer") {
    return mapChildren(expression, (child) => lower(child, levels));
  }
  if (expression.depth > levels) return { ...expression, depth: expression.depth - levels };
  const { slot, name, table, result, position } = expression;
  return { kind: "column", slot, name, table, result, position };
}

function liftColumn(column: Expression, depth: number): Expression {
  if (column.kind !== "column") return column;
  const { slot, name, result } = column;
  return { kind: "outer", depth, slot, name, result };
}

function refuseNested(site: Site, args: readonly Expression[], position: number | undefined): void {
  for (const arg of args) {
    const isAggregate = (expression: Expression): boolean =>
      expression.kind === "column" && site.scope.pendingOf(expression.slot)?.kind === "aggregate";
    if (someExpression(arg, isAggregate)) {
      throw new SqlError("grouping_error", "aggregate function calls cannot be nested", {
        position: position === undefined ? undefined : nestedPosition(arg, isAggregate),
      });
    }
  }
}

function nestedPosition(
  expression: Expression,
  isAggregate: (expression: Expression) => boolean,
): number | undefined {
  let found: number | undefined;
  someExpression(expression, (one) => {
    if (!isAggregate(one)) return false;
    found = one.position;
    return true;
  });
  return found;
}

/** The same aggregate written twice is computed once. */
function findSame(scope: Scope, call: AggregateCall): Expression | undefined {
  const index = scope.pending.findIndex(
    (pending) => pending.kind === "aggregate" && sameAggregate(pending.call, call),
  );
  if (index === -1) return undefined;
  return {
    kind: "column",
    slot: -1 - index,
    name: deparseAggregate(call.fn.name, call),
    result: call.result,
  };
}

function sameAggregate(left: AggregateCall, right: AggregateCall): boolean {
  return (
    left.fn.name === right.fn.name &&
    left.result.type.oid === right.result.type.oid &&
    left.distinct === right.distinct &&
    sameExpressions(left.args, right.args) &&
    sameExpressions(
      left.filter === undefined ? [] : [left.filter],
      right.filter === undefined ? [] : [right.filter],
    ) &&
    left.orderBy.length === 0 &&
    right.orderBy.length === 0
  );
}
