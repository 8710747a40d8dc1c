import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Expression } from "#sql/bind/expression.ts";
import { typeRef } from "#sql/bind/type-ref.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bindCast } from "#sql/types/cast.ts";
import { isVolatile, readsOnly } from "./expression-facts.ts";

/** A condition that an index over the column can answer. */
export interface KeyComparison {
  readonly columnId: number;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "in";
  /** One value, several for `in`; of the column's type, without references to the scan's row. */
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
    const inner =
      expression.kind === "call" && expression.syntax === "relabel"
        ? expression.args[0]
        : expression;
    return inner?.kind === "column" ? columnIds[inner.slot] : undefined;
  };
  if (condition.kind === "in" && !condition.negated) {
    const columnId = columnOf(condition.arg);
    if (columnId === undefined) return undefined;
    const values = condition.items.flatMap((item) => keyValue(item, table, columnId) ?? []);
    if (values.length !== condition.items.length) return undefined;
    return { columnId, operator: "in", values, condition };
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
    const value = keyValue(right, table, leftId);
    if (value !== undefined) {
      return { columnId: leftId, operator: name, values: [value], condition };
    }
  }
  const rightId = columnOf(right);
  if (rightId === undefined) return undefined;
  const value = keyValue(left, table, rightId);
  return value === undefined
    ? undefined
    : { columnId: rightId, operator: commuted[name], values: [value], condition };
}

/** The value as the column's type, when that changes nothing about how it compares. */
function keyValue(
  value: Expression,
  table: TableDescriptor,
  columnId: number,
): Expression | undefined {
  if (!readsOnly(value, () => false) || isVolatile(value)) return undefined;
  const column = table.columns.find((one) => one.id === columnId);
  if (column === undefined) return undefined;
  const from = value.result.type.oid;
  const to = column.type.oid;
  if (from === to || isSameKey(from, to)) return value;
  if (value.kind === "constant" && typeof value.value !== "object") {
    const narrowed = integerConstant(value.value, to);
    if (isInteger(from) && narrowed !== undefined) {
      return { ...value, value: narrowed, result: typeRef(to) };
    }
  }
  if (!isInteger(from) || !isInteger(to) || integerBytes(from) > integerBytes(to)) return undefined;
  const cast = bindCast(from, { oid: to, typmod: -1 }, "implicit");
  if (cast === undefined || cast === "same") return undefined;
  return { kind: "call", fn: cast, args: [value], syntax: "cast", result: typeRef(to) };
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
