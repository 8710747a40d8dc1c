import { indexSpan, tableSpan } from "#base/keys.ts";
import type { KvClient } from "#kv/api.ts";
import { garbageKey, garbageSpan, readGarbageKey } from "./record.ts";
import type { GarbageRecord } from "./record.ts";

/** Keys removed by one transaction. */
const keysPerTransaction = 2_000;

/**
 * Removes the rows of dropped tables and indexes. DROP only writes a garbage record in its own
 * transaction, however many rows there are; ids are never used again, so the rows left behind are
 * unreachable and may go at leisure, in transactions of bounded size. Any node may do it, and
 * two at once only meet as conflicts. Resolves to the number of keys removed.
 */
export async function collectGarbage(kv: KvClient, signal: AbortSignal): Promise<number> {
  let removed = 0;
  for (;;) {
    const record = await firstRecord(kv, signal);
    if (record === undefined) return removed;
    for (;;) {
      const step = await removeSome(kv, record, signal);
      removed += step.keyCount;
      if (step.isLast) break;
    }
  }
}

async function firstRecord(kv: KvClient, signal: AbortSignal): Promise<GarbageRecord | undefined> {
  const transaction = kv.begin({ label: "garbage", readOnly: true, signal });
  const chunk = await transaction.scan(garbageSpan, { rowsMax: 1 });
  transaction.rollback();
  const first = chunk.rows[0];
  return first === undefined ? undefined : readGarbageKey(first.key);
}

/** The record goes together with the last keys. */
async function removeSome(
  kv: KvClient,
  record: GarbageRecord,
  signal: AbortSignal,
): Promise<{ readonly keyCount: number; readonly isLast: boolean }> {
  const { tableId, indexId } = record;
  const span = indexId === undefined ? tableSpan(tableId) : indexSpan(tableId, indexId);
  const transaction = kv.begin({ label: "garbage", signal });
  const chunk = await transaction.scan(span, { rowsMax: keysPerTransaction });
  for (const row of chunk.rows) transaction.remove(row.key);
  const isLast = chunk.rest === undefined;
  if (isLast) transaction.remove(garbageKey(tableId, indexId ?? 0));
  await transaction.commit();
  return { keyCount: chunk.rows.length, isLast };
}
