import { unreachable } from "#base/assert.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Datum } from "#sql/types/datum.ts";
import { defaultFormatSettings, emptyCatalogLookup } from "#sql/types/format-settings.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import { formatText } from "#sql/types/text-format.ts";
import { formatType } from "#sql/types/type.ts";
import type {
  AggregateCall,
  Call,
  ColumnSlot,
  Expression,
  OuterColumn,
  SortKey,
  Subquery,
  Subscript,
  TypeRef,
} from "./expression.ts";

/** How the parts that SQL text cannot say by themselves are shown. */
export interface DeparseStyle {
  column(column: ColumnSlot | OuterColumn): string;
  subquery(subquery: Subquery): string;
  /** Integers of any width without their type. */
  readonly bareIntegers: boolean;
}

/** For stored expressions: columns by their bare names. */
export const storedStyle: DeparseStyle = {
  column: (column) => quoteIdentifier(column.name),
  subquery: () => "(SubPlan)",
  bareIntegers: false,
};

/** Literals are written under fixed settings, so that stored text never depends on a session. */
const literalContext: InputContext = {
  format: defaultFormatSettings,
  transactionTimestamp: 0n,
  catalog: emptyCatalogLookup,
};

/** The expression as SQL text in PostgreSQL's canonical form: every operator in parentheses, every literal with its type. */
export function deparse(expression: Expression, style: DeparseStyle = storedStyle): string {
  const show = (child: Expression): string => deparse(child, style);
  const list = (children: readonly Expression[]): string => children.map(show).join(", ");
  switch (expression.kind) {
    case "constant":
      return deparseConstant(expression.value, expression.result, style);
    case "parameter":
      return `$${expression.index}`;
    case "column":
    case "outer":
      return style.column(expression);
    case "call":
      return deparseCall(expression, style);
    case "and":
      return `(${expression.args.map(show).join(" AND ")})`;
    case "or":
      return `(${expression.args.map(show).join(" OR ")})`;
    case "not":
      return `(NOT ${show(expression.arg)})`;
    case "nullTest":
      return `(${show(expression.arg)} IS ${expression.negated ? "NOT " : ""}NULL)`;
    case "booleanTest":
      return `(${show(expression.arg)} IS ${expression.negated ? "NOT " : ""}${expression.test.toUpperCase()})`;
    case "distinct":
      return expression.negated
        ? `(NOT (${show(expression.left)} IS DISTINCT FROM ${show(expression.right)}))`
        : `(${show(expression.left)} IS DISTINCT FROM ${show(expression.right)})`;
    case "case": {
      const branches = expression.branches
        .map((branch) => `WHEN ${show(branch.when)} THEN ${show(branch.then)}`)
        .join(" ");
      return `CASE ${branches} ELSE ${show(expression.otherwise)} END`;
    }
    case "coalesce":
      return `COALESCE(${list(expression.args)})`;
    case "minMax":
      return `${expression.which.toUpperCase()}(${list(expression.args)})`;
    case "in": {
      const items = `ARRAY[${list(expression.items)}]`;
      return expression.negated
        ? `(${show(expression.arg)} <> ALL (${items}))`
        : `(${show(expression.arg)} = ANY (${items}))`;
    }
    case "arrayComparison":
      return `(${show(expression.left)} ${expression.operator.name} ${expression.quantifier.toUpperCase()} (${show(expression.array)}))`;
    case "array": {
      const items = `ARRAY[${list(expression.items)}]`;
      return expression.items.length === 0
        ? `${items}::${formatType(expression.result.type.oid)}`
        : items;
    }
    case "row":
      return `ROW(${list(expression.fields)})`;
    case "rowComparison":
      return `(ROW(${list(expression.left)}) ${expression.operator} ROW(${list(expression.right)}))`;
    case "subscript":
      return deparseSubscript(expression, style);
    case "field":
      return `(${show(expression.arg)}).f${expression.index + 1}`;
    case "subquery":
      return style.subquery(expression);
    default:
      return unreachable(expression);
  }
}

function deparseSubscript(expression: Subscript, style: DeparseStyle): string {
  const bound = (child: Expression | undefined): string =>
    child === undefined ? "" : deparse(child, style);
  const indexes = expression.indexes.map((index) =>
    index.isSlice ? `[${bound(index.lower)}:${bound(index.upper)}]` : `[${bound(index.upper)}]`,
  );
  const container = deparse(expression.arg, style);
  const isColumn = expression.arg.kind === "column" || expression.arg.kind === "outer";
  return `${isColumn ? container : `(${container})`}${indexes.join("")}`;
}

