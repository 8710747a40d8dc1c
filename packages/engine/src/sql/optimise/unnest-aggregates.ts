import { indexesOf } from "#catalog/snapshot.ts";
import type { Expression, Subquery } from "#sql/bind/expression.ts";
import { mapChildren, mapColumns } from "#sql/bind/expression-walk.ts";
import { visitOuterColumns, visitOuterOfExpression } from "#sql/bind/outer-columns.ts";
import { mapInputs, mapOwnExpressions } from "#sql/bind/plan-walk.ts";
import type { AggregatePlan, JoinPlan, OutputColumn, QueryPlan } from "#sql/bind/query-plan.ts";
import { boolType } from "#sql/bind/type-ref.ts";
import type { EvalContext } from "#sql/types/function.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import type { RowEstimator } from "./estimate-rows.ts";
import { hasSubquery, isVolatilePlan, readsAny, readsOnly } from "./expression-facts.ts";
import { shiftOuter, shiftOuterPlan } from "./shift-outer.ts";

/** What running a subquery once costs when an index answers its condition, in rows of a scan. */
const indexedRunCostRows = 40;

/**
 * Turns a scalar subquery that aggregates the rows equal to the outer row in some key,
 *
 *   (SELECT sum(i.price) FROM items i WHERE i.order_id = o.id)
 *
 * into a left join with all the groups at once, where running it for each row would cost more.
 * An outer row without a group sees what the aggregates say of no rows.
 */
export function unnestAggregates(
  plan: QueryPlan,
  estimator: RowEstimator,
  context: EvalContext,
): QueryPlan {
  const mapped = mapInputs(plan, (input) => unnestAggregates(input, estimator, context));
  if (mapped.kind !== "project" && mapped.kind !== "filter") return mapped;
  const width = mapped.input.columns.length;
  let { input } = mapped;
  const replace = (expression: Expression): Expression => {
    const inner = mapChildren(expression, replace);
    if (inner.kind !== "subquery" || inner.mode !== "scalar") return inner;
    const joined = joinGroups(input, inner, estimator, context);
    if (joined === undefined) return inner;
    input = joined.plan;
    return joined.value;
  };
  const own = mapOwnExpressions(mapped, replace);
  if (input === mapped.input) return mapped;
  if (own.kind === "project") return { ...own, input };
  if (own.kind !== "filter") return mapped;
  return {
    kind: "project",
    input: { ...own, input, columns: input.columns },
    expressions: own.columns.slice(0, width).map(columnAt),
    columns: own.columns,
  };
}

interface JoinedGroups {
  readonly plan: JoinPlan;
  /** The subquery's value, over the plan's row. */
  readonly value: Expression;
}

function joinGroups(
  outer: QueryPlan,
  subquery: Subquery,
  estimator: RowEstimator,
  context: EvalContext,
): JoinedGroups | undefined {
  const shape = correlatedAggregate(subquery.plan);
  if (shape === undefined || !isWorthIt(outer, shape, estimator)) return undefined;
  const width = outer.columns.length;
  const { aggregate, keys, value } = shape;
  const groups: AggregatePlan = {
    ...aggregate,
    input: shiftOuterPlan(shape.input, -1),
    groups: keys.map((key) => key.inner),
    aggregates: aggregate.aggregates,
    columns: [
      ...keys.map((key): OutputColumn => ({
        ...key.inner.result,
        name: key.inner.kind === "column" ? key.inner.name : "key",
        tableId: 0,
        attributeNumber: 0,
      })),
      ...aggregate.columns,
    ],
  };
  const keyColumn = (index: number): Expression | undefined => {
    const column = groups.columns[index];
    return column === undefined ? undefined : columnAt(column, width + index);
  };
  const plan: JoinPlan = {
    kind: "join",
    type: "left",
    left: outer,
    right: groups,
    condition: allOf(
      keys.map((key, index): Expression => {
        const inner = keyColumn(index) ?? key.inner;
        return {
          ...key.condition,
          args: key.isInnerFirst ? [inner, key.outer] : [key.outer, inner],
        };
      }),
    ),
    isLateral: false,
    algorithm: "nestedLoop",
    keys: [],
    columns: [...outer.columns, ...groups.columns],
  };
  const firstKey = keyColumn(0);
  if (firstKey === undefined) return undefined;
  const overGroups = mapColumns(value, ({ slot, expression }) =>
    expression.kind === "column" ? { ...expression, slot: width + keys.length + slot } : undefined,
  );
  const overNothing = mapColumns(value, ({ slot, expression }) => {
    const call = aggregate.aggregates[slot];
    return call === undefined
      ? undefined
      : {
          kind: "constant",
          value: call.fn.newAccumulator().result(context),
          result: expression.result,
        };
  });
  return {
    plan,
    value: {
      kind: "case",
      branches: [
        {
          // A matched key is never null, since equality with null matches nothing.
          when: { kind: "nullTest", arg: firstKey, negated: true, result: boolType },
          then: lowered(overGroups),
        },
      ],
      otherwise: lowered(overNothing),
      result: subquery.result,
      position: subquery.position,
    },
  };
}

