import type { AggregateCall, Expression, FrameBound, SortKey, WindowCall } from "./expression.ts";
import { mapList } from "./map-list.ts";
import type {
  Assignment,
  KeyBound,
  KeyConstraint,
  ModifyPlan,
  OnConflict,
  QueryPlan,
} from "./query-plan.ts";

/**
 * What a walk does with an expression; `nesting` counts the rows between the expression's own
 * input row and the row from which the walk was started. A lateral or lookup join adds one on
 * its right side.
 */
export type ExpressionMapping = (expression: Expression, nesting: number) => Expression;

/** Whether the right side of a join reads the left row as outer columns of depth 1. */
export function pushesLeftRow(plan: QueryPlan): boolean {
  return plan.kind === "join" && (plan.isLateral || plan.algorithm === "lookup");
}

/** Rebuilds a plan with other inputs; the same object comes back when none changed. */
export function mapInputs(plan: QueryPlan, map: (input: QueryPlan) => QueryPlan): QueryPlan {
  switch (plan.kind) {
    case "scan":
    case "virtualScan":
    case "values":
    case "functionScan":
    case "cteScan":
      return plan;
    case "filter":
    case "project":
    case "projectSet":
    case "aggregate":
    case "window":
    case "sort":
    case "limit":
    case "distinct": {
      const input = map(plan.input);
      return input === plan.input ? plan : { ...plan, input };
    }
    case "join":
    case "setOperation": {
      const left = map(plan.left);
      const right = map(plan.right);
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right };
    }
    case "with": {
      const ctes = mapList(plan.ctes, (cte) => {
        const inner = map(cte.plan);
        return inner === cte.plan ? cte : { ...cte, plan: inner };
      });
      const body = map(plan.body);
      return ctes === plan.ctes && body === plan.body ? plan : { ...plan, ctes, body };
    }
    case "recursive": {
      const start = map(plan.start);
      const step = map(plan.step);
      return start === plan.start && step === plan.step ? plan : { ...plan, start, step };
    }
    case "modify": {
      const source = map(plan.modify.source);
      return source === plan.modify.source ? plan : { ...plan, modify: { ...plan.modify, source } };
    }
  }
}

/** Direct inputs, left before right. */
export function inputsOf(plan: QueryPlan): readonly QueryPlan[] {
  switch (plan.kind) {
    case "scan":
    case "virtualScan":
    case "values":
    case "functionScan":
    case "cteScan":
      return [];
    case "filter":
    case "project":
    case "projectSet":
    case "aggregate":
    case "window":
    case "sort":
    case "limit":
    case "distinct":
      return [plan.input];
    case "join":
    case "setOperation":
      return [plan.left, plan.right];
    case "with":
      return [...plan.ctes.map((cte) => cte.plan), plan.body];
    case "recursive":
      return [plan.start, plan.step];
    case "modify":
      return [plan.modify.source];
  }
}

/** Maps every expression of a plan and of its inputs. Expressions in subqueries are the mapping's affair. */
export function mapPlanExpressions(
  plan: QueryPlan,
  nesting: number,
  map: ExpressionMapping,
): QueryPlan {
  const own = mapOwnExpressions(plan, (expression) => map(expression, nesting));
  if (own.kind === "join" && pushesLeftRow(own)) {
    const left = mapPlanExpressions(own.left, nesting, map);
    const right = mapPlanExpressions(own.right, nesting + 1, map);
    return left === own.left && right === own.right ? own : { ...own, left, right };
  }
  return mapInputs(own, (input) => mapPlanExpressions(input, nesting, map));
}

