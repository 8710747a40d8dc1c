import { SqlError, notSupported } from "#base/errors.ts";
import type { Node, SortBy } from "#sql/parse/ast.ts";
import { formatType } from "#sql/types/type.ts";
import { bindExpression } from "./expression-binding.ts";
import { resolveUnknown } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Expression, SortKey } from "./expression.ts";
import { sameExpression } from "./expression-walk.ts";
import { isOrderable } from "./orderable.ts";
import type { Site } from "./site.ts";
import { startOfNode } from "./start-of.ts";

/** One item of ORDER BY as a plain expression (in aggregates and windows), not a name or position of the output. */
export function bindSortKey(
  site: Site,
  node: Node,
  candidates: readonly Expression[] = [],
): SortKey {
  if (!("SortBy" in node) || node.SortBy.node === undefined) throw notSupported("ORDER BY item");
  const bound = resolveUnknown(site.environment, bindExpression(site, node.SortBy.node));
  const expression = candidates.find((candidate) => sameExpression(candidate, bound)) ?? bound;
  return sortKey(site, node.SortBy, expression);
}

/** Adds direction and the place of nulls; 42883 when the type has no order. */
export function sortKey(site: Site, node: SortBy, expression: Expression): SortKey {
  const oid = expression.result.type.oid;
  if (!isOrderable(oid)) {
    throw new SqlError(
      "undefined_function",
      `could not identify an ordering operator for type ${formatType(oid)}`,
      {
        hint: "Use an explicit ordering operator or modify the query.",
        position:
          node.node === undefined ? undefined : startOfNode(site.environment.source, node.node),
      },
    );
  }
  const descending = isDescending(node);
  return {
    expression,
    descending,
    nullsFirst:
      node.sortby_nulls === "SORTBY_NULLS_FIRST" ||
      (node.sortby_nulls !== "SORTBY_NULLS_LAST" && descending),
  };
}

function isDescending(node: SortBy): boolean {
  if (node.sortby_dir !== "SORTBY_USING") return node.sortby_dir === "SORTBY_DESC";
  const symbol = nameParts(node.useOp).at(-1) ?? "";
  if (symbol !== "<" && symbol !== ">") {
    throw new SqlError("wrong_object_type", `operator ${symbol} is not a valid ordering operator`, {
      hint: 'Ordering operators must be "<" or ">" members of btree operator families.',
    });
  }
  return symbol === ">";
}
