import type { Node } from "#sql/parse/ast.ts";

/** Statements whose node is not called as users call them. */
const names: Readonly<Record<string, string>> = {
  AlterDatabaseStmt: "ALTER DATABASE",
  AlterOwnerStmt: "ALTER … OWNER",
  AlterRoleStmt: "ALTER ROLE",
  AlterSystemStmt: "ALTER SYSTEM",
  CallStmt: "CALL",
  CheckPointStmt: "CHECKPOINT",
  ClusterStmt: "CLUSTER",
  CompositeTypeStmt: "CREATE TYPE",
  ConstraintsSetStmt: "SET CONSTRAINTS",
  CopyStmt: "COPY",
  CreateCastStmt: "CREATE CAST",
  CreateDomainStmt: "CREATE DOMAIN",
  CreateEnumStmt: "CREATE TYPE",
  CreateExtensionStmt: "CREATE EXTENSION",
  CreateFunctionStmt: "CREATE FUNCTION",
  CreatePolicyStmt: "CREATE POLICY",
  CreateRoleStmt: "CREATE ROLE",
  CreateSeqStmt: "CREATE SEQUENCE",
  CreateTrigStmt: "CREATE TRIGGER",
  CreatedbStmt: "CREATE DATABASE",
  DoStmt: "DO",
  DropRoleStmt: "DROP ROLE",
  DropdbStmt: "DROP DATABASE",
  GrantRoleStmt: "GRANT",
  GrantStmt: "GRANT",
  ListenStmt: "LISTEN",
  LoadStmt: "LOAD",
  LockStmt: "LOCK TABLE",
  MergeStmt: "MERGE",
  NotifyStmt: "NOTIFY",
  ReassignOwnedStmt: "REASSIGN OWNED",
  RefreshMatViewStmt: "REFRESH MATERIALIZED VIEW",
  ReindexStmt: "REINDEX",
  RuleStmt: "CREATE RULE",
  SecLabelStmt: "SECURITY LABEL",
  UnlistenStmt: "UNLISTEN",
  VacuumStmt: "VACUUM",
  ViewStmt: "CREATE VIEW",
};

/** What to call a statement in an error: `CREATE VIEW`. */
export function statementName(node: Node): string {
  const tag = Object.keys(node)[0] ?? "";
  const known = names[tag];
  if ("VacuumStmt" in node && node.VacuumStmt.is_vacuumcmd !== true) return "ANALYZE";
  if (known !== undefined) return known;
  // CreateForeignTableStmt → CREATE FOREIGN TABLE
  return tag
    .replace(/Stmt$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();
}
