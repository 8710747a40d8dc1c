import { assert } from "#base/assert.ts";
import type { Call, Expression } from "#sql/bind/expression.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { EvalContext, ScalarFunction } from "#sql/types/function.ts";
import { suspend } from "./frame.ts";
import type { Evaluator, Frame } from "./frame.ts";

/** A function call: the shapes that matter have no array of arguments and no loop. */
export function compileCall(fn: ScalarFunction, args: readonly Evaluator[]): Evaluator {
  const [first, second] = args;
  if (args.length === 1 && first !== undefined && fn.unary !== undefined) {
    return fn.strict ? strictUnary(fn.unary, first) : laxUnary(fn.unary, first);
  }
  if (args.length === 2 && first !== undefined && second !== undefined && fn.binary !== undefined) {
    return fn.strict ? strictBinary(fn.binary, first, second) : laxBinary(fn.binary, first, second);
  }
  if (args.length === 0) return (_row, frame) => fn.evaluate(noArguments, frame.run.context);
  return fn.strict ? strictMany(fn, args) : laxMany(fn, args);
}

const noArguments: readonly Datum[] = [];

type Unary = (argument: Datum, context: EvalContext) => Datum;
type Binary = (left: Datum, right: Datum, context: EvalContext) => Datum;

function strictUnary(apply: Unary, argument: Evaluator): Evaluator {
  return (row, frame) => {
    const value = argument(row, frame);
    return value === null ? null : apply(value, frame.run.context);
  };
}

function laxUnary(apply: Unary, argument: Evaluator): Evaluator {
  return (row, frame) => apply(argument(row, frame), frame.run.context);
}

function strictBinary(apply: Binary, left: Evaluator, right: Evaluator): Evaluator {
  return (row, frame) => {
    const a = left(row, frame);
    const b = right(row, frame);
    return a === null || b === null ? null : apply(a, b, frame.run.context);
  };
}

function laxBinary(apply: Binary, left: Evaluator, right: Evaluator): Evaluator {
  return (row, frame) => apply(left(row, frame), right(row, frame), frame.run.context);
}

function strictMany(fn: ScalarFunction, args: readonly Evaluator[]): Evaluator {
  return (row, frame) => {
    const values: Datum[] = [];
    // Every argument is evaluated even after a null: an error in a later one must still be raised.
    let hasNull = false;
    for (const argument of args) {
      const value = argument(row, frame);
      if (value === null) hasNull = true;
      values.push(value);
    }
    return hasNull ? null : fn.evaluate(values, frame.run.context);
  };
}

function laxMany(fn: ScalarFunction, args: readonly Evaluator[]): Evaluator {
  return (row, frame) => fn.evaluate(evaluateAll(args, row, frame), frame.run.context);
}

export function evaluateAll(evaluators: readonly Evaluator[], row: Row, frame: Frame): Datum[] {
  const values: Datum[] = [];
  for (const evaluator of evaluators) values.push(evaluator(row, frame));
  return values;
}

/** A two-argument operator of the plan (`equals`, `less` …) as a plain function of non-null values. */
export function binaryOperator(
  fn: ScalarFunction,
): (left: Datum, right: Datum, context: EvalContext) => Datum {
  if (fn.binary !== undefined) return fn.binary;
  assert(fn.argTypes.length === 2, `${fn.name} does not take two arguments`);
  return (left, right, context) => fn.evaluate([left, right], context);
}

/** The value of an expression that is the same for every row and every run, or undefined. */
export function constantValue(expression: Expression): Datum | undefined {
  return expression.kind === "constant" ? expression.value : undefined;
}

/** The one function that waits; it needs the statement's clock and may be cancelled. */
export function isSleep(fn: ScalarFunction): boolean {
  return fn.name === "pg_sleep";
}

/** pg_sleep(seconds): suspends as a subquery does, once for each row. */
export function compileSleep(expression: Call, seconds: Evaluator): Evaluator {
  return (row, frame) => {
    const value = seconds(row, frame);
    if (value === null) return null;
    const done = frame.subqueryResult(expression, row);
    if (done !== undefined) return done;
    return suspend(async () => {
      await frame.run.pacer.sleep(Number(value) * 1_000);
      frame.keepSubqueryResult(expression, row, "");
    });
  };
}
