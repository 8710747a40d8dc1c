import type {
  CheckDescriptor,
  IndexColumnOrder,
  IndexDescriptor,
  TableDescriptor,
} from "#catalog/descriptor.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import { indexesOf, isNamedIndex } from "#catalog/snapshot.ts";
import { quoteIdentifier } from "#sql/types/object-names.ts";

/** Definitions as SQL text, in the words of PostgreSQL's pg_get_…def functions. */

export function columnNames(table: TableDescriptor, columnIds: readonly number[]): string[] {
  return columnIds.map((id) => {
    const column = table.columns.find((one) => one.id === id);
    return quoteIdentifier(column?.name ?? "?");
  });
}

export function indexDefinition(table: TableDescriptor, index: IndexDescriptor): string {
  const unique = index.unique ? "UNIQUE " : "";
  const on = `${quoteIdentifier(table.schemaName)}.${quoteIdentifier(table.name)}`;
  const columns = columnNames(table, index.columnIds)
    .map((name, at) => name + orderText(index.columnOrders?.[at]))
    .join(", ");
  return `CREATE ${unique}INDEX ${quoteIdentifier(index.name)} ON ${on} USING btree (${columns})`;
}

/** What differs from the order that the words before it imply. */
function orderText(order: IndexColumnOrder | undefined): string {
  if (order === undefined) return "";
  if (order.descending) return order.nullsFirst ? " DESC" : " DESC NULLS LAST";
  return order.nullsFirst ? " NULLS FIRST" : "";
}

export function keyDefinition(table: TableDescriptor, index: IndexDescriptor): string {
  const columns = columnNames(table, index.columnIds).join(", ");
  return `${index.isPrimary ? "PRIMARY KEY" : "UNIQUE"} (${columns})`;
}

/** Stored conditions keep the parentheses around operators; the pretty form drops the outermost. */
export function checkDefinition(check: CheckDescriptor, isPretty: boolean): string {
  const { conditionSql } = check;
  const condition = isPretty ? withoutOuterParentheses(conditionSql) : conditionSql;
  return `CHECK (${condition})`;
}

function withoutOuterParentheses(sql: string): string {
  if (!sql.startsWith("(") || !sql.endsWith(")")) return sql;
  let depth = 0;
  for (const [at, character] of [
    ...sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, (quoted) => "x".repeat(quoted.length)),
  ].entries()) {
    if (character === "(") depth++;
    else if (character === ")") depth--;
    if (depth === 0 && at < sql.length - 1) return sql;
  }
  return sql.slice(1, -1);
}

/** A constraint as pg_constraint has it. */
export type Constraint =
  | { readonly kind: "key"; readonly table: TableDescriptor; readonly index: IndexDescriptor }
  | { readonly kind: "check"; readonly table: TableDescriptor; readonly check: CheckDescriptor };

export function* constraints(snapshot: CatalogSnapshot): Generator<Constraint> {
  for (const table of snapshot.tables) {
    for (const index of indexesOf(table)) {
      if (index.isConstraint && isNamedIndex(table, index)) yield { kind: "key", table, index };
    }
    for (const check of table.checks) yield { kind: "check", table, check };
  }
}

export function findConstraint(snapshot: CatalogSnapshot, oid: number): Constraint | undefined {
  for (const constraint of constraints(snapshot)) {
    const own = constraint.kind === "key" ? constraint.index.constraintOid : constraint.check.oid;
    if (own === oid) return constraint;
  }
  return undefined;
}

export function constraintDefinition(constraint: Constraint, isPretty: boolean): string {
  return constraint.kind === "key"
    ? keyDefinition(constraint.table, constraint.index)
    : checkDefinition(constraint.check, isPretty);
}
