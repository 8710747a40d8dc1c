import { assert } from "#base/assert.ts";
import type { Datum } from "#sql/types/datum.ts";
import { Interval, Jsonb, SqlArray, SqlRecord } from "#sql/types/datum.ts";
import type { SqlFunction } from "#sql/types/function.ts";
import { Numeric } from "#sql/types/numeric.ts";
import type { Expression, Subquery } from "./expression.ts";
import { mapList } from "./map-list.ts";
import { mapPlanExpressions } from "./plan-walk.ts";
import { sameType } from "./type-ref.ts";

/**
 * Rebuilds an expression with other direct children; the same object comes back when none
 * changed. Plans inside subqueries are left alone: see `mapColumns` for those.
 */
export function mapChildren(
  expression: Expression,
  map: (child: Expression) => Expression,
): Expression {
  switch (expression.kind) {
    case "constant":
    case "parameter":
    case "column":
    case "outer":
      return expression;
    case "call":
    case "and":
    case "or":
    case "coalesce":
    case "minMax": {
      const args = mapList(expression.args, map);
      return args === expression.args ? expression : { ...expression, args };
    }
    case "not":
    case "nullTest":
    case "booleanTest":
    case "field": {
      const arg = map(expression.arg);
      return arg === expression.arg ? expression : { ...expression, arg };
    }
    case "distinct": {
      const left = map(expression.left);
      const right = map(expression.right);
      return left === expression.left && right === expression.right
        ? expression
        : { ...expression, left, right };
    }
    case "case": {
      let changed = false;
      const branches = expression.branches.map((branch) => {
        const when = map(branch.when);
        const then = map(branch.then);
        if (when === branch.when && then === branch.then) return branch;
        changed = true;
        return { when, then };
      });
      const otherwise = map(expression.otherwise);
      return changed || otherwise !== expression.otherwise
        ? { ...expression, branches, otherwise }
        : expression;
    }
    case "in": {
      const arg = map(expression.arg);
      const items = mapList(expression.items, map);
      return arg === expression.arg && items === expression.items
        ? expression
        : { ...expression, arg, items };
    }
    case "arrayComparison": {
      const left = map(expression.left);
      const array = map(expression.array);
      return left === expression.left && array === expression.array
        ? expression
        : { ...expression, left, array };
    }
    case "array": {
      const items = mapList(expression.items, map);
      return items === expression.items ? expression : { ...expression, items };
    }
    case "row": {
      const fields = mapList(expression.fields, map);
      return fields === expression.fields ? expression : { ...expression, fields };
    }
    case "rowComparison": {
      const left = mapList(expression.left, map);
      const right = mapList(expression.right, map);
      return left === expression.left && right === expression.right
        ? expression
        : { ...expression, left, right };
    }
    case "subscript": {
      const arg = map(expression.arg);
      let changed = arg !== expression.arg;
      const indexes = expression.indexes.map((index) => {
        const lower = index.lower === undefined ? undefined : map(index.lower);
        const upper = index.upper === undefined ? undefined : map(index.upper);
        if (lower === index.lower && upper === index.upper) return index;
        changed = true;
        return { lower, upper, isSlice: index.isSlice };
      });
      return changed ? { ...expression, arg, indexes } : expression;
    }
    case "subquery": {
      const operands = mapList(expression.operands, map);
      return operands === expression.operands ? expression : { ...expression, operands };
    }
  }
}

