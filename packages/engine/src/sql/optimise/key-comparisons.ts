import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { ArrayComparison, Expression } from "#sql/bind/expression.ts";
import { typeRef } from "#sql/bind/type-ref.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bindCast } from "#sql/types/cast.ts";
import { SqlArray } from "#sql/types/datum.ts";
import type { Datum } from "#sql/types/datum.ts";
import type { ScalarFunction } from "#sql/types/function.ts";
import { getType } from "#sql/types/type.ts";
import { isVolatile, readsOnly } from "./expression-facts.ts";

/** A condition that an index over the column can answer. */
export interface KeyComparison {
  readonly columnId: number;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "in" | "any";
  /**
   * One value, several for `in`, one array for `any`; of the column's type, without references to
   * the scan's row.
   */
  readonly values: readonly Expression[];
  /** The condition itself, which need not be checked again once the index has answered it. */
  readonly condition: Expression;
}

const commuted = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function isComparison(name: string): name is keyof typeof commuted {
  return name in commuted;
}

/** Reads a condition over a table's row as a comparison of one column with values known before the scan. */
export function keyComparison(
  condition: Expression,
  table: TableDescriptor,
  columnIds: readonly number[],
): KeyComparison | undefined {
  const columnOf = (expression: Expression): number | undefined => {
    const inner = withoutWidening(expression);
    return inner.kind === "column" ? columnIds[inner.slot] : undefined;
  };
  if (condition.kind === "in" && !condition.negated) {
    const columnId = columnOf(condition.arg);
    if (columnId === undefined) return undefined;
    const values = condition.items.flatMap((item) => keyValue(item, table, columnId, true) ?? []);
    if (values.length !== condition.items.length) return undefined;
    return { columnId, operator: "in", values, condition };
  }
  if (condition.kind === "arrayComparison") {
    const columnId = columnOf(condition.left);
    return columnId === undefined ? undefined : arrayElements(condition, table, columnId);
  }
  if (condition.kind === "column" || condition.kind === "not") {
    // A boolean column by itself means column = true.
    const value = condition.kind === "column";
    const columnId = columnOf(condition.kind === "not" ? condition.arg : condition);
    if (columnId === undefined) return undefined;
    const constant: Expression = { kind: "constant", value, result: typeRef(oids.bool) };
    return { columnId, operator: "=", values: [constant], condition };
  }
  if (condition.kind !== "call" || condition.syntax !== "operator") return undefined;
  const { name } = condition.fn;
  const [left, right] = condition.args;
  if (!isComparison(name) || left === undefined || right === undefined) return undefined;
  const leftId = columnOf(left);
  if (leftId !== undefined) {
    const value = keyValue(right, table, leftId, name === "=");
    if (value !== undefined) {
      return { columnId: leftId, operator: name, values: [value], condition };
    }
  }
  const rightId = columnOf(right);
  if (rightId === undefined) return undefined;
  const value = keyValue(left, table, rightId, name === "=");
  return value === undefined
    ? undefined
    : { columnId: rightId, operator: commuted[name], values: [value], condition };
}

/** column = ANY (array): the elements where they are known, the array where it is not. */
function arrayElements(
  condition: ArrayComparison,
  table: TableDescriptor,
  columnId: number,
): KeyComparison | undefined {
  if (condition.operator.name !== "=" || condition.quantifier !== "any") return undefined;
  const { array } = condition;
  if (array.kind === "constant" && array.value instanceof SqlArray) {
    const { elementTypeOid, items } = array.value;
    const values = items.flatMap((item) => {
      const element: Expression = {
        kind: "constant",
        value: item,
        result: typeRef(elementTypeOid),
      };
      return keyValue(element, table, columnId, true) ?? [];
    });
    if (values.length !== items.length || values.length === 0) return undefined;
    return { columnId, operator: "in", values, condition };
  }
  const column = table.columns.find((one) => one.id === columnId);
  const elementOid = array.result.type.elementOid;
  const isSame =
    column !== undefined &&
    (column.type.oid === elementOid || isSameKey(elementOid, column.type.oid));
  if (!isSame || !readsOnly(array, () => false) || isVolatile(array)) return undefined;
  return { columnId, operator: "any", values: [array], condition };
}

