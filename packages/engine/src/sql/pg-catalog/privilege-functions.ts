import { SqlError } from "#base/errors.ts";
import { roleName } from "#catalog/builtin-objects.ts";
import { statementContext } from "#sql/execute/statement-context.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bool, int2, name, oid, scalar, text, typeOf } from "#sql/types/define.ts";
import type { ArgType } from "#sql/types/define.ts";
import type { Datum } from "#sql/types/datum.ts";
import type { EvalContext, SqlFunction } from "#sql/types/function.ts";
import { splitQualifiedName } from "#sql/types/object-names.ts";

const stable = { volatility: "stable" } as const;

/**
 * has_…_privilege. There is one role and it may do everything, so the answer is true for what
 * exists; unknown names are errors, unknown oids give null, as in PostgreSQL.
 */
function family(
  functionName: string,
  byName: (objectName: string, context: EvalContext) => void,
): SqlFunction[] {
  const check = (object: Datum, context: EvalContext): boolean => {
    if (typeof object === "string") byName(object, context);
    return true;
  };
  const objects: readonly ArgType<Datum>[] = [text, oid];
  return objects.flatMap((object) => [
    scalar(
      functionName,
      [object, text],
      bool,
      (target, _privilege, context) => check(target, context),
      stable,
    ),
    scalar(
      functionName,
      [name, object, text],
      bool,
      (user, target, _privilege, context) => {
        requireRole(user);
        return check(target, context);
      },
      stable,
    ),
    scalar(
      functionName,
      [oid, object, text],
      bool,
      (_user, target, _privilege, context) => check(target, context),
      stable,
    ),
  ]);
}

function requireRole(role: string): void {
  if (role !== roleName) throw new SqlError("undefined_object", `role "${role}" does not exist`);
}

function requireRelation(relationName: string, context: EvalContext): void {
  if (context.catalog.findRelation(splitQualifiedName(relationName)) === undefined) {
    throw new SqlError("undefined_table", `relation "${relationName}" does not exist`);
  }
}

function requireSchema(schemaName: string, context: EvalContext): void {
  if (statementContext(context).snapshot.findSchema(schemaName) === undefined) {
    throw new SqlError("invalid_schema_name", `schema "${schemaName}" does not exist`);
  }
}

function requireDatabase(database: string, context: EvalContext): void {
  if (database !== context.session.database) {
    throw new SqlError("invalid_catalog_name", `database "${database}" does not exist`);
  }
}

const anything = (): void => undefined;

export const privilegeFunctions: readonly SqlFunction[] = [
  ...family("has_table_privilege", requireRelation),
  ...family("has_any_column_privilege", requireRelation),
  ...family("has_sequence_privilege", requireRelation),
  ...family("has_schema_privilege", requireSchema),
  ...family("has_database_privilege", requireDatabase),
  ...family("has_function_privilege", anything),
  ...family("has_language_privilege", anything),
  ...family("has_tablespace_privilege", anything),
  ...family("has_type_privilege", anything),
  ...family("has_server_privilege", anything),
  ...family("has_foreign_data_wrapper_privilege", anything),
  ...[text, int2].flatMap((column: ArgType<Datum>) => [
    scalar(
      "has_column_privilege",
      [text, column, text],
      bool,
      (table, _column, _privilege, context) => {
        requireRelation(table, context);
        return true;
      },
      stable,
    ),
    scalar("has_column_privilege", [oid, column, text], bool, () => true, stable),
    scalar("has_column_privilege", [name, oid, column, text], bool, () => true, stable),
  ]),
  scalar(
    "pg_has_role",
    [name, text],
    bool,
    (role) => {
      requireRole(role);
      return true;
    },
    stable,
  ),
  scalar("pg_has_role", [oid, text], bool, () => true, stable),
  scalar(
    "pg_has_role",
    [name, name, text],
    bool,
    (user, role) => {
      requireRole(user);
      requireRole(role);
      return true;
    },
    stable,
  ),
  scalar("pg_has_role", [name, oid, text], bool, () => true, stable),
  scalar("row_security_active", [oid], bool, () => false, stable),
  scalar("row_security_active", [typeOf(oids.regclass)], bool, () => false, stable),
];
