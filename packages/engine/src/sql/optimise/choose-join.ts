import type { Expression } from "#sql/bind/expression.ts";
import { liftExpression, mapColumns } from "#sql/bind/expression-walk.ts";
import type { JoinPlan, QueryPlan, ScanPlan } from "#sql/bind/query-plan.ts";
import { indexMatches, useIndex } from "./choose-index.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import type { RowEstimator } from "./estimate-rows.ts";
import { joinKey } from "./join-keys.ts";
import type { JoinKey } from "./join-keys.ts";
import { shiftOuter } from "./shift-outer.ts";

/** What one read by key costs, in rows of a scan. */
const lookupCostRows = 4;
/** The same for an index that may hold many rows per key, which is read once per left row. */
const rangeLookupCostRows = 40;

/**
 * Decides how a join finds the matches of a row: by hash, by key, or by trying all. The left side
 * has its paths already; `choosePaths` gives the right side its own where keys do not drive it.
 */
export function chooseJoin(
  join: JoinPlan,
  estimator: RowEstimator,
  choosePaths: (plan: QueryPlan) => QueryPlan,
): QueryPlan {
  const asWritten = (): JoinPlan => ({ ...join, right: choosePaths(join.right) });
  if (join.isLateral) return asWritten();
  const width = join.left.columns.length;
  const keys: JoinKey[] = [];
  const rest: Expression[] = [];
  for (const condition of conjunctsOf(join.condition)) {
    const key = joinKey(condition, width);
    if (key === undefined) rest.push(condition);
    else keys.push(key);
  }
  if (keys.length === 0) return asWritten();
  const lookup = asLookup(join, keys, rest, estimator);
  if (lookup !== undefined) return lookup;
  const right = choosePaths(join.right);
  const hash: JoinPlan = {
    ...join,
    right,
    algorithm: "hash",
    keys: keys.map((key) => ({ left: key.left, right: key.right })),
    condition: allOf(rest),
  };
  // The right side is kept in memory; the other way round when the left is clearly smaller.
  const isSmallerLeft = estimator.rows(join.left) * 2 < estimator.rows(right);
  return join.type === "inner" && isSmallerLeft ? swapped(hash) : hash;
}

/** The same join with its sides exchanged, and a projection that puts the columns back. */
function swapped(join: JoinPlan): QueryPlan {
  const leftWidth = join.left.columns.length;
  const rightWidth = join.right.columns.length;
  const place = (slot: number): number => (slot < leftWidth ? rightWidth + slot : slot - leftWidth);
  const condition =
    join.condition === undefined
      ? undefined
      : mapColumns(join.condition, ({ slot, expression }) => {
          if (expression.kind !== "column" && expression.kind !== "outer") return undefined;
          const { name, table, result, position } = expression;
          return { kind: "column", slot: place(slot), name, table, result, position };
        });
  const exchanged: JoinPlan = {
    ...join,
    left: join.right,
    right: join.left,
    condition,
    keys: join.keys.map((key) => ({ left: key.right, right: key.left })),
    columns: [...join.right.columns, ...join.left.columns],
  };
  return {
    kind: "project",
    input: exchanged,
    expressions: join.columns.map((column, slot) => ({
      kind: "column",
      slot: place(slot),
      name: column.name,
      result: { type: column.type, typmod: column.typmod },
    })),
    columns: join.columns,
  };
}

/** Reads the right side by the keys of each left row, when few enough rows ask for it. */
function asLookup(
  join: JoinPlan,
  keys: readonly JoinKey[],
  rest: readonly Expression[],
  estimator: RowEstimator,
): JoinPlan | undefined {
  if (join.type === "right" || join.type === "full") return undefined;
  const scan = join.right;
  if (scan.kind !== "scan") return undefined;
  const own = conjunctsOf(scan.filter).map((condition) => shiftOuter(condition, 1));
  const driven = new Map<Expression, JoinKey>();
  for (const key of keys) {
    const [one, other] = key.condition.kind === "call" ? key.condition.args : [];
    if (one === undefined || other === undefined || key.condition.kind !== "call") continue;
    const width = join.left.columns.length;
    const args = [one, other].map((arg) => fromRight(arg, width));
    driven.set({ ...key.condition, args }, key);
  }
  const correlated: ScanPlan = { ...scan, filter: allOf([...own, ...driven.keys()]) };
  const match = indexMatches(correlated).find(
    (candidate) =>
      candidate.equalityCount > 0 &&
      !candidate.hasRange &&
      candidate.alternatives === 1 &&
      [...candidate.answered].some((condition) => driven.has(condition)),
  );
  if (match === undefined) return undefined;
  const cost = match.isUnique ? lookupCostRows : rangeLookupCostRows;
  if (estimator.rows(join.left) * cost >= estimator.rows(scan)) return undefined;
  return {
    ...join,
    algorithm: "lookup",
    right: useIndex(correlated, match),
    condition: allOf(rest),
    keys: [],
  };
}

/** An operand over the joined row as the right side sees it: own columns, and the left row outside. */
function fromRight(operand: Expression, width: number): Expression {
  const isRight = (slot: number): boolean => slot >= width;
  let readsRight = false;
  mapColumns(operand, ({ slot }) => {
    if (isRight(slot)) readsRight = true;
    return undefined;
  });
  if (!readsRight) return liftExpression(operand, 1);
  const moved = mapColumns(operand, ({ slot, expression }) =>
    expression.kind === "column" ? { ...expression, slot: slot - width } : undefined,
  );
  return shiftOuter(moved, 1);
}
