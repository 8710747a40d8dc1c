/** Orders strings by their UTF-8 bytes, which is by code point: the "C" collation. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    let a = left.charCodeAt(at);
    let b = right.charCodeAt(at);
    if (a === b) continue;
    if (a >= 0xd800 && b >= 0xd800) {
      // UTF-16 puts surrogates, which stand for the highest code points, below U+E000.
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000;
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000;
    }
    return a - b;
  }
  return left.length - right.length;
}

export function trimTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** char(n) ignores trailing spaces. */
export function comparePaddedText(left: string, right: string): number {
  return compareText(trimTrailingSpaces(left), trimTrailingSpaces(right));
}

const surrogate = /[\ud800-\udfff]/;

/** Length in code points, which are PostgreSQL's characters. */
export function characterCount(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}

/** Substring by code points; end may lie beyond the text. */
export function sliceCharacters(text: string, start: number, end = Infinity): string {
  if (!surrogate.test(text)) return text.slice(start, end === Infinity ? undefined : end);
  return Array.from(text)
    .slice(start, end === Infinity ? undefined : end)
    .join("");
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Type "char" keeps one byte, as the character of that number. */
export function firstByte(text: string): string {
  const code = text.charCodeAt(0);
  if (code < 0x80 || text === "") return text.slice(0, 1);
  return String.fromCharCode(Buffer.from(text.slice(0, 2), "utf8")[0] ?? 0);
}
