import { SqlError } from "#base/errors.ts";
import type { ColumnDescriptor, IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import { formatText } from "#sql/types/text-format.ts";

/** Longest value that a failing row shows, in characters. */
const shownLengthMax = 64;

export function uniqueViolation(
  table: TableDescriptor,
  index: IndexDescriptor,
  row: Row,
  context: InputContext,
): SqlError {
  const names: string[] = [];
  const values: string[] = [];
  for (const id of index.columnIds) {
    const slot = table.columns.findIndex((column) => column.id === id);
    const column = table.columns[slot];
    if (column === undefined) continue;
    names.push(column.name);
    values.push(shown(column, row[slot] ?? null, context));
  }
  return new SqlError(
    "unique_violation",
    `duplicate key value violates unique constraint "${index.name}"`,
    {
      detail: `Key (${names.join(", ")})=(${values.join(", ")}) already exists.`,
      schema: table.schemaName,
      table: table.name,
      constraint: index.name,
    },
  );
}

export function notNullViolation(
  table: TableDescriptor,
  column: ColumnDescriptor,
  row: Row,
  context: InputContext,
): SqlError {
  return new SqlError(
    "not_null_violation",
    `null value in column "${column.name}" of relation "${table.name}" violates not-null constraint`,
    {
      detail: failingRow(table, row, context),
      schema: table.schemaName,
      table: table.name,
      column: column.name,
    },
  );
}

export function checkViolation(
  table: TableDescriptor,
  constraint: string,
  row: Row,
  context: InputContext,
): SqlError {
  return new SqlError(
    "check_violation",
    `new row for relation "${table.name}" violates check constraint "${constraint}"`,
    {
      detail: failingRow(table, row, context),
      schema: table.schemaName,
      table: table.name,
      constraint,
    },
  );
}

function failingRow(table: TableDescriptor, row: Row, context: InputContext): string {
  const values: string[] = [];
  for (const [slot, column] of table.columns.entries()) {
    if (column.hidden) continue;
    const text = shown(column, row[slot] ?? null, context);
    values.push(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}...` : text);
  }
  return `Failing row contains (${values.join(", ")}).`;
}

function shown(column: ColumnDescriptor, datum: Datum, context: InputContext): string {
  return datum === null ? "null" : formatText(column.type.oid, datum, context);
}
