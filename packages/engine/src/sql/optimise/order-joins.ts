import type { Expression } from "#sql/bind/expression.ts";
import { mapColumns } from "#sql/bind/expression-walk.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { JoinPlan, QueryPlan } from "#sql/bind/query-plan.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import type { RowEstimator } from "./estimate-rows.ts";
import { readsOnly } from "./expression-facts.ts";
import { joinKey } from "./join-keys.ts";

/** Clusters larger than this keep the order in which they were written. */
const leavesMax = 12;

/** One input of a cluster of inner joins. */
interface Leaf {
  readonly plan: QueryPlan;
  /** Its first slot in the row of the cluster as written. */
  readonly offset: number;
}

/**
 * Joins the members of each cluster of inner joins greedily: first the one that gives fewest
 * rows, then always the one that keeps the result smallest, those tied by equalities before
 * those that are not. The row comes out in the order in which it was written.
 */
export function orderJoins(plan: QueryPlan, estimator: RowEstimator): QueryPlan {
  if (!isClusterJoin(plan)) return mapInputs(plan, (input) => orderJoins(input, estimator));
  const leaves: Leaf[] = [];
  const conditions: Expression[] = [];
  collect(plan, 0, leaves, conditions, estimator);
  if (leaves.length > leavesMax) return rebuildAsWritten(plan, estimator);
  return greedy(plan, leaves, conditions, estimator);
}

function isClusterJoin(plan: QueryPlan): plan is JoinPlan {
  return plan.kind === "join" && plan.type === "inner" && !plan.isLateral;
}

function rebuildAsWritten(plan: JoinPlan, estimator: RowEstimator): QueryPlan {
  return mapInputs(plan, (input) =>
    isClusterJoin(input) ? rebuildAsWritten(input, estimator) : orderJoins(input, estimator),
  );
}

function collect(
  plan: QueryPlan,
  offset: number,
  leaves: Leaf[],
  conditions: Expression[],
  estimator: RowEstimator,
): void {
  if (!isClusterJoin(plan)) {
    leaves.push({ plan: orderJoins(plan, estimator), offset });
    return;
  }
  collect(plan.left, offset, leaves, conditions, estimator);
  collect(plan.right, offset + plan.left.columns.length, leaves, conditions, estimator);
  for (const condition of conjunctsOf(plan.condition)) {
    conditions.push(moveSlots(condition, (slot) => slot + offset));
  }
}

/** What has been joined so far, and where each slot of the written row stands in it. */
interface Joined {
  readonly plan: QueryPlan;
  readonly places: ReadonlyMap<number, number>;
}

function greedy(
  written: JoinPlan,
  leaves: readonly Leaf[],
  conditions: readonly Expression[],
  estimator: RowEstimator,
): QueryPlan {
  let rest = [...leaves];
  let open = [...conditions];
  const first = rest.reduce((best, leaf) =>
    estimator.rows(leaf.plan) < estimator.rows(best.plan) ? leaf : best,
  );
  rest = rest.filter((leaf) => leaf !== first);
  let joined: Joined = start(first);
  while (rest.length > 0) {
    let best: { leaf: Leaf; step: Step } | undefined;
    for (const leaf of rest) {
      const step = joinWith(joined, leaf, open, estimator);
      if (best === undefined || step.cost < best.step.cost) best = { leaf, step };
    }
    if (best === undefined) break;
    const { leaf, step } = best;
    joined = step.joined;
    open = open.filter((condition) => !step.used.has(condition));
    rest = rest.filter((other) => other !== leaf);
  }
  return restore(written, joined);
}

function start(leaf: Leaf): Joined {
  const places = new Map(leaf.plan.columns.map((_, slot) => [leaf.offset + slot, slot]));
  return { plan: leaf.plan, places };
}

interface Step {
  readonly joined: Joined;
  readonly used: ReadonlySet<Expression>;
  readonly cost: number;
}

function joinWith(
  joined: Joined,
  leaf: Leaf,
  open: readonly Expression[],
  estimator: RowEstimator,
): Step {
  // The side with fewer rows is kept in memory, which is the right one.
  const leafIsProbe = estimator.rows(leaf.plan) > estimator.rows(joined.plan);
  const isDrivenByKeys = leaf.plan.kind === "scan";
  const swap = leafIsProbe && !isDrivenByKeys;
  const leafPlaces = start(leaf).places;
  const left = swap ? { plan: leaf.plan, places: leafPlaces } : joined;
  const right = swap ? joined : { plan: leaf.plan, places: leafPlaces };
  const width = left.plan.columns.length;
  const places = new Map(left.places);
  right.places.forEach((place, slot) => places.set(slot, width + place));
  const used = new Set(
    open.filter((condition) => readsOnly(condition, (slot) => places.has(slot))),
  );
  const moved = [...used].map((condition) =>
    moveSlots(condition, (slot) => places.get(slot) ?? slot),
  );
  const plan: JoinPlan = {
    kind: "join",
    type: "inner",
    left: left.plan,
    right: right.plan,
    condition: allOf(moved),
    isLateral: false,
    algorithm: "nestedLoop",
    keys: [],
    columns: [...left.plan.columns, ...right.plan.columns],
  };
  const isTied = moved.some((condition) => joinKey(condition, width) !== undefined);
  const rows = estimator.rows(plan);
  return { joined: { plan, places }, used, cost: isTied ? rows : rows * 1000 };
}

/** A projection that puts the slots back where they were, unless they never moved. */
function restore(written: JoinPlan, joined: Joined): QueryPlan {
  const isSame = written.columns.every((_, slot) => joined.places.get(slot) === slot);
  if (isSame) return { ...joined.plan, columns: written.columns };
  return {
    kind: "project",
    input: joined.plan,
    expressions: written.columns.map((column, slot) => ({
      kind: "column",
      slot: joined.places.get(slot) ?? slot,
      name: column.name,
      result: { type: column.type, typmod: column.typmod },
    })),
    columns: written.columns,
  };
}

function moveSlots(expression: Expression, place: (slot: number) => number): Expression {
  return mapColumns(expression, ({ slot, expression: mention }) => {
    if (mention.kind !== "column" && mention.kind !== "outer") return undefined;
    const { name, table, result, position } = mention;
    return { kind: "column", slot: place(slot), name, table, result, position };
  });
}