/** Direct children, without the plans of subqueries. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "constant":
    case "parameter":
    case "column":
    case "outer":
      return [];
    case "call":
    case "and":
    case "or":
    case "coalesce":
    case "minMax":
      return expression.args;
    case "not":
    case "nullTest":
    case "booleanTest":
    case "field":
      return [expression.arg];
    case "distinct":
      return [expression.left, expression.right];
    case "case":
      return [
        ...expression.branches.flatMap((branch) => [branch.when, branch.then]),
        expression.otherwise,
      ];
    case "in":
      return [expression.arg, ...expression.items];
    case "arrayComparison":
      return [expression.left, expression.array];
    case "array":
      return expression.items;
    case "row":
      return expression.fields;
    case "rowComparison":
      return [...expression.left, ...expression.right];
    case "subscript":
      return [
        expression.arg,
        ...expression.indexes.flatMap((index) =>
          [index.lower, index.upper].filter((bound) => bound !== undefined),
        ),
      ];
    case "subquery":
      return expression.operands;
  }
}

/** Whether the expression or anything in it satisfies the predicate; plans of subqueries are not entered. */
export function someExpression(
  expression: Expression,
  predicate: (expression: Expression) => boolean,
): boolean {
  return (
    predicate(expression) ||
    childrenOf(expression).some((child) => someExpression(child, predicate))
  );
}

/** A column of the row at hand, wherever it is mentioned. */
export interface SlotReference {
  readonly slot: number;
  /** How many rows lie between the mention and the row at hand: 0 outside subqueries. */
  readonly nesting: number;
  readonly expression: Expression;
}

/**
 * Replaces mentions of the columns of one row: of the expression's own input row, and, inside
 * the plans of subqueries, outer columns that reach it. `replace` answers in terms of the own
 * input row; inside subqueries the answer is lifted. Undefined keeps the mention.
 */
export function mapColumns(
  expression: Expression,
  replace: (reference: SlotReference) => Expression | undefined,
  nesting = 0,
): Expression {
  switch (expression.kind) {
    case "column": {
      if (nesting !== 0) return expression;
      return replace({ slot: expression.slot, nesting, expression }) ?? expression;
    }
    case "outer": {
      if (nesting === 0 || expression.depth !== nesting) return expression;
      const replaced = replace({ slot: expression.slot, nesting, expression });
      return replaced === undefined ? expression : liftExpression(replaced, nesting);
    }
    case "constant":
    case "parameter":
      return expression;
    case "subquery":
      return mapSubquery(
        expression,
        (child) => mapColumns(child, replace, nesting),
        (child, depth) => mapColumns(child, replace, nesting + depth),
      );
    default:
      return mapChildren(expression, (child) => mapColumns(child, replace, nesting));
  }
}

/** Maps a subquery's operands with one function and every expression of its plan with another, which gets the nesting. */
export function mapSubquery(
  subquery: Subquery,
  mapOperand: (operand: Expression) => Expression,
  mapInner: (expression: Expression, nesting: number) => Expression,
): Subquery {
  const operands = mapList(subquery.operands, mapOperand);
  const plan = mapPlanExpressions(subquery.plan, 1, mapInner);
  return operands === subquery.operands && plan === subquery.plan
    ? subquery
    : { ...subquery, operands, plan };
}

/**
 * The expression as it must read from `levels` rows further in: its own columns become outer
 * ones, outer ones move further out.
 */
export function liftExpression(expression: Expression, levels: number, nesting = 0): Expression {
  if (levels === 0) return expression;
  switch (expression.kind) {
    case "column": {
      if (nesting !== 0) return expression;
      assert(expression.slot >= 0, "an aggregate cannot be lifted into a subquery");
      return {
        kind: "outer",
        depth: levels,
        slot: expression.slot,
        name: expression.name,
        table: expression.table,
        result: expression.result,
        position: expression.position,
      };
    }
    case "outer":
      // Depths below the nesting are rows inside the expression's own subqueries; they move along.
      if (nesting !== 0 && expression.depth < nesting) return expression;
      return { ...expression, depth: expression.depth + levels };
    case "constant":
    case "parameter":
      return expression;
    case "subquery":
      return mapSubquery(
        expression,
        (child) => liftExpression(child, levels, nesting),
        (child, depth) => liftExpression(child, levels, nesting + depth),
      );
    default:
      return mapChildren(expression, (child) => liftExpression(child, levels, nesting));
  }
}

