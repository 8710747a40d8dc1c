import { publicSchema, virtualSchemas } from "./builtin-objects.ts";
import type { IndexDescriptor, SchemaDescriptor, TableDescriptor } from "./descriptor.ts";
import type { VirtualTableDescriptor } from "./virtual-table.ts";

/** Something a name in FROM, DROP or regclass may mean. Indexes share the name space of tables. */
export type Relation =
  | { readonly kind: "table"; readonly table: TableDescriptor }
  | { readonly kind: "virtual"; readonly table: VirtualTableDescriptor }
  | { readonly kind: "index"; readonly table: TableDescriptor; readonly index: IndexDescriptor };

export interface CatalogContent {
  /** catalogVersion; undefined while a transaction holds schema changes that are not committed. */
  readonly version: number | undefined;
  readonly schemas: readonly SchemaDescriptor[];
  readonly tables: readonly TableDescriptor[];
}

/** The virtual tables of one build, by schema and name. The same for every snapshot. */
export class VirtualTables {
  readonly all: readonly VirtualTableDescriptor[];
  readonly #byName = new Map<string, VirtualTableDescriptor>();
  readonly #byId = new Map<number, VirtualTableDescriptor>();

  constructor(tables: readonly VirtualTableDescriptor[]) {
    this.all = tables;
    for (const table of tables) {
      this.#byName.set(`${table.schemaName}.${table.name}`, table);
      this.#byId.set(table.id, table);
    }
  }

  find(schemaName: string, name: string): VirtualTableDescriptor | undefined {
    return this.#byName.get(`${schemaName}.${name}`);
  }

  findById(id: number): VirtualTableDescriptor | undefined {
    return this.#byId.get(id);
  }
}

/**
 * All names and descriptors at one moment. Immutable, so a statement that holds one sees one
 * catalog from parse to the last row.
 *
 * - Two snapshots share the descriptor objects that did not change between them.
 * - `version` names a committed catalog; it is undefined inside a transaction that changed schema,
 *   and what is derived from such a snapshot must not outlive the transaction.
 */
export class CatalogSnapshot {
  readonly version: number | undefined;
  readonly schemas: readonly SchemaDescriptor[];
  readonly tables: readonly TableDescriptor[];
  readonly virtualTables: VirtualTables;
  readonly #schemasByName = new Map<string, SchemaDescriptor>();
  readonly #schemasById = new Map<number, SchemaDescriptor>();
  readonly #relations = new Map<number, Map<string, Relation>>();
  readonly #relationsById = new Map<number, Relation>();

  constructor(content: CatalogContent, virtualTables: VirtualTables) {
    this.version = content.version;
    this.virtualTables = virtualTables;
    this.schemas = [...virtualSchemas, ...content.schemas];
    this.tables = content.tables;
    for (const schema of this.schemas) {
      this.#schemasByName.set(schema.name, schema);
      this.#schemasById.set(schema.id, schema);
      this.#relations.set(schema.id, new Map());
    }
    for (const table of virtualTables.all) {
      const schema = this.#schemasByName.get(table.schemaName);
      if (schema !== undefined)
        this.#add(schema.id, table.name, table.id, { kind: "virtual", table });
    }
    for (const table of content.tables) {
      this.#add(table.schemaId, table.name, table.id, { kind: "table", table });
      for (const index of indexesOf(table)) {
        if (isNamedIndex(table, index)) {
          this.#add(table.schemaId, index.name, index.oid, { kind: "index", table, index });
        }
      }
    }
  }

  findSchema(name: string): SchemaDescriptor | undefined {
    return this.#schemasByName.get(name);
  }

  findSchemaById(id: number): SchemaDescriptor | undefined {
    return this.#schemasById.get(id);
  }

  findRelation(schemaName: string, name: string): Relation | undefined {
    const schema = this.#schemasByName.get(schemaName);
    return schema === undefined ? undefined : this.#relations.get(schema.id)?.get(name);
  }

  findTable(schemaName: string, name: string): TableDescriptor | undefined {
    const relation = this.findRelation(schemaName, name);
    return relation?.kind === "table" ? relation.table : undefined;
  }

  findTableById(id: number): TableDescriptor | undefined {
    const relation = this.#relationsById.get(id);
    return relation?.kind === "table" ? relation.table : undefined;
  }

  /** By oid in pg_class. */
  findRelationById(oid: number): Relation | undefined {
    return this.#relationsById.get(oid);
  }

  /**
   * The relation an unqualified name means. pg_catalog is looked at first unless the path says
   * where; names on the path that are no schemas are passed over.
   */
  resolveRelation(name: string, searchPath: readonly string[]): Relation | undefined {
    if (!searchPath.includes("pg_catalog")) {
      const builtin = this.findRelation("pg_catalog", name);
      if (builtin !== undefined) return builtin;
    }
    for (const schemaName of searchPath) {
      const relation = this.findRelation(schemaName, name);
      if (relation !== undefined) return relation;
    }
    return undefined;
  }

  /** Where an unqualified CREATE puts things: the first schema of the path that exists. */
  creationSchema(searchPath: readonly string[]): SchemaDescriptor | undefined {
    for (const name of searchPath) {
      const schema = this.#schemasByName.get(name);
      if (schema !== undefined) return schema;
    }
    return undefined;
  }

  #add(schemaId: number, name: string, oid: number, relation: Relation): void {
    this.#relations.get(schemaId)?.set(name, relation);
    this.#relationsById.set(oid, relation);
  }
}

/** What a new cluster starts with. */
export function emptyCatalog(virtualTables: VirtualTables): CatalogSnapshot {
  return new CatalogSnapshot({ version: 0, schemas: [publicSchema], tables: [] }, virtualTables);
}

/** The primary index first. */
export function indexesOf(table: TableDescriptor): readonly IndexDescriptor[] {
  return [table.primaryIndex, ...table.secondaryIndexes];
}

/** The hidden row id's index is how the table is stored, not something users can see. */
export function isNamedIndex(table: TableDescriptor, index: IndexDescriptor): boolean {
  return !(index.isPrimary && hasHiddenKey(table));
}

export function hasHiddenKey(table: TableDescriptor): boolean {
  return table.columns.some((column) => column.hidden);
}
