import { InvariantViolation } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import { statementContext } from "#sql/execute/statement-context.ts";
import { oids } from "#sql/types/builtin-types.ts";
import {
  bool,
  float8,
  int4,
  int8,
  name,
  nullableScalar,
  scalar,
  text,
  timestamptz,
  typeOf,
  voidType,
} from "#sql/types/define.ts";
import type { EvalContext, SqlFunction } from "#sql/types/function.ts";
import { arrayValue } from "./virtual-relation.ts";

const stable = { volatility: "stable" } as const;
const volatile = { volatility: "volatile" } as const;
const nameArray = typeOf(oids.nameArray);
const xid8 = typeOf(oids.xid8);

/** Who and where. */
export const sessionFunctions: readonly SqlFunction[] = [
  scalar(
    "version",
    [],
    text,
    (context) => {
      const { serverVersion, nodeId } = statementContext(context).server;
      return `PostgreSQL ${serverVersion}, node ${nodeId}`;
    },
    stable,
  ),
  scalar("current_database", [], name, (context) => context.session.database, stable),
  scalar("current_catalog", [], name, (context) => context.session.database, stable),
  scalar("current_user", [], name, (context) => context.session.currentUser, stable),
  scalar("session_user", [], name, (context) => context.session.sessionUser, stable),
  scalar("current_role", [], name, (context) => context.session.currentUser, stable),
  scalar("user", [], name, (context) => context.session.currentUser, stable),
  nullableScalar(
    "current_schema",
    [],
    name,
    (context) => context.session.searchPath[0] ?? null,
    stable,
  ),
  scalar(
    "current_schemas",
    [bool],
    nameArray,
    (withImplicit, context) => {
      const path = context.session.searchPath;
      const isImplicit = withImplicit && !path.includes("pg_catalog");
      return arrayValue(oids.name, isImplicit ? ["pg_catalog", ...path] : path);
    },
    stable,
  ),
  scalar("current_query", [], text, () => null, volatile),
  scalar("pg_backend_pid", [], int4, (context) => context.session.backendPid, stable),
  scalar(
    "pg_postmaster_start_time",
    [],
    timestamptz,
    (context) => statementContext(context).server.startedAt,
    stable,
  ),
  scalar(
    "pg_conf_load_time",
    [],
    timestamptz,
    (context) => statementContext(context).server.startedAt,
    stable,
  ),
  scalar("pg_is_in_recovery", [], bool, () => false, volatile),
  scalar(
    "pg_is_wal_replay_paused",
    [],
    bool,
    () => {
      throw new SqlError("object_not_in_prerequisite_state", "recovery is not in progress", {
        hint: "Recovery control functions can only be executed during recovery.",
      });
    },
    volatile,
  ),
  scalar(
    "txid_current",
    [],
    int8,
    (context) => statementContext(context).transactionNumber(),
    stable,
  ),
  scalar(
    "pg_current_xact_id",
    [],
    xid8,
    (context) => statementContext(context).transactionNumber(),
    stable,
  ),
  nullableScalar("inet_server_port", [], int4, () => null, stable),
  nullableScalar("inet_server_addr", [], text, () => null, stable),
  nullableScalar("inet_client_addr", [], text, () => null, stable),
  nullableScalar("inet_client_port", [], int4, () => null, stable),
  scalar(
    "pg_cancel_backend",
    [int4],
    bool,
    (pid, context) => statementContext(context).server.cancelSession(pid),
    volatile,
  ),
  scalar(
    "pg_terminate_backend",
    [int4],
    bool,
    (pid, context) => statementContext(context).server.terminateSession(pid),
    volatile,
  ),
  scalar(
    "pg_terminate_backend",
    [int4, int8],
    bool,
    (pid, _timeout, context) => statementContext(context).server.terminateSession(pid),
    volatile,
  ),
  scalar(
    "current_setting",
    [text],
    text,
    (setting, context) => currentSetting(setting, false, context),
    stable,
  ),
  scalar(
    "current_setting",
    [text, bool],
    text,
    (setting, missingOk, context) => currentSetting(setting, missingOk, context),
    stable,
  ),
  nullableScalar(
    "set_config",
    [text, text, bool],
    text,
    (setting, value, isLocal, context) => {
      if (setting === null)
        throw new SqlError("null_value_not_allowed", "SET requires parameter name");
      const { settings } = statementContext(context);
      settings.set(setting, value ?? undefined, isLocal === true);
      return settings.show(setting) ?? "";
    },
    volatile,
  ),
  scalar("pg_advisory_unlock_all", [], voidType, () => "", volatile),
  scalar(
    "pg_blocking_pids",
    [int4],
    typeOf(oids.int4Array),
    () => arrayValue(oids.int4, []),
    volatile,
  ),
  scalar(
    "pg_export_snapshot",
    [],
    text,
    () => {
      throw new SqlError("feature_not_supported", "pg_export_snapshot is not supported");
    },
    volatile,
  ),
  scalar(
    "pg_sleep",
    [float8],
    voidType,
    () => {
      throw new InvariantViolation("pg_sleep is run by the executor");
    },
    volatile,
  ),
];

function currentSetting(setting: string, missingOk: boolean, context: EvalContext): string | null {
  const value = statementContext(context).settings.show(setting);
  if (value !== undefined) return value;
  if (missingOk) return null;
  throw new SqlError("undefined_object", `unrecognized configuration parameter "${setting}"`);
}
