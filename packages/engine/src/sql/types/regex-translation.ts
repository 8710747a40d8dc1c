import { SqlError } from "#base/errors.ts";

/*
 * PostgreSQL's advanced regular expressions, translated to JavaScript's. Known difference: where
 * several matches start at one place, PostgreSQL takes the longest and JavaScript the first
 * alternative.
 */

export interface RegexOptions {
  readonly ignoreCase: boolean;
  /** `.` and negated brackets stop at newlines. */
  readonly dotStopsAtNewline: boolean;
  /** ^ and $ match at each line. */
  readonly lineAnchors: boolean;
  readonly expanded: boolean;
  readonly literal: boolean;
}

export const defaultRegexOptions: RegexOptions = {
  ignoreCase: false,
  dotStopsAtNewline: false,
  lineAnchors: false,
  expanded: false,
  literal: false,
};

export function withRegexFlag(options: RegexOptions, flag: string): RegexOptions | undefined {
  switch (flag) {
    case "i":
      return { ...options, ignoreCase: true };
    case "c":
      return { ...options, ignoreCase: false };
    case "n":
    case "m":
      return { ...options, dotStopsAtNewline: true, lineAnchors: true };
    case "s":
      return { ...options, dotStopsAtNewline: false, lineAnchors: false };
    case "p":
      return { ...options, dotStopsAtNewline: true, lineAnchors: false };
    case "w":
      return { ...options, dotStopsAtNewline: false, lineAnchors: true };
    case "x":
      return { ...options, expanded: true };
    case "t":
      return { ...options, expanded: false };
    case "q":
      return { ...options, literal: true };
    case "b":
    case "e":
      return options;
    default:
      return undefined;
  }
}

export function invalidRegex(reason: string): SqlError {
  return new SqlError("invalid_regular_expression", `invalid regular expression: ${reason}`);
}

/**
 * Which characters the classes cover. `ascii` is for patterns and texts without any other: its
 * expressions need no flag but g, and so can run in linear time when backtracking explodes.
 */
export type RegexDialect = "ascii" | "unicode";

const unicodeClasses: Readonly<Record<string, string>> = {
  alpha: "\\p{L}",
  digit: "\\p{Nd}",
  alnum: "\\p{L}\\p{Nd}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`\\{-~",
  xdigit: "0-9A-Fa-f",
  cntrl: "\\x00-\\x1f\\x7f",
  print: "\\x20-\\x7e\\u00a0-\\u{10ffff}",
  graph: "\\x21-\\x7e\\u00a1-\\u{10ffff}",
  word: "\\p{L}\\p{Nd}_",
};

const asciiClasses: Readonly<Record<string, string>> = {
  ...unicodeClasses,
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  print: "\\x20-\\x7e",
  graph: "\\x21-\\x7e",
  word: "A-Za-z0-9_",
};

function classMembers(name: string, options: RegexOptions, dialect: RegexDialect): string {
  const classes = dialect === "ascii" ? asciiClasses : unicodeClasses;
  const isCase = name === "upper" || name === "lower";
  const members = classes[isCase && options.ignoreCase && dialect === "ascii" ? "alpha" : name];
  if (members === undefined) throw invalidRegex("invalid character class");
  return members;
}

const syntaxCharacter = /[\\^$.*+?()[\]{}|/]/;

function swapCase(char: string): string {
  const lower = char.toLowerCase();
  return lower === char ? char.toUpperCase() : lower;
}

/** Without the flag i, which would need the other engine, case is ignored letter by letter. */
function literalOf(char: string, options: RegexOptions, dialect: RegexDialect): string {
  if (syntaxCharacter.test(char)) return `\\${char}`;
  const folds = options.ignoreCase && dialect === "ascii" && /[A-Za-z]/.test(char);
  return folds ? `[${char}${swapCase(char)}]` : char;
}

/** Inside brackets a hyphen has a meaning too. */
function bracketLiteral(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}

/** One character or range of a bracket, with its other case when that counts too. */
function bracketRange(
  first: string,
  last: string,
  options: RegexOptions,
  dialect: RegexDialect,
): string {
  const show = (from: string, to: string): string =>
    from === to ? bracketLiteral(from) : `${bracketLiteral(from)}-${bracketLiteral(to)}`;
  const shown = show(first, last);
  if (!options.ignoreCase || dialect === "unicode") return shown;
  const letters = /^(?:[a-z]{2}|[A-Z]{2})$/.test(first + last);
  return letters ? shown + show(swapCase(first), swapCase(last)) : shown;
}

