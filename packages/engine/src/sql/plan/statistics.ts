import type { TableDescriptor } from "#catalog/descriptor.ts";

/** What the optimiser may know of tables. Figures may be old; they steer, they do not decide truth. */
export interface TableStatistics {
  /** Live rows, roughly; undefined when nothing is known. */
  rowCount(table: TableDescriptor): number | undefined;
}

/** For places without figures: every table looks alike. */
export const unknownStatistics: TableStatistics = { rowCount: () => undefined };