/** The expression under casts that give every value one that compares like it. */
function withoutWidening(expression: Expression): Expression {
  if (expression.kind !== "call") return expression;
  const [arg] = expression.args;
  if (arg === undefined || expression.args.length !== 1) return expression;
  if (expression.syntax === "relabel") return withoutWidening(arg);
  const from = arg.result.type.oid;
  const to = expression.result.type.oid;
  const isWidening =
    expression.syntax === "cast" &&
    isInteger(from) &&
    isInteger(to) &&
    integerBytes(from) < integerBytes(to);
  return isWidening ? withoutWidening(arg) : expression;
}

/** The value as the column's type, when that changes nothing about how it compares. */
function keyValue(
  value: Expression,
  table: TableDescriptor,
  columnId: number,
  isEquality: boolean,
): Expression | undefined {
  if (!readsOnly(value, () => false) || isVolatile(value)) return undefined;
  const column = table.columns.find((one) => one.id === columnId);
  if (column === undefined) return undefined;
  const from = value.result.type.oid;
  const to = column.type.oid;
  if (from === to || isSameKey(from, to)) return value;
  if (value.kind === "constant" && typeof value.value !== "object") {
    const exact = integerConstant(value.value, to);
    if (isInteger(from) && exact !== undefined) {
      return { ...value, value: exact, result: typeRef(to) };
    }
  }
  if (!isInteger(from) || !isInteger(to)) return undefined;
  if (integerBytes(from) > integerBytes(to)) {
    return isEquality ? narrowed(value, to) : undefined;
  }
  const cast = bindCast(from, { oid: to, typmod: -1 }, "implicit");
  if (cast === undefined || cast === "same") return undefined;
  return { kind: "call", fn: cast, args: [value], syntax: "cast", result: typeRef(to) };
}

/**
 * An integer as a narrower type, or null when it does not fit: as a key it then finds nothing,
 * which is what the comparison would have said of every row.
 */
function narrowed(value: Expression, to: number): Expression {
  const narrow = (datum: Datum): Datum =>
    typeof datum === "number" || typeof datum === "bigint"
      ? (integerConstant(datum, to) ?? null)
      : null;
  const fn: ScalarFunction = {
    kind: "scalar",
    name: getType(to).name,
    argTypes: [value.result.type.oid],
    variadic: false,
    defaults: [],
    returnType: to,
    strict: true,
    volatility: "immutable",
    evaluate: (args) => narrow(args[0] ?? null),
    unary: narrow,
    binary: undefined,
    specialise: undefined,
  };
  return { kind: "call", fn, args: [value], syntax: "cast", result: typeRef(to) };
}

/** Types whose values have the same datums and the same order. */
function isSameKey(from: number, to: number): boolean {
  const isText = (oid: number): boolean => oid === oids.text || oid === oids.varchar;
  return isText(from) && isText(to);
}

function isInteger(oid: number): boolean {
  return oid === oids.int2 || oid === oids.int4 || oid === oids.int8;
}

function integerBytes(oid: number): number {
  return oid === oids.int2 ? 2 : oid === oids.int4 ? 4 : 8;
}

function integerConstant(
  value: string | number | bigint | boolean,
  oid: number,
): number | bigint | undefined {
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  const exact = BigInt(value);
  switch (oid) {
    case oids.int8:
      return exact;
    case oids.int4:
      return BigInt.asIntN(32, exact) === exact ? Number(exact) : undefined;
    case oids.int2:
      return BigInt.asIntN(16, exact) === exact ? Number(exact) : undefined;
    default:
      return undefined;
  }
}
