import { hex } from "#base/bytes.ts";
import { KeyReader } from "#base/key-encoding.ts";

const systemNames = new Map([
  [0x63, "/system/catalog"],
  [0x6d, "/system/ranges"],
  [0x6e, "/system/nodes"],
  [0x73, "/system/settings"],
]);

/** A key of the keyspace in words: `/system/nodes`, `/table/7`, `/table/7/1/0x80…`. The empty key is "". */
export function labelKey(key: Uint8Array): string {
  if (key.length === 0) return "";
  if (key[0] === 0x01) return systemNames.get(key[1] ?? 0) ?? "/system";
  if (key[0] !== 0x02) return `0x${hex(key)}`;
  try {
    const reader = new KeyReader(key.subarray(1));
    let label = "/table";
    for (let depth = 0; depth < 2 && !reader.isAtEnd; depth++) label += `/${reader.id()}`;
    return reader.isAtEnd ? label : `${label}/0x${hex(key.subarray(1 + reader.offset))}`;
  } catch {
    return `0x${hex(key)}`;
  }
}
