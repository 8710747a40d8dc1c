import { builtinOids, databaseName, roleName } from "#catalog/builtin-objects.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { arrayValue } from "./virtual-relation.ts";
import type { NamedRow, RelationRows, RowSource } from "./virtual-relation.ts";

const utf8Encoding = 6;

function* databaseRows(): Generator<NamedRow> {
  yield {
    oid: builtinOids.database,
    datname: databaseName,
    datdba: builtinOids.role,
    encoding: utf8Encoding,
    datlocprovider: "c",
    datallowconn: true,
    datconnlimit: -1,
    dattablespace: builtinOids.tablespaceDefault,
    datcollate: "C",
    datctype: "C.UTF-8",
  };
}

const roleFacts = {
  rolname: roleName,
  rolsuper: true,
  rolinherit: true,
  rolcreaterole: true,
  rolcreatedb: true,
  rolcanlogin: true,
  rolreplication: false,
  rolconnlimit: -1,
  rolbypassrls: true,
};

function* authidRows(): Generator<NamedRow> {
  yield { ...roleFacts, oid: builtinOids.role };
}

function* roleRows(): Generator<NamedRow> {
  yield { ...roleFacts, oid: builtinOids.role, rolpassword: "********" };
}

function* userRows(): Generator<NamedRow> {
  yield {
    usename: roleName,
    usesysid: builtinOids.role,
    usecreatedb: true,
    usesuper: true,
    userepl: false,
    usebypassrls: true,
    passwd: "********",
  };
}

function* tablespaceRows(): Generator<NamedRow> {
  const common = { spcowner: builtinOids.role };
  yield { ...common, oid: builtinOids.tablespaceDefault, spcname: "pg_default" };
  yield { ...common, oid: builtinOids.tablespaceGlobal, spcname: "pg_global" };
}

function* settingRows(source: RowSource): Generator<NamedRow> {
  for (const row of source.context.settings.rows()) {
    yield {
      name: row.name,
      setting: row.value,
      unit: row.unit ?? null,
      category: row.category,
      short_desc: row.help,
      context: row.context,
      vartype: row.type,
      source: row.isChanged ? "session" : "default",
      min_val: row.minimum ?? null,
      max_val: row.maximum ?? null,
      enumvals: row.choices === undefined ? null : arrayValue(oids.text, row.choices),
      boot_val: row.bootValue,
      reset_val: row.resetValue,
      pending_restart: false,
    };
  }
}

function* activityRows(source: RowSource): Generator<NamedRow> {
  for (const session of source.context.server.activities()) {
    yield {
      datid: builtinOids.database,
      datname: session.database,
      pid: session.processId,
      usesysid: builtinOids.role,
      usename: session.user,
      application_name: session.applicationName,
      client_port: session.remotePort,
      client_addr: session.remoteAddress,
      backend_start: session.startedAt,
      xact_start: session.transactionStartedAt ?? null,
      query_start: session.statementStartedAt ?? null,
      state_change: session.stateChangedAt,
      wait_event_type: session.state === "active" ? null : "Client",
      wait_event: session.state === "active" ? null : "ClientRead",
      state: session.state,
      query: session.statement,
      backend_type: "client backend",
    };
  }
}

/** Transactions take no locks on rows or tables: each only holds itself. */
function* lockRows(source: RowSource): Generator<NamedRow> {
  for (const session of source.context.server.activities()) {
    if (session.transactionStartedAt === undefined) continue;
    const id = `${session.processId}/1`;
    yield {
      locktype: "virtualxid",
      virtualxid: id,
      virtualtransaction: id,
      pid: session.processId,
      mode: "ExclusiveLock",
      granted: true,
      fastpath: true,
    };
  }
}

export const serverRows: RelationRows = {
  pg_database: databaseRows,
  pg_authid: authidRows,
  pg_roles: roleRows,
  pg_user: userRows,
  pg_shadow: userRows,
  pg_tablespace: tablespaceRows,
  pg_settings: settingRows,
  pg_stat_activity: activityRows,
  pg_locks: lockRows,
};
