import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import { builtinOids, roleName } from "#catalog/builtin-objects.ts";
import { functionOid, findFunctionByOid } from "#sql/execute/function-oids.ts";
import type { CatalogLookup } from "#sql/types/format-settings.ts";
import { quoteIdentifier } from "#sql/types/object-names.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";

/** Names and oids under one catalog and one search path. */
export class CatalogNames implements CatalogLookup {
  readonly #snapshot: CatalogSnapshot;
  readonly #searchPath: readonly string[];
  readonly #functions: FunctionRegistry;

  constructor(
    snapshot: CatalogSnapshot,
    searchPath: readonly string[],
    functions: FunctionRegistry,
  ) {
    this.#snapshot = snapshot;
    this.#searchPath = searchPath;
    this.#functions = functions;
  }

  findRelation(nameParts: readonly string[]): number | undefined {
    const name = nameParts.at(-1);
    const schema = nameParts.at(-2);
    if (name === undefined) return undefined;
    const relation =
      schema === undefined
        ? this.#snapshot.resolveRelation(name, this.#searchPath)
        : this.#snapshot.findRelation(schema, name);
    if (relation === undefined) return undefined;
    return relation.kind === "index" ? relation.index.oid : relation.table.id;
  }

  relationName(oid: number): string | undefined {
    const relation = this.#snapshot.findRelationById(oid);
    if (relation === undefined) return undefined;
    const name = relation.kind === "index" ? relation.index.name : relation.table.name;
    const { schemaName } = relation.table;
    const isVisible = this.findRelation([name]) === oid;
    return isVisible
      ? quoteIdentifier(name)
      : `${quoteIdentifier(schemaName)}.${quoteIdentifier(name)}`;
  }

  findNamespace(name: string): number | undefined {
    return this.#snapshot.findSchema(name)?.id;
  }

  namespaceName(oid: number): string | undefined {
    return this.#snapshot.findSchemaById(oid)?.name;
  }

  findRole(name: string): number | undefined {
    return name === roleName ? builtinOids.role : undefined;
  }

  roleName(oid: number): string | undefined {
    return oid === builtinOids.role ? roleName : undefined;
  }

  findFunction(name: string): number | "ambiguous" | undefined {
    const bare = name.startsWith("pg_catalog.") ? name.slice("pg_catalog.".length) : name;
    const overloads = this.#functions.functions(bare);
    const [only] = overloads;
    if (only === undefined) return undefined;
    return overloads.length > 1 ? "ambiguous" : functionOid(this.#functions, only);
  }

  functionName(oid: number): string | undefined {
    return findFunctionByOid(this.#functions, oid)?.name;
  }
}
