import { assert } from "#base/assert.ts";
import type { AggregateCall, Expression } from "#sql/bind/expression.ts";
import { mapColumns } from "#sql/bind/expression-walk.ts";
import { visitOuterColumns } from "#sql/bind/outer-columns.ts";
import {
  mapAggregate,
  mapOwnExpressions,
  mapPlanExpressions,
  pushesLeftRow,
} from "#sql/bind/plan-walk.ts";
import type { JoinPlan, OutputColumn, QueryPlan } from "#sql/bind/query-plan.ts";
import { isVolatile, visitSlots } from "./expression-facts.ts";

/** A plan with fewer columns, and where those that stayed now stand. */
interface Pruned {
  readonly plan: QueryPlan;
  /** Old slot → new slot; absent when the column is gone. */
  readonly places: ReadonlyMap<number, number>;
}

/** Stops computing and reading columns that nothing further up looks at. The plan's own row stays. */
export function pruneColumns(plan: QueryPlan): QueryPlan {
  return keepAll(plan);
}

function keepAll(plan: QueryPlan): QueryPlan {
  const { plan: pruned } = prune(plan, new Set(plan.columns.keys()));
  assert(pruned.columns.length === plan.columns.length, "a wanted column was pruned");
  return pruned;
}

function identity(plan: QueryPlan): Pruned {
  return { plan, places: new Map(plan.columns.map((_, slot) => [slot, slot])) };
}

function prune(plan: QueryPlan, needed: ReadonlySet<number>): Pruned {
  switch (plan.kind) {
    case "scan": {
      const used = new Set(needed);
      addSlots(used, plan.filter);
      if (used.size === plan.columnIds.length) return identity(plan);
      const { kept, places } = keepSlots(plan.columns, used);
      return {
        plan: {
          ...plan,
          columnIds: plan.columnIds.filter((_, slot) => used.has(slot)),
          filter: moveOptional(plan.filter, places),
          columns: kept,
        },
        places,
      };
    }
    case "values": {
      if (needed.size === plan.columns.length) return identity(plan);
      const isKept = (_: unknown, slot: number): boolean => needed.has(slot);
      const { kept, places } = keepSlots(plan.columns, needed);
      const rows = plan.rows.map((row) => row.filter(isKept));
      return { plan: { ...plan, rows, columns: kept }, places };
    }
    case "project": {
      const wanted = new Set(needed);
      plan.expressions.forEach((expression, slot) => {
        if (isVolatile(expression)) wanted.add(slot);
      });
      const { kept, places } = keepSlots(plan.columns, wanted);
      const expressions = plan.expressions.filter((_, slot) => wanted.has(slot));
      const used = new Set<number>();
      for (const expression of expressions) addSlots(used, expression);
      const input = prune(plan.input, used);
      return {
        plan: {
          ...plan,
          input: input.plan,
          expressions: expressions.map((expression) => move(expression, input.places)),
          columns: kept,
        },
        places,
      };
    }
    case "projectSet": {
      const wanted = new Set(needed);
      plan.items.forEach((item, slot) => {
        if (item.kind === "set" || isVolatile(item.expression)) wanted.add(slot);
      });
      const { kept, places } = keepSlots(plan.columns, wanted);
      const items = plan.items.filter((_, slot) => wanted.has(slot));
      const used = new Set<number>();
      for (const item of items) {
        if (item.kind === "scalar") addSlots(used, item.expression);
        else item.args.forEach((arg) => addSlots(used, arg));
      }
      const input = prune(plan.input, used);
      const moved = mapOwnExpressions({ ...plan, items, columns: kept }, (expression) =>
        move(expression, input.places),
      );
      assert(moved.kind === "projectSet", "a walk keeps the kind of a node");
      return { plan: { ...moved, input: input.plan }, places };
    }
    case "filter":
    case "sort":
    case "limit":
      return pruneThrough(plan, needed);
    case "distinct":
      return pruneThrough(plan, plan.on === undefined ? new Set(plan.columns.keys()) : needed);
    case "window":
      return pruneWindow(plan, needed);
    case "aggregate":
      return pruneAggregate(plan, needed);
    case "join":
      return pruneJoin(plan, needed);
    case "with": {
      const body = prune(plan.body, needed);
      const ctes = plan.ctes.map((cte) => ({ ...cte, plan: keepAll(cte.plan) }));
      return {
        plan: { ...plan, ctes, body: body.plan, columns: body.plan.columns },
        places: body.places,
      };
    }
    case "setOperation":
      return identity({ ...plan, left: keepAll(plan.left), right: keepAll(plan.right) });
    case "recursive":
      return identity({ ...plan, start: keepAll(plan.start), step: keepAll(plan.step) });
    case "modify":
      return identity({
        ...plan,
        modify: { ...plan.modify, source: keepAll(plan.modify.source) },
      });
    case "virtualScan":
    case "functionScan":
    case "cteScan":
      return identity(plan);
  }
}

/** A node whose row is its input's row. */
function pruneThrough(
  plan: QueryPlan & { readonly kind: "filter" | "sort" | "limit" | "distinct" },
  needed: ReadonlySet<number>,
): Pruned {
  const used = new Set(needed);
  mapOwnExpressions(plan, (expression) => {
    addSlots(used, expression);
    return expression;
  });
  const input = prune(plan.input, used);
  if (input.plan === plan.input) return identity(plan);
  const moved = mapOwnExpressions(plan, (expression) => move(expression, input.places));
  assert(moved.kind === plan.kind && "input" in moved, "a walk keeps the kind of a node");
  return {
    plan: { ...moved, input: input.plan, columns: placed(plan.columns, input) },
    places: input.places,
  };
}