function wordOf(dialect: RegexDialect): string {
  return `[${dialect === "ascii" ? asciiClasses["word"] : unicodeClasses["word"]}]`;
}

function wordStart(dialect: RegexDialect): string {
  return `(?<!${wordOf(dialect)})(?=${wordOf(dialect)})`;
}

function wordEnd(dialect: RegexDialect): string {
  return `(?<=${wordOf(dialect)})(?!${wordOf(dialect)})`;
}

function codePoint(digits: string, options: RegexOptions, dialect: RegexDialect): string {
  const code = Number.parseInt(digits, 16);
  if (dialect === "unicode") return `\\u{${code.toString(16)}}`;
  if (code > 0x7f) throw notAscii;
  return literalOf(String.fromCharCode(code), options, dialect);
}

/** Thrown by the ascii dialect for what only the other can say. */
const notAscii = new Error("the pattern needs the unicode dialect");

function translateEscape(
  pattern: string,
  at: number,
  options: RegexOptions,
  dialect: RegexDialect,
): { text: string; length: number } {
  const char = pattern[at];
  switch (char) {
    case undefined:
      throw invalidRegex("invalid escape \\ sequence");
    case "d":
      return { text: dialect === "ascii" ? "[0-9]" : "\\p{Nd}", length: 1 };
    case "D":
      return { text: dialect === "ascii" ? "[^0-9]" : "\\P{Nd}", length: 1 };
    case "w":
      return { text: wordOf(dialect), length: 1 };
    case "W":
      return { text: wordOf(dialect).replace("[", "[^"), length: 1 };
    case "s":
    case "S":
    case "n":
    case "r":
    case "t":
    case "f":
    case "v":
      return { text: `\\${char}`, length: 1 };
    case "a":
      return { text: "\\x07", length: 1 };
    case "b":
      return { text: "\\x08", length: 1 };
    case "e":
      return { text: "\\x1b", length: 1 };
    case "B":
      return { text: "\\\\", length: 1 };
    case "m":
    case "<":
      return { text: wordStart(dialect), length: 1 };
    case "M":
    case ">":
      return { text: wordEnd(dialect), length: 1 };
    case "y":
      return { text: `(?:${wordStart(dialect)}|${wordEnd(dialect)})`, length: 1 };
    case "Y":
      return {
        text: `(?:(?<=${wordOf(dialect)})(?=${wordOf(dialect)})|(?<!${wordOf(dialect)})(?!${wordOf(dialect)}))`,
        length: 1,
      };
    case "A":
      return { text: "^", length: 1 };
    case "Z":
      return { text: "$", length: 1 };
    case "x": {
      const digits = /^[0-9a-fA-F]{1,}/.exec(pattern.slice(at + 1))?.[0];
      if (digits === undefined) throw invalidRegex("invalid escape \\ sequence");
      return { text: codePoint(digits.slice(-6), options, dialect), length: 1 + digits.length };
    }
    case "u":
    case "U": {
      const width = char === "u" ? 4 : 8;
      const digits = pattern.slice(at + 1, at + 1 + width);
      if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < width) {
        throw invalidRegex("invalid escape \\ sequence");
      }
      return { text: codePoint(digits, options, dialect), length: 1 + width };
    }
    default:
      break;
  }
  if (/[1-9]/.test(char)) {
    const digits = /^\d+/.exec(pattern.slice(at))?.[0] ?? char;
    return { text: `\\${digits}(?:)`, length: digits.length };
  }
  if (char === "0") return { text: "\\x00", length: 1 };
  if (/[A-Za-z]/.test(char)) throw invalidRegex("invalid escape \\ sequence");
  return { text: literalOf(char, options, dialect), length: 1 };
}

