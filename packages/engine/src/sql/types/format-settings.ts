/** The session settings that input and output of values depend on. */
export interface FormatSettings {
  readonly dateStyle: DateStyle;
  readonly intervalStyle: IntervalStyle;
  /** An IANA name, a POSIX zone or `UTC`; see time-zone.ts. */
  readonly timeZone: string;
  readonly byteaOutput: "hex" | "escape";
  readonly extraFloatDigits: number;
}

export interface DateStyle {
  readonly format: "ISO" | "SQL" | "Postgres" | "German";
  readonly order: "MDY" | "DMY" | "YMD";
}

export type IntervalStyle = "postgres" | "postgres_verbose" | "sql_standard" | "iso_8601";

export const defaultFormatSettings: FormatSettings = {
  dateStyle: { format: "ISO", order: "MDY" },
  intervalStyle: "postgres",
  timeZone: "UTC",
  byteaOutput: "hex",
  extraFloatDigits: 1,
};

/** Names and oids of objects, for the reg… types. Lookups follow the session's search path. */
export interface CatalogLookup {
  /** The relation a possibly qualified name means. */
  findRelation(nameParts: readonly string[]): number | undefined;
  /** The relation's name as regclass shows it: qualified when not visible, quoted when needed. */
  relationName(oid: number): string | undefined;
  findNamespace(name: string): number | undefined;
  namespaceName(oid: number): string | undefined;
  findRole(name: string): number | undefined;
  roleName(oid: number): string | undefined;
  /** Undefined when no function has the name; "ambiguous" when several do. */
  findFunction(name: string): number | "ambiguous" | undefined;
  functionName(oid: number): string | undefined;
}

/** What reading a value from text may need: 'now' needs a time, 'orders'::regclass a catalog. */
export interface InputContext {
  readonly format: FormatSettings;
  /** Start of the transaction, microseconds since 2000-01-01 UTC. */
  readonly transactionTimestamp: bigint;
  readonly catalog: CatalogLookup;
}

/** For places that have no catalog, such as tests and background readers. */
export const emptyCatalogLookup: CatalogLookup = {
  findRelation: () => undefined,
  relationName: () => undefined,
  findNamespace: () => undefined,
  namespaceName: () => undefined,
  findRole: () => undefined,
  roleName: () => undefined,
  findFunction: () => undefined,
  functionName: () => undefined,
};
