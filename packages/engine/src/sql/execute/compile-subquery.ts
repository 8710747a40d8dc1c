import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { Subquery } from "#sql/bind/expression.ts";
import { hashKeyFor } from "#sql/types/compare.ts";
import type { HashKey } from "#sql/types/compare.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { SqlRecord } from "#sql/types/datum.ts";
import { arrayOf, stackArrays } from "./compile-array.ts";
import { evaluateAll } from "./compile-call.ts";
import { Frame, suspend } from "./frame.ts";
import type { Evaluator } from "./frame.ts";
import { rowBytes } from "./memory-account.ts";
import { collectRows } from "./operator.ts";
import type { Operator } from "./operator.ts";

/**
 * A query inside an expression. The evaluator answers from the results that are there and
 * suspends when they are not: correlated results belong to one row of one frame, uncorrelated
 * ones to the statement.
 */
export function compileSubquery(
  expression: Subquery,
  operator: Operator,
  operands: readonly Evaluator[],
  test: Evaluator | undefined,
): Evaluator {
  if (expression.mode === "any" || expression.mode === "all") {
    assert(test !== undefined, "ANY and ALL have a test");
    return compileQuantified(expression, operator, operands, test);
  }
  const reduce = (rowFrame: Frame, row: Row): Promise<Datum> =>
    singleResult(expression, operator, new Frame(rowFrame.run, rowFrame, row));
  if (expression.isCorrelated) {
    return (row, frame) => {
      const known = frame.subqueryResult(expression, row);
      if (known !== undefined) return known;
      return suspend(async () => {
        frame.keepSubqueryResult(expression, row, await reduce(frame, row));
      });
    };
  }
  return (row, frame) => {
    const known = frame.run.subqueryResults.get(expression);
    if (known !== undefined) return known;
    return suspend(async () => {
      frame.run.subqueryResults.set(expression, await reduce(frame, row));
    });
  };
}

async function singleResult(
  expression: Subquery,
  operator: Operator,
  frame: Frame,
): Promise<Datum> {
  switch (expression.mode) {
    case "exists": {
      for await (const batch of operator.run(frame)) return batch.length > 0;
      return false;
    }
    case "array": {
      const { rows, bytes } = await collectRows(operator, frame, rowBytes);
      frame.run.memory.shrink(bytes);
      const items = rows.map((row) => row[0] ?? null);
      const { elementOid } = expression.result.type;
      return expression.plan.columns[0]?.type.oid === expression.result.type.oid
        ? stackArrays(items, elementOid)
        : arrayOf(items, elementOid);
    }
    case "scalar":
    case "row": {
      let only: Row | undefined;
      for await (const batch of operator.run(frame)) {
        if (only !== undefined || batch.length > 1) {
          throw new SqlError(
            "cardinality_violation",
            "more than one row returned by a subquery used as an expression",
          );
        }
        only = batch[0];
      }
      if (only === undefined) return null;
      if (expression.mode === "scalar") return only[0] ?? null;
      return new SqlRecord(
        only,
        expression.plan.columns.map((column) => column.type.oid),
      );
    }
    default:
      throw new Error("a quantified subquery is not reduced to one value");
  }
}

/** The subquery's rows, with a set of them when the test is plain equality of one column. */
interface QuantifiedRows {
  readonly rows: readonly Row[];
  readonly keys: ReadonlySet<ReturnType<HashKey>> | undefined;
  readonly hasNull: boolean;
}

/**
 * x op ANY (…): true when one row passes the test, null when none does and one gave null.
 * ALL is the mirror image.
 */
function compileQuantified(
  expression: Subquery,
  operator: Operator,
  operands: readonly Evaluator[],
  test: Evaluator,
): Evaluator {
  const decisive = expression.mode === "any";
  const hashKey = decisive && !expression.isCorrelated ? equalityHash(expression) : undefined;

  const decide = (values: readonly Datum[], held: QuantifiedRows, frame: Frame): Datum => {
    if (held.rows.length === 0) return !decisive;
    if (hashKey !== undefined && held.keys !== undefined) {
      const value = values[0] ?? null;
      if (value === null) return null;
      if (held.keys.has(hashKey(value))) return true;
      return held.hasNull ? null : false;
    }
    let result: Datum = !decisive;
    for (const candidate of held.rows) {
      const outcome = test([...values, ...candidate], frame);
      if (outcome === decisive) return decisive;
      if (outcome === null) result = null;
    }
    return result;
  };

  const load = async (frame: Frame): Promise<QuantifiedRows> => {
    const { rows } = await collectRows(operator, frame, rowBytes);
    if (hashKey === undefined) return { rows, keys: undefined, hasNull: false };
    const keys = new Set<ReturnType<HashKey>>();
    let hasNull = false;
    for (const row of rows) {
      const value = row[0] ?? null;
      if (value === null) hasNull = true;
      else keys.add(hashKey(value));
    }
    return { rows, keys, hasNull };
  };

  if (expression.isCorrelated) {
    return (row, frame) => {
      const known = frame.subqueryResult(expression, row);
      if (known !== undefined) return known;
      const values = evaluateAll(operands, row, frame);
      return suspend(async () => {
        const held = await load(new Frame(frame.run, frame, row));
        frame.keepSubqueryResult(expression, row, decide(values, held, frame));
      });
    };
  }
  return (row, frame) => {
    const held = frame.run.quantifiedRows.get(expression) as QuantifiedRows | undefined;
    if (held !== undefined) return decide(evaluateAll(operands, row, frame), held, frame);
    return suspend(async () => {
      frame.run.quantifiedRows.set(expression, await load(new Frame(frame.run, frame, row)));
    });
  };
}

/** How to hash when the test is `operand = column` of one type; undefined otherwise. */
function equalityHash(expression: Subquery): HashKey | undefined {
  const { test, operands } = expression;
  if (test?.kind !== "call" || test.fn.name !== "=" || operands.length !== 1) return undefined;
  const [left, right] = test.args;
  if (left?.kind !== "column" || right?.kind !== "column") return undefined;
  if (left.slot !== 0 || right.slot !== 1) return undefined;
  return left.result.type.oid === right.result.type.oid
    ? hashKeyFor(left.result.type.oid)
    : undefined;
}
