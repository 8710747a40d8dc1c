import { SqlError, notSupported } from "#base/errors.ts";
import { virtualSchemas } from "#catalog/builtin-objects.ts";
import type { RangeVar } from "#sql/parse/ast.ts";
import type { Environment } from "./environment.ts";

export interface NewRelation {
  readonly schema: string;
  readonly name: string;
  readonly alreadyExists: boolean;
}

/** Where a relation about to be created goes; 42P07 when the name is taken and that is not excused. */
export function placeNewRelation(
  environment: Environment,
  relation: RangeVar,
  ifNotExists: boolean,
): NewRelation {
  const name = relation.relname ?? "";
  const position = environment.position(relation.location);
  if (relation.relpersistence === "t") throw notSupported("a temporary table", { position });
  if (relation.relpersistence === "u") throw notSupported("an unlogged table", { position });
  const schema = creationSchema(environment, relation.schemaname, position);
  if (environment.catalog.snapshot.findRelation(schema, name) === undefined) {
    return { schema, name, alreadyExists: false };
  }
  if (ifNotExists) return { schema, name, alreadyExists: true };
  throw new SqlError("duplicate_table", `relation "${name}" already exists`);
}

function creationSchema(
  environment: Environment,
  schemaName: string | undefined,
  position: number | undefined,
): string {
  const { snapshot, searchPath } = environment.catalog;
  const schema =
    schemaName === undefined
      ? snapshot.creationSchema(searchPath)
      : snapshot.findSchema(schemaName);
  if (schema === undefined) {
    throw new SqlError(
      "invalid_schema_name",
      schemaName === undefined
        ? "no schema has been selected to create in"
        : `schema "${schemaName}" does not exist`,
      { position },
    );
  }
  if (virtualSchemas.some((one) => one.name === schema.name)) {
    throw new SqlError(
      "insufficient_privilege",
      `permission denied to create in schema "${schema.name}"`,
      {
        detail: "System catalog modifications are currently disallowed.",
      },
    );
  }
  return schema.name;
}

/** Names of indexes and constraints made up by rule must not clash with a relation of the schema. */
export function chooseRelationName(
  environment: Environment,
  schema: string,
  base: string,
  taken: ReadonlySet<string>,
): string {
  const isTaken = (name: string): boolean =>
    taken.has(name) || environment.catalog.snapshot.findRelation(schema, name) !== undefined;
  if (!isTaken(base)) return base;
  for (let suffix = 1; ; suffix++) {
    const name = `${base}${suffix}`;
    if (!isTaken(name)) return name;
  }
}
