import { SqlError, notSupported } from "#base/errors.ts";
import type { Node, SubLink } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { arrayTypeOf, isTrueArrayType } from "#sql/types/type.ts";
import { bindExpression } from "./expression-binding.ts";
import { compareRows } from "./row-comparison.ts";
import { coerceArgument } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Expression, Subquery, TypeRef } from "./expression.ts";
import { hasOuterColumns } from "./outer-columns.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { Site } from "./site.ts";
import { boolType, typeRef } from "./type-ref.ts";

/** EXISTS, IN, ANY, ALL, ARRAY and scalar subqueries. */
export function bindSubquery(site: Site, node: SubLink): Expression {
  const { environment } = site;
  const position = environment.position(node.location);
  const plan = bindSubqueryPlan(site, node.subselect, position);
  switch (node.subLinkType) {
    case "EXISTS_SUBLINK":
      return subquery("exists", plan, boolType, position);
    case "EXPR_SUBLINK": {
      const column = onlyColumn(plan, position);
      return subquery("scalar", plan, column, position);
    }
    case "ARRAY_SUBLINK": {
      const column = onlyColumn(plan, position);
      const oid = column.type.oid;
      const result = typeRef(isTrueArrayType(oid) ? oid : arrayTypeOf(oid));
      return subquery("array", plan, result, position);
    }
    case "ANY_SUBLINK":
    case "ALL_SUBLINK": {
      const { testexpr } = node;
      if (testexpr === undefined) throw notSupported("ANY without an operand", { position });
      const left =
        "RowExpr" in testexpr
          ? (testexpr.RowExpr.args ?? []).map((arg) => bindExpression(site, arg))
          : [bindExpression(site, testexpr)];
      const symbol = nameParts(node.operName).at(-1) ?? "=";
      const mode = node.subLinkType === "ANY_SUBLINK" ? "any" : "all";
      return quantified(site, { mode, symbol, left, plan, position });
    }
    default:
      throw notSupported("subquery of this kind", { position });
  }
}

export function bindSubqueryPlan(
  site: Site,
  select: Node | undefined,
  position: number | undefined,
): QueryPlan {
  if (!site.clause.subqueries) {
    const phrase = {
      "check constraints": "cannot use subquery in check constraint",
      "DEFAULT expressions": "cannot use subquery in DEFAULT expression",
      "EXECUTE parameters": "cannot use subquery in EXECUTE parameter",
    }[site.clause.name];
    throw new SqlError("feature_not_supported", phrase ?? "cannot use subquery here", {
      position,
    });
  }
  if (select === undefined || !("SelectStmt" in select)) throw notSupported("subquery");
  const before = site.scope.clause;
  site.scope.clause = site.clause;
  const plan = site.environment.bindQuery(select.SelectStmt, { parent: site.scope });
  site.scope.clause = before;
  return plan;
}

function subquery(
  mode: Subquery["mode"],
  plan: QueryPlan,
  result: TypeRef,
  position: number | undefined,
): Subquery {
  return {
    kind: "subquery",
    mode,
    plan,
    isCorrelated: hasOuterColumns(plan),
    operands: [],
    test: undefined,
    result,
    position,
  };
}

function onlyColumn(plan: QueryPlan, position: number | undefined): TypeRef {
  const [column] = plan.columns;
  if (column === undefined || plan.columns.length !== 1) {
    throw new SqlError("syntax_error", "subquery must return only one column", { position });
  }
  return { type: column.type, typmod: column.typmod };
}

function quantified(
  site: Site,
  request: {
    readonly mode: "any" | "all";
    readonly symbol: string;
    readonly left: readonly Expression[];
    readonly plan: QueryPlan;
    readonly position: number | undefined;
  },
): Subquery {
  const { mode, symbol, left, plan, position } = request;
  if (left.length < plan.columns.length) {
    throw new SqlError("syntax_error", "subquery has too many columns", { position });
  }
  if (left.length > plan.columns.length) {
    throw new SqlError("syntax_error", "subquery has too few columns", { position });
  }
  const { operands, test } = testOverOperands(site, { symbol, left, plan, position });
  return {
    kind: "subquery",
    mode,
    plan,
    isCorrelated: hasOuterColumns(plan),
    operands,
    test,
    result: boolType,
    position,
  };
}

/**
 * The comparison of operands with a subquery's row, as an expression over one row: operands
 * first, then the subquery's columns. Operands of unknown type take the type that the
 * comparison gives them.
 */
function testOverOperands(
  site: Site,
  request: {
    readonly symbol: string;
    readonly left: readonly Expression[];
    readonly plan: QueryPlan;
    readonly position: number | undefined;
  },
): { readonly operands: readonly Expression[]; readonly test: Expression } {
  const { symbol, left, plan, position } = request;
  const columns = plan.columns.map((column, index): Expression => ({
    kind: "column",
    slot: left.length + index,
    name: column.name,
    result: { type: column.type, typmod: column.typmod },
    position,
  }));
  const operands = left.map((operand, index) => settleOperand(site, operand, columns[index]));
  const slots = operands.map((operand, index): Expression => ({
    kind: "column",
    slot: index,
    name: `operand ${index + 1}`,
    result: operand.result,
    position: operand.position,
  }));
  const test = compareRows(site, { symbol, left: slots, right: columns, position });
  return { operands, test };
}

/** A literal or parameter without a type takes that of the column it is compared with. */
function settleOperand(
  site: Site,
  operand: Expression,
  column: Expression | undefined,
): Expression {
  if (operand.result.type.oid !== oids.unknown) return operand;
  return coerceArgument(site.environment, operand, column?.result.type.oid ?? oids.text);
}

/** (a, b) = (SELECT …): the subquery gives one row, compared field by field. */
export function bindRowSubqueryComparison(
  site: Site,
  request: {
    readonly symbol: string;
    readonly left: readonly Expression[];
    readonly sublink: SubLink;
    readonly position: number | undefined;
  },
): Expression {
  const { symbol, left, sublink, position } = request;
  const plan = bindSubqueryPlan(site, sublink.subselect, position);
  if (left.length < plan.columns.length) {
    throw new SqlError("syntax_error", "subquery has too many columns", { position });
  }
  if (left.length > plan.columns.length) {
    throw new SqlError("syntax_error", "subquery has too few columns", { position });
  }
  return compareRows(site, { symbol, left, right: rowFields(plan, position), position });
}

/** The fields of a subquery that gives at most one row; all of them NULL when it gives none. */
export function rowFields(plan: QueryPlan, position: number | undefined): readonly Expression[] {
  const row = subquery("row", plan, typeRef(oids.record), position);
  return plan.columns.map((column, index) => ({
    kind: "field",
    arg: row,
    index,
    result: { type: column.type, typmod: column.typmod },
    position,
  }));
}
