import { SqlError, notSupported } from "#base/errors.ts";
import type { DefElem, ExplainStmt, Node, PrepareStmt } from "#sql/parse/ast.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { bindAlterTable, bindRename, bindSetSchema } from "./alter-table.ts";
import { bindComment } from "./comment.ts";
import { bindCopy } from "./copy.ts";
import { bindCreateIndex } from "./create-index.ts";
import { bindCreateTable } from "./create-table.ts";
import { bindCreateTableAs } from "./create-table-as.ts";
import { bindDrop } from "./drop.ts";
import { constantText } from "./constant-text.ts";
import type { Environment } from "./environment.ts";
import { lookupTable, withoutPosition } from "./lookup-relation.ts";
import { bindQueryStatement, isQueryNode } from "./query-statement.ts";
import { bindSet, bindShow } from "./setting.ts";
import type {
  ExplainOptions,
  ExplainStatement,
  FetchStatement,
  PrepareStatement,
  Statement,
} from "./statement.ts";
import { statementName } from "./statement-name.ts";
import { bindTransaction } from "./transaction.ts";
import { bindTypeName } from "./type-name.ts";

/** Statements other than queries. What HoloFusion does not have gets 0A000 with its name. */
export function bindUtility(environment: Environment, statement: ParsedStatement): Statement {
  const { node } = statement;
  if ("TransactionStmt" in node) return bindTransaction(node.TransactionStmt);
  if ("VariableSetStmt" in node) return bindSet(environment, node.VariableSetStmt);
  if ("VariableShowStmt" in node) return bindShow(node.VariableShowStmt);
  if ("ExplainStmt" in node) return bindExplain(environment, node.ExplainStmt);
  if ("PrepareStmt" in node) return bindPrepare(environment, statement, node.PrepareStmt);
  if ("ExecuteStmt" in node) {
    const { name = "", params = [] } = node.ExecuteStmt;
    return { kind: "execute", name, argumentNodes: params };
  }
  if ("DeallocateStmt" in node) return { kind: "deallocate", name: node.DeallocateStmt.name };
  if ("CreateStmt" in node) return bindCreateTable(environment, node.CreateStmt);
  if ("CreateTableAsStmt" in node) {
    const { query, into, objtype, if_not_exists } = node.CreateTableAsStmt;
    if (objtype === "OBJECT_MATVIEW") throw notSupported("CREATE MATERIALIZED VIEW");
    if (query === undefined || into === undefined) throw notSupported("CREATE TABLE AS");
    return bindCreateTableAs(environment, query, into, if_not_exists === true);
  }
  if ("DropStmt" in node) return bindDrop(environment, node.DropStmt);
  if ("AlterTableStmt" in node) return bindAlterTable(environment, node.AlterTableStmt);
  if ("RenameStmt" in node) return bindRename(environment, node.RenameStmt);
  if ("AlterObjectSchemaStmt" in node) {
    return bindSetSchema(environment, node.AlterObjectSchemaStmt);
  }
  if ("CreateSchemaStmt" in node) {
    const { schemaname, if_not_exists, schemaElts, authrole } = node.CreateSchemaStmt;
    if ((schemaElts ?? []).length > 0) throw notSupported("CREATE SCHEMA with elements");
    const name = schemaname ?? authrole?.rolename ?? "";
    if (name.startsWith("pg_")) {
      throw new SqlError("reserved_name", `unacceptable schema name "${name}"`, {
        detail: 'The prefix "pg_" is reserved for system schemas.',
      });
    }
    const alreadyExists = environment.catalog.snapshot.findSchema(name) !== undefined;
    if (alreadyExists && if_not_exists !== true) {
      throw new SqlError("duplicate_schema", `schema "${name}" already exists`);
    }
    return { kind: "createSchema", name, ifNotExists: if_not_exists === true, alreadyExists };
  }
  if ("IndexStmt" in node) return bindCreateIndex(environment, node.IndexStmt);
  if ("TruncateStmt" in node) {
    if (node.TruncateStmt.restart_seqs === true) throw notSupported("RESTART IDENTITY");
    const tables = (node.TruncateStmt.relations ?? []).map((relation) => {
      if (!("RangeVar" in relation)) throw notSupported("TRUNCATE of this");
      return lookupTable(environment, withoutPosition(relation.RangeVar));
    });
    return { kind: "truncate", tables: [...new Set(tables)] };
  }
  if ("CommentStmt" in node) return bindComment(environment, node.CommentStmt);
  if ("DiscardStmt" in node) {
    const target = {
      DISCARD_ALL: "all",
      DISCARD_PLANS: "plans",
      DISCARD_SEQUENCES: "sequences",
      DISCARD_TEMP: "temp",
    } as const;
    return { kind: "discard", target: target[node.DiscardStmt.target ?? "DISCARD_ALL"] };
  }
  if ("DeclareCursorStmt" in node) {
    const { portalname = "", query, options = 0 } = node.DeclareCursorStmt;
    if (query === undefined) throw notSupported("DECLARE without a query");
    if ((options & cursorBits.binary) !== 0) throw notSupported("a binary cursor");
    if ((options & cursorBits.scroll) !== 0) throw notSupported("a scrollable cursor");
    return {
      kind: "declareCursor",
      name: portalname,
      query: bindQueryStatement(environment, query),
      withHold: (options & cursorBits.hold) !== 0,
    };
  }
  if ("FetchStmt" in node) return bindFetch(node);
  if ("CopyStmt" in node) return bindCopy(environment, node.CopyStmt);
  if ("ClosePortalStmt" in node) {
    return { kind: "closeCursor", name: node.ClosePortalStmt.portalname };
  }
  throw notSupported(statementName(node));
}

