import { SqlError, notSupported } from "#base/errors.ts";
import type { JoinExpr } from "#sql/parse/ast.ts";
import { unify } from "./bind-conditional.ts";
import { bindCondition } from "./expression-binding.ts";
import { nameParts } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { mapColumns } from "./expression-walk.ts";
import { bindBeside } from "./from-item.ts";
import type { FromItem, FromLevel } from "./from-item.ts";
import { operatorCall } from "./operator-call.ts";
import type { JoinPlan } from "./query-plan.ts";
import { Scope } from "./scope.ts";
import type { ScopeColumn, ScopeRelation } from "./scope.ts";
import { clauses } from "./site.ts";
import type { Site } from "./site.ts";
import { boolType } from "./type-ref.ts";

export function crossJoin(left: FromItem, right: FromItem, isLateral: boolean): FromItem {
  checkAliases(left, right);
  return sideBySide(left, right, isLateral);
}

/** As crossJoin, without objection to an alias on both sides: to mention it is ambiguous then. */
export function sideBySide(left: FromItem, right: FromItem, isLateral: boolean): FromItem {
  const shifted = shift(right, left.plan.columns.length);
  return {
    plan: joinPlan("inner", left, right, undefined, isLateral),
    relations: [...left.relations, ...shifted.relations],
    columns: [...left.columns, ...shifted.columns],
  };
}

function joinPlan(
  type: JoinPlan["type"],
  left: FromItem,
  right: FromItem,
  condition: Expression | undefined,
  isLateral: boolean,
): JoinPlan {
  return {
    kind: "join",
    type,
    left: left.plan,
    right: right.plan,
    condition,
    isLateral,
    algorithm: "nestedLoop",
    keys: [],
    columns: [...left.plan.columns, ...right.plan.columns],
  };
}

/** JOIN … ON, USING, NATURAL, CROSS. */
export function bindJoin(level: FromLevel, node: JoinExpr): FromItem {
  const { larg, rarg } = node;
  if (larg === undefined || rarg === undefined) throw notSupported("join without two sides");
  const type = joinType(node);
  const left = level.bindItem(level, larg);
  const { item: right, isLateral } = bindBeside(level, left, rarg);
  if (isLateral && (type === "right" || type === "full")) {
    throw new SqlError(
      "invalid_column_reference",
      "invalid reference to FROM-clause entry from a LATERAL item",
      { detail: "The combining JOIN type must be INNER or LEFT for a LATERAL reference." },
    );
  }
  checkAliases(left, right);
  const shifted = shift(right, left.plan.columns.length);
  const names = usingNames(node, left, right);
  const scope = new Scope(level.outer, level.ctes);
  scope.relations = [...left.relations, ...shifted.relations];
  scope.columns = [...left.columns, ...shifted.columns];
  const site: Site = { environment: level.environment, scope, clause: clauses.joinOn };
  if (names === undefined) {
    const condition =
      node.quals === undefined ? undefined : bindCondition(site, node.quals, "JOIN/ON");
    const item: FromItem = {
      plan: joinPlan(type, left, right, condition, isLateral),
      relations: scope.relations,
      columns: scope.columns,
    };
    return aliased(item, node);
  }
  const merged = names.map((name) => mergeColumn(site, { name, type, left, right: shifted }));
  const conditions = merged.map((column) => column.condition);
  const [only] = conditions;
  const condition: Expression | undefined =
    conditions.length > 1 ? { kind: "and", args: conditions, result: boolType } : only;
  const isMerged = (column: ScopeColumn): boolean => names.includes(column.name);
  const item: FromItem = {
    plan: joinPlan(type, left, right, condition, isLateral),
    relations: scope.relations,
    columns: [
      ...merged.map((column) => column.column),
      ...left.columns.filter((column) => !isMerged(column)),
      ...shifted.columns.filter((column) => !isMerged(column)),
    ],
  };
  return aliased(item, node);
}

function joinType(node: JoinExpr): JoinPlan["type"] {
  switch (node.jointype) {
    case "JOIN_LEFT":
      return "left";
    case "JOIN_RIGHT":
      return "right";
    case "JOIN_FULL":
      return "full";
    default:
      return "inner";
  }
}

/** Names that USING or NATURAL equates; undefined for ON and CROSS. */
function usingNames(
  node: JoinExpr,
  left: FromItem,
  right: FromItem,
): readonly string[] | undefined {
  if (node.isNatural === true) {
    const rightNames = new Set(
      right.columns.filter((column) => !column.hidden).map((column) => column.name),
    );
    return left.columns
      .filter((column) => !column.hidden && rightNames.has(column.name))
      .map((column) => column.name);
  }
  if (node.usingClause === undefined) return undefined;
  const names = nameParts(node.usingClause);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new SqlError(
      "duplicate_column",
      `column name "${repeated}" appears more than once in USING clause`,
    );
  }
  return names;
}

