import { SqlError, notSupported } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { Numeric } from "#sql/types/numeric.ts";
import { parseText } from "#sql/types/text-format.ts";
import type {
  A_Const,
  A_Indirection,
  CollateClause,
  Node,
  ParamRef,
  TypeCast,
} from "#sql/parse/ast.ts";
import { formatType, getType, isArrayType } from "#sql/types/type.ts";
import { bindArray, bindCase, bindCoalesce, bindMinMax, bindRow } from "./bind-conditional.ts";
import { bindColumnReference, findWholeRowColumn } from "./bind-column.ts";
import { bindFunctionCall, bindGroupingFunction } from "./bind-function.ts";
import { bindCondition, bindExpression } from "./expression-binding.ts";
import { bindOperatorExpression } from "./bind-operator.ts";
import { operatorCall } from "./operator-call.ts";
import { bindSubquery } from "./bind-subquery.ts";
import { cannotCast, coerce, coerceArgument } from "./coerce.ts";
import { nameParts } from "./environment.ts";
import type { Constant, Expression } from "./expression.ts";
import type { Site } from "./site.ts";
import { bindTypeName } from "./type-name.ts";
import { bindValueFunction } from "./value-function.ts";
import { boolType, int4Type, int8Type, typeRef, unknownType } from "./type-ref.ts";
import { startOf } from "./start-of.ts";

/** What each kind of expression is bound by; others reach it through their environment. */
export function bindAnyExpression(site: Site, node: Node): Expression {
  if ("ColumnRef" in node) return bindColumnReference(site, node.ColumnRef);
  if ("A_Const" in node) return bindConstant(site, node.A_Const);
  if ("ParamRef" in node) return bindParameter(site, node.ParamRef);
  if ("A_Expr" in node) return bindOperatorExpression(site, node.A_Expr);
  if ("FuncCall" in node) return bindFunctionCall(site, node.FuncCall);
  if ("BoolExpr" in node) return bindBoolean(site, node);
  if ("TypeCast" in node) return bindTypeCast(site, node.TypeCast);
  if ("NullTest" in node) return bindNullTest(site, node);
  if ("SubLink" in node) return bindSubquery(site, node.SubLink);
  if ("CaseExpr" in node) return bindCase(site, node.CaseExpr);
  if ("CoalesceExpr" in node) return bindCoalesce(site, node.CoalesceExpr);
  if ("MinMaxExpr" in node) return bindMinMax(site, node.MinMaxExpr);
  if ("BooleanTest" in node) return bindBooleanTest(site, node);
  if ("SQLValueFunction" in node) return bindValueFunction(site, node.SQLValueFunction);
  if ("A_ArrayExpr" in node) return bindArray(site, node.A_ArrayExpr);
  if ("RowExpr" in node) return bindRow(site, node.RowExpr);
  if ("A_Indirection" in node) return bindIndirection(site, node.A_Indirection);
  if ("CollateClause" in node) return bindCollate(site, node.CollateClause);
  if ("GroupingFunc" in node) return bindGroupingFunction(site, node.GroupingFunc);
  if ("SetToDefault" in node) {
    throw new SqlError("syntax_error", "DEFAULT is not allowed in this context", {
      position: site.environment.position(node.SetToDefault.location),
    });
  }
  if ("NamedArgExpr" in node) {
    throw notSupported("calling a function with named arguments", {
      position: site.environment.position(node.NamedArgExpr.location),
    });
  }
  throw notSupported(`expression ${Object.keys(node)[0] ?? ""}`);
}

const int4Min = -(2 ** 31);
const int4Max = 2 ** 31 - 1;

function bindConstant(site: Site, node: A_Const): Constant {
  const position = site.environment.position(node.location);
  const kind = "constant";
  if (node.isnull === true) return { kind, value: null, result: unknownType, position };
  if (node.sval !== undefined) {
    return { kind, value: node.sval.sval ?? "", result: unknownType, position };
  }
  if (node.boolval !== undefined) {
    return { kind, value: node.boolval.boolval ?? false, result: boolType, position };
  }
  if (node.ival !== undefined) {
    return { kind, value: node.ival.ival ?? 0, result: int4Type, position };
  }
  if (node.fval !== undefined) {
    return bindNumber(site, node.fval.fval ?? "0", position);
  }
  throw notSupported("bit string literal", { position });
}

