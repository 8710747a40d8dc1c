import type { Expression } from "#sql/bind/expression.ts";
import type { FunctionScanPlan, JoinPlan, QueryPlan, ScanPlan } from "#sql/bind/query-plan.ts";
import type { TableStatistics } from "#sql/plan/statistics.ts";
import { indexesOf } from "#catalog/snapshot.ts";
import { arrayLengthGuess } from "./choose-index.ts";
import { conjunctsOf } from "./conjuncts.ts";

/** Guesses where nothing is known; as in most systems, crude but in the right order. */
const guess = {
  tableRows: 1000,
  functionRows: 1000,
  virtualRows: 200,
  recursiveFactor: 10,
  equality: 0.005,
  range: 1 / 3,
  bothBounds: 0.05,
  otherCondition: 0.25,
  groupShare: 0.1,
  distinctShare: 0.5,
} as const;

/** How many rows a plan gives, roughly; at least one where it may give any. */
export class RowEstimator {
  readonly #statistics: TableStatistics;
  readonly #known = new WeakMap<QueryPlan, number>();

  constructor(statistics: TableStatistics) {
    this.#statistics = statistics;
  }

  rows(plan: QueryPlan): number {
    let rows = this.#known.get(plan);
    if (rows === undefined) {
      rows = Math.max(1, this.#estimate(plan));
      this.#known.set(plan, rows);
    }
    return rows;
  }

  /** Rows of the whole table, whatever the scan leaves out. */
  tableRows(scan: ScanPlan): number {
    return this.#statistics.rowCount(scan.table) ?? guess.tableRows;
  }

  #estimate(plan: QueryPlan): number {
    switch (plan.kind) {
      case "scan":
        return this.#scanRows(plan) * selectivity(plan.filter);
      case "virtualScan":
        return guess.virtualRows * selectivity(plan.filter);
      case "values":
        return plan.rows.length;
      case "functionScan":
        return Math.max(...plan.calls.map(functionRows));
      case "filter":
        return this.rows(plan.input) * selectivity(plan.condition);
      case "project":
      case "sort":
      case "window":
        return this.rows(plan.input);
      case "projectSet":
        return this.rows(plan.input) * 10;
      case "aggregate":
        return plan.groups.length === 0
          ? 1
          : this.rows(plan.input) * guess.groupShare * (plan.groupingSets?.length ?? 1);
      case "distinct":
        return this.rows(plan.input) * guess.distinctShare;
      case "limit": {
        const limit = constantCount(plan.limit);
        const input = this.rows(plan.input);
        return limit === undefined ? input : Math.min(limit, input);
      }
      case "join":
        return this.#joinRows(plan);
      case "setOperation":
        return plan.operation === "union"
          ? this.rows(plan.left) + this.rows(plan.right)
          : this.rows(plan.left) * guess.distinctShare;
      case "with":
        return this.rows(plan.body);
      case "cteScan":
        return guess.tableRows;
      case "recursive":
        return this.rows(plan.start) * guess.recursiveFactor;
      case "modify":
        return this.rows(plan.modify.source);
    }
  }

  #scanRows(scan: ScanPlan): number {
    const all = this.tableRows(scan);
    const { constraint } = scan;
    if (constraint === undefined) return all;
    const index = indexesOf(scan.table).find((one) => one.id === scan.indexId);
    const points = constraint.points ?? [constraint.equalities];
    const hasArray = constraint.anyOf !== undefined;
    const alternatives = hasArray ? arrayLengthGuess : points.length;
    const fixed = (points[0]?.length ?? 0) + (hasArray ? 1 : 0);
    const isUnique = index?.unique === true && fixed === index.columnIds.length;
    if (isUnique) return Math.min(all, alternatives);
    let share = guess.equality ** (fixed === 0 ? 0 : 1);
    if (fixed > 1) share *= 0.1 ** (fixed - 1);
    if (constraint.lower !== undefined && constraint.upper !== undefined) share *= guess.bothBounds;
    else if (constraint.lower !== undefined || constraint.upper !== undefined) {
      share *= guess.range;
    }
    return all * share * alternatives;
  }

  #joinRows(join: JoinPlan): number {
    const left = this.rows(join.left);
    const right = this.rows(join.right);
    const equalities = join.keys.length + conjunctsOf(join.condition).filter(isEquality).length;
    const others = conjunctsOf(join.condition).length + join.keys.length - equalities;
    const pairs =
      equalities === 0
        ? left * right
        : (left * right) / Math.max(left, right) / 2 ** (equalities - 1);
    const matched = pairs * guess.range ** others;
    switch (join.type) {
      case "semi":
        return left * 0.5;
      case "anti":
        return left * 0.5;
      case "left":
        return Math.max(left, matched);
      case "right":
        return Math.max(right, matched);
      case "full":
        return Math.max(left, right, matched);
      case "inner":
        return join.algorithm === "lookup" ? left : matched;
    }
  }
}

function isEquality(condition: Expression): boolean {
  return condition.kind === "call" && condition.syntax === "operator" && condition.fn.name === "=";
}

function selectivity(condition: Expression | undefined): number {
  return conjunctsOf(condition).reduce((share, one) => share * selectivityOf(one), 1);
}

function selectivityOf(condition: Expression): number {
  if (isEquality(condition)) return guess.equality;
  switch (condition.kind) {
    case "constant":
      return condition.value === true ? 1 : 0;
    case "in":
      return condition.negated ? 0.9 : Math.min(1, guess.equality * condition.items.length);
    case "nullTest":
      return condition.negated ? 0.99 : 0.01;
    case "not":
      return 1 - selectivityOf(condition.arg);
    case "or":
      return Math.min(
        1,
        condition.args.reduce((sum, arg) => sum + selectivity(arg), 0),
      );
    case "call":
      return ["<", "<=", ">", ">="].includes(condition.fn.name)
        ? guess.range
        : guess.otherCondition;
    default:
      return guess.otherCondition;
  }
}

function functionRows(call: FunctionScanPlan["calls"][number]): number {
  if (call.fn === undefined) return 1;
  const [first, last] = call.args;
  if (call.fn.name === "generate_series" && call.args.length === 2) {
    const start = constantCount(first);
    const stop = constantCount(last);
    if (start !== undefined && stop !== undefined) return Math.max(0, stop - start + 1);
  }
  return guess.functionRows;
}

function constantCount(expression: Expression | undefined): number | undefined {
  if (expression?.kind !== "constant") return undefined;
  const { value } = expression;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}
