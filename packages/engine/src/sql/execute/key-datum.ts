import type { KeyReader, KeyWriter } from "#base/key-encoding.ts";
import type { Datum } from "#sql/types/datum.ts";
import { findKeyColumnDecoder, keyColumnEncoder } from "#sql/types/key-codec.ts";
import type { KeyColumnEncoder } from "#sql/types/key-codec.ts";

/** How one column stands in keys. Without `read` the key loses something and the row keeps the value too. */
export interface KeyDatum {
  readonly write: KeyColumnEncoder;
  readonly read: ((reader: KeyReader) => Datum) | undefined;
}

/** 0A000 for types that have no place in a key. */
export function keyDatum(typeOid: number): KeyDatum {
  return { write: keyColumnEncoder(typeOid), read: findKeyColumnDecoder(typeOid) };
}

export function writeKeyColumn(writer: KeyWriter, codec: KeyDatum, datum: Datum): void {
  if (datum === null) writer.null();
  else codec.write(writer, datum);
}
