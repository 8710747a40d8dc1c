import { assert, unreachable } from "#base/assert.ts";
import type {
  ArrayComparison,
  BooleanTest,
  Case,
  Distinct,
  Expression,
  InList,
  MinMax,
  RowComparison,
  Subquery,
} from "#sql/bind/expression.ts";
import { comparatorFor, hashKeyFor } from "#sql/types/compare.ts";
import type { Datum } from "#sql/types/datum.ts";
import { SqlArray, SqlRecord } from "#sql/types/datum.ts";
import { compileArrayConstructor, compileSubscript } from "./compile-array.ts";
import {
  binaryOperator,
  compileCall,
  compileSleep,
  constantValue,
  evaluateAll,
  isSleep,
} from "./compile-call.ts";
import type { Evaluator, Frame } from "./frame.ts";

/** What compiling an expression needs of the rest of the executor. */
export interface ExpressionCompiler {
  subquery(expression: Subquery): Evaluator;
  /** Told of every other expression that may suspend its evaluation. */
  noteSuspension(): void;
}

/**
 * Makes an expression into closures over its row: types, functions and shapes are looked at once,
 * here. A compiled expression holds no state of any run and may be shared by many.
 */
export function compileExpression(expression: Expression, compiler: ExpressionCompiler): Evaluator {
  const compile = (part: Expression): Evaluator => compileExpression(part, compiler);
  switch (expression.kind) {
    case "constant": {
      const { value } = expression;
      return () => value;
    }
    case "parameter": {
      const slot = expression.index - 1;
      return (_row, frame) => frame.run.parameters[slot] ?? null;
    }
    case "column": {
      const { slot } = expression;
      return (row) => row[slot] ?? null;
    }
    case "outer":
      return compileOuter(expression.depth, expression.slot);
    case "call": {
      const [only] = expression.args;
      if (expression.syntax === "relabel" && only !== undefined) return compile(only);
      if (isSleep(expression.fn) && only !== undefined) {
        compiler.noteSuspension();
        return compileSleep(expression, compile(only));
      }
      return compileCall(expression.fn, expression.args.map(compile));
    }
    case "and":
      return compileAnd(expression.args.map(compile));
    case "or":
      return compileOr(expression.args.map(compile));
    case "not": {
      const argument = compile(expression.arg);
      return (row, frame) => {
        const value = argument(row, frame);
        return value === null ? null : !value;
      };
    }
    case "nullTest":
      return compileNullTest(expression.arg, expression.negated, compile);
    case "booleanTest":
      return compileBooleanTest(expression, compile(expression.arg));
    case "distinct":
      return compileDistinct(expression, compile);
    case "case":
      return compileCase(expression, compile);
    case "coalesce":
      return compileCoalesce(expression.args.map(compile));
    case "minMax":
      return compileMinMax(expression, expression.args.map(compile));
    case "in":
      return compileInList(expression, compile);
    case "arrayComparison":
      return compileArrayComparison(expression, compile);
    case "array":
      return compileArrayConstructor(expression, expression.items.map(compile));
    case "row": {
      const fields = expression.fields.map(compile);
      const typeOids = expression.fields.map((field) => field.result.type.oid);
      const { names } = expression;
      return (row, frame) => new SqlRecord(evaluateAll(fields, row, frame), typeOids, names);
    }
    case "rowComparison":
      return compileRowComparison(expression, compile);
    case "subscript":
      return compileSubscript(expression, compile);
    case "field": {
      const record = compile(expression.arg);
      const { index } = expression;
      return (row, frame) => {
        const value = record(row, frame);
        if (value === null) return null;
        assert(value instanceof SqlRecord, "a field is taken of something that is no record");
        return value.fields[index] ?? null;
      };
    }
    case "subquery":
      return compiler.subquery(expression);
    default:
      return unreachable(expression);
  }
}

function compileOuter(depth: number, slot: number): Evaluator {
  if (depth === 1) return (_row, frame) => frame.row[slot] ?? null;
  return (_row, frame) => {
    let at: Frame | undefined = frame;
    for (let level = 1; level < depth && at !== undefined; level++) at = at.outer;
    assert(at !== undefined, `no query ${depth} levels out`);
    return at.row[slot] ?? null;
  };
}

/** False as soon as one is false; otherwise null if any was null. */
function compileAnd(args: readonly Evaluator[]): Evaluator {
  const [first, second] = args;
  if (args.length === 2 && first !== undefined && second !== undefined) {
    return (row, frame) => {
      const left = first(row, frame);
      if (left === false) return false;
      const right = second(row, frame);
      if (right === false) return false;
      return left === null || right === null ? null : true;
    };
  }
  return (row, frame) => {
    let result: Datum = true;
    for (const argument of args) {
      const value = argument(row, frame);
      if (value === false) return false;
      if (value === null) result = null;
    }
    return result;
  };
}

function compileOr(args: readonly Evaluator[]): Evaluator {
  return (row, frame) => {
    let result: Datum = false;
    for (const argument of args) {
      const value = argument(row, frame);
      if (value === true) return true;
      if (value === null) result = null;
    }
    return result;
  };
}

/** A record IS NULL when all its fields are, and IS NOT NULL when none is: the two are not opposites. */
function compileNullTest(
  arg: Expression,
  negated: boolean,
  compile: (part: Expression) => Evaluator,
): Evaluator {
  const argument = compile(arg);
  if (arg.result.type.category !== "P" && arg.kind !== "row") {
    return negated
      ? (row, frame) => argument(row, frame) !== null
      : (row, frame) => argument(row, frame) === null;
  }
  return (row, frame) => {
    const value = argument(row, frame);
    if (!(value instanceof SqlRecord)) return (value === null) !== negated;
    return value.fields.every((field) => (field === null) !== negated);
  };
}

