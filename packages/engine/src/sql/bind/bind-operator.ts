import { SqlError, notSupported } from "#base/errors.ts";
import type { A_Expr, Node, RowExpr } from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { resolveCommonType, resolveOperator } from "#sql/types/resolve.ts";
import { getType, isArrayType } from "#sql/types/type.ts";
import { bindExpression } from "./expression-binding.ts";
import { bindRowSubqueryComparison } from "./bind-subquery.ts";
import { coerceArgument, coerceType } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { booleanOperator, operatorCall } from "./operator-call.ts";
import { checkSameLength, compareRows } from "./row-comparison.ts";
import type { Site } from "./site.ts";
import { boolType, typeRef } from "./type-ref.ts";

/** Operators and the special forms that the grammar writes as operators: IN, BETWEEN, LIKE, ANY … */
export function bindOperatorExpression(site: Site, node: A_Expr): Expression {
  const position = site.environment.position(node.location);
  const symbol = operatorSymbol(node, position);
  switch (node.kind) {
    case "AEXPR_OP":
    case "AEXPR_LIKE":
    case "AEXPR_ILIKE":
    case "AEXPR_SIMILAR":
      return bindOperator(site, node, symbol);
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return bindArrayComparison(site, node, symbol);
    case "AEXPR_IN":
      return bindIn(site, node, symbol);
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT":
      return bindDistinct(site, node);
    case "AEXPR_NULLIF":
      return bindNullIf(site, node);
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
    case "AEXPR_BETWEEN_SYM":
    case "AEXPR_NOT_BETWEEN_SYM":
      return bindBetween(site, node);
    default:
      throw notSupported(`expression ${node.kind ?? ""}`, { position });
  }
}

function operatorSymbol(node: A_Expr, position: number | undefined): string {
  const parts = nameParts(node.name);
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (schema !== undefined && schema !== "pg_catalog") {
    throw new SqlError("undefined_function", `operator does not exist: ${parts.join(".")}`, {
      position,
    });
  }
  return parts.at(-1) ?? "";
}

function required(node: Node | undefined): Node {
  if (node === undefined) throw notSupported("operator without an operand");
  return node;
}

function bindOperator(site: Site, node: A_Expr, symbol: string): Expression {
  const position = site.environment.position(node.location);
  if (node.lexpr !== undefined && "RowExpr" in node.lexpr && node.rexpr !== undefined) {
    if ("RowExpr" in node.rexpr) {
      return bindRowComparison(site, symbol, node.lexpr.RowExpr, node.rexpr.RowExpr, position);
    }
    if ("SubLink" in node.rexpr && node.rexpr.SubLink.subLinkType === "EXPR_SUBLINK") {
      const left = (node.lexpr.RowExpr.args ?? []).map((arg) => bindExpression(site, arg));
      return bindRowSubqueryComparison(site, {
        symbol,
        left,
        sublink: node.rexpr.SubLink,
        position,
      });
    }
  }
  const left = node.lexpr === undefined ? undefined : bindExpression(site, node.lexpr);
  const right = bindExpression(site, required(node.rexpr));
  return operatorCall(site.environment, { symbol, left, right, position });
}

function bindBetween(site: Site, node: A_Expr): Expression {
  const position = site.environment.position(node.location);
  const [low, high] = listItems(node.rexpr);
  const value = required(node.lexpr);
  const negated = node.kind === "AEXPR_NOT_BETWEEN" || node.kind === "AEXPR_NOT_BETWEEN_SYM";
  const symmetric = node.kind === "AEXPR_BETWEEN_SYM" || node.kind === "AEXPR_NOT_BETWEEN_SYM";
  const compare = (symbol: string, bound: Node | undefined): Expression =>
    operatorCall(site.environment, {
      symbol,
      left: bindExpression(site, value),
      right: bindExpression(site, required(bound)),
      position,
    });
  const between = (first: Node | undefined, last: Node | undefined): Expression => ({
    kind: negated ? "or" : "and",
    args: negated
      ? [compare("<", first), compare(">", last)]
      : [compare(">=", first), compare("<=", last)],
    result: boolType,
    position,
  });
  if (!symmetric) return between(low, high);
  return {
    kind: negated ? "and" : "or",
    args: [between(low, high), between(high, low)],
    result: boolType,
    position,
  };
}