/** Whether two expressions are the same computation, positions aside. Subqueries never are. */
export function sameExpression(left: Expression, right: Expression): boolean {
  if (left === right) return true;
  if (left.kind !== right.kind || !sameType(left.result, right.result)) return false;
  switch (left.kind) {
    case "constant":
      return right.kind === "constant" && sameDatum(left.value, right.value);
    case "parameter":
      return right.kind === "parameter" && left.index === right.index;
    case "column":
      return right.kind === "column" && left.slot === right.slot;
    case "outer":
      return right.kind === "outer" && left.slot === right.slot && left.depth === right.depth;
    case "subquery":
      return false;
    case "call":
      if (right.kind !== "call" || !sameFunction(left.fn, right.fn)) return false;
      break;
    case "nullTest":
      if (right.kind !== "nullTest" || left.negated !== right.negated) return false;
      break;
    case "booleanTest":
      if (
        right.kind !== "booleanTest" ||
        left.negated !== right.negated ||
        left.test !== right.test
      ) {
        return false;
      }
      break;
    case "distinct":
    case "in":
      if (left.negated !== (right.kind === left.kind && right.negated)) return false;
      break;
    case "minMax":
      if (right.kind !== "minMax" || left.which !== right.which) return false;
      break;
    case "arrayComparison":
      if (
        right.kind !== "arrayComparison" ||
        left.quantifier !== right.quantifier ||
        !sameFunction(left.operator, right.operator)
      ) {
        return false;
      }
      break;
    case "rowComparison":
      if (right.kind !== "rowComparison" || left.operator !== right.operator) return false;
      break;
    case "field":
      if (right.kind !== "field" || left.index !== right.index) return false;
      break;
    case "subscript": {
      if (right.kind !== "subscript" || left.indexes.length !== right.indexes.length) return false;
      const sameShape = left.indexes.every((index, at) => {
        const other = right.indexes[at];
        return (
          other !== undefined &&
          index.isSlice === other.isSlice &&
          (index.lower === undefined) === (other.lower === undefined) &&
          (index.upper === undefined) === (other.upper === undefined)
        );
      });
      if (!sameShape) return false;
      break;
    }
    case "and":
    case "or":
    case "not":
    case "case":
    case "coalesce":
    case "array":
    case "row":
      break;
  }
  return sameExpressions(childrenOf(left), childrenOf(right));
}

export function sameExpressions(
  left: readonly Expression[],
  right: readonly Expression[],
): boolean {
  return (
    left.length === right.length &&
    left.every((one, index) => {
      const other = right[index];
      return other !== undefined && sameExpression(one, other);
    })
  );
}

/** Functions are made anew when specialised, so identity is too narrow. */
export function sameFunction(left: SqlFunction, right: SqlFunction): boolean {
  return (
    left === right ||
    (left.kind === right.kind &&
      left.name === right.name &&
      left.returnType === right.returnType &&
      left.argTypes.length === right.argTypes.length &&
      left.argTypes.every((oid, index) => oid === right.argTypes[index]))
  );
}

/** Equal as written: 1.0 and 1.00 are two things. */
function sameDatum(left: Datum, right: Datum): boolean {
  if (left === right || Object.is(left, right)) return true;
  if (left instanceof Numeric) {
    return (
      right instanceof Numeric &&
      left.kind === right.kind &&
      left.coefficient === right.coefficient &&
      left.scale === right.scale
    );
  }
  if (left instanceof Interval) {
    return (
      right instanceof Interval &&
      left.months === right.months &&
      left.days === right.days &&
      left.micros === right.micros
    );
  }
  if (left instanceof Uint8Array) {
    return right instanceof Uint8Array && Buffer.from(left).equals(right);
  }
  if (left instanceof SqlArray) {
    return (
      right instanceof SqlArray &&
      left.elementTypeOid === right.elementTypeOid &&
      left.items.length === right.items.length &&
      left.dimensions.length === right.dimensions.length &&
      left.items.every((item, index) => sameDatum(item, right.items[index] ?? null))
    );
  }
  // Documents and records are compared by what runs, not while planning.
  if (left instanceof Jsonb || left instanceof SqlRecord) return false;
  return false;
}
