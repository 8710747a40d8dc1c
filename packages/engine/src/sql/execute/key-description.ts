import { equalBytes, hex } from "#base/bytes.ts";
import { KeyReader } from "#base/key-encoding.ts";
import { indexPrefix } from "#base/keys.ts";
import type { IndexDescriptor, TableDescriptor } from "#catalog/descriptor.ts";
import { tableKey } from "#catalog/record.ts";
import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import { hasHiddenKey, indexesOf } from "#catalog/snapshot.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import { formatText } from "#sql/types/text-format.ts";
import { tableCodec } from "./row-codec.ts";

/** What a key stands for, in the words of a user: `Key (id)=(5) of table "orders"`. */
export function describeKey(
  key: Uint8Array,
  snapshot: CatalogSnapshot,
  context: InputContext,
): string {
  for (const table of snapshot.tables) {
    if (equalBytes(key, tableKey(table.id))) return `The definition of table "${table.name}"`;
    for (const index of indexesOf(table)) {
      const prefix = indexPrefix(table.id, index.id);
      if (equalBytes(key.subarray(0, prefix.length), prefix)) {
        return describeEntry(key, table, index, context);
      }
    }
  }
  return `Key \\x${hex(key)}`;
}

function describeEntry(
  key: Uint8Array,
  table: TableDescriptor,
  index: IndexDescriptor,
  context: InputContext,
): string {
  const of = index.isPrimary ? `of table "${table.name}"` : `of index "${index.name}"`;
  if (index.isPrimary && hasHiddenKey(table)) return `A row ${of}`;
  const codec = tableCodec(table).indexCodec(index.id);
  const reader = new KeyReader(key, codec.prefix.length);
  const names: string[] = [];
  const values: string[] = [];
  // Columns after one whose bytes do not give its value back cannot be found.
  for (const { id, codec: column } of codec.columns) {
    const descriptor = table.columns.find((one) => one.id === id);
    if (descriptor === undefined || column.read === undefined) break;
    names.push(descriptor.name);
    values.push(
      reader.takeNull() ? "null" : formatText(descriptor.type.oid, column.read(reader), context),
    );
  }
  return names.length === 0
    ? `A key ${of}`
    : `Key (${names.join(", ")})=(${values.join(", ")}) ${of}`;
}
