import { builtinOids, roleName } from "#catalog/builtin-objects.ts";
import { indexesOf } from "#catalog/snapshot.ts";
import { findFunctionByOid } from "#sql/execute/function-oids.ts";
import { statementContext } from "#sql/execute/statement-context.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { SqlArray } from "#sql/types/datum.ts";
import type { Datum } from "#sql/types/datum.ts";
import {
  bool,
  charType,
  int2,
  int4,
  int8,
  name,
  nullableScalar,
  oid,
  record,
  regclass,
  scalar,
  setReturning,
  text,
  typeOf,
} from "#sql/types/define.ts";
import type { EvalContext, SqlFunction } from "#sql/types/function.ts";
import { quoteIdentifier } from "#sql/types/object-names.ts";
import { formatType, findTypeSpec } from "#sql/types/type.ts";
import { constraintDefinition, findConstraint, indexDefinition } from "./definition-text.ts";
import { privilegeFunctions } from "./privilege-functions.ts";
import { sessionFunctions } from "./session-functions.ts";
import { visibleColumns } from "./relation-rows.ts";
import { functionResultOid } from "./type-rows.ts";

const stable = { volatility: "stable" } as const;
const volatile = { volatility: "volatile" } as const;
const pgNodeTree = typeOf(oids.pgNodeTree);
const regtype = typeOf(oids.regtype);
const regnamespace = typeOf(oids.regnamespace);
const regrole = typeOf(oids.regrole);
const regproc = typeOf(oids.regproc);

/** Definitions of objects as text. */
const definitionFunctions: readonly SqlFunction[] = [
  nullableScalar(
    "format_type",
    [oid, int4],
    text,
    (type, typmod) => {
      return type === null ? null : formatType(type, typmod ?? -1);
    },
    stable,
  ),
  scalar("pg_get_expr", [pgNodeTree, oid], text, (expression) => String(expression), stable),
  scalar("pg_get_expr", [pgNodeTree, oid, bool], text, (expression) => String(expression), stable),
  scalar(
    "pg_get_constraintdef",
    [oid],
    text,
    (id, context) => constraintText(id, false, context),
    stable,
  ),
  scalar(
    "pg_get_constraintdef",
    [oid, bool],
    text,
    (id, isPretty, context) => constraintText(id, isPretty, context),
    stable,
  ),
  scalar("pg_get_indexdef", [oid], text, (id, context) => indexText(id, 0, context), stable),
  scalar(
    "pg_get_indexdef",
    [oid, int4, bool],
    text,
    (id, column, _pretty, context) => indexText(id, column, context),
    stable,
  ),
  scalar("pg_get_viewdef", [oid], text, () => null, stable),
  scalar("pg_get_viewdef", [oid, bool], text, () => null, stable),
  scalar("pg_get_viewdef", [text], text, () => null, stable),
  scalar("pg_get_ruledef", [oid], text, () => null, stable),
  scalar("pg_get_ruledef", [oid, bool], text, () => null, stable),
  scalar("pg_get_triggerdef", [oid], text, () => null, stable),
  scalar("pg_get_triggerdef", [oid, bool], text, () => null, stable),
  scalar("pg_get_statisticsobjdef_columns", [oid], text, () => null, stable),
  scalar("pg_get_statisticsobjdef", [oid], text, () => null, stable),
  scalar("pg_get_partkeydef", [oid], text, () => null, stable),
  scalar("pg_get_partition_constraintdef", [oid], text, () => null, stable),
  scalar("pg_get_serial_sequence", [text, text], text, () => null, stable),
  scalar(
    "pg_get_function_result",
    [oid],
    text,
    (id, context) => functionResult(id, context),
    stable,
  ),
  scalar(
    "pg_get_function_arguments",
    [oid],
    text,
    (id, context) => functionArguments(id, context),
    stable,
  ),
  scalar(
    "pg_get_function_identity_arguments",
    [oid],
    text,
    (id, context) => functionArguments(id, context),
    stable,
  ),
  scalar("pg_get_functiondef", [oid], text, () => null, stable),
  scalar("pg_get_function_sqlbody", [oid], text, () => null, stable),
  scalar(
    "pg_get_userbyid",
    [oid],
    name,
    (id) => (id === builtinOids.role ? roleName : `unknown (OID=${id})`),
    stable,
  ),
  scalar("pg_get_keywords", [], text, () => null, stable),
  scalar(
    "pg_encoding_to_char",
    [int4],
    name,
    (encoding) => (encoding === 6 ? "UTF8" : encoding === 0 ? "SQL_ASCII" : ""),
    stable,
  ),
  scalar(
    "pg_char_to_encoding",
    [name],
    int4,
    (encoding) => (/^utf-?8$/i.test(encoding) ? 6 : -1),
    stable,
  ),
  scalar(
    "pg_client_encoding",
    [],
    name,
    (context) => statementContext(context).settings.show("client_encoding") ?? "UTF8",
    stable,
  ),
  scalar("getdatabaseencoding", [], name, () => "UTF8", stable),
];

