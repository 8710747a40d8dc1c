import type {
  ColumnDescriptor,
  IndexColumnOrder,
  IndexDescriptor,
  TableDescriptor,
} from "#catalog/descriptor.ts";
import type { Node } from "#sql/parse/ast.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import type { Expression, TypeRef } from "./expression.ts";
import type { CopyFormat } from "./copy-format.ts";
import type { InsertPlan, OutputColumn, QueryPlan } from "./query-plan.ts";

/**
 * A statement with all names and types decided.
 *
 * - Queries may be kept and run again while the catalog version and the session settings that
 *   `isReusable` speaks of hold still.
 * - Other statements are bound anew each time they run: they name things as they stand now.
 */
export interface BoundStatement {
  readonly statement: Statement;
  /** Types of $1, $2 …; inferred where the client gave none. */
  readonly parameterTypeOids: readonly number[];
  /** The row shape; undefined when the statement returns no rows. */
  readonly columns: readonly OutputColumn[] | undefined;
  /** Descriptors the binding rests on, each once. */
  readonly tables: readonly TableDescriptor[];
  /** False when a literal was read whose meaning changes with time ('now'::timestamptz). */
  readonly isReusable: boolean;
}

export type Statement =
  | QueryStatement
  | ExplainStatement
  | CreateTableStatement
  | CreateTableAsStatement
  | DropTableStatement
  | DropAbsentStatement
  | AlterTableStatement
  | CreateSchemaStatement
  | DropSchemaStatement
  | CreateIndexStatement
  | DropIndexStatement
  | TruncateStatement
  | CommentStatement
  | TransactionStatement
  | SavepointStatement
  | SetTransactionStatement
  | PrepareStatement
  | ExecuteStatement
  | DeallocateStatement
  | SetStatement
  | ResetStatement
  | ShowStatement
  | DiscardStatement
  | DeclareCursorStatement
  | FetchStatement
  | CloseCursorStatement
  | CopyFromStatement
  | CopyToStatement;

export interface QueryStatement {
  readonly kind: "query";
  /** The first word of the command tag. VALUES counts as SELECT. */
  readonly command: "SELECT" | "INSERT" | "UPDATE" | "DELETE";
  readonly plan: QueryPlan;
  /** No data-modifying node anywhere. */
  readonly isReadOnly: boolean;
}

export interface ExplainStatement {
  readonly kind: "explain";
  readonly query: QueryStatement | CreateTableAsStatement;
  readonly options: ExplainOptions;
}

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly timing: boolean;
  readonly summary: boolean;
  readonly format: "text" | "json";
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeRef;
  readonly notNull: boolean;
  /** As ColumnDescriptor.defaultSql. */
  readonly defaultSql: string | undefined;
  /** The default bound, without column references; for filling rows at ADD COLUMN. */
  readonly defaultValue: Expression | undefined;
}

