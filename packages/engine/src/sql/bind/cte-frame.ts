import type { OutputColumn } from "./query-plan.ts";

/** A WITH query as the queries after it see it. */
export interface Cte {
  readonly id: number;
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  /** A data-modifying statement without RETURNING has no row to read. */
  readonly isReadable: boolean;
  /** Told of each mention; a recursive query counts those of itself. */
  readonly onReference: ((position: number | undefined) => void) | undefined;
}

/** The named queries of one WITH clause, before those of the clauses around it. */
export class CteFrame {
  readonly parent: CteFrame | undefined;
  readonly #ctes = new Map<string, Cte>();

  constructor(parent: CteFrame | undefined) {
    this.parent = parent;
  }

  set(cte: Cte): void {
    this.#ctes.set(cte.name, cte);
  }

  find(name: string): Cte | undefined {
    return this.#ctes.get(name) ?? this.parent?.find(name);
  }
}
