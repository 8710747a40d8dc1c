import { compareBytes, keyAfter } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";
import type { CommitWrite, ScanResponse } from "#range/batch.ts";
import type { KeyValue, ScanChunk } from "./api.ts";

/** The part of the span that a chunk has dealt with: all of it but the rest. */
export function coveredSpan(span: Span, rest: Span | undefined, reverse: boolean): Span {
  if (rest === undefined) return span;
  if (!reverse) return { start: span.start, end: rest.start };
  return { start: rest.end ?? span.start, end: span.end };
}

/**
 * Lays a transaction's own writes over what a range found: a write replaces the row of its key, a
 * removal hides it. Only writes in the part that the chunk covers; the rest comes with the next one.
 */
export function overlay(
  span: Span,
  found: Pick<ScanResponse, "rows" | "rest">,
  own: readonly CommitWrite[],
  options: { readonly reverse: boolean; readonly rowsMax: number },
): ScanChunk {
  const { reverse, rowsMax } = options;
  const direction = reverse ? -1 : 1;
  const writes = reverse ? own.toReversed() : own;
  const rows: KeyValue[] = [];
  let at = 0;
  const takeWrite = (write: CommitWrite) => {
    if (write.value !== undefined) rows.push({ key: write.key, value: write.value });
  };
  for (const row of found.rows) {
    let isReplaced = false;
    for (; at < writes.length; at++) {
      const write = writes[at];
      if (write === undefined) break;
      const order = compareBytes(write.key, row.key) * direction;
      if (order > 0) break;
      takeWrite(write);
      if (order === 0) isReplaced = true;
    }
    if (!isReplaced) rows.push(row);
  }
  for (; at < writes.length; at++) {
    const write = writes[at];
    if (write !== undefined) takeWrite(write);
  }
  if (rowsMax === 0 || rows.length <= rowsMax) return { rows, rest: found.rest };
  rows.length = rowsMax;
  const last = rows.at(-1);
  if (last === undefined) return { rows, rest: span };
  return {
    rows,
    rest: reverse
      ? { start: span.start, end: last.key }
      : { start: keyAfter(last.key), end: span.end },
  };
}
