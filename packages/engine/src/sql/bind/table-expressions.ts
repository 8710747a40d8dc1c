import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Expression } from "./expression.ts";
import type { TableCheck } from "./query-plan.ts";

/** The defaults and checks of one version of a table, bound from their stored text. */
export interface BoundTableExpressions {
  /** By column id; columns without a default are absent. */
  readonly defaults: ReadonlyMap<number, Expression>;
  /** Over all public columns in descriptor order. */
  readonly checks: readonly TableCheck[];
}

/**
 * Remembers what binding a table's stored expressions gave, as long as the descriptor object
 * lives. Stored expressions are in canonical form: they do not depend on the session's settings.
 */
export class TableExpressions {
  readonly #byTable = new WeakMap<TableDescriptor, BoundTableExpressions>();

  get(
    table: TableDescriptor,
    bind: (table: TableDescriptor) => BoundTableExpressions,
  ): BoundTableExpressions {
    let bound = this.#byTable.get(table);
    if (bound === undefined) {
      bound = bind(table);
      this.#byTable.set(table, bound);
    }
    return bound;
  }
}
