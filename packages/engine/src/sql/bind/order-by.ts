import { SqlError, notSupported } from "#base/errors.ts";
import type { Node } from "#sql/parse/ast.ts";
import { bindExpression } from "./expression-binding.ts";
import { sortKey } from "./bind-sort-key.ts";
import { resolveUnknown } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Expression, SortKey } from "./expression.ts";
import { sameExpression } from "./expression-walk.ts";
import type { Site } from "./site.ts";
import type { Target } from "./target-list.ts";

/**
 * The target that an item of ORDER BY, GROUP BY or DISTINCT ON names by alias or position;
 * undefined when it is an expression of its own.
 */
export function findNamedTarget(
  site: Site,
  node: Node,
  targets: readonly Target[],
  word: string,
): Target | undefined {
  const visible = targets.filter((target) => !target.isJunk);
  if ("ColumnRef" in node) {
    const parts = nameParts(node.ColumnRef.fields);
    const [name] = parts;
    if (parts.length !== 1 || name === undefined) return undefined;
    const found = visible.filter((target) => target.name === name);
    const [first] = found;
    if (first === undefined) return undefined;
    if (found.some((target) => !sameExpression(target.expression, first.expression))) {
      throw new SqlError("ambiguous_column", `${word} "${name}" is ambiguous`, {
        position: site.environment.position(node.ColumnRef.location),
      });
    }
    return first;
  }
  if ("A_Const" in node && node.A_Const.isnull !== true) {
    const position = site.environment.position(node.A_Const.location);
    if (node.A_Const.ival === undefined) {
      throw new SqlError("syntax_error", `non-integer constant in ${word}`, { position });
    }
    const index = node.A_Const.ival.ival ?? 0;
    const target = visible[index - 1];
    if (index < 1 || target === undefined) {
      throw new SqlError(
        "invalid_column_reference",
        `${word} position ${index} is not in select list`,
        { position },
      );
    }
    return target;
  }
  return undefined;
}

/** Binds ORDER BY; expressions that are not in the target list are added to it as junk. */
export function bindOrderBy(
  site: Site,
  nodes: readonly Node[],
  targets: Target[],
): readonly SortKey[] {
  const keys: SortKey[] = [];
  for (const node of nodes) {
    if (!("SortBy" in node) || node.SortBy.node === undefined) throw notSupported("ORDER BY item");
    const item = node.SortBy.node;
    const expression =
      findNamedTarget(site, item, targets, "ORDER BY")?.expression ??
      addTarget(site, item, targets);
    const key = sortKey(site, node.SortBy, expression);
    // A key that repeats an earlier one never decides anything.
    if (!keys.some((earlier) => sameExpression(earlier.expression, key.expression))) keys.push(key);
  }
  return keys;
}

/** The expression of a target equal to the item, which is added as junk if there is none. */
export function addTarget(site: Site, node: Node, targets: Target[]): Expression {
  const bound = resolveUnknown(site.environment, bindExpression(site, node));
  const existing = targets.find((target) => sameExpression(target.expression, bound));
  if (existing !== undefined) return existing.expression;
  targets.push({
    name: `sort ${targets.length}`,
    expression: bound,
    tableId: 0,
    attributeNumber: 0,
    isJunk: true,
  });
  return bound;
}
