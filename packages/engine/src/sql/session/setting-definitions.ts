import { SqlError } from "#base/errors.ts";
import { findTimeZone, fixedTimeZone } from "#sql/types/time-zone.ts";
import {
  booleanType,
  checkedString,
  enumType,
  integerType,
  invalidValue,
  realType,
  stringType,
} from "./setting-values.ts";
import type { SettingType } from "./setting-values.ts";

/**
 * A run-time setting. `user` ones may be set by anybody; `internal` ones only tell how the server
 * is. `isReported`: clients are told of every change.
 */
export interface SettingDefinition {
  readonly name: string;
  readonly type: SettingType;
  readonly defaultValue: string;
  readonly context: "user" | "internal";
  readonly isReported: boolean;
  readonly category: string;
  readonly help: string;
}

const int4Max = 2_147_483_647;
const milliseconds = integerType({ minimum: 0, maximum: int4Max, unit: "ms" });
const kilobytes = integerType({ minimum: 64, maximum: int4Max, unit: "kB" });

const dateStyle = checkedString((name, text, current) => {
  let [format = "ISO", order = "MDY"] = current.split(", ");
  for (const part of text.split(",")) {
    const word = part.trim().toUpperCase();
    if (word === "ISO" || word === "SQL") format = word;
    else if (word.startsWith("POSTGRES")) format = "Postgres";
    else if (word === "GERMAN") {
      format = "German";
      order = "DMY";
    } else if (word === "YMD" || word === "DMY" || word === "MDY") order = word;
    else if (word.startsWith("EURO")) order = "DMY";
    else if (word.startsWith("US") || word.startsWith("NONEURO")) order = "MDY";
    else if (word === "DEFAULT") [format, order] = ["ISO", "MDY"];
    else throw invalidValue(name, text);
  }
  return `${format}, ${order}`;
});

const timeZone = checkedString((name, text) => {
  // A bare number is hours east of Greenwich; everything else is a name.
  const hours = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*$/.test(text) ? Number(text) : undefined;
  if (hours !== undefined && Math.abs(hours) > 167) throw invalidValue(name, text);
  const zone =
    hours === undefined
      ? findTimeZone(text.replace(/^'(.*)'$/s, "$1"))
      : fixedTimeZone(Math.trunc(hours * 3600));
  if (zone === undefined) throw invalidValue(name, text);
  return zone.name;
});

const clientEncoding = checkedString((name, text) => {
  const word = text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  if (word === "UTF8" || word === "UNICODE") return "UTF8";
  if (word === "SQLASCII") return "SQL_ASCII";
  if (/^(LATIN\d+|WIN\d+|EUC\w+|ISO8859\d+|KOI8\w*|SJIS|BIG5|GB\w+|UHC)$/.test(word)) {
    throw new SqlError(
      "feature_not_supported",
      `conversion between ${text} and UTF8 is not supported`,
    );
  }
  throw invalidValue(name, text);
});

/** Kept as given, in one line: pg_stat_activity and logs show it. */
const applicationName = checkedString((_name, text) =>
  text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 63),
);

const isolation = enumType([
  "serializable",
  "repeatable read",
  "read committed",
  "read uncommitted",
]);

const logLevels = enumType(
  ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"],
  { debug: "debug2", info: "notice" },
);

const client = "Client Connection Defaults / Statement Behavior";
const locale = "Client Connection Defaults / Locale and Formatting";
const planner = "Query Tuning / Planner Method Configuration";
const preset = "Preset Options";
const resources = "Resource Usage / Memory";
const compatibility = "Version and Platform Compatibility / Previous PostgreSQL Versions";

function setting(
  name: string,
  type: SettingType,
  defaultValue: string,
  category: string,
  help: string,
  options: { readonly internal?: boolean; readonly reported?: boolean } = {},
): SettingDefinition {
  return {
    name,
    type,
    defaultValue,
    category,
    help,
    context: options.internal === true ? "internal" : "user",
    isReported: options.reported === true,
  };
}

