import { notSupported } from "#base/errors.ts";
import type { Datum } from "./datum.ts";
import type { FormatSettings, InputContext } from "./format-settings.ts";

/** Reads a value's text form, as the type's input function does; typmod -1 means none. */
export function parseText(
  typeOid: number,
  typmod: number,
  text: string,
  context: InputContext,
): Datum {
  throw notSupported(`input of type ${typeOid}`);
}

/** Writes a value that is not null in text form. For many values of one type use `textFormatter`. */
export function formatText(typeOid: number, datum: Datum, context: InputContext): string {
  return textFormatter(typeOid, context)(datum);
}

/** The text form of one type under fixed settings, chosen once per column. Never called with null. */
export function textFormatter(typeOid: number, context: InputContext): (datum: Datum) => string {
  throw notSupported(`output of type ${typeOid}`);
}
