import type { Expression } from "#sql/bind/expression.ts";
import { mapColumns } from "#sql/bind/expression-walk.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { JoinPlan, QueryPlan } from "#sql/bind/query-plan.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import { isVolatile, readsOnly, rejectsNulls } from "./expression-facts.ts";
import { shiftOuter } from "./shift-outer.ts";

/**
 * Moves conditions down to where they first can be checked: through projections, joins, set
 * operations and groups, into scans. On the way outer joins whose added nulls are dropped anyway
 * become inner ones.
 */
export function pushFilters(plan: QueryPlan): QueryPlan {
  return push(plan, []);
}

/** The plan with only the rows for which the conditions, over its row, hold. */
function push(plan: QueryPlan, conditions: readonly Expression[]): QueryPlan {
  switch (plan.kind) {
    case "filter":
      return push(plan.input, [...conditions, ...conjunctsOf(plan.condition)]);
    case "scan":
    case "virtualScan": {
      if (conditions.length === 0) return plan;
      if (conditions.some(neverHolds)) return { kind: "values", rows: [], columns: plan.columns };
      return { ...plan, filter: allOf([...conjunctsOf(plan.filter), ...conditions]) };
    }
    case "project":
      return throughProject(plan, conditions);
    case "join":
      return throughJoin(plan, conditions);
    case "aggregate": {
      const width = plan.groupingSets === undefined ? plan.groups.length : 0;
      return split(plan, conditions, (condition) =>
        width > 0 && readsOnly(condition, (slot) => slot < width)
          ? substitute(condition, plan.groups)
          : undefined,
      );
    }
    case "window": {
      const isPartition = (slot: number): boolean =>
        plan.partitionBy.some((one) => one.kind === "column" && one.slot === slot);
      return split(plan, conditions, (condition) =>
        readsOnly(condition, isPartition) ? condition : undefined,
      );
    }
    case "projectSet":
      return split(plan, conditions, (condition) => {
        const scalars = plan.items.map((item) =>
          item.kind === "scalar" && item.expression.kind === "column" ? item.expression : undefined,
        );
        if (!readsOnly(condition, (slot) => scalars[slot] !== undefined)) return undefined;
        return mapColumns(condition, ({ slot }) => scalars[slot]);
      });
    case "sort":
      return split(plan, conditions, (condition) => condition);
    case "distinct":
      return split(plan, conditions, (condition) =>
        plan.on === undefined ||
        readsOnly(condition, (slot) =>
          (plan.on ?? []).some((one) => one.kind === "column" && one.slot === slot),
        )
          ? condition
          : undefined,
      );
    case "setOperation": {
      const movable = conditions.filter((condition) => !isVolatile(condition));
      const left = push(plan.left, movable);
      const right = push(plan.right, movable);
      return filtered(
        { ...plan, left, right },
        conditions.filter((condition) => isVolatile(condition)),
      );
    }
    case "with": {
      const movable = conditions.filter((condition) => !isVolatile(condition));
      const ctes = plan.ctes.map((cte) => ({ ...cte, plan: push(cte.plan, []) }));
      return filtered(
        { ...plan, ctes, body: push(plan.body, movable) },
        conditions.filter((condition) => isVolatile(condition)),
      );
    }
    case "limit":
    case "values":
    case "functionScan":
    case "cteScan":
    case "recursive":
    case "modify":
      return filtered(
        mapInputs(plan, (input) => push(input, [])),
        conditions,
      );
  }
}

/** Constant and not true. */
function neverHolds(condition: Expression): boolean {
  return condition.kind === "constant" && condition.value !== true;
}

function filtered(plan: QueryPlan, conditions: readonly Expression[]): QueryPlan {
  const condition = allOf(conditions);
  return condition === undefined
    ? plan
    : { kind: "filter", input: plan, condition, columns: plan.columns };
}