/** Maps the expressions of this node alone, whichever row they are over. */
export function mapOwnExpressions(
  plan: QueryPlan,
  map: (expression: Expression) => Expression,
): QueryPlan {
  const mapOptional = (expression: Expression | undefined): Expression | undefined =>
    expression === undefined ? undefined : map(expression);
  switch (plan.kind) {
    case "cteScan":
    case "with":
    case "recursive":
    case "setOperation":
      return plan;
    case "scan": {
      const constraint =
        plan.constraint === undefined ? undefined : mapConstraint(plan.constraint, map);
      const filter = mapOptional(plan.filter);
      const limitHint = mapOptional(plan.limitHint);
      return constraint === plan.constraint &&
        filter === plan.filter &&
        limitHint === plan.limitHint
        ? plan
        : { ...plan, constraint, filter, limitHint };
    }
    case "virtualScan": {
      const filter = mapOptional(plan.filter);
      return filter === plan.filter ? plan : { ...plan, filter };
    }
    case "values": {
      const rows = mapList(plan.rows, (row) => mapList(row, map));
      return rows === plan.rows ? plan : { ...plan, rows };
    }
    case "functionScan": {
      const calls = mapList(plan.calls, (call) => {
        const args = mapList(call.args, map);
        const scalar = mapOptional(call.scalar);
        return args === call.args && scalar === call.scalar ? call : { ...call, args, scalar };
      });
      return calls === plan.calls ? plan : { ...plan, calls };
    }
    case "filter": {
      const condition = map(plan.condition);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case "project": {
      const expressions = mapList(plan.expressions, map);
      return expressions === plan.expressions ? plan : { ...plan, expressions };
    }
    case "projectSet": {
      const items = mapList(plan.items, (item) => {
        if (item.kind === "scalar") {
          const expression = map(item.expression);
          return expression === item.expression ? item : { ...item, expression };
        }
        const args = mapList(item.args, map);
        return args === item.args ? item : { ...item, args };
      });
      return items === plan.items ? plan : { ...plan, items };
    }
    case "join": {
      const condition = mapOptional(plan.condition);
      const keys = mapList(plan.keys, (key) => {
        const left = map(key.left);
        const right = map(key.right);
        return left === key.left && right === key.right ? key : { left, right };
      });
      return condition === plan.condition && keys === plan.keys
        ? plan
        : { ...plan, condition, keys };
    }
    case "aggregate": {
      const groups = mapList(plan.groups, map);
      const aggregates = mapList(plan.aggregates, (call) => mapAggregate(call, map));
      return groups === plan.groups && aggregates === plan.aggregates
        ? plan
        : { ...plan, groups, aggregates };
    }
    case "window": {
      const partitionBy = mapList(plan.partitionBy, map);
      const orderBy = mapSortKeys(plan.orderBy, map);
      const calls = mapList(plan.calls, (call) => mapWindowCall(call, map));
      return partitionBy === plan.partitionBy && orderBy === plan.orderBy && calls === plan.calls
        ? plan
        : { ...plan, partitionBy, orderBy, calls };
    }
    case "sort": {
      const keys = mapSortKeys(plan.keys, map);
      const limitHint = mapOptional(plan.limitHint);
      return keys === plan.keys && limitHint === plan.limitHint
        ? plan
        : { ...plan, keys, limitHint };
    }
    case "limit": {
      const limit = mapOptional(plan.limit);
      const offset = mapOptional(plan.offset);
      const tieKeys = plan.tieKeys === undefined ? undefined : mapSortKeys(plan.tieKeys, map);
      return limit === plan.limit && offset === plan.offset && tieKeys === plan.tieKeys
        ? plan
        : { ...plan, limit, offset, tieKeys };
    }
    case "distinct": {
      const on = plan.on === undefined ? undefined : mapList(plan.on, map);
      return on === plan.on ? plan : { ...plan, on };
    }
    case "modify": {
      const modify = mapModify(plan.modify, map);
      return modify === plan.modify ? plan : { ...plan, modify };
    }
  }
}

export function mapSortKeys(
  keys: readonly SortKey[],
  map: (expression: Expression) => Expression,
): readonly SortKey[] {
  return mapList(keys, (key) => {
    const expression = map(key.expression);
    return expression === key.expression ? key : { ...key, expression };
  });
}

export function mapAggregate(
  call: AggregateCall,
  map: (expression: Expression) => Expression,
): AggregateCall {
  const args = mapList(call.args, map);
  const filter = call.filter === undefined ? undefined : map(call.filter);
  const orderBy = mapSortKeys(call.orderBy, map);
  return args === call.args && filter === call.filter && orderBy === call.orderBy
    ? call
    : { ...call, args, filter, orderBy };
}

export function mapWindowCall(
  call: WindowCall,
  map: (expression: Expression) => Expression,
): WindowCall {
  const args = mapList(call.args, map);
  const filter = call.filter === undefined ? undefined : map(call.filter);
  const start = mapFrameBound(call.frame.start, map);
  const end = mapFrameBound(call.frame.end, map);
  const frame =
    start === call.frame.start && end === call.frame.end
      ? call.frame
      : { ...call.frame, start, end };
  return args === call.args && filter === call.filter && frame === call.frame
    ? call
    : { ...call, args, filter, frame };
}

function mapFrameBound(bound: FrameBound, map: (expression: Expression) => Expression): FrameBound {
  if (bound.kind !== "preceding" && bound.kind !== "following") return bound;
  const offset = map(bound.offset);
  return offset === bound.offset ? bound : { ...bound, offset };
}

function mapConstraint(
  constraint: KeyConstraint,
  map: (expression: Expression) => Expression,
): KeyConstraint {
  const mapBound = (bound: KeyBound | undefined): KeyBound | undefined => {
    if (bound === undefined) return undefined;
    const values = mapList(bound.values, map);
    return values === bound.values ? bound : { ...bound, values };
  };
  const equalities = mapList(constraint.equalities, map);
  const lower = mapBound(constraint.lower);
  const upper = mapBound(constraint.upper);
  const points =
    constraint.points === undefined
      ? undefined
      : mapList(constraint.points, (point) => mapList(point, map));
  const anyOf = constraint.anyOf === undefined ? undefined : map(constraint.anyOf);
  return equalities === constraint.equalities &&
    lower === constraint.lower &&
    upper === constraint.upper &&
    points === constraint.points &&
    anyOf === constraint.anyOf
    ? constraint
    : { equalities, lower, upper, points, anyOf };
}

function mapModify(modify: ModifyPlan, map: (expression: Expression) => Expression): ModifyPlan {
  const returning = modify.returning === undefined ? undefined : mapList(modify.returning, map);
  if (modify.kind === "delete") {
    return returning === modify.returning ? modify : { ...modify, returning };
  }
  const checks = mapList(modify.checks, (check) => {
    const condition = map(check.condition);
    return condition === check.condition ? check : { ...check, condition };
  });
  if (modify.kind === "update") {
    const assignments = mapAssignments(modify.assignments, map);
    return returning === modify.returning &&
      checks === modify.checks &&
      assignments === modify.assignments
      ? modify
      : { ...modify, returning, checks, assignments };
  }
  const defaults = mapAssignments(modify.defaults, map);
  const onConflict =
    modify.onConflict === undefined ? undefined : mapOnConflict(modify.onConflict, map);
  return returning === modify.returning &&
    checks === modify.checks &&
    defaults === modify.defaults &&
    onConflict === modify.onConflict
    ? modify
    : { ...modify, returning, checks, defaults, onConflict };
}

function mapAssignments(
  assignments: readonly Assignment[],
  map: (expression: Expression) => Expression,
): readonly Assignment[] {
  return mapList(assignments, (assignment) => {
    const value = map(assignment.value);
    return value === assignment.value ? assignment : { ...assignment, value };
  });
}

function mapOnConflict(
  onConflict: OnConflict,
  map: (expression: Expression) => Expression,
): OnConflict {
  if (onConflict.action.kind === "nothing") return onConflict;
  const assignments = mapAssignments(onConflict.action.assignments, map);
  const where = onConflict.action.where === undefined ? undefined : map(onConflict.action.where);
  return assignments === onConflict.action.assignments && where === onConflict.action.where
    ? onConflict
    : { ...onConflict, action: { kind: "update", assignments, where } };
}
