import type { Node } from "#sql/parse/ast.ts";
import { nameParts } from "./environment.ts";

/** What PostgreSQL calls an output column that has no alias (FigureColname). */
export function outputName(node: Node): string {
  return nameOf(node)?.name ?? "?column?";
}

/** `weak` names give way: to a better one further in, as CASE to its ELSE. */
interface FoundName {
  readonly name: string;
  readonly weak: boolean;
}

function strong(name: string): FoundName {
  return { name, weak: false };
}

function nameOf(node: Node | undefined): FoundName | undefined {
  if (node === undefined) return undefined;
  if ("ColumnRef" in node) {
    const last = nameParts(node.ColumnRef.fields).at(-1);
    return last === undefined || last === "*" ? undefined : strong(last);
  }
  if ("A_Indirection" in node) {
    const fields = (node.A_Indirection.indirection ?? []).filter((step) => "String" in step);
    const last = fields.at(-1);
    if (last !== undefined && "String" in last) return strong(last.String.sval ?? "");
    return nameOf(node.A_Indirection.arg);
  }
  if ("FuncCall" in node) return strong(nameParts(node.FuncCall.funcname).at(-1) ?? "");
  if ("A_Expr" in node) {
    return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  }
  if ("TypeCast" in node) {
    const inner = nameOf(node.TypeCast.arg);
    if (inner !== undefined && !inner.weak) return inner;
    const type = nameParts(node.TypeCast.typeName?.names).at(-1);
    return type === undefined ? inner : { name: type, weak: true };
  }
  if ("CollateClause" in node) return nameOf(node.CollateClause.arg);
  if ("GroupingFunc" in node) return strong("grouping");
  if ("SubLink" in node) return subqueryName(node);
  if ("CaseExpr" in node) {
    const inner = nameOf(node.CaseExpr.defresult);
    return inner !== undefined && !inner.weak ? inner : { name: "case", weak: true };
  }
  if ("A_ArrayExpr" in node) return strong("array");
  if ("RowExpr" in node) return strong("row");
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("MinMaxExpr" in node) {
    return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  }
  if ("SQLValueFunction" in node) {
    const op = (node.SQLValueFunction.op ?? "").replace("SVFOP_", "").replace(/_N$/, "");
    return strong(op.toLowerCase());
  }
  return undefined;
}

function subqueryName(node: Extract<Node, { SubLink: unknown }>): FoundName | undefined {
  switch (node.SubLink.subLinkType) {
    case "EXISTS_SUBLINK":
      return strong("exists");
    case "ARRAY_SUBLINK":
      return strong("array");
    case "EXPR_SUBLINK": {
      const select = node.SubLink.subselect;
      if (select === undefined || !("SelectStmt" in select)) return undefined;
      let leftmost = select.SelectStmt;
      while (leftmost.larg !== undefined) leftmost = leftmost.larg;
      const target = leftmost.targetList?.[0];
      if (target === undefined || !("ResTarget" in target)) {
        return leftmost.valuesLists === undefined ? undefined : strong("column1");
      }
      if (target.ResTarget.name !== undefined) return strong(target.ResTarget.name);
      return nameOf(target.ResTarget.val);
    }
    default:
      return undefined;
  }
}