/** Sends below a node of one input what `translate` can put in terms of that input. */
function split(
  plan: QueryPlan & { readonly input: QueryPlan },
  conditions: readonly Expression[],
  translate: (condition: Expression) => Expression | undefined,
): QueryPlan {
  const below: Expression[] = [];
  const above: Expression[] = [];
  for (const condition of conditions) {
    const translated = isVolatile(condition) ? undefined : translate(condition);
    if (translated === undefined) above.push(condition);
    else below.push(...conjunctsOf(translated));
  }
  const input = push(plan.input, below);
  return filtered(input === plan.input ? plan : { ...plan, input }, above);
}

function substitute(condition: Expression, expressions: readonly Expression[]): Expression {
  return mapColumns(condition, ({ slot }) => expressions[slot]);
}

function throughProject(
  plan: QueryPlan & { readonly kind: "project" },
  conditions: readonly Expression[],
): QueryPlan {
  return split(plan, conditions, (condition) => {
    const isMovable = readsOnly(condition, (slot) => {
      const expression = plan.expressions[slot];
      return expression !== undefined && !isVolatile(expression);
    });
    return isMovable ? substitute(condition, plan.expressions) : undefined;
  });
}

function throughJoin(join: JoinPlan, conditions: readonly Expression[]): QueryPlan {
  const width = join.left.columns.length;
  const isLeft = (slot: number): boolean => slot < width;
  const isRight = (slot: number): boolean => slot >= width;
  const type = simplifiedType(join.type, conditions, { isLeft, isRight });
  const left: Expression[] = [];
  const right: Expression[] = [];
  const both: Expression[] = [];
  const above: Expression[] = [];
  const toRight = (condition: Expression): Expression => {
    const moved = mapColumns(condition, ({ slot, expression }) =>
      expression.kind === "column" || expression.kind === "outer"
        ? asColumn(expression, slot - width)
        : undefined,
    );
    return join.isLateral ? shiftOuter(moved, 1) : moved;
  };
  // Sides whose rows the join may pad with nulls keep what WHERE says of them above the join.
  const leftIsKept = type === "inner" || type === "left" || type === "semi" || type === "anti";
  const rightIsKept = type === "inner" || type === "right";
  for (const condition of conditions) {
    if (isVolatile(condition)) above.push(condition);
    else if (leftIsKept && readsOnly(condition, isLeft)) left.push(condition);
    else if (rightIsKept && readsOnly(condition, isRight)) right.push(toRight(condition));
    else if (type === "inner") both.push(condition);
    else above.push(condition);
  }
  // What ON says of a side may be checked before the join where unmatched rows of it vanish.
  const leftMayVanish = type === "inner" || type === "right" || type === "semi";
  const rightMayVanish = type === "inner" || type === "left" || type === "semi" || type === "anti";
  for (const condition of conjunctsOf(join.condition)) {
    if (isVolatile(condition)) both.push(condition);
    else if (leftMayVanish && readsOnly(condition, isLeft)) left.push(condition);
    else if (rightMayVanish && readsOnly(condition, isRight)) right.push(toRight(condition));
    else both.push(condition);
  }
  return filtered(
    {
      ...join,
      type,
      left: push(join.left, left),
      right: push(join.right, right),
      condition: allOf(both),
    },
    above,
  );
}

function asColumn(mention: Expression, slot: number): Expression | undefined {
  if (mention.kind !== "column" && mention.kind !== "outer") return undefined;
  const { name, table, result, position } = mention;
  return { kind: "column", slot, name, table, result, position };
}

/** The join that gives the same rows once the conditions have dropped those with added nulls. */
function simplifiedType(
  type: JoinPlan["type"],
  conditions: readonly Expression[],
  sides: {
    readonly isLeft: (slot: number) => boolean;
    readonly isRight: (slot: number) => boolean;
  },
): JoinPlan["type"] {
  if (type !== "left" && type !== "right" && type !== "full") return type;
  const dropsNullLeft = conditions.some((condition) => rejectsNulls(condition, sides.isLeft));
  const dropsNullRight = conditions.some((condition) => rejectsNulls(condition, sides.isRight));
  switch (type) {
    case "left":
      return dropsNullRight ? "inner" : "left";
    case "right":
      return dropsNullLeft ? "inner" : "right";
    case "full":
      if (dropsNullLeft && dropsNullRight) return "inner";
      if (dropsNullRight) return "right";
      return dropsNullLeft ? "left" : "full";
  }
}
