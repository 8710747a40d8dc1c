import { SqlError } from "#base/errors.ts";
import type { Node, SelectStmt } from "#sql/parse/ast.ts";
import { formatType } from "#sql/types/type.ts";
import { bindExpression } from "./expression-binding.ts";
import { coerce } from "./coerce.ts";
import type { Expression, SortKey } from "./expression.ts";
import { someExpression } from "./expression-walk.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { Site } from "./site.ts";
import { int8Type } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/** Binds LIMIT, OFFSET and FETCH; the answer puts them over a plan that is sorted by the keys. */
export function limited(
  site: Site,
  select: SelectStmt,
): (plan: QueryPlan, keys: readonly SortKey[]) => QueryPlan {
  const limit = bindCount(site, select.limitCount, "LIMIT");
  const offset = bindCount(site, select.limitOffset, "OFFSET");
  const withTies = select.limitOption === "LIMIT_OPTION_WITH_TIES" && limit !== undefined;
  if (limit === undefined && offset === undefined) return (plan) => plan;
  return (plan, keys) => ({
    kind: "limit",
    input: plan,
    limit,
    offset,
    tieKeys: withTies ? keys : undefined,
    columns: plan.columns,
  });
}

function bindCount(
  site: Site,
  node: Node | undefined,
  word: "LIMIT" | "OFFSET",
): Expression | undefined {
  // LIMIT ALL and LIMIT NULL are no limit.
  if (node === undefined || ("A_Const" in node && node.A_Const.isnull === true)) return undefined;
  const bound = bindExpression({ ...site, clause: { ...site.clause, name: word } }, node);
  const count = coerce(site.environment, bound, int8Type, "assignment");
  if (count === undefined) {
    throw new SqlError(
      "datatype_mismatch",
      `argument of ${word} must be type bigint, not type ${formatType(bound.result.type.oid)}`,
      { position: startOf(bound) },
    );
  }
  let column: Expression | undefined;
  someExpression(bound, (one) => {
    if (one.kind !== "column") return false;
    column = one;
    return true;
  });
  if (column !== undefined) {
    throw new SqlError(
      "invalid_column_reference",
      `argument of ${word} must not contain variables`,
      { position: column.position },
    );
  }
  return count;
}
