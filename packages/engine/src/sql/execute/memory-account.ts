import { SqlError } from "#base/errors.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import { Interval, Jsonb, SqlArray, SqlRecord } from "#sql/types/datum.ts";
import { Numeric } from "#sql/types/numeric.ts";

/** What a statement holds in memory, roughly, against its limit. 53200 beyond it. */
export class MemoryAccount {
  readonly #bytesMax: number;
  #bytes = 0;
  #peakBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#peakBytes) return;
    this.#peakBytes = this.#bytes;
    if (this.#bytes > this.#bytesMax) {
      throw new SqlError("out_of_memory", "out of memory", {
        detail: `The statement needs more than its limit of ${this.#bytesMax} bytes.`,
        hint: "Read fewer rows at a time, or raise HOLO_FUSION_QUERY_MEMORY_BYTES_MAX.",
      });
    }
  }

  shrink(bytes: number): void {
    this.#bytes -= bytes;
  }
}

const rowOverheadBytes = 48;
const datumOverheadBytes = 16;

/** An estimate of what a kept row costs: heap objects are counted, shared strings are not told apart. */
export function rowBytes(row: Row): number {
  let bytes = rowOverheadBytes;
  for (let slot = 0; slot < row.length; slot++) bytes += datumBytes(row[slot] ?? null);
  return bytes;
}

export function datumBytes(datum: Datum): number {
  switch (typeof datum) {
    case "string":
      return datumOverheadBytes + datum.length;
    case "bigint":
      return 24;
    case "object":
      if (datum === null) return 8;
      if (datum instanceof Uint8Array) return 96 + datum.length;
      if (datum instanceof Numeric) return 64;
      if (datum instanceof Interval) return 64;
      if (datum instanceof SqlArray) {
        return datum.items.reduce<number>((sum, item) => sum + datumBytes(item), 96);
      }
      if (datum instanceof SqlRecord) {
        return datum.fields.reduce<number>((sum, field) => sum + datumBytes(field), 64);
      }
      return datum instanceof Jsonb ? jsonBytes(datum.value) : 64;
    default:
      return 8;
  }
}

function jsonBytes(value: Jsonb["value"]): number {
  if (value === null || typeof value === "boolean") return 8;
  if (typeof value === "string") return datumOverheadBytes + value.length;
  if (value instanceof Numeric) return 64;
  if (value instanceof Map) {
    let bytes = 64;
    for (const [key, item] of value) bytes += 48 + key.length + jsonBytes(item);
    return bytes;
  }
  let bytes = 32;
  for (const item of value as readonly Jsonb["value"][]) bytes += jsonBytes(item);
  return bytes;
}
