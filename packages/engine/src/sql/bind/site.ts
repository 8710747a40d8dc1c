import type { Environment } from "./environment.ts";
import type { Scope } from "./scope.ts";

/**
 * The part of a statement in which an expression stands: what may be used there, and what
 * errors call it.
 */
export interface Clause {
  readonly name: string;
  readonly aggregates: boolean;
  readonly windows: boolean;
  readonly sets: boolean;
  readonly subqueries: boolean;
}

/** Where an expression is bound: whose names it sees, and in which clause. */
export interface Site {
  readonly environment: Environment;
  readonly scope: Scope;
  readonly clause: Clause;
  /** Within the arguments of an aggregate or a window function. */
  readonly inside?: "aggregate" | "window" | undefined;
}

function clause(name: string, allowed: Partial<Clause> = {}): Clause {
  return { name, aggregates: false, windows: false, sets: false, subqueries: true, ...allowed };
}

export const clauses = {
  select: clause("SELECT", { aggregates: true, windows: true, sets: true }),
  distinctOn: clause("DISTINCT ON", { aggregates: true, windows: true, sets: true }),
  where: clause("WHERE"),
  groupBy: clause("GROUP BY", { sets: true }),
  having: clause("HAVING", { aggregates: true }),
  orderBy: clause("ORDER BY", { aggregates: true, windows: true, sets: true }),
  joinOn: clause("JOIN conditions"),
  from: clause("functions in FROM"),
  limit: clause("LIMIT"),
  offset: clause("OFFSET"),
  values: clause("VALUES"),
  filter: clause("FILTER"),
  windowPartition: clause("window definitions", { aggregates: true }),
  insert: clause("VALUES"),
  update: clause("UPDATE"),
  onConflictWhere: clause("WHERE"),
  returning: clause("RETURNING"),
  execute: clause("EXECUTE parameters", { subqueries: false }),
  check: clause("check constraints", { subqueries: false }),
  columnDefault: clause("DEFAULT expressions", { subqueries: false }),
} as const;
