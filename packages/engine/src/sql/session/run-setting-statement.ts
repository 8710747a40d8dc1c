import { SqlError } from "#base/errors.ts";
import type { ResetStatement, SetStatement, ShowStatement } from "#sql/bind/statement.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { Row } from "#sql/types/datum.ts";
import { getType } from "#sql/types/type.ts";
import { applyModes } from "./run-transaction-statement.ts";
import type { SessionState } from "./session-state.ts";
import { booleanType } from "./setting-values.ts";
import { unknownSetting } from "./settings.ts";

/** SET and its kin on one setting. Returns the command tag. */
export function runSet(state: SessionState, statement: SetStatement | ResetStatement): string {
  if (statement.kind === "reset") {
    if (statement.name === undefined) state.settings.resetAll();
    else setSetting(state, statement.name, undefined, false);
    return "RESET";
  }
  setSetting(state, statement.name, statement.value, statement.isLocal);
  return "SET";
}

export function setSetting(
  state: SessionState,
  name: string,
  value: string | undefined,
  isLocal: boolean,
): void {
  if (setTransactionSetting(state, name, value)) return;
  if (name === "role" || name === "session_authorization") {
    const isSame = value === undefined || value === "none" || value === state.options.user;
    if (!isSame) throw new SqlError("undefined_object", `role "${value}" does not exist`);
    return;
  }
  state.settings.set(name, value, isLocal);
}

/** Settings that are facts of the present transaction. */
function setTransactionSetting(
  state: SessionState,
  name: string,
  value: string | undefined,
): boolean {
  const none = { isolation: undefined, readOnly: undefined, deferrable: undefined };
  const { transaction, settings } = state;
  const shown = value ?? settings.show(`default_${name}`) ?? "";
  switch (name) {
    case "transaction_isolation": {
      const isolation = shown.toLowerCase();
      if (
        isolation !== "serializable" &&
        isolation !== "repeatable read" &&
        isolation !== "read committed" &&
        isolation !== "read uncommitted"
      ) {
        throw new SqlError(
          "invalid_parameter_value",
          `invalid value for parameter "transaction_isolation": "${shown}"`,
        );
      }
      if (transaction !== undefined) applyModes(transaction, { ...none, isolation });
      return true;
    }
    case "transaction_read_only":
    case "transaction_deferrable": {
      const isOn = booleanType.normalise(name, shown, "off") === "on";
      if (transaction === undefined) return true;
      applyModes(
        transaction,
        name === "transaction_read_only"
          ? { ...none, readOnly: isOn }
          : { ...none, deferrable: isOn },
      );
      return true;
    }
    default:
      return false;
  }
}

export interface Shown {
  readonly columns: readonly OutputColumn[];
  readonly rows: readonly Row[];
}

function textColumn(name: string): OutputColumn {
  return { name, type: getType(oids.text), typmod: -1, tableId: 0, attributeNumber: 0 };
}

export function textColumns(names: readonly string[]): readonly OutputColumn[] {
  return names.map(textColumn);
}

/** SHOW. The column is named as the setting is. */
export function runShow(state: SessionState, statement: ShowStatement): Shown {
  if (statement.name === "all") {
    const rows = [...state.settings.rows()].map((row) => [
      row.name,
      state.settings.show(row.name) ?? "",
      row.help,
    ]);
    return { columns: textColumns(["name", "setting", "description"]), rows };
  }
  const value = showSetting(state, statement.name);
  if (value === undefined) throw unknownSetting(statement.name);
  const definition = state.engine.settings.find(statement.name);
  return { columns: textColumns([definition?.name ?? statement.name]), rows: [[value]] };
}

export function showSetting(state: SessionState, name: string): string | undefined {
  const { transaction, settings } = state;
  switch (name.toLowerCase()) {
    case "transaction_isolation":
      return transaction?.isolation ?? settings.show("default_transaction_isolation");
    case "transaction_read_only":
      return transaction === undefined
        ? settings.show("default_transaction_read_only")
        : onOff(transaction.isReadOnly);
    case "transaction_deferrable":
      return transaction === undefined
        ? settings.show("default_transaction_deferrable")
        : onOff(transaction.isDeferrable);
    case "role":
      return "none";
    case "session_authorization":
      return state.options.user;
    default:
      return settings.show(name);
  }
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}