function pruneWindow(
  plan: QueryPlan & { readonly kind: "window" },
  needed: ReadonlySet<number>,
): Pruned {
  const width = plan.input.columns.length;
  const used = new Set([...needed].filter((slot) => slot < width));
  mapOwnExpressions(plan, (expression) => {
    addSlots(used, expression);
    return expression;
  });
  const input = prune(plan.input, used);
  const moved = mapOwnExpressions(plan, (expression) => move(expression, input.places));
  assert(moved.kind === "window", "a walk keeps the kind of a node");
  const places = new Map(input.places);
  const newWidth = input.plan.columns.length;
  plan.calls.forEach((_, index) => places.set(width + index, newWidth + index));
  return {
    plan: {
      ...moved,
      input: input.plan,
      columns: [...input.plan.columns, ...plan.columns.slice(width)],
    },
    places,
  };
}

function pruneAggregate(
  plan: QueryPlan & { readonly kind: "aggregate" },
  needed: ReadonlySet<number>,
): Pruned {
  const groupCount = plan.groups.length;
  const isKept = (index: number): boolean => needed.has(groupCount + index);
  const aggregates = plan.aggregates.filter((_, index) => isKept(index));
  const used = new Set<number>();
  for (const group of plan.groups) addSlots(used, group);
  for (const call of aggregates) addAggregateSlots(used, call);
  const input = prune(plan.input, used);
  const places = new Map<number, number>();
  const columns: OutputColumn[] = [];
  plan.columns.forEach((column, slot) => {
    const index = slot - groupCount;
    if (index >= 0 && index < plan.aggregates.length && !isKept(index)) return;
    places.set(slot, columns.length);
    columns.push(column);
  });
  return {
    plan: {
      ...plan,
      input: input.plan,
      groups: plan.groups.map((group) => move(group, input.places)),
      aggregates: aggregates.map((call) =>
        mapAggregate(call, (expression) => move(expression, input.places)),
      ),
      columns,
    },
    places,
  };
}

function addAggregateSlots(used: Set<number>, call: AggregateCall): void {
  mapAggregate(call, (expression) => {
    addSlots(used, expression);
    return expression;
  });
}

function pruneJoin(join: JoinPlan, needed: ReadonlySet<number>): Pruned {
  const width = join.left.columns.length;
  const leftUsed = new Set<number>();
  const rightUsed = new Set<number>();
  const use = (slot: number): void => {
    if (slot < width) leftUsed.add(slot);
    else rightUsed.add(slot - width);
  };
  needed.forEach(use);
  if (join.condition !== undefined) visitSlots(join.condition, use);
  for (const key of join.keys) {
    visitSlots(key.left, (slot) => leftUsed.add(slot));
    visitSlots(key.right, (slot) => rightUsed.add(slot));
  }
  const seesLeft = pushesLeftRow(join);
  if (seesLeft) {
    visitOuterColumns(join.right, (depth, slot) => {
      if (depth === 1) leftUsed.add(slot);
    });
  }
  const left = prune(join.left, leftUsed);
  const prunedRight = prune(join.right, rightUsed);
  const right = seesLeft
    ? mapPlanExpressions(prunedRight.plan, 1, (expression, nesting) =>
        move(expression, left.places, nesting),
      )
    : prunedRight.plan;
  const newWidth = left.plan.columns.length;
  const places = new Map(left.places);
  prunedRight.places.forEach((place, slot) => places.set(width + slot, newWidth + place));
  const isHalf = join.type === "semi" || join.type === "anti";
  return {
    plan: {
      ...join,
      left: left.plan,
      right,
      condition: moveOptional(join.condition, places),
      keys: join.keys.map((key) => ({
        left: move(key.left, left.places),
        right: move(key.right, prunedRight.places),
      })),
      columns: isHalf ? left.plan.columns : [...left.plan.columns, ...right.columns],
    },
    places: isHalf ? left.places : places,
  };
}

function addSlots(used: Set<number>, expression: Expression | undefined): void {
  if (expression !== undefined) visitSlots(expression, (slot) => used.add(slot));
}

function keepSlots(
  columns: readonly OutputColumn[],
  used: ReadonlySet<number>,
): { readonly kept: readonly OutputColumn[]; readonly places: ReadonlyMap<number, number> } {
  const places = new Map<number, number>();
  const kept = columns.filter((_, slot) => {
    if (!used.has(slot)) return false;
    places.set(slot, places.size);
    return true;
  });
  return { kept, places };
}

/** The columns as they were described, in the places the input now has them. */
function placed(columns: readonly OutputColumn[], input: Pruned): readonly OutputColumn[] {
  const result = [...input.plan.columns];
  input.places.forEach((place, slot) => {
    const column = columns[slot];
    if (column !== undefined) result[place] = column;
  });
  return result;
}

function moveOptional(
  expression: Expression | undefined,
  places: ReadonlyMap<number, number>,
): Expression | undefined {
  return expression === undefined ? undefined : move(expression, places);
}

/** The expression with its slots where the pruned row has them. */
function move(
  expression: Expression,
  places: ReadonlyMap<number, number>,
  nesting = 0,
): Expression {
  return mapColumns(
    expression,
    ({ slot, expression: mention }) => {
      const place = places.get(slot);
      assert(place !== undefined, "a pruned column is still in use");
      if (place === slot) return undefined;
      if (mention.kind !== "column" && mention.kind !== "outer") return undefined;
      const { name, table, result, position } = mention;
      return { kind: "column", slot: place, name, table, result, position };
    },
    nesting,
  );
}
