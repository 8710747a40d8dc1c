import { notSupported } from "#base/errors.ts";
import type { Datum } from "./datum.ts";
import type { InputContext } from "./format-settings.ts";

/** Reads a value in PostgreSQL's binary form (the type's recv function). */
export function parseBinary(
  typeOid: number,
  typmod: number,
  bytes: Uint8Array,
  context: InputContext,
): Datum {
  throw notSupported(`binary input of type ${typeOid}`);
}

/** Writes a value that is not null in PostgreSQL's binary form (the type's send function). */
export function formatBinary(typeOid: number, datum: Datum): Uint8Array {
  throw notSupported(`binary output of type ${typeOid}`);
}