/** Digits too many for the grammar's integers are bigint if they fit, numeric otherwise. */
function bindNumber(site: Site, text: string, position: number | undefined): Constant {
  if (/^-?(\d[\d_]*|0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+)$/.test(text)) {
    const digits = text.replaceAll("_", "");
    const value = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
    if (value >= BigInt(int4Min) && value <= BigInt(int4Max)) {
      return { kind: "constant", value: Number(value), result: int4Type, position };
    }
    if (BigInt.asIntN(64, value) === value) {
      return { kind: "constant", value, result: int8Type, position };
    }
    return {
      kind: "constant",
      value: new Numeric("finite", value, 0),
      result: typeRef(oids.numeric),
      position,
    };
  }
  const value = parseText(
    oids.numeric,
    -1,
    text.replaceAll("_", ""),
    site.environment.catalog.evalContext,
  );
  return { kind: "constant", value, result: typeRef(oids.numeric), position };
}

function bindParameter(site: Site, node: ParamRef): Expression {
  const position = site.environment.position(node.location);
  const index = node.number ?? 0;
  const oid = site.environment.parameters.typeOf(index, position);
  return { kind: "parameter", index, result: typeRef(oid), position };
}

function bindBoolean(site: Site, node: Extract<Node, { BoolExpr: unknown }>): Expression {
  const { boolop, args = [], location } = node.BoolExpr;
  const position = site.environment.position(location);
  const word = boolop === "AND_EXPR" ? "AND" : boolop === "OR_EXPR" ? "OR" : "NOT";
  const bound = args.map((arg) => bindCondition(site, arg, word));
  if (word === "NOT") {
    const [arg] = bound;
    if (arg === undefined) throw notSupported("NOT without an argument");
    return { kind: "not", arg, result: boolType, position };
  }
  const kind = word === "AND" ? "and" : "or";
  // (a AND b) AND c comes nested when written with parentheses; one level serves better.
  const flat = bound.flatMap((arg) => (arg.kind === kind ? arg.args : [arg]));
  return { kind, args: flat, result: boolType, position };
}

function bindTypeCast(site: Site, node: TypeCast): Expression {
  if (node.arg === undefined || node.typeName === undefined) throw notSupported("cast");
  const target = bindTypeName(site.environment, node.typeName);
  const position = site.environment.position(node.location ?? -1);
  // ARRAY[…]::type gives the elements their type, so that an empty one has any at all.
  const arg =
    "A_ArrayExpr" in node.arg && isArrayType(target.type.oid)
      ? bindArray(site, node.arg.A_ArrayExpr, target.type.oid)
      : bindExpression(site, node.arg);
  const cast = coerce(site.environment, arg, target, "explicit");
  if (cast === undefined) {
    throw cannotCast(arg, target.type.oid, { position: position ?? startOf(arg) });
  }
  return cast;
}

function bindNullTest(site: Site, node: Extract<Node, { NullTest: unknown }>): Expression {
  const { arg, nulltesttype, location } = node.NullTest;
  if (arg === undefined) throw notSupported("IS NULL without an argument");
  const bound = bindExpression(site, arg);
  return {
    kind: "nullTest",
    arg: bound.kind === "parameter" ? coerceArgument(site.environment, bound, oids.text) : bound,
    negated: nulltesttype === "IS_NOT_NULL",
    result: boolType,
    position: site.environment.position(location),
  };
}

const booleanTests = {
  IS_TRUE: { test: "true", negated: false, words: "IS TRUE" },
  IS_NOT_TRUE: { test: "true", negated: true, words: "IS NOT TRUE" },
  IS_FALSE: { test: "false", negated: false, words: "IS FALSE" },
  IS_NOT_FALSE: { test: "false", negated: true, words: "IS NOT FALSE" },
  IS_UNKNOWN: { test: "unknown", negated: false, words: "IS UNKNOWN" },
  IS_NOT_UNKNOWN: { test: "unknown", negated: true, words: "IS NOT UNKNOWN" },
} as const;

function bindBooleanTest(site: Site, node: Extract<Node, { BooleanTest: unknown }>): Expression {
  const { arg, booltesttype = "IS_TRUE", location } = node.BooleanTest;
  if (arg === undefined) throw notSupported("IS TRUE without an argument");
  const { test, negated, words } = booleanTests[booltesttype];
  return {
    kind: "booleanTest",
    arg: bindCondition(site, arg, words),
    test,
    negated,
    result: boolType,
    position: site.environment.position(location),
  };
}

const collations = new Set(["default", "C", "POSIX", "ucs_basic"]);