function translateBracket(
  pattern: string,
  start: number,
  options: RegexOptions,
  dialect: RegexDialect,
): { text: string; length: number } {
  if (pattern.startsWith("[[:<:]]", start)) return { text: wordStart(dialect), length: 7 };
  if (pattern.startsWith("[[:>:]]", start)) return { text: wordEnd(dialect), length: 7 };
  let at = start + 1;
  const negated = pattern[at] === "^";
  if (negated) at++;
  let body = "";
  /** A character of the pattern at `at`, read past; undefined for a class, which joins the body. */
  const readOne = (): string | undefined => {
    const char = pattern[at];
    if (char === undefined) throw invalidRegex("brackets [] not balanced");
    const inner = pattern[at + 1];
    if (char === "[" && (inner === ":" || inner === "." || inner === "=")) {
      const end = pattern.indexOf(`${inner}]`, at + 2);
      if (end === -1) throw invalidRegex("brackets [] not balanced");
      const name = pattern.slice(at + 2, end);
      at = end + 2;
      if (inner !== ":") return name;
      body += classMembers(name, options, dialect);
      return undefined;
    }
    if (char === "\\") {
      const escape = translateEscape(pattern, at + 1, { ...options, ignoreCase: false }, dialect);
      at += 1 + escape.length;
      const single = /^\\?([\s\S])$/.exec(escape.text)?.[1];
      if (single !== undefined && !/^\\[a-z]$/i.test(escape.text)) return single;
      // \w stands for a bracket of its own; its members join this one.
      body += /^\[(?!\^)(.*)\]$/.exec(escape.text)?.[1] ?? escape.text;
      return undefined;
    }
    const whole = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    at += whole.length;
    return whole;
  };
  for (let isFirst = true; isFirst || pattern[at] !== "]"; isFirst = false) {
    const first = readOne();
    if (first === undefined) continue;
    let last = first;
    if (pattern[at] === "-" && pattern[at + 1] !== "]" && pattern[at + 1] !== undefined) {
      at++;
      last = readOne() ?? first;
    }
    body += bracketRange(first, last, options, dialect);
  }
  const newline = negated && options.dotStopsAtNewline ? "\\n" : "";
  return { text: `[${negated ? "^" : ""}${body}${newline}]`, length: at + 1 - start };
}

/** The source of a JavaScript expression; undefined when the ascii dialect cannot say it. */
export function translateRegex(
  pattern: string,
  options: RegexOptions,
  dialect: RegexDialect,
): string | undefined {
  // An expression of ascii alone still differs for letters that fold beyond it, so both must be.
  if (dialect === "ascii" && !isAscii(pattern)) return undefined;
  try {
    return translate(pattern, options, dialect);
  } catch (error) {
    if (error === notAscii) return undefined;
    throw error;
  }
}

export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

function translate(pattern: string, options: RegexOptions, dialect: RegexDialect): string {
  if (options.literal) {
    return Array.from(pattern, (char) => literalOf(char, options, dialect)).join("");
  }
  let out = "";
  let depth = 0;
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    switch (char) {
      case "\\": {
        const escape = translateEscape(pattern, at + 1, options, dialect);
        out += escape.text;
        at += 1 + escape.length;
        continue;
      }
      case "[": {
        const bracket = translateBracket(pattern, at, options, dialect);
        out += bracket.text;
        at += bracket.length;
        continue;
      }
      case ".":
        out += options.dotStopsAtNewline ? "[^\\n]" : "[\\s\\S]";
        break;
      case "^":
        out += options.lineAnchors ? "(?<![^\\n])" : "^";
        break;
      case "$":
        out += options.lineAnchors ? "(?![^\\n])" : "$";
        break;
      case "(":
        if (/^\(\?(?:[:=!]|<[=!])/.test(pattern.slice(at, at + 4))) {
          const opening = /^\(\?<?[:=!]/.exec(pattern.slice(at, at + 4))?.[0] ?? "(";
          depth++;
          out += opening;
          at += opening.length;
          continue;
        }
        if (pattern.startsWith("(?#", at)) {
          const end = pattern.indexOf(")", at);
          at = end === -1 ? pattern.length : end + 1;
          continue;
        }
        depth++;
        out += char;
        break;
      case ")":
        if (depth === 0) throw invalidRegex("parentheses () not balanced");
        depth--;
        out += char;
        break;
      case "{":
        // A brace that opens no bound stands for itself.
        out += /^\{\d+(?:,\d*)?\}/.test(pattern.slice(at)) ? char : "\\{";
        break;
      case "}":
        out += /\{\d+(?:,\d*)?$/.test(out) ? char : "\\}";
        break;
      case "/":
        out += "\\/";
        break;
      case "]":
        out += "\\]";
        break;
      default:
        if (options.expanded && /\s/.test(char)) break;
        if (options.expanded && char === "#") {
          const end = pattern.indexOf("\n", at);
          at = end === -1 ? pattern.length : end + 1;
          continue;
        }
        out += /[A-Za-z]/.test(char) ? literalOf(char, options, dialect) : char;
    }
    at++;
  }
  if (depth > 0) throw invalidRegex("parentheses () not balanced");
  return out;
}
