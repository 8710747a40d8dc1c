/**
 * The text of a query message, and the way from the parser's byte offsets to the character
 * positions that clients are told.
 */
export class SourceText {
  readonly text: string;
  readonly #isAscii: boolean;

  constructor(text: string) {
    this.text = text;
    this.#isAscii = isAscii(text);
  }

  /** 1-based character (code point) position of a byte offset; undefined for -1, "unknown". */
  position(byteOffset: number | undefined): number | undefined {
    // The parser's JSON leaves zeroes out, so an absent location is the start of the text.
    const offset = byteOffset ?? 0;
    if (offset < 0) return undefined;
    if (this.#isAscii) return offset + 1;
    let bytes = 0;
    let characters = 0;
    for (const character of this.text) {
      if (bytes >= offset) break;
      bytes += utf8Length(character);
      characters++;
    }
    return characters + 1;
  }

  /** In characters. */
  get length(): number {
    return this.#isAscii ? this.text.length : [...this.text].length;
  }

  /** The part of the text between two byte offsets. */
  slice(startByte: number, endByte: number | undefined): string {
    if (this.#isAscii) return this.text.slice(startByte, endByte);
    return Buffer.from(this.text, "utf8").subarray(startByte, endByte).toString("utf8");
  }
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