export interface SettingDefaults {
  readonly serverVersion: string;
  readonly statementTimeoutMs: number;
}

/** `15.2` → 150002. */
export function versionNumber(serverVersion: string): number {
  const match = /^(\d+)\.(\d+)/.exec(serverVersion);
  return Number(match?.[1] ?? 0) * 10_000 + Number(match?.[2] ?? 0);
}

/** Every setting this server knows, by PostgreSQL's names and defaults. */
export function settingDefinitions(defaults: SettingDefaults): readonly SettingDefinition[] {
  const internal = { internal: true };
  const reported = { reported: true };
  const both = { internal: true, reported: true };
  return [
    setting(
      "application_name",
      applicationName,
      "",
      "Reporting and Logging / What to Log",
      "Name of the client program, as monitoring shows it.",
      reported,
    ),
    setting(
      "backslash_quote",
      enumType(["safe_encoding", "on", "off"]),
      "safe_encoding",
      compatibility,
      "Whether \\' is allowed in string literals.",
    ),
    setting(
      "block_size",
      integerType({ minimum: 8192, maximum: 8192 }),
      "8192",
      preset,
      "Bytes of a disk page, as PostgreSQL counts them.",
      internal,
    ),
    setting(
      "bytea_output",
      enumType(["escape", "hex"]),
      "hex",
      client,
      "Text form of bytea values.",
    ),
    setting(
      "check_function_bodies",
      booleanType,
      "on",
      client,
      "Accepted for dumps; there are no user-defined functions.",
    ),
    setting(
      "client_encoding",
      clientEncoding,
      "UTF8",
      locale,
      "Encoding of text exchanged with the client.",
      reported,
    ),
    setting(
      "client_min_messages",
      logLevels,
      "notice",
      client,
      "Least severe messages that are sent to the client.",
    ),
    setting(
      "cursor_tuple_fraction",
      realType({ minimum: 0, maximum: 1 }),
      "0.1",
      "Query Tuning / Other Planner Options",
      "Accepted; cursors are planned like other queries.",
    ),
    setting(
      "DateStyle",
      dateStyle,
      "ISO, MDY",
      locale,
      "Form of dates on output, and order of their parts on input.",
      reported,
    ),
    setting(
      "default_table_access_method",
      stringType,
      "heap",
      client,
      "Accepted; there is one way to store a table.",
    ),
    setting("default_tablespace", stringType, "", client, "Accepted; there are no tablespaces."),
    setting(
      "default_text_search_config",
      stringType,
      "pg_catalog.simple",
      locale,
      "Accepted for dumps.",
    ),
    setting(
      "default_transaction_deferrable",
      booleanType,
      "off",
      client,
      "Whether new transactions are deferrable.",
    ),
    setting(
      "default_transaction_isolation",
      isolation,
      "serializable",
      client,
      "Isolation level that new transactions report; all run as serializable.",
    ),
    setting(
      "default_transaction_read_only",
      booleanType,
      "off",
      client,
      "Whether new transactions are read-only.",
      reported,
    ),
    setting("enable_hashjoin", booleanType, "on", planner, "Accepted; the planner chooses."),
    setting("enable_indexscan", booleanType, "on", planner, "Accepted; the planner chooses."),
    setting("enable_nestloop", booleanType, "on", planner, "Accepted; the planner chooses."),
    setting("enable_seqscan", booleanType, "on", planner, "Accepted; the planner chooses."),
    setting("enable_sort", booleanType, "on", planner, "Accepted; the planner chooses."),
    setting(
      "escape_string_warning",
      booleanType,
      "on",
      compatibility,
      "Accepted; no warning is given.",
    ),
    setting(
      "extra_float_digits",
      integerType({ minimum: -15, maximum: 3 }),
      "1",
      locale,
      "Digits shown for floating-point values; above 0: the shortest exact form.",
    ),
    setting(
      "from_collapse_limit",
      integerType({ minimum: 1, maximum: int4Max }),
      "8",
      "Query Tuning / Other Planner Options",
      "Accepted; the planner chooses.",
    ),
    setting(
      "gin_fuzzy_search_limit",
      integerType({ minimum: 0, maximum: int4Max }),
      "0",
      client,
      "Accepted.",
    ),
    setting(
      "idle_in_transaction_session_timeout",
      milliseconds,
      "0",
      client,
      "Longest idle time within a transaction; 0: no limit.",
    ),
    setting(
      "idle_session_timeout",
      milliseconds,
      "0",
      client,
      "Longest idle time outside a transaction; 0: no limit.",
    ),
    setting("in_hot_standby", booleanType, "off", preset, "Whether the server is a standby.", both),
    setting(
      "integer_datetimes",
      booleanType,
      "on",
      preset,
      "Times are integers of microseconds.",
      both,
    ),
    setting(
      "IntervalStyle",
      enumType(["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
      "postgres",
      locale,
      "Text form of intervals.",
      reported,
    ),
    setting(
      "is_superuser",
      booleanType,
      "on",
      preset,
      "Whether the session's user may do everything.",
      both,
    ),
    setting("jit", booleanType, "off", "Query Tuning / Other Planner Options", "Accepted."),
    setting(
      "join_collapse_limit",
      integerType({ minimum: 1, maximum: int4Max }),
      "8",
      "Query Tuning / Other Planner Options",
      "Accepted; the planner chooses.",
    ),
    setting("lc_collate", stringType, "C", preset, "Order of text.", internal),
    setting("lc_ctype", stringType, "C.UTF-8", preset, "Classes of characters.", internal),
    setting("lc_messages", stringType, "C", locale, "Language of messages."),
    setting("lc_monetary", stringType, "C", locale, "Accepted."),
    setting("lc_numeric", stringType, "C", locale, "Accepted."),
    setting("lc_time", stringType, "C", locale, "Accepted."),
    setting("lo_compat_privileges", booleanType, "off", compatibility, "Accepted."),
    setting(
      "lock_timeout",
      milliseconds,
      "0",
      client,
      "Accepted; statements do not wait for locks.",
    ),
    setting(
      "log_min_messages",
      logLevels,
      "warning",
      "Reporting and Logging / When to Log",
      "Accepted.",
    ),
    setting(
      "log_statement",
      enumType(["none", "ddl", "mod", "all"]),
      "none",
      "Reporting and Logging / What to Log",
      "Accepted.",
    ),
    setting(
      "maintenance_work_mem",
      kilobytes,
      "65536",
      resources,
      "Accepted; memory is bounded per statement by the node.",
    ),
    setting(
      "max_connections",
      integerType({ minimum: 1, maximum: 262143 }),
      "1000",
      "Connections and Authentication / Connection Settings",
      "Sessions at one time.",
      internal,
    ),
    setting(
      "max_identifier_length",
      integerType({ minimum: 63, maximum: 63 }),
      "63",
      preset,
      "Longest name, in bytes.",
      internal,
    ),
    setting(
      "max_index_keys",
      integerType({ minimum: 32, maximum: 32 }),
      "32",
      preset,
      "Most columns of an index.",
      internal,
    ),
    setting(
      "max_parallel_workers_per_gather",
      integerType({ minimum: 0, maximum: 1024 }),
      "0",
      "Resource Usage / Asynchronous Behavior",
      "Accepted.",
    ),
    setting(
      "max_prepared_transactions",
      integerType({ minimum: 0, maximum: 262143 }),
      "0",
      resources,
      "Two-phase transactions are not supported.",
      internal,
    ),
    setting(
      "password_encryption",
      enumType(["md5", "scram-sha-256"]),
      "scram-sha-256",
      "Connections and Authentication / Authentication",
      "How passwords are kept.",
    ),
    setting(
      "plan_cache_mode",
      enumType(["auto", "force_generic_plan", "force_custom_plan"]),
      "auto",
      "Query Tuning / Other Planner Options",
      "Accepted; plans are generic.",
    ),
    setting("quote_all_identifiers", booleanType, "off", compatibility, "Accepted."),
    setting(
      "random_page_cost",
      realType({ minimum: 0, maximum: Number.MAX_VALUE }),
      "4",
      "Query Tuning / Planner Cost Constants",
      "Accepted.",
    ),
    setting("row_security", booleanType, "on", client, "Accepted; there are no row policies."),
    setting(
      "search_path",
      stringType,
      '"$user", public',
      client,
      "Schemas in which unqualified names are looked for.",
    ),
    setting(
      "seq_page_cost",
      realType({ minimum: 0, maximum: Number.MAX_VALUE }),
      "1",
      "Query Tuning / Planner Cost Constants",
      "Accepted.",
    ),
    setting("server_encoding", stringType, "UTF8", preset, "Encoding of stored text.", both),
    setting(
      "server_version",
      stringType,
      defaults.serverVersion,
      preset,
      "The PostgreSQL version whose behaviour this server follows.",
      both,
    ),
    setting(
      "server_version_num",
      integerType({ minimum: 0, maximum: int4Max }),
      String(versionNumber(defaults.serverVersion)),
      preset,
      "The same as a number.",
      internal,
    ),
    setting(
      "session_replication_role",
      enumType(["origin", "replica", "local"]),
      "origin",
      client,
      "Accepted.",
    ),
    setting(
      "shared_buffers",
      integerType({ minimum: 16, maximum: int4Max, unit: "kB" }),
      "131072",
      resources,
      "Not used.",
      internal,
    ),
    setting(
      "ssl",
      booleanType,
      "off",
      "Connections and Authentication / SSL",
      "Whether TLS is offered.",
      internal,
    ),
    setting(
      "standard_conforming_strings",
      booleanType,
      "on",
      compatibility,
      "Backslashes in plain string literals are just backslashes.",
      reported,
    ),
    setting(
      "statement_timeout",
      milliseconds,
      String(defaults.statementTimeoutMs),
      client,
      "Longest time a statement may run; 0: no limit.",
    ),
    setting("synchronize_seqscans", booleanType, "on", compatibility, "Accepted."),
    setting(
      "synchronous_commit",
      enumType(["local", "remote_write", "remote_apply", "on", "off"], {
        true: "on",
        false: "off",
        yes: "on",
        no: "off",
        1: "on",
        0: "off",
      }),
      "on",
      "Write-Ahead Log / Settings",
      "Accepted; every commit is durable on a quorum before it is acknowledged.",
    ),
    setting(
      "temp_buffers",
      integerType({ minimum: 100, maximum: 1_073_741_823 }),
      "1024",
      resources,
      "Accepted.",
    ),
    setting("temp_tablespaces", stringType, "", client, "Accepted; there are no tablespaces."),
    setting(
      "TimeZone",
      timeZone,
      "UTC",
      locale,
      "Zone in which times are shown and read.",
      reported,
    ),
    setting(
      "transaction_deferrable",
      booleanType,
      "off",
      client,
      "Whether the present transaction is deferrable.",
    ),
    setting(
      "transaction_isolation",
      isolation,
      "serializable",
      client,
      "Isolation level that the present transaction reports.",
    ),
    setting(
      "transaction_read_only",
      booleanType,
      "off",
      client,
      "Whether the present transaction is read-only.",
    ),
    setting(
      "wal_level",
      enumType(["minimal", "replica", "logical"]),
      "replica",
      "Write-Ahead Log / Settings",
      "Not used.",
      internal,
    ),
    setting(
      "work_mem",
      kilobytes,
      "4096",
      resources,
      "Accepted; memory is bounded per statement by the node.",
    ),
    setting("xmlbinary", enumType(["base64", "hex"]), "base64", client, "Accepted."),
    setting("xmloption", enumType(["content", "document"]), "content", client, "Accepted."),
  ];
}