/** The one column that USING makes of two, and the equality of the two. */
function mergeColumn(
  site: Site,
  request: {
    readonly name: string;
    readonly type: JoinPlan["type"];
    readonly left: FromItem;
    readonly right: FromItem;
  },
): { readonly column: ScopeColumn; readonly condition: Expression } {
  const { name, type } = request;
  const left = sideColumn(request.left, name, "left");
  const right = sideColumn(request.right, name, "right");
  const condition = operatorCall(site.environment, {
    symbol: "=",
    left: left.expression,
    right: right.expression,
    position: undefined,
  });
  const unified = unify(site, [left.expression, right.expression], "JOIN/USING");
  const [leftValue = left.expression, rightValue = right.expression] = unified.expressions;
  const source = type === "right" ? right : left;
  const expression: Expression =
    type === "full"
      ? { kind: "coalesce", args: [leftValue, rightValue], result: unified.result }
      : type === "right"
        ? rightValue
        : leftValue;
  const isPlain = expression === source.expression;
  return {
    column: {
      name,
      expression,
      tableId: isPlain ? source.tableId : 0,
      attributeNumber: isPlain ? source.attributeNumber : 0,
      hidden: false,
    },
    condition,
  };
}

function sideColumn(item: FromItem, name: string, side: "left" | "right"): ScopeColumn {
  const found = item.columns.filter((column) => column.name === name && !column.hidden);
  const [column] = found;
  if (column === undefined) {
    throw new SqlError(
      "undefined_column",
      `column "${name}" specified in USING clause does not exist in ${side} table`,
    );
  }
  if (found.length > 1) {
    throw new SqlError(
      "ambiguous_column",
      `common column name "${name}" appears more than once in ${side} table`,
    );
  }
  return column;
}

/** (a JOIN b) AS j: the inner names are no longer to be had. */
function aliased(item: FromItem, node: JoinExpr): FromItem {
  if (node.alias === undefined) {
    if (node.join_using_alias === undefined) return item;
    const names = nameParts(node.usingClause);
    const relation: ScopeRelation = {
      alias: node.join_using_alias.aliasname ?? "",
      schema: undefined,
      columns: item.columns.slice(0, names.length),
      table: undefined,
    };
    return { ...item, relations: [...item.relations, relation] };
  }
  const alias = node.alias.aliasname ?? "";
  const aliases = nameParts(node.alias.colnames);
  let index = 0;
  const columns = item.columns.map((column) => {
    if (column.hidden) return column;
    const name = aliases[index++] ?? column.name;
    return { ...column, name };
  });
  if (aliases.length > index) {
    throw new SqlError(
      "invalid_column_reference",
      `join expression "${alias}" has ${index} columns available but ${aliases.length} columns specified`,
    );
  }
  return {
    plan: item.plan,
    relations: [
      { alias, schema: undefined, columns, table: undefined },
      ...item.relations.map((relation) => ({ ...relation, hiddenBy: alias })),
    ],
    columns,
  };
}

/** The names of an item that comes to stand `width` slots further right. */
function shift(item: FromItem, width: number): FromItem {
  const moved = new Map<ScopeColumn, ScopeColumn>();
  const shiftColumn = (column: ScopeColumn): ScopeColumn => {
    let shifted = moved.get(column);
    if (shifted === undefined) {
      shifted = { ...column, expression: shiftExpression(column.expression, width) };
      moved.set(column, shifted);
    }
    return shifted;
  };
  return {
    plan: item.plan,
    relations: item.relations.map((relation) => ({
      ...relation,
      columns: relation.columns.map(shiftColumn),
    })),
    columns: item.columns.map(shiftColumn),
  };
}

function shiftExpression(expression: Expression, width: number): Expression {
  return mapColumns(expression, (reference) =>
    reference.expression.kind === "column"
      ? { ...reference.expression, slot: reference.slot + width }
      : undefined,
  );
}

function checkAliases(left: FromItem, right: FromItem): void {
  for (const relation of right.relations) {
    if (relation.hiddenBy !== undefined) continue;
    const clash = left.relations.find(
      (other) =>
        other.hiddenBy === undefined &&
        other.alias === relation.alias &&
        (other.schema === relation.schema ||
          other.schema === undefined ||
          relation.schema === undefined),
    );
    if (clash === undefined) continue;
    throw new SqlError(
      "duplicate_alias",
      `table name "${relation.alias}" specified more than once`,
    );
  }
}
