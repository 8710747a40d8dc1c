import type { Expression, SortKey } from "#sql/bind/expression.ts";
import { mapInputs } from "#sql/bind/plan-walk.ts";
import type { AggregatePlan, QueryPlan } from "#sql/bind/query-plan.ts";
import { boolType, int8Type } from "#sql/bind/type-ref.ts";
import { allOf, conjunctsOf } from "./conjuncts.ts";
import { provideOrder } from "./elide-sorts.ts";

/** min(key) and max(key) read one end of an index. Scans have their indexes by now. */
export function minMaxByIndex(plan: QueryPlan): QueryPlan {
  const mapped = mapInputs(plan, minMaxByIndex);
  return mapped.kind === "aggregate" ? readEnd(mapped) : mapped;
}

function readEnd(plan: AggregatePlan): QueryPlan {
  const [call, ...others] = plan.aggregates;
  const [arg] = call?.args ?? [];
  if (plan.groups.length > 0 || plan.groupingSets !== undefined) return plan;
  if (call === undefined || others.length > 0 || call.filter !== undefined) return plan;
  if (plan.groupingCalls.length > 0 || arg?.kind !== "column") return plan;
  const isMax = call.fn.name === "max";
  if (!isMax && call.fn.name !== "min") return plan;
  const filtered = withoutNulls(plan.input, arg.slot);
  if (filtered === undefined) return plan;
  // Nulls are gone, so where they would stand does not matter.
  const key: SortKey = { expression: arg, descending: isMax, nullsFirst: isMax };
  const ordered = provideOrder(filtered, [key], true);
  if (ordered === undefined) return plan;
  return {
    ...plan,
    input: {
      kind: "limit",
      input: ordered,
      limit: { kind: "constant", value: 1n, result: int8Type },
      offset: undefined,
      tieKeys: undefined,
      columns: ordered.columns,
    },
  };
}

/** The plan without the rows in which the column is null; undefined when it is not a plain read of a table. */
function withoutNulls(plan: QueryPlan, slot: number): QueryPlan | undefined {
  if (plan.kind === "project") {
    const source = plan.expressions[slot];
    const input = source?.kind === "column" ? withoutNulls(plan.input, source.slot) : undefined;
    return input === undefined ? undefined : { ...plan, input };
  }
  if (plan.kind !== "scan") return undefined;
  const columnId = plan.columnIds[slot];
  const column = plan.table.columns.find((one) => one.id === columnId);
  if (column === undefined) return undefined;
  if (column.notNull) return plan;
  const shape = plan.columns[slot];
  if (shape === undefined) return undefined;
  const arg: Expression = {
    kind: "column",
    slot,
    name: column.name,
    table: plan.alias,
    result: { type: shape.type, typmod: shape.typmod },
  };
  const notNull: Expression = { kind: "nullTest", arg, negated: true, result: boolType };
  return { ...plan, filter: allOf([...conjunctsOf(plan.filter), notNull]) };
}
