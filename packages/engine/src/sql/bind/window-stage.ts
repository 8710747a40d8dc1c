import { notSupported } from "#base/errors.ts";
import type { Expression } from "./expression.ts";
import { mapColumns, sameExpressions, someExpression } from "./expression-walk.ts";
import { mapSortKeys, mapWindowCall } from "./plan-walk.ts";
import type { PendingSet, PendingWindow } from "./pending.ts";
import type { OutputColumn, ProjectSetPlan, QueryPlan, WindowPlan } from "./query-plan.ts";
import type { Scope } from "./scope.ts";

/** A plan, and how what was bound before it reads over its row. */
export interface Stage {
  readonly plan: QueryPlan;
  readonly rewrite: (expression: Expression) => Expression;
}

/** Adds a node per distinct window. `rewrite` brings what was bound over FROM to the input's row. */
export function windowStage(
  scope: Scope,
  input: QueryPlan,
  rewrite: (expression: Expression) => Expression,
): Stage {
  const windows: { readonly index: number; readonly pending: PendingWindow }[] = [];
  scope.pending.forEach((pending, index) => {
    if (pending.kind === "window") windows.push({ index, pending });
  });
  if (windows.length === 0) return { plan: input, rewrite };
  const slots = new Map<number, number>();
  let plan = input;
  let rest = windows;
  for (let first = rest[0]; first !== undefined; first = rest[0]) {
    const { partitionBy, orderBy } = first.pending;
    const isSame = (other: (typeof rest)[number]): boolean =>
      sameExpressions(other.pending.partitionBy, partitionBy) &&
      sameExpressions(
        other.pending.orderBy.map((key) => key.expression),
        orderBy.map((key) => key.expression),
      ) &&
      other.pending.orderBy.every(
        (key, index) =>
          key.descending === orderBy[index]?.descending &&
          key.nullsFirst === orderBy[index].nullsFirst,
      );
    const members = rest.filter(isSame);
    rest = rest.filter((other) => !isSame(other));
    const width = plan.columns.length;
    members.forEach((member, place) => slots.set(member.index, width + place));
    const columns = members.map((member): OutputColumn => ({
      ...member.pending.call.result,
      name: member.pending.call.fn.name,
      tableId: 0,
      attributeNumber: 0,
    }));
    const node: WindowPlan = {
      kind: "window",
      input: plan,
      partitionBy: partitionBy.map(rewrite),
      orderBy: mapSortKeys(orderBy, rewrite),
      calls: members.map((member) => mapWindowCall(member.pending.call, rewrite)),
      columns: [...plan.columns, ...columns],
    };
    plan = node;
  }
  return { plan, rewrite: (expression) => placePending(rewrite(expression), slots) };
}

/** Adds the node that unrolls set-returning functions of the target list. */
export function setStage(
  scope: Scope,
  input: QueryPlan,
  rewrite: (expression: Expression) => Expression,
): Stage {
  const sets: { readonly index: number; readonly pending: PendingSet }[] = [];
  scope.pending.forEach((pending, index) => {
    if (pending.kind === "set") sets.push({ index, pending });
  });
  if (sets.length === 0) return { plan: input, rewrite };
  const width = input.columns.length;
  const slots = new Map(sets.map((set, place) => [set.index, width + place]));
  const plan: ProjectSetPlan = {
    kind: "projectSet",
    input,
    items: [
      ...input.columns.map((column, slot) => ({
        kind: "scalar" as const,
        expression: {
          kind: "column" as const,
          slot,
          name: column.name,
          result: { type: column.type, typmod: column.typmod },
        },
      })),
      ...sets.map(({ pending }) => ({
        kind: "set" as const,
        fn: pending.fn,
        args: pending.args.map((arg) => {
          const isNested = someExpression(
            arg,
            (one) => one.kind === "column" && scope.pendingOf(one.slot)?.kind === "set",
          );
          if (isNested) {
            throw notSupported("a set-returning function inside another", {
              position: arg.position,
            });
          }
          return rewrite(arg);
        }),
      })),
    ],
    columns: [
      ...input.columns,
      ...sets.map(({ pending }) => ({
        ...pending.result,
        name: pending.fn.name,
        tableId: 0,
        attributeNumber: 0,
      })),
    ],
  };
  return { plan, rewrite: (expression) => placePending(rewrite(expression), slots) };
}

function placePending(expression: Expression, slots: ReadonlyMap<number, number>): Expression {
  return mapColumns(expression, ({ slot, expression: mention }) => {
    const place = slot < 0 ? slots.get(-slot - 1) : undefined;
    return place !== undefined && mention.kind === "column"
      ? { ...mention, slot: place }
      : undefined;
  });
}
