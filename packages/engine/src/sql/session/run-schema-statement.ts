import { SqlError } from "#base/errors.ts";
import type { Statement } from "#sql/bind/statement.ts";
import { bindStoredExpressions } from "#sql/bind/bind-statement.ts";
import { alterTable } from "#sql/execute/alter-table.ts";
import {
  comment,
  createIndex,
  createSchema,
  createTable,
  createTableAs,
  dropIndexes,
  dropSchemas,
  dropTables,
  truncate,
} from "#sql/execute/schema-change.ts";
import type { SchemaChangeOptions } from "#sql/execute/schema-change.ts";
import type { Row } from "#sql/types/datum.ts";
import type { ResultSink } from "./protocol.ts";
import { newRun } from "./run-query.ts";
import type { SessionState } from "./session-state.ts";

/** Runs a schema change as writes of the session's transaction. Undefined: it is another statement. */
export async function runSchemaStatement(
  state: SessionState,
  statement: Statement,
  parameters: Row,
  sink: ResultSink,
): Promise<string | undefined> {
  const run = newRun(state, parameters);
  const options: SchemaChangeOptions = {
    run,
    rewriteRowsMax: state.engine.limits.rewriteRowsMax,
    notice: (message, condition) => {
      const error = new SqlError(condition ?? "successful_completion", message);
      sink.notice({ severity: "NOTICE", error });
    },
  };
  switch (statement.kind) {
    case "createTable":
      await createTable(statement, options);
      return "CREATE TABLE";
    case "createTableAs": {
      const count = await createTableAs(statement, options);
      return statement.alreadyExists || !statement.withData ? "CREATE TABLE AS" : `SELECT ${count}`;
    }
    case "dropTable":
      dropTables(statement, options);
      return "DROP TABLE";
    case "dropAbsent":
      for (const message of statement.notices) options.notice(message);
      return statement.command;
    case "alterTable":
      await alterTable(statement, {
        ...options,
        bindChecks: (table) => bindStoredExpressions(state.bindCatalog(), table).checks,
      });
      return "ALTER TABLE";
    case "createSchema":
      await createSchema(statement, options);
      return "CREATE SCHEMA";
    case "dropSchema":
      dropSchemas(statement, options);
      return "DROP SCHEMA";
    case "createIndex":
      await createIndex(statement, options);
      return "CREATE INDEX";
    case "dropIndex":
      dropIndexes(statement, options);
      return "DROP INDEX";
    case "truncate":
      truncate(statement, options);
      return "TRUNCATE TABLE";
    case "comment":
      comment(statement, options);
      return "COMMENT";
    default:
      return undefined;
  }
}

/** Command words of statements that a read-only transaction refuses. */
export function schemaCommand(kind: Statement["kind"]): string | undefined {
  switch (kind) {
    case "createTable":
      return "CREATE TABLE";
    case "createTableAs":
      return "CREATE TABLE AS";
    case "dropTable":
      return "DROP TABLE";
    case "dropAbsent":
      return "DROP";
    case "alterTable":
      return "ALTER TABLE";
    case "createSchema":
      return "CREATE SCHEMA";
    case "dropSchema":
      return "DROP SCHEMA";
    case "createIndex":
      return "CREATE INDEX";
    case "dropIndex":
      return "DROP INDEX";
    case "truncate":
      return "TRUNCATE TABLE";
    case "comment":
      return "COMMENT";
    default:
      return undefined;
  }
}