/** Bits of DeclareCursorStmt.options. */
const cursorBits = { binary: 0x1, scroll: 0x2, hold: 0x20 } as const;

function bindFetch(node: Extract<Node, { FetchStmt: unknown }>): FetchStatement {
  const { direction, howMany, portalname = "", ismove } = node.FetchStmt;
  if (direction !== undefined && direction !== "FETCH_FORWARD") {
    throw new SqlError("object_not_in_prerequisite_state", "cursor can only scan forward", {
      hint: "Declare it with SCROLL option to enable backward scan.",
    });
  }
  // FETCH ALL comes as the largest integer there is; as JSON it may be rounded.
  const count = Number(howMany ?? 0);
  return {
    kind: "fetch",
    name: portalname,
    count: count >= 2_147_483_647 ? Infinity : count,
    isMove: ismove === true,
  };
}

function bindPrepare(
  environment: Environment,
  statement: ParsedStatement,
  node: PrepareStmt,
): PrepareStatement {
  const { name = "", argtypes = [], query } = node;
  if (query === undefined) throw notSupported("PREPARE without a statement");
  return {
    kind: "prepare",
    name,
    parameterTypeOids: argtypes.map((type) =>
      "TypeName" in type ? bindTypeName(environment, type.TypeName).type.oid : oids.unknown,
    ),
    body: { node: query, source: statement.source, text: statement.text },
  };
}

function bindExplain(environment: Environment, node: ExplainStmt): ExplainStatement {
  const { query, options = [] } = node;
  if (query === undefined) throw notSupported("EXPLAIN without a statement");
  if ("CreateTableAsStmt" in query) {
    const { query: inner, into, if_not_exists } = query.CreateTableAsStmt;
    if (inner === undefined || into === undefined) throw notSupported("EXPLAIN of this");
    return {
      kind: "explain",
      query: bindCreateTableAs(environment, inner, into, if_not_exists === true),
      options: explainOptions(options),
    };
  }
  if (!isQueryNode(query)) throw notSupported(`EXPLAIN ${statementName(query)}`);
  return {
    kind: "explain",
    query: bindQueryStatement(environment, query),
    options: explainOptions(options),
  };
}

function explainOptions(nodes: readonly Node[]): ExplainOptions {
  const values = new Map<string, DefElem>();
  for (const node of nodes) {
    if ("DefElem" in node) values.set(node.DefElem.defname ?? "", node.DefElem);
  }
  const known = new Set([
    "analyze",
    "verbose",
    "costs",
    "timing",
    "summary",
    "format",
    "buffers",
    "settings",
    "wal",
  ]);
  for (const name of values.keys()) {
    if (known.has(name)) continue;
    throw new SqlError("syntax_error", `unrecognized EXPLAIN option "${name}"`);
  }
  const flag = (name: string, absent: boolean): boolean => {
    const element = values.get(name);
    return element === undefined ? absent : isOn(element);
  };
  const analyze = flag("analyze", false);
  return {
    analyze,
    verbose: flag("verbose", false),
    costs: flag("costs", true),
    timing: flag("timing", analyze),
    summary: flag("summary", analyze),
    format: explainFormat(values.get("format")),
  };
}

function explainFormat(element: DefElem | undefined): ExplainOptions["format"] {
  const format = element === undefined ? "text" : optionText(element).toLowerCase();
  if (format === "text" || format === "json") return format;
  if (format === "xml" || format === "yaml") throw notSupported(`EXPLAIN (FORMAT ${format})`);
  throw new SqlError(
    "invalid_parameter_value",
    `unrecognized value for EXPLAIN option "format": "${format}"`,
  );
}

function isOn(element: DefElem): boolean {
  if (element.arg === undefined) return true;
  const text = optionText(element).toLowerCase();
  if (["true", "on", "1"].includes(text)) return true;
  if (["false", "off", "0"].includes(text)) return false;
  throw new SqlError("syntax_error", `${element.defname ?? ""} requires a Boolean value`);
}

function optionText(element: DefElem): string {
  const { arg } = element;
  if (arg === undefined) return "";
  if ("String" in arg) return arg.String.sval ?? "";
  if ("Integer" in arg) return String(arg.Integer.ival ?? 0);
  if ("Float" in arg) return arg.Float.fval ?? "";
  if ("Boolean" in arg) return arg.Boolean.boolval === true ? "true" : "false";
  if ("A_Const" in arg) return constantText(arg);
  return "";
}
