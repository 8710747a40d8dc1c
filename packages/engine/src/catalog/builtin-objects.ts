import type { SchemaDescriptor } from "./descriptor.ts";

/** Oids and names that exist without a record, with PostgreSQL's numbers where it has them. */
export const builtinOids = {
  pgCatalog: 11,
  public: 2200,
  informationSchema: 13_000,
  pgToast: 99,
  database: 16_000,
  role: 10,
  tablespaceDefault: 1663,
  tablespaceGlobal: 1664,
  accessMethodHeap: 2,
  accessMethodBtree: 403,
  collationDefault: 100,
  collationC: 950,
  collationPosix: 951,
} as const;

export const databaseName = "datafusion";
export const roleName = "datafusion";

/** The first oid given to an object that a user creates. */
export const firstUserOid = 16_384;

/** Schemas that hold virtual tables only; nothing can be created in them. */
export const virtualSchemas: readonly SchemaDescriptor[] = [
  {
    id: builtinOids.pgCatalog,
    name: "pg_catalog",
    owner: roleName,
    comment: "system catalog schema",
  },
  {
    id: builtinOids.informationSchema,
    name: "information_schema",
    owner: roleName,
    comment: undefined,
  },
];

/** Exists from the start, and until somebody drops it is not written anywhere. */
export const publicSchema: SchemaDescriptor = {
  id: builtinOids.public,
  name: "public",
  owner: roleName,
  comment: "standard public schema",
};
