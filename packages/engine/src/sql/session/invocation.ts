import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { Row } from "#sql/types/datum.ts";
import type { ResultSink } from "./protocol.ts";

/** How one statement is to be run, and where its results go. */
export interface Invocation {
  readonly parameters: Row;
  readonly sink: ResultSink;
  /** The client wants a row description before the rows (simple protocol). */
  readonly describes: boolean;
  /** The transaction holds nothing but this statement and commits right after it. */
  readonly mayInsertBlind: boolean;
}

/** Sends rows that are all there already. */
export async function sendRows(
  invocation: Invocation,
  columns: readonly OutputColumn[],
  rows: readonly Row[],
): Promise<void> {
  const { sink } = invocation;
  if (invocation.describes) sink.columns(columns);
  for (const row of rows) if (!sink.row(row)) await sink.drained();
}