function constraintText(id: number, isPretty: boolean, context: EvalContext): string | null {
  const constraint = findConstraint(statementContext(context).snapshot, id);
  return constraint === undefined ? null : constraintDefinition(constraint, isPretty);
}

/** The whole definition, or the name of one column from 1. */
function indexText(id: number, column: number, context: EvalContext): string | null {
  for (const table of statementContext(context).snapshot.tables) {
    const index = indexesOf(table).find((one) => one.oid === id);
    if (index === undefined) continue;
    if (column === 0) return indexDefinition(table, index);
    const columnId = index.columnIds[column - 1];
    const found = table.columns.find((one) => one.id === columnId);
    return found === undefined ? "" : quoteIdentifier(found.name);
  }
  return null;
}

function functionResult(id: number, context: EvalContext): string | null {
  const fn = findFunctionByOid(statementContext(context).server.functions, id);
  if (fn === undefined) return null;
  const result = formatType(functionResultOid(fn));
  return fn.kind === "set" ? `SETOF ${result}` : result;
}

function functionArguments(id: number, context: EvalContext): string | null {
  const fn = findFunctionByOid(statementContext(context).server.functions, id);
  if (fn === undefined) return null;
  return fn.argTypes
    .map((type, at) => {
      const isVariadic = fn.variadic && at === fn.argTypes.length - 1;
      return `${isVariadic ? "VARIADIC " : ""}${formatType(type)}`;
    })
    .join(", ");
}

/** Whether an unqualified name reaches the object. Everything built in is always in sight. */
const visibilityFunctions: readonly SqlFunction[] = [
  scalar("pg_table_is_visible", [oid], bool, (id, context) => isVisible(id, context), stable),
  ...[
    "pg_type_is_visible",
    "pg_function_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_opfamily_is_visible",
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
  ].map((functionName) => scalar(functionName, [oid], bool, () => true, stable)),
  scalar(
    "pg_relation_is_publishable",
    [regclass],
    bool,
    (id, context) => statementContext(context).snapshot.findTableById(id) !== undefined,
    stable,
  ),
  scalar(
    "pg_relation_is_updatable",
    [regclass, bool],
    int4,
    (id, _triggers, context) =>
      statementContext(context).snapshot.findTableById(id) === undefined ? 0 : 28,
    stable,
  ),
  scalar(
    "pg_column_is_updatable",
    [regclass, int2, bool],
    bool,
    (id, _column, _triggers, context) =>
      statementContext(context).snapshot.findTableById(id) !== undefined,
    stable,
  ),
];

function isVisible(id: number, context: EvalContext): boolean | null {
  const relation = statementContext(context).snapshot.findRelationById(id);
  if (relation === undefined) return null;
  const relationName = relation.kind === "index" ? relation.index.name : relation.table.name;
  return context.catalog.findRelation([relationName]) === id;
}

/** Comments. */
const descriptionFunctions: readonly SqlFunction[] = [
  scalar(
    "obj_description",
    [oid],
    text,
    (id, context) => objectComment(id, undefined, context),
    stable,
  ),
  scalar(
    "obj_description",
    [oid, name],
    text,
    (id, catalog, context) => objectComment(id, catalog, context),
    stable,
  ),
  scalar(
    "col_description",
    [oid, int4],
    text,
    (id, column, context) => {
      const table = statementContext(context).snapshot.findTableById(id);
      if (table === undefined) return null;
      return visibleColumns(table).find((one) => one.id === column)?.comment ?? null;
    },
    stable,
  ),
  scalar("shobj_description", [oid, name], text, () => null, stable),
];

function objectComment(
  id: number,
  catalog: string | undefined,
  context: EvalContext,
): string | null {
  const { snapshot } = statementContext(context);
  const table = catalog === "pg_namespace" ? undefined : snapshot.findTableById(id);
  const schema = catalog === "pg_class" ? undefined : snapshot.findSchemaById(id);
  return table?.comment ?? schema?.comment ?? null;
}

/** Names to oids, null when there is no such thing. */
const lookupFunctions: readonly SqlFunction[] = [
  scalar(
    "to_regclass",
    [text],
    regclass,
    (text_, context) => orNull(() => context.catalog.findRelation(splitName(text_))),
    stable,
  ),
  scalar(
    "to_regtype",
    [text],
    regtype,
    (text_) => orNull(() => findTypeSpec(text_)?.type.oid),
    stable,
  ),
  scalar(
    "to_regnamespace",
    [text],
    regnamespace,
    (text_, context) => context.catalog.findNamespace(splitName(text_)[0] ?? "") ?? null,
    stable,
  ),
  scalar(
    "to_regrole",
    [text],
    regrole,
    (text_, context) => context.catalog.findRole(splitName(text_)[0] ?? "") ?? null,
    stable,
  ),
  scalar(
    "to_regproc",
    [text],
    regproc,
    (text_, context) => {
      const found = context.catalog.findFunction(text_);
      return typeof found === "number" ? found : null;
    },
    stable,
  ),
];