function compileBooleanTest(expression: BooleanTest, argument: Evaluator): Evaluator {
  const { negated } = expression;
  const wanted = expression.test === "unknown" ? null : expression.test === "true";
  return (row, frame) => (argument(row, frame) === wanted) !== negated;
}

function compileDistinct(
  expression: Distinct,
  compile: (part: Expression) => Evaluator,
): Evaluator {
  const left = compile(expression.left);
  const right = compile(expression.right);
  const equals = binaryOperator(expression.equals);
  const { negated } = expression;
  return (row, frame) => {
    const a = left(row, frame);
    const b = right(row, frame);
    const isDistinct =
      a === null || b === null ? a !== b : equals(a, b, frame.run.context) !== true;
    return isDistinct !== negated;
  };
}

function compileCase(expression: Case, compile: (part: Expression) => Evaluator): Evaluator {
  const branches = expression.branches.map((branch) => ({
    when: compile(branch.when),
    then: compile(branch.then),
  }));
  const otherwise = compile(expression.otherwise);
  return (row, frame) => {
    for (const branch of branches) {
      if (branch.when(row, frame) === true) return branch.then(row, frame);
    }
    return otherwise(row, frame);
  };
}

function compileCoalesce(args: readonly Evaluator[]): Evaluator {
  return (row, frame) => {
    for (const argument of args) {
      const value = argument(row, frame);
      if (value !== null) return value;
    }
    return null;
  };
}

function compileMinMax(expression: MinMax, args: readonly Evaluator[]): Evaluator {
  const compare = comparatorFor(expression.result.type.oid);
  const sign = expression.which === "greatest" ? 1 : -1;
  return (row, frame) => {
    let best: Datum = null;
    for (const argument of args) {
      const value = argument(row, frame);
      if (value === null) continue;
      if (best === null || compare(value, best) * sign > 0) best = value;
    }
    return best;
  };
}

/** Lists longer than this are looked up in a set when all are constants. */
const hashedListMin = 9;

function compileInList(expression: InList, compile: (part: Expression) => Evaluator): Evaluator {
  const argument = compile(expression.arg);
  const equals = binaryOperator(expression.equals);
  const { negated } = expression;
  const constants = expression.items.map(constantValue);
  if (constants.length >= hashedListMin && constants.every((value) => value !== undefined)) {
    return compileConstantSet(expression, argument, constants);
  }
  const items = expression.items.map(compile);
  return (row, frame) => {
    const value = argument(row, frame);
    let result: Datum = negated;
    if (value === null) return items.length === 0 ? negated : null;
    for (const item of items) {
      const candidate = item(row, frame);
      if (candidate === null) result = null;
      else if (equals(value, candidate, frame.run.context) === true) return !negated;
    }
    return result;
  };
}

function compileConstantSet(
  expression: InList,
  argument: Evaluator,
  constants: readonly Datum[],
): Evaluator {
  const hashKey = hashKeyFor(expression.arg.result.type.oid);
  const { negated } = expression;
  const hasNull = constants.includes(null);
  const keys = new Set(constants.filter((value) => value !== null).map(hashKey));
  return (row, frame) => {
    const value = argument(row, frame);
    if (value === null) return null;
    if (keys.has(hashKey(value))) return !negated;
    return hasNull ? null : negated;
  };
}

function compileArrayComparison(
  expression: ArrayComparison,
  compile: (part: Expression) => Evaluator,
): Evaluator {
  const left = compile(expression.left);
  const array = compile(expression.array);
  const operator = binaryOperator(expression.operator);
  const { strict } = expression.operator;
  const decisive = expression.quantifier === "any";
  return (row, frame) => {
    const value = left(row, frame);
    const items = array(row, frame);
    if (items === null) return null;
    assert(items instanceof SqlArray, "ANY and ALL take an array");
    let result: Datum = !decisive;
    for (const item of items.items) {
      const outcome =
        strict && (value === null || item === null)
          ? null
          : operator(value, item, frame.run.context);
      if (outcome === decisive) return decisive;
      if (outcome === null) result = null;
    }
    return result;
  };
}

/** Equality looks at all fields; order at the first that differ, and null there makes it unknown. */
function compileRowComparison(
  expression: RowComparison,
  compile: (part: Expression) => Evaluator,
): Evaluator {
  const left = expression.left.map(compile);
  const right = expression.right.map(compile);
  const equals = expression.equals.map(binaryOperator);
  const less = expression.less.map(binaryOperator);
  const { operator } = expression;
  if (operator === "=" || operator === "<>") {
    const isEquality = operator === "=";
    return (row, frame) => {
      let result: Datum = isEquality;
      for (let field = 0; field < left.length; field++) {
        const a = left[field]?.(row, frame) ?? null;
        const b = right[field]?.(row, frame) ?? null;
        if (a === null || b === null) result = null;
        else if (equals[field]?.(a, b, frame.run.context) !== true) return !isEquality;
      }
      return result;
    };
  }
  const isLessWanted = operator === "<" || operator === "<=";
  const isTieWanted = operator === "<=" || operator === ">=";
  return (row, frame) => {
    for (let field = 0; field < left.length; field++) {
      const a = left[field]?.(row, frame) ?? null;
      const b = right[field]?.(row, frame) ?? null;
      if (a === null || b === null) return null;
      if (equals[field]?.(a, b, frame.run.context) === true) continue;
      return (less[field]?.(a, b, frame.run.context) === true) === isLessWanted;
    }
    return isTieWanted;
  };
}
