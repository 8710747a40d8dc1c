import { notSupported } from "#base/errors.ts";
import type { Node, TransactionStmt } from "#sql/parse/ast.ts";
import type {
  IsolationLevel,
  SavepointStatement,
  TransactionModes,
  TransactionStatement,
} from "./statement.ts";

export function bindTransaction(node: TransactionStmt): TransactionStatement | SavepointStatement {
  const name = node.savepoint_name ?? "";
  const chain = node.chain === true;
  switch (node.kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return {
        kind: "begin",
        modes: transactionModes(node.options ?? []),
        command: node.kind === "TRANS_STMT_BEGIN" ? "BEGIN" : "START TRANSACTION",
      };
    case "TRANS_STMT_COMMIT":
      return { kind: "commit", chain };
    case "TRANS_STMT_ROLLBACK":
      return { kind: "rollback", chain };
    case "TRANS_STMT_SAVEPOINT":
      return { kind: "savepoint", name };
    case "TRANS_STMT_RELEASE":
      return { kind: "releaseSavepoint", name };
    case "TRANS_STMT_ROLLBACK_TO":
      return { kind: "rollbackToSavepoint", name };
    default:
      throw notSupported("PREPARE TRANSACTION");
  }
}

const isolationLevels: Readonly<Record<string, IsolationLevel>> = {
  "read uncommitted": "read uncommitted",
  "read committed": "read committed",
  "repeatable read": "repeatable read",
  serializable: "serializable",
};

export function transactionModes(options: readonly Node[]): TransactionModes {
  let isolation: IsolationLevel | undefined;
  let readOnly: boolean | undefined;
  let deferrable: boolean | undefined;
  for (const option of options) {
    if (!("DefElem" in option)) continue;
    const { defname, arg } = option.DefElem;
    const constant = arg !== undefined && "A_Const" in arg ? arg.A_Const : undefined;
    const isOn = (constant?.ival?.ival ?? 0) !== 0;
    if (defname === "transaction_isolation") {
      isolation = isolationLevels[constant?.sval?.sval ?? ""];
    } else if (defname === "transaction_read_only") {
      readOnly = isOn;
    } else if (defname === "transaction_deferrable") {
      deferrable = isOn;
    }
  }
  return { isolation, readOnly, deferrable };
}
