import { SqlError } from "#base/errors.ts";
import type {
  A_ArrayExpr,
  CaseExpr,
  CoalesceExpr,
  MinMaxExpr,
  Node,
  RowExpr,
} from "#sql/parse/ast.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { arrayTypeOf, formatType, getType, isArrayType, isTrueArrayType } from "#sql/types/type.ts";
import { someExpression } from "./expression-walk.ts";
import { commonType } from "./common-type.ts";
import { expandStar } from "./bind-column.ts";
import { bindExpression } from "./expression-binding.ts";
import { coerceToBoolean, coerceType, resolveUnknown } from "./coerce.ts";
import type { Expression, TypeRef } from "./expression.ts";
import { operatorCall } from "./operator-call.ts";
import type { Site } from "./site.ts";
import { sameType, typeRef } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/** Brings alternatives of one value to one type. `context` is the word for the error. */
export function unify(
  site: Site,
  expressions: readonly Expression[],
  context: string,
): { readonly expressions: readonly Expression[]; readonly result: TypeRef } {
  const types = expressions.map((expression) => expression.result.type.oid);
  const oid = commonType(types, context, () => mismatchPosition(expressions));
  const unified = expressions.map((expression) => {
    const coerced = coerceType(site.environment, expression, typeRef(oid), "implicit");
    if (coerced !== undefined) return coerced;
    throw new SqlError(
      "cannot_coerce",
      `${context} could not convert type ${formatType(expression.result.type.oid)} to ${formatType(oid)}`,
      { position: startOf(expression) },
    );
  });
  const [first] = unified;
  const sameModifier =
    first !== undefined && unified.every((one) => sameType(one.result, first.result));
  return { expressions: unified, result: sameModifier ? first.result : typeRef(oid) };
}

/** PostgreSQL points at the first expression whose type category departs from what went before. */
function mismatchPosition(expressions: readonly Expression[]): number | undefined {
  let category: string | undefined;
  for (const expression of expressions) {
    const type = expression.result.type;
    if (type.oid === oids.unknown) continue;
    if (category !== undefined && type.category !== category) return startOf(expression);
    category = type.category;
  }
  return expressions[0] === undefined ? undefined : startOf(expressions[0]);
}

export function bindCase(site: Site, node: CaseExpr): Expression {
  const { environment } = site;
  const position = environment.position(node.location);
  const operand = node.arg === undefined ? undefined : bindExpression(site, node.arg);
  const tested = operand === undefined ? undefined : resolveUnknown(environment, operand);
  const conditions: Expression[] = [];
  const results: Expression[] = [];
  for (const item of node.args ?? []) {
    if (!("CaseWhen" in item)) continue;
    const { expr, result, location } = item.CaseWhen;
    if (expr === undefined || result === undefined) continue;
    const condition = bindExpression(site, expr);
    conditions.push(
      tested === undefined
        ? coerceToBoolean(environment, condition, "CASE/WHEN")
        : operatorCall(environment, {
            symbol: "=",
            left: tested,
            right: condition,
            position: environment.position(location),
          }),
    );
    results.push(bindExpression(site, result));
  }
  const otherwise: Expression =
    node.defresult === undefined
      ? { kind: "constant", value: null, result: typeRef(oids.unknown) }
      : bindExpression(site, node.defresult);
  // The default comes first, as in PostgreSQL: it is the first candidate for the type.
  refuseSetsIn(site, [...conditions, otherwise, ...results], "CASE");
  const unified = unify(site, [otherwise, ...results], "CASE");
  const [first, ...thens] = unified.expressions;
  return {
    kind: "case",
    branches: conditions.map((when, index) => ({ when, then: thens[index] ?? otherwise })),
    otherwise: first ?? otherwise,
    result: unified.result,
    position,
  };
}

/** A set cannot be part of what may not be evaluated at all. */
function refuseSetsIn(site: Site, parts: readonly Expression[], construct: string): void {
  const isSet = (one: Expression): boolean =>
    one.kind === "column" && site.scope.pendingOf(one.slot)?.kind === "set";
  const found = parts.find((part) => someExpression(part, isSet));
  if (found === undefined) return;
  throw new SqlError(
    "feature_not_supported",
    `set-returning functions are not allowed in ${construct}`,
    {
      hint: "You might be able to move the set-returning function into a LATERAL FROM item.",
      position: startOf(found),
    },
  );
}

export function bindCoalesce(site: Site, node: CoalesceExpr): Expression {
  const args = (node.args ?? []).map((arg) => bindExpression(site, arg));
  refuseSetsIn(site, args, "COALESCE");
  const unified = unify(site, args, "COALESCE");
  return {
    kind: "coalesce",
    args: unified.expressions,
    result: unified.result,
    position: site.environment.position(node.location),
  };
}

export function bindMinMax(site: Site, node: MinMaxExpr): Expression {
  const which = node.op === "IS_LEAST" ? "least" : "greatest";
  const args = (node.args ?? []).map((arg) => bindExpression(site, arg));
  const unified = unify(site, args, which.toUpperCase());
  return {
    kind: "minMax",
    which,
    args: unified.expressions,
    result: unified.result,
    position: site.environment.position(node.location),
  };
}

/** ARRAY[…]; `targetOid` is the array type it is cast to, if it is cast at once. */
export function bindArray(site: Site, node: A_ArrayExpr, targetOid?: number): Expression {
  const { environment } = site;
  const position = environment.position(node.location);
  const items = (node.elements ?? []).map((element) =>
    "A_ArrayExpr" in element
      ? bindArray(site, element.A_ArrayExpr, targetOid)
      : bindExpression(site, element),
  );
  if (targetOid !== undefined) {
    const elementType = typeRef(getType(targetOid).elementOid);
    const coerced = items.map((item) => {
      const target = isArrayType(item.result.type.oid) ? typeRef(targetOid) : elementType;
      return coerceType(environment, item, target, "explicit");
    });
    if (coerced.every((item) => item !== undefined)) {
      return { kind: "array", items: coerced, result: typeRef(targetOid), position };
    }
  }
  if (items.length === 0) {
    throw new SqlError("indeterminate_datatype", "cannot determine type of empty array", {
      position,
      hint: "Explicitly cast to the desired type, for example ARRAY[]::integer[].",
    });
  }
  const unified = unify(site, items, "ARRAY");
  const oid = unified.result.type.oid;
  // ARRAY[ARRAY[1], ARRAY[2]] has one more dimension, not another type.
  const result = typeRef(isTrueArrayType(oid) ? oid : arrayTypeOf(oid));
  return { kind: "array", items: unified.expressions, result, position };
}

export function bindRow(site: Site, node: RowExpr): Expression {
  const fields = (node.args ?? []).flatMap((arg) => bindRowField(site, arg));
  return {
    kind: "row",
    fields: fields.map((field) => resolveUnknown(site.environment, field)),
    result: typeRef(oids.record),
    position: site.environment.position(node.location),
  };
}

function bindRowField(site: Site, node: Node): readonly Expression[] {
  if ("ColumnRef" in node) {
    const star = expandStar(site, node.ColumnRef);
    if (star !== undefined) return star.map((column) => column.expression);
  }
  return [bindExpression(site, node)];
}
