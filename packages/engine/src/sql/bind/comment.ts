import { SqlError, notSupported } from "#base/errors.ts";
import type { CommentStmt, RangeVar } from "#sql/parse/ast.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { lookupTable } from "./lookup-relation.ts";
import type { CommentStatement } from "./statement.ts";

/** COMMENT ON TABLE | COLUMN | SCHEMA. */
export function bindComment(environment: Environment, node: CommentStmt): CommentStatement {
  const { object, objtype } = node;
  if (object === undefined) throw notSupported("COMMENT without an object");
  const parts = "List" in object ? nameParts(object.List.items) : nameParts([object]);
  const text = node.comment;
  switch (objtype) {
    case "OBJECT_TABLE":
      return {
        kind: "comment",
        target: { kind: "table", table: lookupTable(environment, relationName(parts)) },
        text,
      };
    case "OBJECT_COLUMN": {
      const table = lookupTable(environment, relationName(parts.slice(0, -1)));
      const name = parts.at(-1) ?? "";
      const column = table.columns.find((one) => one.name === name && !one.hidden);
      if (column === undefined) {
        throw new SqlError(
          "undefined_column",
          `column "${name}" of relation "${table.name}" does not exist`,
        );
      }
      return { kind: "comment", target: { kind: "column", table, columnId: column.id }, text };
    }
    case "OBJECT_SCHEMA": {
      const name = parts[0] ?? "";
      if (environment.catalog.snapshot.findSchema(name) === undefined) {
        throw new SqlError("invalid_schema_name", `schema "${name}" does not exist`);
      }
      return { kind: "comment", target: { kind: "schema", name }, text };
    }
    default: {
      const word = (objtype ?? "").replace("OBJECT_", "").replaceAll("_", " ");
      throw notSupported(`COMMENT ON ${word}`);
    }
  }
}

function relationName(parts: readonly string[]): RangeVar {
  const schemaname = parts.length > 1 ? parts.at(-2) : undefined;
  return {
    relname: parts.at(-1) ?? "",
    location: -1,
    ...(schemaname === undefined ? {} : { schemaname }),
  };
}
