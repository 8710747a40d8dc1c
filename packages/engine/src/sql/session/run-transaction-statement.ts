import { SqlError } from "#base/errors.ts";
import { unreachable } from "#base/assert.ts";
import type {
  SavepointStatement,
  SetTransactionStatement,
  TransactionModes,
  TransactionStatement,
} from "#sql/bind/statement.ts";
import type { ResultSink } from "./protocol.ts";
import type { SessionState } from "./session-state.ts";
import type { SqlTransaction } from "./sql-transaction.ts";

/** BEGIN, COMMIT, ROLLBACK. Returns the command tag. */
export async function runTransactionStatement(
  state: SessionState,
  statement: TransactionStatement,
  sink: ResultSink,
): Promise<string> {
  switch (statement.kind) {
    case "begin":
      beginBlock(state, statement.modes, sink);
      return statement.command;
    case "commit":
      return endBlock(state, statement.chain, sink, true);
    case "rollback":
      return endBlock(state, statement.chain, sink, false);
    default:
      return unreachable(statement);
  }
}

function beginBlock(state: SessionState, modes: TransactionModes, sink: ResultSink): void {
  const open = state.transaction;
  if (open?.isBlock === true) {
    warn(sink, "active_sql_transaction", "there is already a transaction in progress");
    return;
  }
  // In a text of several statements BEGIN turns what has run so far into the block's beginning.
  const transaction = open ?? state.begin(modes);
  transaction.isBlock = true;
  if (open !== undefined) applyModes(transaction, modes);
}

async function endBlock(
  state: SessionState,
  chain: boolean,
  sink: ResultSink,
  isCommit: boolean,
): Promise<string> {
  const transaction = state.transaction;
  if (transaction?.isBlock !== true) {
    if (chain) {
      throw new SqlError(
        "no_active_sql_transaction",
        `${isCommit ? "COMMIT" : "ROLLBACK"} AND CHAIN can only be used in transaction blocks`,
      );
    }
    warn(sink, "no_active_sql_transaction", "there is no transaction in progress");
    if (transaction === undefined) return isCommit ? "COMMIT" : "ROLLBACK";
  }
  const { isFailed } = transaction;
  const modes: TransactionModes = {
    isolation: transaction.isolation,
    readOnly: transaction.isReadOnly,
    deferrable: transaction.isDeferrable,
  };
  const commits = isCommit && !isFailed;
  if (commits) await state.commit();
  else await state.rollback();
  if (chain) state.begin(modes).isBlock = true;
  return commits ? "COMMIT" : "ROLLBACK";
}

function warn(
  sink: ResultSink,
  condition: "active_sql_transaction" | "no_active_sql_transaction",
  message: string,
): void {
  sink.notice({ severity: "WARNING", error: new SqlError(condition, message) });
}

/** SAVEPOINT, RELEASE, ROLLBACK TO. Returns the command tag. */
export function runSavepointStatement(state: SessionState, statement: SavepointStatement): string {
  const transaction = state.transaction;
  const words = {
    savepoint: "SAVEPOINT",
    releaseSavepoint: "RELEASE SAVEPOINT",
    rollbackToSavepoint: "ROLLBACK TO SAVEPOINT",
  } as const;
  if (transaction?.isBlock !== true) {
    throw new SqlError(
      "no_active_sql_transaction",
      `${words[statement.kind]} can only be used in transaction blocks`,
    );
  }
  if (statement.kind === "savepoint") {
    transaction.savepoints.push({
      name: statement.name,
      kv: transaction.kv.savepoint(),
      catalog: transaction.catalog.savepoint(),
      settings: state.settings.mark(),
    });
    return "SAVEPOINT";
  }
  const at = transaction.savepoints.findLastIndex(({ name }) => name === statement.name);
  const savepoint = transaction.savepoints[at];
  if (savepoint === undefined) {
    throw new SqlError(
      "invalid_savepoint_specification",
      `savepoint "${statement.name}" does not exist`,
    );
  }
  if (statement.kind === "releaseSavepoint") {
    transaction.savepoints.length = at;
    return "RELEASE";
  }
  transaction.savepoints.length = at + 1;
  transaction.kv.rollbackTo(savepoint.kv);
  transaction.catalog.rollbackTo(savepoint.catalog);
  state.settings.rollbackTo(savepoint.settings);
  transaction.isFailed = false;
  return "ROLLBACK";
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS. */
export function runSetTransaction(
  state: SessionState,
  statement: SetTransactionStatement,
  sink: ResultSink,
): string {
  const { modes } = statement;
  if (statement.scope === "session") {
    const { settings } = state;
    if (modes.isolation !== undefined) {
      settings.set("default_transaction_isolation", modes.isolation, false);
    }
    if (modes.readOnly !== undefined) {
      settings.set("default_transaction_read_only", modes.readOnly ? "on" : "off", false);
    }
    if (modes.deferrable !== undefined) {
      settings.set("default_transaction_deferrable", modes.deferrable ? "on" : "off", false);
    }
    return "SET";
  }
  const { transaction } = state;
  if (transaction?.isBlock !== true) {
    warn(
      sink,
      "no_active_sql_transaction",
      "SET TRANSACTION can only be used in transaction blocks",
    );
    return "SET";
  }
  applyModes(transaction, modes);
  return "SET";
}

export function applyModes(transaction: SqlTransaction, modes: TransactionModes): void {
  if (modes.isolation !== undefined && modes.isolation !== transaction.isolation) {
    if (transaction.hasRunQuery) {
      throw new SqlError(
        "active_sql_transaction",
        "SET TRANSACTION ISOLATION LEVEL must be called before any query",
      );
    }
    transaction.isolation = modes.isolation;
  }
  if (modes.readOnly !== undefined && modes.readOnly !== transaction.isReadOnly) {
    if (!modes.readOnly && transaction.hasRunQuery) {
      throw new SqlError(
        "active_sql_transaction",
        "transaction read-write mode must be set before any query",
      );
    }
    transaction.isReadOnly = modes.readOnly;
  }
  if (modes.deferrable !== undefined) transaction.isDeferrable = modes.deferrable;
}
