import { assert } from "#base/assert.ts";
import { compareTimestamps } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";
import { readChunk } from "#storage/snapshot-chunk.ts";
import { openSnapshot } from "#storage/snapshot.ts";
import type { Store } from "#storage/store.ts";
import {
  decodeHistory,
  decodeNewest,
  historyTimestamp,
  timestampBytes,
  type StoredVersion,
} from "#storage/version-codec.ts";
import type { KeyName, VersionHistory, VersionRecord } from "./kv-history.ts";

/** Where the keys of simulated workloads lie: among the tables, above every table that there is. */
const keyPrefix = Uint8Array.of(0x02, 0xf0);

export function encodeKey(name: KeyName): Uint8Array {
  return Buffer.concat([keyPrefix, Buffer.from(name)]);
}

export function decodeKey(key: Uint8Array): KeyName {
  return Buffer.from(key.subarray(keyPrefix.length)).toString();
}

/** All of the workload's keys. */
export const workloadSpan: Span = { start: keyPrefix, end: Uint8Array.of(0x02, 0xf1) };

/** Every version of every workload key in the store, with the applied index that they belong to. */
export async function readStoreHistory(
  store: Store,
  rangeId: number,
): Promise<{ readonly appliedIndex: number; readonly history: VersionHistory }> {
  const snapshot = await openSnapshot(store, { rangeId, span: workloadSpan });
  const history = new Map<KeyName, VersionRecord[]>();
  const add = (key: Uint8Array, version: StoredVersion) => {
    const name = decodeKey(key);
    const { timestamp, value } = version;
    const text = value === undefined ? undefined : Buffer.from(value).toString();
    const versions = history.get(name) ?? [];
    versions.push({ timestamp, value: text });
    history.set(name, versions);
  };
  for (;;) {
    const chunk = await snapshot.next();
    if (chunk === undefined) break;
    readChunk(chunk, (table, key, value) => {
      const row = Buffer.from(value);
      if (table === "newest") add(key, decodeNewest(row));
      else {
        const bytes = Buffer.from(key);
        add(ungroupKey(bytes), decodeHistory(row, historyTimestamp(bytes)));
      }
    });
  }
  const { appliedIndex } = snapshot;
  snapshot.close();
  for (const versions of history.values()) {
    versions.sort((a, b) => compareTimestamps(a.timestamp, b.timestamp));
  }
  const sorted = [...history].sort(([a], [b]) => (a < b ? -1 : 1));
  return { appliedIndex, history: new Map(sorted) };
}

/** Undoes groupKey of storage's version codec: groups of eight bytes, each with a byte behind it. */
function ungroupKey(historyKey: Buffer): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < historyKey.length - timestampBytes; at += 9) {
    const count = historyKey[at + 8];
    assert(count !== undefined, "a group of a history key is cut short");
    parts.push(historyKey.subarray(at, at + (count === 0xff ? 8 : count)));
  }
  return Buffer.concat(parts);
}