function listItems(node: Node | undefined): readonly Node[] {
  return node !== undefined && "List" in node ? (node.List.items ?? []) : [];
}

/** `=` for IN, `<>` for NOT IN. */
function bindIn(site: Site, node: A_Expr, symbol: string): Expression {
  const { environment } = site;
  const position = environment.position(node.location);
  const negated = symbol === "<>";
  const leftNode = required(node.lexpr);
  const itemNodes = listItems(node.rexpr);
  if ("RowExpr" in leftNode) {
    const leftRow = leftNode.RowExpr;
    const comparisons = itemNodes.map((item) => {
      if (!("RowExpr" in item)) {
        throw new SqlError("undefined_function", `operator does not exist: record ${symbol} …`, {
          position,
        });
      }
      return bindRowComparison(site, symbol, leftRow, item.RowExpr, position);
    });
    const [only] = comparisons;
    if (comparisons.length === 1 && only !== undefined) return only;
    return { kind: negated ? "and" : "or", args: comparisons, result: boolType, position };
  }
  const arg = bindExpression(site, leftNode);
  const items = itemNodes.map((item) => bindExpression(site, item));
  const [single] = items;
  if (items.length === 1 && single !== undefined) {
    return operatorCall(environment, { symbol, left: arg, right: single, position });
  }
  const commonOid = commonScalarType([arg, ...items]);
  if (commonOid === undefined) {
    const comparisons = items.map((item) =>
      operatorCall(environment, { symbol, left: arg, right: item, position }),
    );
    return { kind: negated ? "and" : "or", args: comparisons, result: boolType, position };
  }
  const equals = booleanOperator(environment, {
    symbol: "=",
    left: arg.result.type.oid,
    right: commonOid,
    position,
  });
  const itemOid = equals.argTypes[1] ?? commonOid;
  return {
    kind: "in",
    arg: coerceArgument(environment, arg, equals.argTypes[0] ?? commonOid),
    items: items.map((item) =>
      coerceArgument(environment, coerceArgument(environment, item, commonOid), itemOid),
    ),
    equals: equals.function,
    negated,
    result: boolType,
    position,
  };
}

