import { SqlError, notSupported } from "#base/errors.ts";
import type { Node, VariableSetStmt, VariableShowStmt } from "#sql/parse/ast.ts";
import { quoteIdentifier } from "./deparse.ts";
import type { Environment } from "./environment.ts";
import type {
  ResetStatement,
  SetStatement,
  SetTransactionStatement,
  ShowStatement,
} from "./statement.ts";
import { transactionModes } from "./transaction.ts";
import { bindTypeName } from "./type-name.ts";
import { constantText } from "./constant-text.ts";

/** SET, SET LOCAL, SET TRANSACTION, RESET. */
export function bindSet(
  environment: Environment,
  node: VariableSetStmt,
): SetStatement | ResetStatement | SetTransactionStatement {
  const name = (node.name ?? "").toLowerCase();
  const isLocal = node.is_local === true;
  switch (node.kind) {
    case "VAR_SET_MULTI":
      if (name === "transaction snapshot") throw notSupported("SET TRANSACTION SNAPSHOT");
      return {
        kind: "setTransaction",
        scope: name === "session characteristics" ? "session" : "transaction",
        modes: transactionModes(node.args ?? []),
      };
    case "VAR_SET_DEFAULT":
      return { kind: "set", name, value: undefined, isLocal };
    case "VAR_RESET":
      return { kind: "reset", name };
    case "VAR_RESET_ALL":
      return { kind: "reset", name: undefined };
    case "VAR_SET_CURRENT":
      throw notSupported("SET … FROM CURRENT");
    default:
      return {
        kind: "set",
        name,
        value: settingValue(environment, name, node.args ?? []),
        isLocal,
      };
  }
}

/** Settings whose value is a list of names: each is quoted as a name where needed. */
const listSettings = new Set(["search_path", "datestyle", "temp_tablespaces"]);

function settingValue(environment: Environment, name: string, args: readonly Node[]): string {
  if (args.length > 1 && !listSettings.has(name)) {
    throw new SqlError("invalid_parameter_value", `SET ${name} takes only one argument`);
  }
  return args
    .map((arg) => {
      const text = argumentText(environment, arg);
      return name === "search_path" ? quoteIdentifier(text) : text;
    })
    .join(", ");
}

function argumentText(environment: Environment, arg: Node): string {
  if ("A_Const" in arg) return constantText(arg);
  if ("TypeCast" in arg) {
    // SET TIME ZONE INTERVAL '…' HOUR TO MINUTE
    const { arg: inner, typeName } = arg.TypeCast;
    if (inner !== undefined && "A_Const" in inner && typeName !== undefined) {
      const type = bindTypeName(environment, typeName);
      if (type.type.name === "interval") {
        throw notSupported("SET TIME ZONE INTERVAL");
      }
      return constantText(inner);
    }
  }
  throw notSupported("a SET value of this kind");
}

/** Settings that are not shown in lower case. */
const displayNames: Readonly<Record<string, string>> = {
  datestyle: "DateStyle",
  intervalstyle: "IntervalStyle",
  timezone: "TimeZone",
};

export function bindShow(node: VariableShowStmt): ShowStatement {
  const name = (node.name ?? "").toLowerCase();
  return { kind: "show", name, displayName: displayNames[name] ?? name };
}
