import { SqlError, notSupported } from "#base/errors.ts";
import type { SelectStmt } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { formatType } from "#sql/types/type.ts";
import { commonType } from "./common-type.ts";
import { coerceColumns } from "./coerce-columns.ts";
import { isOrderable } from "./orderable.ts";
import type { OutputColumn, QueryPlan, SetOperationPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import type { Environment, QueryLevel } from "./environment.ts";
import { startOfNode } from "./start-of.ts";
import { sameType, typeRef } from "./type-ref.ts";
import { ordered } from "./values.ts";

/** UNION, INTERSECT, EXCEPT, with ORDER BY and LIMIT over the whole. */
export function bindSetOperation(level: QueryLevel, select: SelectStmt): QueryPlan {
  const plan = bindOperation(level, select);
  if (
    select.sortClause === undefined &&
    select.limitCount === undefined &&
    select.limitOffset === undefined
  ) {
    return plan;
  }
  const { environment, request } = level;
  const scope = new Scope(request.parent, request.ctes ?? request.parent?.ctes);
  const site: Site = { environment, scope, clause: clauses.orderBy };
  checkOrderBy(site, select, plan);
  return ordered(site, plan, select);
}

function checkOrderBy(site: Site, select: SelectStmt, plan: QueryPlan): void {
  for (const item of select.sortClause ?? []) {
    if (!("SortBy" in item) || item.SortBy.node === undefined) continue;
    const node = item.SortBy.node;
    if ("A_Const" in node) continue;
    const last = "ColumnRef" in node ? node.ColumnRef.fields?.at(-1) : undefined;
    const name = last !== undefined && "String" in last ? last.String.sval : undefined;
    const isName = "ColumnRef" in node && node.ColumnRef.fields?.length === 1;
    if (isName && plan.columns.some((column) => column.name === name)) continue;
    if (isName) continue;
    throw new SqlError("feature_not_supported", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", {
      detail: "Only result column names can be used, not expressions or functions.",
      hint: "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
      position: startOfNode(site.environment.source, node),
    });
  }
}

/** One operation without the ORDER BY over it; its sides may be operations again. */
function bindOperation(level: QueryLevel, select: SelectStmt): QueryPlan {
  const { larg, rarg } = select;
  if (larg === undefined || rarg === undefined) throw notSupported("set operation");
  const left = bindSide(level, larg);
  const right = bindSide(level, rarg);
  return combine(level, select, left, right);
}

function bindSide(level: QueryLevel, side: SelectStmt): QueryPlan {
  return level.environment.bindQuery(side, { ...level.request, isTop: false, keepUnknown: true });
}

/** Brings two bound sides to common types and joins them. */
export function combine(
  level: QueryLevel,
  select: SelectStmt,
  left: QueryPlan,
  right: QueryPlan,
): SetOperationPlan {
  const operation = operationOf(select);
  const word = operation.toUpperCase();
  if (left.columns.length !== right.columns.length) {
    throw new SqlError("syntax_error", `each ${word} query must have the same number of columns`, {
      position: targetPosition(level.environment, select.rarg),
    });
  }
  const all = select.all === true;
  const columns = left.columns.map((leftColumn, index): OutputColumn => {
    const rightColumn = right.columns[index] ?? leftColumn;
    const oid = commonType([leftColumn.type.oid, rightColumn.type.oid], word, () =>
      targetPosition(level.environment, select.rarg, index),
    );
    const settled = oid === oids.unknown ? oids.text : oid;
    if (!all && !isOrderable(settled)) {
      throw new SqlError(
        "undefined_function",
        `could not identify an equality operator for type ${formatType(settled)}`,
        { position: targetPosition(level.environment, select.larg, index) },
      );
    }
    const type = sameType(leftColumn, rightColumn)
      ? typeRef(settled, settled === oid ? leftColumn.typmod : -1)
      : typeRef(settled);
    return { ...type, name: leftColumn.name, tableId: 0, attributeNumber: 0 };
  });
  return {
    kind: "setOperation",
    operation,
    all,
    left: coerceColumns(level.environment, left, columns),
    right: coerceColumns(level.environment, right, columns),
    columns,
  };
}

function operationOf(select: SelectStmt): SetOperationPlan["operation"] {
  switch (select.op) {
    case "SETOP_INTERSECT":
      return "intersect";
    case "SETOP_EXCEPT":
      return "except";
    default:
      return "union";
  }
}

/** Where an error about a column of a query points: at its expression in the first target list. */
export function targetPosition(
  environment: Environment,
  side: SelectStmt | undefined,
  index = 0,
): number | undefined {
  let select = side;
  while (select?.larg !== undefined) select = select.larg;
  const target = select?.targetList?.[index];
  if (target === undefined || !("ResTarget" in target)) return undefined;
  const { val } = target.ResTarget;
  return val === undefined ? undefined : startOfNode(environment.source, val);
}