/** An equality between the subquery's rows and the outer row. */
interface CorrelationKey {
  readonly condition: Expression & { readonly kind: "call" };
  /** Over the subquery's own row. */
  readonly inner: Expression;
  /** Over the outer row, as its own columns. */
  readonly outer: Expression;
  readonly isInnerFirst: boolean;
}

interface CorrelatedAggregate {
  readonly aggregate: AggregatePlan;
  readonly keys: readonly CorrelationKey[];
  /** The rows to group, without mentions of the outer row. */
  readonly input: QueryPlan;
  /** Over the aggregate's row without groups; may mention the outer row. */
  readonly value: Expression;
}

/** project (aggregate without groups (filter (…))) whose mentions of the outer row are equalities. */
function correlatedAggregate(plan: QueryPlan): CorrelatedAggregate | undefined {
  if (plan.kind !== "project" || plan.input.kind !== "aggregate") return undefined;
  const [value] = plan.expressions;
  const aggregate = plan.input;
  const { input: filter } = aggregate;
  if (value === undefined || hasSubquery(value) || filter.kind !== "filter") return undefined;
  if (aggregate.groups.length > 0 || aggregate.groupingSets !== undefined) return undefined;
  if (aggregate.groupingCalls.length > 0 || isVolatilePlan(plan)) return undefined;
  const kept: Expression[] = [];
  const keys: CorrelationKey[] = [];
  for (const condition of conjunctsOf(filter.condition)) {
    if (!mentionsOuterRow(condition)) {
      kept.push(condition);
      continue;
    }
    const key = correlationKey(condition);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  if (keys.length === 0) return undefined;
  const condition = allOf(kept);
  const input: QueryPlan = condition === undefined ? filter.input : { ...filter, condition };
  const rest: QueryPlan = { ...aggregate, input };
  let isClosed = true;
  visitOuterColumns(rest, (depth) => {
    if (depth === 1) isClosed = false;
  });
  // Aggregates that look further out would have to be moved as well.
  let looksFurther = false;
  visitOuterColumns(plan, (depth) => {
    if (depth > 1) looksFurther = true;
  });
  return isClosed && !looksFurther ? { aggregate, keys, input, value } : undefined;
}

function correlationKey(condition: Expression): CorrelationKey | undefined {
  if (condition.kind !== "call" || condition.syntax !== "operator") return undefined;
  const [left, right] = condition.args;
  if (condition.fn.name !== "=" || left === undefined || right === undefined) return undefined;
  if (hasSubquery(condition)) return undefined;
  const isInner = (one: Expression): boolean => !mentionsOuterRow(one) && readsAny(one, () => true);
  const isOuter = (one: Expression): boolean =>
    mentionsOuterRow(one) && readsOnly(one, () => false);
  if (isInner(left) && isOuter(right)) {
    return { condition, inner: left, outer: lowered(right), isInnerFirst: true };
  }
  if (isInner(right) && isOuter(left)) {
    return { condition, inner: right, outer: lowered(left), isInnerFirst: false };
  }
  return undefined;
}

/** All groups at once cost a pass over both sides; the subquery by itself one run per outer row. */
function isWorthIt(
  outer: QueryPlan,
  { keys, input }: CorrelatedAggregate,
  estimator: RowEstimator,
): boolean {
  const outerRows = estimator.rows(outer);
  const innerRows = estimator.rows(input);
  const scan = input.kind === "filter" ? input.input : input;
  const isIndexed =
    scan.kind === "scan" &&
    keys.some(
      ({ inner }) =>
        inner.kind === "column" &&
        indexesOf(scan.table).some((index) => index.columnIds[0] === scan.columnIds[inner.slot]),
    );
  const runCost = isIndexed ? Math.min(indexedRunCostRows, innerRows) : innerRows;
  return outerRows * runCost > 2 * (outerRows + innerRows);
}

function mentionsOuterRow(expression: Expression): boolean {
  let found = false;
  visitOuterOfExpression(expression, (depth) => {
    if (depth === 1) found = true;
  });
  return found;
}

/** Mentions of the outer row as own columns. There are no subqueries inside. */
function lowered(expression: Expression): Expression {
  if (expression.kind !== "outer") return mapChildren(expression, lowered);
  if (expression.depth > 1) return shiftOuter(expression, -1);
  const { slot, name, table, result, position } = expression;
  return { kind: "column", slot, name, table, result, position };
}

function columnAt(column: OutputColumn, slot: number): Expression {
  return {
    kind: "column",
    slot,
    name: column.name,
    result: { type: column.type, typmod: column.typmod },
  };
}
