import { SqlError } from "#base/errors.ts";
import { databaseName } from "#catalog/builtin-objects.ts";
import type { Relation } from "#catalog/snapshot.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { RangeVar } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";

/** The relation a name means, by schema or search path. */
export function findRelation(environment: Environment, name: RangeVar): Relation | undefined {
  const { snapshot, searchPath } = environment.catalog;
  const relname = name.relname ?? "";
  if (name.catalogname !== undefined && name.catalogname !== databaseName) {
    throw new SqlError(
      "feature_not_supported",
      `cross-database references are not implemented: "${shownName(name)}"`,
      { position: environment.position(name.location) },
    );
  }
  return name.schemaname === undefined
    ? snapshot.resolveRelation(relname, searchPath)
    : snapshot.findRelation(name.schemaname, relname);
}

/** As findRelation, but 42P01 when there is none. */
export function lookupRelation(environment: Environment, name: RangeVar): Relation {
  const relation = findRelation(environment, name);
  if (relation !== undefined) return relation;
  throw new SqlError("undefined_table", `relation "${shownName(name)}" does not exist`, {
    position: environment.position(name.location),
  });
}

/** A table that can be changed: 42809 for catalog tables and indexes. */
export function lookupTable(environment: Environment, name: RangeVar): TableDescriptor {
  const relation = lookupRelation(environment, name);
  if (relation.kind === "table") {
    environment.tables.add(relation.table);
    return relation.table;
  }
  if (relation.kind === "index") {
    throw new SqlError("wrong_object_type", `"${shownName(name)}" is not a table`);
  }
  throw new SqlError(
    "insufficient_privilege",
    `permission denied: "${relation.table.name}" is a system catalog`,
  );
}

export function shownName(name: RangeVar): string {
  return [name.catalogname, name.schemaname, name.relname]
    .filter((part) => part !== undefined)
    .join(".");
}

/** PostgreSQL says of definitions only what is missing, not where it was named. */
export function withoutPosition(name: RangeVar): RangeVar {
  return { ...name, location: -1 };
}
