import { SqlError } from "#base/errors.ts";
import type { CopyFormat } from "#sql/bind/copy-format.ts";

/** The fields of one line; null where the line says NULL. */
export type CopyFields = readonly (string | null)[];

/** A line longer than this is refused, as a value of that size would be. */
const lineLengthMax = 64 * 1024 * 1024;

/**
 * Cuts what a client sends into lines, and lines into fields. Pieces may end anywhere, also inside a
 * character.
 *
 * - A line feed that a backslash (text) or quotes (CSV) protect is data.
 * - A line of `\.` alone ends the data; what follows it is dropped.
 */
export class CopyReader {
  readonly #format: CopyFormat;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";
  /** Where in #rest the search for the end of the line goes on, and whether quotes are open there. */
  #searched = 0;
  #isQuoted = false;
  #isEnded = false;
  /** Lines handed out; the number of the present one in messages. */
  lineNumber = 0;

  constructor(format: CopyFormat) {
    this.#format = format;
  }

  /** The lines that a piece completes; without a piece, at the end, what is left. */
  *lines(piece: Uint8Array | undefined): Generator<string> {
    this.#rest += this.#decode(piece);
    let start = 0;
    while (!this.#isEnded) {
      const end = this.#findEnd();
      if (end === undefined) break;
      yield* this.#line(this.#rest.slice(start, end));
      start = end + 1;
    }
    this.#rest = this.#isEnded ? "" : this.#rest.slice(start);
    this.#searched = this.#isEnded ? 0 : this.#searched - start;
    if (this.#rest.length > lineLengthMax) {
      throw new SqlError("program_limit_exceeded", "a line of COPY is too long");
    }
    if (piece !== undefined || this.#rest === "") return;
    if (this.#isQuoted) throw malformed("unterminated CSV quoted field");
    const last = this.#rest;
    this.#rest = "";
    yield* this.#line(last);
  }

  *#line(line: string): Generator<string> {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text === "\\.") {
      this.#isEnded = true;
      return;
    }
    this.lineNumber++;
    yield text;
  }

  #decode(piece: Uint8Array | undefined): string {
    try {
      return this.#decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw new SqlError(
        "character_not_in_repertoire",
        'invalid byte sequence for encoding "UTF8"',
      );
    }
  }

  /** Place of the line feed that ends the line which begins where the search last ended. */
  #findEnd(): number | undefined {
    return this.#format.kind === "text" ? this.#findTextEnd() : this.#findCsvEnd();
  }

  #findTextEnd(): number | undefined {
    for (;;) {
      const found = this.#rest.indexOf("\n", this.#searched);
      if (found === -1) {
        this.#searched = this.#rest.length;
        return undefined;
      }
      this.#searched = found + 1;
      let backslashes = 0;
      while (this.#rest[found - 1 - backslashes] === "\\") backslashes++;
      if (backslashes % 2 === 0) return found;
    }
  }

  #findCsvEnd(): number | undefined {
    const { quote, escape } = this.#format;
    for (; this.#searched < this.#rest.length; this.#searched++) {
      const char = this.#rest[this.#searched];
      if (this.#isQuoted && char === escape && escape !== quote) {
        // What is escaped may be in the next piece.
        if (this.#searched + 1 >= this.#rest.length) return undefined;
        const next = this.#rest[this.#searched + 1];
        if (next === quote || next === escape) this.#searched++;
      } else if (char === quote) {
        this.#isQuoted = !this.#isQuoted;
      } else if (char === "\n" && !this.#isQuoted) {
        return this.#searched++;
      }
    }
    return undefined;
  }

  fields(line: string): CopyFields {
    return this.#format.kind === "text"
      ? textFields(line, this.#format)
      : csvFields(line, this.#format);
  }
}

export function malformed(message: string): SqlError {
  return new SqlError("bad_copy_file_format", message);
}

function textFields(line: string, format: CopyFormat): CopyFields {
  const { delimiter, nullText } = format;
  if (!line.includes("\\")) {
    return line.split(delimiter).map((raw) => (raw === nullText ? null : raw));
  }
  const fields: (string | null)[] = [];
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === "\\") at++;
    else if (at === line.length || line[at] === delimiter) {
      const raw = line.slice(start, at);
      fields.push(raw === nullText ? null : unescaped(raw));
      start = at + 1;
    }
  }
  // A backslash at the very end stands for itself.
  if (start <= line.length) fields.push(unescaped(line.slice(start)));
  return fields;
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescaped(raw: string): string {
  if (!raw.includes("\\")) return raw;
  // Octal and hexadecimal escapes name bytes, which only together are characters.
  const bytes: Buffer[] = [];
  const pattern = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([^]?))|[^\\]+/g;
  for (const match of raw.matchAll(pattern)) {
    const [whole, octal, hex, other] = match;
    if (octal !== undefined) bytes.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (hex !== undefined) bytes.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (other !== undefined)
      bytes.push(Buffer.from(other === "" ? "\\" : (escapes[other] ?? other)));
    else bytes.push(Buffer.from(whole));
  }
  const text = Buffer.concat(bytes).toString("utf8");
  if (text.includes("\0") || text.includes("\ufffd")) {
    throw new SqlError("character_not_in_repertoire", 'invalid byte sequence for encoding "UTF8"');
  }
  return text;
}

function csvFields(line: string, format: CopyFormat): CopyFields {
  const { delimiter, quote, escape, nullText, forceNull, forceNotNull } = format;
  const fields: (string | null)[] = [];
  let text = "";
  let isQuoted = false;
  let wasQuoted = false;
  const finish = (): void => {
    const place = fields.length;
    const isNull =
      text === nullText && (wasQuoted ? forceNull.has(place) : !forceNotNull.has(place));
    fields.push(isNull ? null : text);
    text = "";
    wasQuoted = false;
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (isQuoted) {
      const next = line[at + 1];
      if (char === escape && (next === escape || next === quote)) {
        text += next;
        at++;
      } else if (char === quote) isQuoted = false;
      else text += char;
    } else if (char === delimiter) finish();
    else if (char === quote) {
      isQuoted = true;
      wasQuoted = true;
    } else text += char;
  }
  if (isQuoted) throw malformed("unterminated CSV quoted field");
  finish();
  return fields;
}
