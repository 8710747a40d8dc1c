import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { WindowDef } from "#sql/parse/ast.ts";
import type { AggregateCall, Expression, TypeRef } from "./expression.ts";
import type { CteFrame } from "./cte-frame.ts";
import type { Clause } from "./site.ts";
import type { PendingSet, PendingWindow } from "./pending.ts";

/** A column that FROM gives: what its name stands for, over the scope's row. */
export interface ScopeColumn {
  readonly name: string;
  readonly expression: Expression;
  /** Where it comes from, for RowDescription; 0 when computed. */
  readonly tableId: number;
  readonly attributeNumber: number;
  /** A hidden row id: not in `*`, not found by name. */
  readonly hidden: boolean;
}

/** What can qualify a column: a table, a subquery, a function, a join with an alias. */
export interface ScopeRelation {
  readonly alias: string;
  /** For schema.table.column; undefined when there is an alias or no table. */
  readonly schema: string | undefined;
  readonly columns: readonly ScopeColumn[];
  readonly table: TableDescriptor | undefined;
  /** A function in FROM with one column that has no name of its own. */
  readonly isScalarFunction?: boolean | undefined;
  /** Known, for better messages, but hidden by an alias over it. */
  readonly hiddenBy?: string | undefined;
}

/** What a negative slot stands for until the node that computes it is built: see Scope.pending. */
export type Pending =
  | { readonly kind: "aggregate"; readonly call: AggregateCall }
  | { readonly kind: "grouping"; readonly args: readonly Expression[] }
  | PendingWindow
  | PendingSet;

/**
 * The names and the row that expressions of one query level see. Each scope in the chain of
 * parents is one row that execution pushes, so the distance to a scope is the depth of an outer
 * column.
 *
 * - A column reference with slot -1-n stands for `pending[n]`, computed above FROM and WHERE:
 *   an aggregate, a window function, a set-returning function of the target list. The select
 *   that owns the scope replaces them when it builds those nodes.
 */
export class Scope {
  readonly parent: Scope | undefined;
  /** Named queries visible here; they have their own chain, since they push no row. */
  readonly ctes: CteFrame | undefined;
  relations: readonly ScopeRelation[] = [];
  columns: readonly ScopeColumn[] = [];
  /** Known, for better messages, but out of reach: what stands beside a subquery that is not LATERAL. */
  unreachable: readonly ScopeRelation[] = [];
  readonly pending: Pending[] = [];
  /** The clause whose expressions are being bound, for aggregates that come up from subqueries. */
  clause: Clause | undefined;
  /** WINDOW clause: definitions by name. */
  readonly windows = new Map<string, WindowDef>();
  /** Some expression further in refers to a column of this scope. */
  isReferenced = false;
  /** Some expression further in refers to a scope beyond this one. */
  isPassed = false;
  /** The left side of a join, seen by its right side. */
  readonly lateral: boolean;

  constructor(parent: Scope | undefined, ctes: CteFrame | undefined, lateral = false) {
    this.parent = parent;
    this.ctes = ctes;
    this.lateral = lateral;
  }

  /** Notes something to be computed later and gives the column that stands for it. */
  addPending(pending: Pending, result: TypeRef, name: string): Expression {
    this.pending.push(pending);
    return { kind: "column", slot: -this.pending.length, name, result };
  }

  pendingOf(slot: number): Pending | undefined {
    return slot < 0 ? this.pending[-slot - 1] : undefined;
  }
}