/** The type all of them share by implicit casts; undefined when there is none. */
function commonScalarType(expressions: readonly Expression[]): number | undefined {
  try {
    const oid = resolveCommonType(
      expressions.map((expression) => expression.result.type.oid),
      "IN",
    );
    return getType(oid).category === "P" ? undefined : oid;
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** x = ANY (array). */
function bindArrayComparison(site: Site, node: A_Expr, symbol: string): Expression {
  const { environment } = site;
  const position = environment.position(node.location);
  const left = bindExpression(site, required(node.lexpr));
  let array = bindExpression(site, required(node.rexpr));
  const arrayPosition = array.position;
  // An undecided array gets the element type of the left side.
  if (array.result.type.oid === oids.unknown) {
    const elementOid = left.result.type.oid === oids.unknown ? oids.text : left.result.type.oid;
    const arrayOid = getType(elementOid).arrayOid;
    if (arrayOid !== 0) {
      array = coerceType(environment, array, typeRef(arrayOid), "implicit") ?? array;
    }
  }
  const arrayOid = array.result.type.oid;
  if (!isArrayType(arrayOid)) {
    throw new SqlError("wrong_object_type", "op ANY/ALL (array) requires array on right side", {
      position,
    });
  }
  const operator = resolveOperator(
    environment.catalog.functions,
    symbol,
    left.result.type.oid,
    getType(arrayOid).elementOid,
    position,
  );
  if (operator.returnType !== oids.bool) {
    throw new SqlError(
      "wrong_object_type",
      "op ANY/ALL (array) requires operator to yield boolean",
      { position },
    );
  }
  const elementOid = operator.argTypes[1] ?? getType(arrayOid).elementOid;
  const targetArrayOid =
    elementOid === getType(arrayOid).elementOid ? arrayOid : getType(elementOid).arrayOid;
  return {
    kind: "arrayComparison",
    left: coerceArgument(environment, left, operator.argTypes[0] ?? left.result.type.oid),
    array: { ...coerceArgument(environment, array, targetArrayOid), position: arrayPosition },
    operator: operator.function,
    quantifier: node.kind === "AEXPR_OP_ANY" ? "any" : "all",
    result: boolType,
    position,
  };
}

function bindDistinct(site: Site, node: A_Expr): Expression {
  const position = site.environment.position(node.location);
  const leftNode = required(node.lexpr);
  const rightNode = required(node.rexpr);
  const negated = node.kind === "AEXPR_NOT_DISTINCT";
  if ("RowExpr" in leftNode && "RowExpr" in rightNode) {
    const lefts = leftNode.RowExpr.args ?? [];
    const rights = rightNode.RowExpr.args ?? [];
    checkSameLength(lefts, rights, position);
    const args = lefts.map((left, index) =>
      distinct(site, bindExpression(site, left), bindExpression(site, required(rights[index])), {
        negated,
        position,
      }),
    );
    return { kind: negated ? "and" : "or", args, result: boolType, position };
  }
  const left = bindExpression(site, leftNode);
  const right = bindExpression(site, rightNode);
  // x IS DISTINCT FROM NULL is a null test, and needs no equality for the type.
  if (isNullLiteral(right) || isNullLiteral(left)) {
    const arg = isNullLiteral(right) ? left : right;
    if (arg.result.type.oid !== oids.unknown) {
      return { kind: "nullTest", arg, negated: !negated, result: boolType, position };
    }
  }
  return distinct(site, left, right, { negated, position });
}

function isNullLiteral(expression: Expression): boolean {
  return expression.kind === "constant" && expression.value === null;
}

function distinct(
  site: Site,
  left: Expression,
  right: Expression,
  form: { readonly negated: boolean; readonly position: number | undefined },
): Expression {
  const equals = booleanOperator(site.environment, {
    symbol: "=",
    left: left.result.type.oid,
    right: right.result.type.oid,
    position: form.position,
  });
  return {
    kind: "distinct",
    left: coerceArgument(site.environment, left, equals.argTypes[0] ?? left.result.type.oid),
    right: coerceArgument(site.environment, right, equals.argTypes[1] ?? right.result.type.oid),
    equals: equals.function,
    negated: form.negated,
    result: boolType,
    position: form.position,
  };
}

/** NULLIF(a, b): NULL when equal, else a in the type that the comparison takes. */
function bindNullIf(site: Site, node: A_Expr): Expression {
  const position = site.environment.position(node.location);
  const left = bindExpression(site, required(node.lexpr));
  const right = bindExpression(site, required(node.rexpr));
  const when = operatorCall(site.environment, { symbol: "=", left, right, position });
  if (when.result.type.oid !== oids.bool) {
    throw new SqlError("datatype_mismatch", "NULLIF requires = operator to yield boolean", {
      position,
    });
  }
  const value = when.kind === "call" ? (when.args[0] ?? left) : left;
  return {
    kind: "case",
    branches: [{ when, then: { kind: "constant", value: null, result: value.result } }],
    otherwise: value,
    result: value.result,
    position,
  };
}

function bindRowComparison(
  site: Site,
  symbol: string,
  left: RowExpr,
  right: RowExpr,
  position: number | undefined,
): Expression {
  const leftFields = (left.args ?? []).map((arg) => bindExpression(site, arg));
  const rightFields = (right.args ?? []).map((arg) => bindExpression(site, arg));
  return compareRows(site, { symbol, left: leftFields, right: rightFields, position });
}