/** Text has one order here, by code points, so the collations that mean it change nothing. */
function bindCollate(site: Site, node: CollateClause): Expression {
  if (node.arg === undefined) throw notSupported("COLLATE without an argument");
  const position = site.environment.position(node.location);
  const arg = bindExpression(site, node.arg);
  const name = nameParts(node.collname).at(-1) ?? "";
  if (!collations.has(name)) {
    throw new SqlError(
      "undefined_object",
      `collation "${name}" for encoding "UTF8" does not exist`,
      { position },
    );
  }
  const oid = arg.result.type.oid;
  if (oid === oids.unknown) return coerceArgument(site.environment, arg, oids.text);
  if (getType(oid).category !== "S" && !isArrayType(oid)) {
    throw new SqlError(
      "datatype_mismatch",
      `collations are not supported by type ${formatType(oid)}`,
      { position },
    );
  }
  return arg;
}

/** x[1], x[1:2], (row).field. */
function bindIndirection(site: Site, node: A_Indirection): Expression {
  const { arg, indirection = [] } = node;
  if (arg === undefined) throw notSupported("indirection without an argument");
  const [first, ...rest] = indirection;
  if (first !== undefined && "String" in first && "ColumnRef" in arg) {
    const column = findWholeRowColumn(site, arg.ColumnRef, first.String.sval ?? "");
    if (column !== undefined) return subscript(site, column, rest);
  }
  const bound = bindExpression(site, arg);
  return subscript(site, bound, indirection);
}

function subscript(site: Site, container: Expression, indirection: readonly Node[]): Expression {
  if (indirection.length === 0) return container;
  const oid = container.result.type.oid;
  const [first, ...rest] = indirection;
  if (container.kind === "row" && first !== undefined && "String" in first) {
    return subscript(site, rowField(container, first.String.sval ?? ""), rest);
  }
  const indices = indirection.map((step) => {
    if ("A_Indices" in step) return step.A_Indices;
    const field = "String" in step ? (step.String.sval ?? "") : "*";
    throw new SqlError(
      "wrong_object_type",
      `column notation .${field} applied to type ${formatType(oid)}, which is not a composite type`,
      { position: startOf(container) },
    );
  });
  if (oid === oids.jsonb) return bindJsonSubscript(site, container, indices);
  const elementOid = isArrayType(oid) ? getType(oid).elementOid : 0;
  if (elementOid === 0) {
    throw new SqlError(
      "datatype_mismatch",
      `cannot subscript type ${formatType(oid)} because it does not support subscripting`,
      { position: startOf(container) },
    );
  }
  const bindIndex = (index: Node | undefined): Expression | undefined => {
    if (index === undefined) return undefined;
    const bound = bindExpression(site, index);
    const coerced = coerce(site.environment, bound, int4Type, "assignment");
    if (coerced !== undefined) return coerced;
    throw new SqlError("datatype_mismatch", "array subscript must have type integer", {
      position: startOf(bound),
    });
  };
  const isSlice = indices.some((index) => index.is_slice === true);
  return {
    kind: "subscript",
    arg: container,
    indexes: indices.map((index) => ({
      lower: bindIndex(index.lidx),
      upper: bindIndex(index.uidx),
      isSlice: index.is_slice === true,
    })),
    result: typeRef(isSlice ? oid : elementOid),
    position: container.position,
  };
}

/** The fields of ROW(…) are called f1, f2 … */
function rowField(row: Expression & { readonly kind: "row" }, name: string): Expression {
  const number = /^f([1-9]\d*)$/.exec(name)?.[1];
  const field = number === undefined ? undefined : row.fields[Number(number) - 1];
  if (field !== undefined) return field;
  throw new SqlError(
    "undefined_column",
    `could not identify column "${name}" in record data type`,
    { position: startOf(row) },
  );
}

/** jsonb subscripts are the -> operator under another spelling. */
function bindJsonSubscript(
  site: Site,
  container: Expression,
  indices: readonly { readonly uidx?: Node; readonly is_slice?: boolean }[],
): Expression {
  return indices.reduce<Expression>((value, index) => {
    if (index.is_slice === true || index.uidx === undefined) {
      throw new SqlError("datatype_mismatch", "jsonb subscript does not support slices", {
        position: container.position,
      });
    }
    return operatorCall(site.environment, {
      symbol: "->",
      left: value,
      right: bindExpression(site, index.uidx),
      position: container.position,
    });
  }, container);
}
