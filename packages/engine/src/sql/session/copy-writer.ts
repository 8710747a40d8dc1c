import type { CopyFormat } from "#sql/bind/copy-format.ts";
import type { CopyFields } from "./copy-reader.ts";

/** A row as COPY's line, line feed included: what CopyReader reads back as the same fields. */
export function copyLine(fields: CopyFields, format: CopyFormat): string {
  const isText = format.kind === "text";
  const isAlone = fields.length === 1;
  const cells = fields.map((field, place) => {
    if (field === null) return format.nullText;
    return isText ? textCell(field, format) : csvCell(field, format, { place, isAlone });
  });
  return `${cells.join(format.delimiter)}\n`;
}

/** The first line of HEADER: names are quoted like values, but never taken for NULL. */
export function copyHeader(names: readonly string[], format: CopyFormat): string {
  return copyLine(names, { ...format, forceQuote: new Set() });
}

const escapes: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function textCell(field: string, format: CopyFormat): string {
  const escaped = field.replaceAll(/[\b\f\n\r\t\v\\]/g, (char) => escapes[char] ?? char);
  const { delimiter } = format;
  return delimiter === "\t" ? escaped : escaped.replaceAll(delimiter, `\\${delimiter}`);
}

function csvCell(
  field: string,
  format: CopyFormat,
  where: { readonly place: number; readonly isAlone: boolean },
): string {
  const { delimiter, quote, escape, nullText, forceQuote } = format;
  const needsQuotes =
    forceQuote.has(where.place) ||
    field === nullText ||
    field.includes(delimiter) ||
    field.includes(quote) ||
    /[\r\n]/.test(field) ||
    // Alone on its line it would end the data.
    (where.isAlone && field === "\\.");
  if (!needsQuotes) return field;
  let inside = "";
  for (const char of field) {
    if (char === quote || char === escape) inside += escape;
    inside += char;
  }
  return `${quote}${inside}${quote}`;
}
