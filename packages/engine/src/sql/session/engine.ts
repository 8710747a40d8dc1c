import type { CatalogStore } from "#catalog/store.ts";
import type { KvClient } from "#kv/api.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { TableExpressions } from "#sql/bind/table-expressions.ts";
import type { RowIds } from "#sql/execute/row-ids.ts";
import type { ServerFacts } from "#sql/execute/statement-context.ts";
import type { VirtualRows } from "#sql/execute/statement-run.ts";
import type { TableStatistics } from "#sql/plan/statistics.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";
import type { SettingCatalog } from "./settings.ts";
import type { StatementCache } from "./statement-cache.ts";

export interface SqlLimits {
  /** Sessions at one time; one more gets 53300. */
  readonly sessionsMax: number;
  /** What one statement may hold in memory; 53200 beyond it. */
  readonly queryMemoryBytesMax: number;
  /** Rows that one CREATE INDEX or ALTER TABLE may rewrite in its transaction; 54000 beyond it. */
  readonly rewriteRowsMax: number;
}

/** What all sessions of a node share. */
export interface SqlEngine {
  readonly runtime: Runtime;
  readonly kv: KvClient;
  readonly catalogStore: CatalogStore;
  readonly cache: StatementCache;
  readonly functions: FunctionRegistry;
  readonly tableExpressions: TableExpressions;
  readonly statistics: TableStatistics;
  readonly virtualRows: VirtualRows;
  readonly rowIds: RowIds;
  readonly settings: SettingCatalog;
  readonly server: ServerFacts;
  readonly limits: SqlLimits;
  readonly counters: { statements: number };
  /** Rows of dropped tables are there to be removed. */
  readonly garbageLeft: () => void;
}