/** A PRIMARY KEY or UNIQUE constraint; the name is always decided. */
export interface KeyDefinition {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface CheckDefinition {
  readonly name: string;
  /** As CheckDescriptor.conditionSql. */
  readonly conditionSql: string;
  readonly columns: readonly string[];
}

export interface CreateTableStatement {
  readonly kind: "createTable";
  /** The schema is decided and exists. */
  readonly schema: string;
  readonly name: string;
  readonly ifNotExists: boolean;
  /** The name is taken already: a notice, nothing to do. Only with ifNotExists; otherwise 42P07 was raised. */
  readonly alreadyExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly primaryKey: KeyDefinition | undefined;
  readonly uniques: readonly KeyDefinition[];
  readonly checks: readonly CheckDefinition[];
}

/** CREATE TABLE … AS and SELECT INTO. The plan's columns are the table's. */
export interface CreateTableAsStatement {
  readonly kind: "createTableAs";
  readonly schema: string;
  readonly name: string;
  readonly ifNotExists: boolean;
  readonly alreadyExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly plan: QueryPlan;
  readonly withData: boolean;
}

/** Notices of things that IF EXISTS let pass, in the words of PostgreSQL. */
export interface SkippedObjects {
  readonly notices: readonly string[];
}

export interface DropTableStatement extends SkippedObjects {
  readonly kind: "dropTable";
  readonly tables: readonly TableDescriptor[];
  readonly cascade: boolean;
}

/** DROP … IF EXISTS of kinds of objects that HoloFusion has none of: nothing but notices. */
export interface DropAbsentStatement extends SkippedObjects {
  readonly kind: "dropAbsent";
  /** As in the command tag. */
  readonly command: string;
}

export interface AlterTableStatement extends SkippedObjects {
  readonly kind: "alterTable";
  /** Undefined: IF EXISTS on a table that is not there. */
  readonly table: TableDescriptor | undefined;
  readonly actions: readonly AlterTableAction[];
}

/** Each action has been checked against the table as it stands when the statement is bound. */
export type AlterTableAction =
  | {
      readonly kind: "addColumn";
      readonly column: ColumnDefinition;
      readonly unique: KeyDefinition | undefined;
      readonly primaryKey: KeyDefinition | undefined;
      readonly checks: readonly CheckDefinition[];
    }
  | { readonly kind: "dropColumn"; readonly columnId: number; readonly cascade: boolean }
  | { readonly kind: "renameColumn"; readonly columnId: number; readonly name: string }
  | { readonly kind: "renameTable"; readonly name: string }
  | { readonly kind: "renameConstraint"; readonly from: string; readonly to: string }
  | { readonly kind: "setDefault"; readonly columnId: number; readonly defaultSql: string }
  | { readonly kind: "dropDefault"; readonly columnId: number }
  | { readonly kind: "setNotNull"; readonly columnId: number }
  | { readonly kind: "dropNotNull"; readonly columnId: number }
  | { readonly kind: "addUnique"; readonly key: KeyDefinition }
  | { readonly kind: "addPrimaryKey"; readonly key: KeyDefinition }
  | {
      readonly kind: "addCheck";
      readonly check: CheckDefinition;
      /** Over the table's public columns; existing rows must satisfy it. */
      readonly condition: Expression;
    }
  | { readonly kind: "dropConstraint"; readonly name: string; readonly cascade: boolean }
  | { readonly kind: "setSchema"; readonly schema: string }
  | { readonly kind: "setOwner"; readonly owner: string };

export interface CreateSchemaStatement {
  readonly kind: "createSchema";
  readonly name: string;
  readonly ifNotExists: boolean;
  readonly alreadyExists: boolean;
}

export interface DropSchemaStatement extends SkippedObjects {
  readonly kind: "dropSchema";
  readonly names: readonly string[];
  readonly cascade: boolean;
}

export interface CreateIndexStatement {
  readonly kind: "createIndex";
  readonly table: TableDescriptor;
  readonly name: string;
  readonly unique: boolean;
  readonly columnIds: readonly number[];
  /** As IndexDescriptor.columnOrders. */
  readonly columnOrders: readonly IndexColumnOrder[] | undefined;
  readonly ifNotExists: boolean;
  readonly alreadyExists: boolean;
}

export interface DropIndexStatement extends SkippedObjects {
  readonly kind: "dropIndex";
  readonly indexes: readonly { readonly table: TableDescriptor; readonly index: IndexDescriptor }[];
  readonly cascade: boolean;
}

export interface TruncateStatement {
  readonly kind: "truncate";
  readonly tables: readonly TableDescriptor[];
}

export interface CommentStatement {
  readonly kind: "comment";
  readonly target:
    | { readonly kind: "table"; readonly table: TableDescriptor }
    | { readonly kind: "column"; readonly table: TableDescriptor; readonly columnId: number }
    | { readonly kind: "schema"; readonly name: string };
  /** Undefined removes the comment. */
  readonly text: string | undefined;
}

/** Serializable is what every level gives; the name is kept for SHOW. */
export type IsolationLevel =
  "read uncommitted" | "read committed" | "repeatable read" | "serializable";

export interface TransactionModes {
  readonly isolation: IsolationLevel | undefined;
  readonly readOnly: boolean | undefined;
  readonly deferrable: boolean | undefined;
}

export type TransactionStatement =
  | {
      readonly kind: "begin";
      readonly modes: TransactionModes;
      readonly command: "BEGIN" | "START TRANSACTION";
    }
  | { readonly kind: "commit"; readonly chain: boolean }
  | { readonly kind: "rollback"; readonly chain: boolean };

export type SavepointStatement =
  | { readonly kind: "savepoint"; readonly name: string }
  | { readonly kind: "releaseSavepoint"; readonly name: string }
  | { readonly kind: "rollbackToSavepoint"; readonly name: string };

export interface SetTransactionStatement {
  readonly kind: "setTransaction";
  /** `session`: SET SESSION CHARACTERISTICS, the default of later transactions. */
  readonly scope: "transaction" | "session";
  readonly modes: TransactionModes;
}

export interface PrepareStatement {
  readonly kind: "prepare";
  readonly name: string;
  readonly parameterTypeOids: readonly number[];
  /** Bound separately: `bindStatement(body, catalog, parameterTypeOids)`. */
  readonly body: ParsedStatement;
}

export interface ExecuteStatement {
  readonly kind: "execute";
  readonly name: string;
  /** Bound once the parameter types are known: `bindExecuteArguments`. */
  readonly argumentNodes: readonly Node[];
}

export interface DeallocateStatement {
  readonly kind: "deallocate";
  /** Undefined: all. */
  readonly name: string | undefined;
}

export interface SetStatement {
  readonly kind: "set";
  /** Lower-case. */
  readonly name: string;
  /** List settings are joined with ", ", quoted where needed. Undefined: TO DEFAULT. */
  readonly value: string | undefined;
  readonly isLocal: boolean;
}

export interface ResetStatement {
  readonly kind: "reset";
  /** Undefined: all. */
  readonly name: string | undefined;
}

export interface ShowStatement {
  readonly kind: "show";
  /** Lower-case; `all` for SHOW ALL. */
  readonly name: string;
  /** The name as the result column shows it (`TimeZone`). */
  readonly displayName: string;
}

export interface DiscardStatement {
  readonly kind: "discard";
  readonly target: "all" | "plans" | "sequences" | "temp";
}

export interface DeclareCursorStatement {
  readonly kind: "declareCursor";
  readonly name: string;
  readonly query: QueryStatement;
  readonly withHold: boolean;
}

export interface FetchStatement {
  readonly kind: "fetch";
  readonly name: string;
  /** Rows to go forward; Infinity: all. */
  readonly count: number;
  /** MOVE: skip rather than return. */
  readonly isMove: boolean;
}

export interface CloseCursorStatement {
  readonly kind: "closeCursor";
  /** Undefined: all. */
  readonly name: string | undefined;
}

export interface CopyFromStatement {
  readonly kind: "copyFrom";
  /** The insert that the client's rows go into; its own source has none. */
  readonly plan: InsertPlan;
  /** What the fields of a line are, in order. */
  readonly columns: readonly ColumnDescriptor[];
  readonly format: CopyFormat;
}

export interface CopyToStatement {
  readonly kind: "copyTo";
  readonly query: QueryStatement;
  readonly format: CopyFormat;
}
