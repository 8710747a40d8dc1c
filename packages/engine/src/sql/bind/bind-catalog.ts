import type { CatalogSnapshot } from "#catalog/snapshot.ts";
import type { EvalContext } from "#sql/types/function.ts";
import type { FunctionRegistry } from "#sql/types/registry.ts";
import type { TableExpressions } from "./table-expressions.ts";

/**
 * What binding sees of the world: one snapshot of the catalog and the session's settings.
 * Everything is synchronous; the session reads the catalog before it binds.
 */
export interface BindCatalog {
  readonly snapshot: CatalogSnapshot;
  /** The session's search_path, as CatalogSnapshot.resolveRelation wants it. */
  readonly searchPath: readonly string[];
  readonly functions: FunctionRegistry;
  /** Literals are read ('now'::timestamptz) and constants folded under this. */
  readonly evalContext: EvalContext;
  /** Bound defaults and checks, remembered per table version across statements. One per node. */
  readonly tableExpressions: TableExpressions;
}