function splitName(text_: string): string[] {
  const parts = text_.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  return parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  );
}

function orNull(find: () => number | undefined): number | null {
  return find() ?? null;
}

/** Rows of all relations share one store, which does not count bytes by relation: null. */
const sizeFunctions: readonly SqlFunction[] = [
  ...["pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size"].map(
    (functionName) => scalar(functionName, [regclass], int8, () => null, volatile),
  ),
  scalar("pg_relation_size", [regclass, text], int8, () => null, volatile),
  scalar("pg_database_size", [oid], int8, () => null, volatile),
  scalar("pg_database_size", [name], int8, () => null, volatile),
  scalar("pg_tablespace_size", [oid], int8, () => null, volatile),
  scalar("pg_size_pretty", [int8], text, prettySize),
  scalar("pg_tablespace_location", [oid], text, () => "", stable),
  scalar("pg_relation_filenode", [regclass], oid, (id) => id, stable),
];

const sizeUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** A unit is used up to 10 × 1024 of it, and the last step rounds half up. */
function prettySize(bytes: bigint): string {
  const limit = 10n * 1024n;
  const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
  if (magnitude(bytes) < limit) return `${bytes} bytes`;
  let size = bytes / 512n;
  let unit = 1;
  while (unit < sizeUnits.length - 1 && magnitude(size) >= limit * 2n - 1n) {
    size /= 1024n;
    unit++;
  }
  const rounded = (size + (size < 0n ? -1n : 1n)) / 2n;
  return `${rounded} ${sizeUnits[unit] ?? ""}`;
}

/** Functions whose answer is about the type of their argument's catalog entry. */
const miscellaneousFunctions: readonly SqlFunction[] = [
  scalar(
    "pg_index_column_has_property",
    [regclass, int4, text],
    bool,
    (_index, _column, property) => {
      const known: Readonly<Record<string, boolean>> = {
        asc: true,
        desc: false,
        nulls_first: false,
        nulls_last: true,
        orderable: true,
        distance_orderable: false,
        returnable: false,
        search_array: true,
        search_nulls: true,
      };
      return known[property] ?? null;
    },
    stable,
  ),
  scalar(
    "pg_index_has_property",
    [regclass, text],
    bool,
    (_index, property) => {
      return property === "backward_scan" ? true : property === "clusterable" ? false : null;
    },
    stable,
  ),
  scalar(
    "pg_indexam_has_property",
    [oid, text],
    bool,
    (method, property) => {
      if (method !== builtinOids.accessMethodBtree) return null;
      const known: Readonly<Record<string, boolean>> = {
        can_order: true,
        can_unique: true,
        can_multi_col: true,
        can_exclude: false,
        can_include: false,
      };
      return known[property] ?? null;
    },
    stable,
  ),
  scalar("pg_my_temp_schema", [], oid, () => 0, stable),
  scalar("pg_is_other_temp_schema", [oid], bool, () => false, stable),
  setReturning("_pg_expandarray", [typeOf(oids.int2vector)], record, expandArray, {
    columns: [
      { name: "x", typeOid: oids.int2 },
      { name: "n", typeOid: oids.int4 },
    ],
  }),
  setReturning("pg_options_to_table", [typeOf(oids.textArray)], text, () => [], {
    ...stable,
    columns: [
      { name: "option_name", typeOid: oids.text },
      { name: "option_value", typeOid: oids.text },
    ],
  }),
  setReturning("aclexplode", [typeOf(oids.aclitemArray)], text, () => [], {
    ...stable,
    columns: [
      { name: "grantor", typeOid: oids.oid },
      { name: "grantee", typeOid: oids.oid },
      { name: "privilege_type", typeOid: oids.text },
      { name: "is_grantable", typeOid: oids.bool },
    ],
  }),
  nullableScalar("acldefault", [charType, oid], typeOf(oids.aclitemArray), () => null, stable),
];

/** Items with their places from 1: how JDBC reads the columns of an index. */
function expandArray(items: Datum): Iterable<readonly Datum[]> {
  return items instanceof SqlArray ? items.items.map((item, at) => [item, at + 1]) : [];
}

/** What SQL can ask of the catalog, the session and the server. */
export const catalogFunctions: readonly SqlFunction[] = [
  ...sessionFunctions,
  ...definitionFunctions,
  ...visibilityFunctions,
  ...descriptionFunctions,
  ...lookupFunctions,
  ...sizeFunctions,
  ...privilegeFunctions,
  ...miscellaneousFunctions,
];