function deparseCall(call: Call, style: DeparseStyle): string {
  const args = call.args.map((arg) => deparse(arg, style));
  const [first = "", second] = args;
  switch (call.syntax) {
    case "operator":
      return second === undefined
        ? `(${call.fn.name} ${first})`
        : `(${first} ${call.fn.name} ${second})`;
    case "cast":
    case "relabel":
      return `(${first})::${formatType(call.result.type.oid, call.result.typmod)}`;
    case "function":
      return deparseFunction(call, args);
    default:
      return unreachable(call.syntax);
  }
}

const valueFunctions = new Set([
  "CURRENT_TIMESTAMP",
  "CURRENT_DATE",
  "LOCALTIMESTAMP",
  "LOCALTIME",
  "CURRENT_USER",
  "CURRENT_ROLE",
  "USER",
  "SESSION_USER",
  "CURRENT_CATALOG",
  "CURRENT_SCHEMA",
]);

function deparseFunction(call: Call, args: readonly string[]): string {
  const { name } = call.fn;
  if (valueFunctions.has(name)) return name;
  const last = call.args.at(-1);
  if (call.fn.variadic && last?.kind === "array" && last.items.length > 0) {
    const gathered = (args.at(-1) ?? "").slice("ARRAY[".length, -1);
    return `${quoteIdentifier(name)}(${[...args.slice(0, -1), gathered].join(", ")})`;
  }
  const [first, second] = args;
  const field = call.args[0];
  if (name === "extract" && field?.kind === "constant" && typeof field.value === "string") {
    return `EXTRACT(${field.value} FROM ${second ?? ""})`;
  }
  if (name === "timezone" && args.length === 2) {
    return `(${second ?? ""} AT TIME ZONE ${first ?? ""})`;
  }
  return `${quoteIdentifier(name)}(${args.join(", ")})`;
}

function deparseConstant(value: Datum, type: TypeRef, style: DeparseStyle): string {
  const oid = type.type.oid;
  const typeName = formatType(oid, type.typmod);
  if (value === null) return oid === oids.unknown ? "NULL" : `NULL::${typeName}`;
  if (typeof value === "boolean" && oid === oids.bool) return value ? "true" : "false";
  if (oid === oids.unknown) return quoteLiteral(String(value));
  const text = formatText(oid, value, literalContext);
  const isInteger = oid === oids.int4 || (style.bareIntegers && type.type.category === "N");
  if (isInteger && /^\d+$/.test(text)) return text;
  if (oid === oids.numeric && /^\d*\.\d+$/.test(text) && type.typmod === -1) return text;
  return `${quoteLiteral(text)}::${typeName}`;
}

/** `count(*)`, `sum(DISTINCT x) FILTER (WHERE …)`. */
export function deparseAggregate(
  name: string,
  call: AggregateCall,
  style: DeparseStyle = storedStyle,
): string {
  const args = call.args.map((arg) => deparse(arg, style)).join(", ");
  const orderBy =
    call.orderBy.length === 0
      ? ""
      : ` ORDER BY ${call.orderBy.map((key) => deparseSortKey(key, style)).join(", ")}`;
  const filter = call.filter === undefined ? "" : ` FILTER (WHERE ${deparse(call.filter, style)})`;
  const inner = call.args.length === 0 ? "*" : `${call.distinct ? "DISTINCT " : ""}${args}`;
  return `${name}(${inner}${orderBy})${filter}`;
}

export function deparseSortKey(key: SortKey, style: DeparseStyle): string {
  const direction = key.descending ? " DESC" : "";
  const nulls =
    key.nullsFirst === key.descending ? "" : key.nullsFirst ? " NULLS FIRST" : " NULLS LAST";
  return `${deparse(key.expression, style)}${direction}${nulls}`;
}

export function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** Quotes a name when it would not be read back as itself. */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !reservedWords.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** Words that PostgreSQL's grammar does not take as a column name without quotes. */
const reservedWords = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character " +
    "check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role " +
    "current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end " +
    "except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner " +
    "inout int integer intersect interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural nchar none " +
    "normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real references returning " +
    "right row select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union " +
    "unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces " +
    "xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" "),
);
