import { SqlError } from "#base/errors.ts";
import type { Constant, Expression } from "#sql/bind/expression.ts";
import { mapChildren, mapSubquery } from "#sql/bind/expression-walk.ts";
import { mapPlanExpressions } from "#sql/bind/plan-walk.ts";
import type { QueryPlan } from "#sql/bind/query-plan.ts";
import type { EvalContext } from "#sql/types/function.ts";

/**
 * Computes what does not depend on rows, parameters or settings. A computation that fails is
 * left as it is: the error belongs to the moment when the value is wanted, if it ever is.
 */
export function foldConstants(plan: QueryPlan, context: EvalContext): QueryPlan {
  return mapPlanExpressions(plan, 0, (expression) => foldExpression(expression, context));
}

export function foldExpression(expression: Expression, context: EvalContext): Expression {
  const fold = (child: Expression): Expression => foldExpression(child, context);
  if (expression.kind === "constant" || expression.kind === "column") return expression;
  if (expression.kind === "subquery") return mapSubquery(expression, fold, fold);
  const folded = mapChildren(expression, fold);
  switch (folded.kind) {
    case "call":
      return foldCall(folded, context);
    case "and":
    case "or":
      return foldJunction(folded);
    case "not":
      if (folded.arg.kind !== "constant") return folded;
      return constant(folded, folded.arg.value === null ? null : folded.arg.value !== true);
    case "nullTest":
      if (folded.arg.kind !== "constant") return folded;
      return constant(folded, (folded.arg.value === null) !== folded.negated);
    case "booleanTest": {
      if (folded.arg.kind !== "constant") return folded;
      const { value } = folded.arg;
      const tested = { true: true, false: false, unknown: null }[folded.test];
      return constant(folded, (value === tested) !== folded.negated);
    }
    case "case":
      return foldCase(folded);
    case "coalesce":
      return foldCoalesce(folded);
    default:
      return folded;
  }
}

function constant(expression: Expression, value: Constant["value"]): Constant {
  return {
    kind: "constant",
    value,
    result: expression.result,
    position: expression.position,
  };
}

function foldCall(call: Expression & { readonly kind: "call" }, context: EvalContext): Expression {
  if (call.fn.strict && call.args.some((arg) => arg.kind === "constant" && arg.value === null)) {
    return call.fn.volatility === "volatile" ? call : constant(call, null);
  }
  if (call.fn.volatility !== "immutable") return call;
  const values: Constant["value"][] = [];
  for (const arg of call.args) {
    if (arg.kind !== "constant") return call;
    values.push(arg.value);
  }
  try {
    return constant(call, call.fn.evaluate(values, context));
  } catch (error) {
    if (error instanceof SqlError) return call;
    throw error;
  }
}

/** AND drops what is true and is false as soon as one is; OR the other way round. */
function foldJunction(expression: Expression & { readonly kind: "and" | "or" }): Expression {
  const neutral = expression.kind === "and";
  if (expression.args.some((arg) => arg.kind === "constant" && arg.value === !neutral)) {
    return constant(expression, !neutral);
  }
  const rest = expression.args.filter((arg) => !(arg.kind === "constant" && arg.value === neutral));
  const [first] = rest;
  if (first === undefined) return constant(expression, neutral);
  if (rest.length === 1) return first;
  if (rest.every((arg) => arg.kind === "constant")) return constant(expression, null);
  return rest.length === expression.args.length ? expression : { ...expression, args: rest };
}

function foldCase(expression: Expression & { readonly kind: "case" }): Expression {
  const branches: (typeof expression.branches)[number][] = [];
  let { otherwise } = expression;
  for (const branch of expression.branches) {
    if (branch.when.kind !== "constant") {
      branches.push(branch);
      continue;
    }
    if (branch.when.value !== true) continue;
    otherwise = branch.then;
    break;
  }
  if (branches.length === expression.branches.length && otherwise === expression.otherwise) {
    return expression;
  }
  if (branches.length === 0) return retyped(otherwise, expression);
  return { ...expression, branches, otherwise };
}

function foldCoalesce(expression: Expression & { readonly kind: "coalesce" }): Expression {
  const args: Expression[] = [];
  for (const arg of expression.args) {
    if (arg.kind === "constant" && arg.value === null) continue;
    args.push(arg);
    if (arg.kind === "constant") break;
  }
  const [first] = args;
  if (first === undefined) return constant(expression, null);
  if (args.length === 1) return retyped(first, expression);
  return args.length === expression.args.length ? expression : { ...expression, args };
}

function retyped(expression: Expression, as: Expression): Expression {
  return expression.result === as.result ? expression : { ...expression, result: as.result };
}
