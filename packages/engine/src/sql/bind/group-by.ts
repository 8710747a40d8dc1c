import { SqlError } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import { formatType } from "#sql/types/type.ts";
import { bindExpression } from "./expression-binding.ts";
import { resolveUnknown } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { sameExpression, someExpression } from "./expression-walk.ts";
import { findNamedTarget } from "./order-by.ts";
import { isOrderable } from "./orderable.ts";
import type { Site } from "./site.ts";
import type { Target } from "./target-list.ts";
import { startOf } from "./start-of.ts";

export interface GroupBy {
  readonly groups: Expression[];
  /** Undefined when there is one set of all groups. */
  readonly sets: readonly (readonly number[])[] | undefined;
}

/** As many sets as PostgreSQL allows. */
const groupingSetsMax = 4096;

/** GROUP BY with expressions, aliases, positions, ROLLUP, CUBE and GROUPING SETS. */
export function bindGroupBy(
  site: Site,
  clause: { readonly nodes: readonly Node[]; readonly isDistinct: boolean },
  targets: readonly Target[],
): GroupBy {
  const { nodes, isDistinct } = clause;
  const groups: Expression[] = [];
  let sets: readonly (readonly number[])[] = [[]];
  let isPlain = true;
  for (const node of nodes) {
    const alternatives = bindItem(site, node, targets, groups);
    if ("GroupingSet" in node) isPlain = false;
    if (sets.length * alternatives.length > groupingSetsMax) {
      throw new SqlError(
        "statement_too_complex",
        `too many grouping sets present (maximum ${groupingSetsMax})`,
      );
    }
    sets = sets.flatMap((set) => alternatives.map((other) => [...new Set([...set, ...other])]));
  }
  if (isPlain) return { groups, sets: undefined };
  return { groups, sets: isDistinct ? withoutRepeats(sets) : sets };
}

/** GROUP BY DISTINCT: sets of the same groups count once. */
function withoutRepeats(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const byMembers = new Map<string, readonly number[]>();
  for (const set of sets) {
    const key = set.toSorted((a, b) => a - b).join();
    if (!byMembers.has(key)) byMembers.set(key, set);
  }
  return [...byMembers.values()];
}

/** The sets an item stands for: one for an expression, several for ROLLUP and its kin. */
function bindItem(
  site: Site,
  node: Node,
  targets: readonly Target[],
  groups: Expression[],
): readonly (readonly number[])[] {
  if ("RowExpr" in node && node.RowExpr.row_format === "COERCE_IMPLICIT_CAST") {
    return [(node.RowExpr.args ?? []).map((arg) => addGroup(site, arg, targets, groups))];
  }
  if (!("GroupingSet" in node)) return [[addGroup(site, node, targets, groups)]];
  const { kind, content = [] } = node.GroupingSet;
  const inner = content.map((item) => bindItem(site, item, targets, groups));
  switch (kind) {
    case "GROUPING_SET_SETS":
      return inner.flat();
    case "GROUPING_SET_ROLLUP": {
      const parts = inner.map((alternatives) => alternatives[0] ?? []);
      return Array.from({ length: parts.length + 1 }, (_, dropped) =>
        parts.slice(0, parts.length - dropped).flat(),
      );
    }
    case "GROUPING_SET_CUBE": {
      const parts = inner.map((alternatives) => alternatives[0] ?? []);
      if (parts.length > 12) {
        throw new SqlError("too_many_columns", "CUBE is limited to 12 elements", {
          position: site.environment.position(node.GroupingSet.location),
        });
      }
      return Array.from({ length: 2 ** parts.length }, (_, mask) =>
        parts.flatMap((part, index) =>
          (mask & (1 << (parts.length - 1 - index))) === 0 ? part : [],
        ),
      );
    }
    default:
      return [[]];
  }
}

function addGroup(
  site: Site,
  node: Node,
  targets: readonly Target[],
  groups: Expression[],
): number {
  const expression = bindGroup(site, node, targets);
  const position = startOf(expression);
  const isPending =
    (kind: "aggregate" | "window" | "set") =>
    (one: Expression): boolean =>
      one.kind === "column" && site.scope.pendingOf(one.slot)?.kind === kind;
  if (someExpression(expression, isPending("aggregate"))) {
    throw new SqlError("grouping_error", "aggregate functions are not allowed in GROUP BY", {
      position,
    });
  }
  if (someExpression(expression, isPending("window"))) {
    throw new SqlError("windowing_error", "window functions are not allowed in GROUP BY", {
      position,
    });
  }
  if (someExpression(expression, isPending("set"))) {
    throw new SqlError(
      "feature_not_supported",
      "set-returning functions in GROUP BY are not supported",
      { position },
    );
  }
  const oid = expression.result.type.oid;
  if (!isOrderable(oid)) {
    throw new SqlError(
      "undefined_function",
      `could not identify an equality operator for type ${formatType(oid)}`,
      { position },
    );
  }
  // Two targets of one text are two groups: a grouping set may hold one of them and not the other.
  const isTarget = targets.some((target) => target.expression === expression);
  const existing = groups.findIndex((group) =>
    isTarget ? group === expression : sameExpression(group, expression),
  );
  if (existing !== -1) return existing;
  groups.push(expression);
  return groups.length - 1;
}

/** A bare name is a column of FROM if there is one, and only then an output name. */
function bindGroup(site: Site, node: Node, targets: readonly Target[]): Expression {
  const parts = "ColumnRef" in node ? nameParts(node.ColumnRef.fields) : [];
  const isFromColumn =
    parts.length === 1 &&
    site.scope.columns.some((column) => column.name === parts[0] && !column.hidden);
  const target = isFromColumn ? undefined : findNamedTarget(site, node, targets, "GROUP BY");
  return target?.expression ?? resolveUnknown(site.environment, bindExpression(site, node));
}
