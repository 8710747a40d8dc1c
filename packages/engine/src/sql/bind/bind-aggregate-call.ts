import { SqlError, notSupported } from "#base/errors.ts";
import type { FuncCall } from "#sql/parse/ast.ts";
import type { AggregateFunction } from "#sql/types/function.ts";
import { isOrderable } from "./orderable.ts";
import type { ResolvedCall } from "#sql/types/resolve.ts";
import { formatType } from "#sql/types/type.ts";
import { bindCondition } from "./bind-expression.ts";
import { prepareArguments } from "./bind-function.ts";
import { bindSortKey } from "./bind-sort-key.ts";
import { deparseAggregate } from "./deparse.ts";
import type { AggregateCall, Expression } from "./expression.ts";
import { someExpression } from "./expression-walk.ts";
import type { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { sameExpressions } from "./expression-walk.ts";
import { typeRef } from "./type-ref.ts";

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
  refuseAggregateHere(site, position);
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
        { position: arg.position },
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

function refuseAggregateHere(site: Site, position: number | undefined): void {
  if (site.clause.aggregates) return;
  throw new SqlError(
    "grouping_error",
    `aggregate functions are not allowed in ${site.clause.name}`,
    { position },
  );
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
