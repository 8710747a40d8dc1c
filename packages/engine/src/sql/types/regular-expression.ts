import { SqlError } from "#base/errors.ts";

/*
 * PostgreSQL's advanced regular expressions, translated to JavaScript's. Known difference: where
 * several matches start at one place, PostgreSQL takes the longest and JavaScript the first
 * alternative.
 */

interface RegexOptions {
  readonly ignoreCase: boolean;
  /** `.` and negated brackets stop at newlines. */
  readonly dotStopsAtNewline: boolean;
  /** ^ and $ match at each line. */
  readonly lineAnchors: boolean;
  readonly expanded: boolean;
  readonly literal: boolean;
}

const defaultOptions: RegexOptions = {
  ignoreCase: false,
  dotStopsAtNewline: false,
  lineAnchors: false,
  expanded: false,
  literal: false,
};

function withFlag(options: RegexOptions, flag: string): RegexOptions | undefined {
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

function invalid(reason: string): SqlError {
  return new SqlError("invalid_regular_expression", `invalid regular expression: ${reason}`);
}

const bracketClasses: Readonly<Record<string, string>> = {
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

const syntaxCharacter = /[\\^$.*+?()[\]{}|/]/;

function literalOf(char: string): string {
  return syntaxCharacter.test(char) ? `\\${char}` : char;
}

/** Inside brackets a hyphen has a meaning too. */
function bracketLiteral(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}

const wordCharacter = "[\\p{L}\\p{Nd}_]";
const wordStart = `(?<!${wordCharacter})(?=${wordCharacter})`;
const wordEnd = `(?<=${wordCharacter})(?!${wordCharacter})`;
const wordBoundary = `(?:${wordStart}|${wordEnd})`;
const notWordBoundary = `(?:(?<=${wordCharacter})(?=${wordCharacter})|(?<!${wordCharacter})(?!${wordCharacter}))`;

function translateEscape(pattern: string, at: number): { text: string; length: number } {
  const char = pattern[at];
  switch (char) {
    case undefined:
      throw invalid("invalid escape \\ sequence");
    case "d":
      return { text: "\\p{Nd}", length: 1 };
    case "D":
      return { text: "\\P{Nd}", length: 1 };
    case "w":
      return { text: wordCharacter, length: 1 };
    case "W":
      return { text: "[^\\p{L}\\p{Nd}_]", length: 1 };
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
      return { text: wordStart, length: 1 };
    case "M":
    case ">":
      return { text: wordEnd, length: 1 };
    case "y":
      return { text: wordBoundary, length: 1 };
    case "Y":
      return { text: notWordBoundary, length: 1 };
    case "A":
      return { text: "(?<![\\s\\S])", length: 1 };
    case "Z":
      return { text: "(?![\\s\\S])", length: 1 };
    case "x": {
      const digits = /^[0-9a-fA-F]{1,}/.exec(pattern.slice(at + 1))?.[0];
      if (digits === undefined) throw invalid("invalid escape \\ sequence");
      return { text: `\\u{${digits.slice(-6)}}`, length: 1 + digits.length };
    }
    case "u":
    case "U": {
      const width = char === "u" ? 4 : 8;
      const digits = pattern.slice(at + 1, at + 1 + width);
      if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < width) {
        throw invalid("invalid escape \\ sequence");
      }
      return { text: `\\u{${digits.replace(/^0+(?=.)/, "")}}`, length: 1 + width };
    }
    default:
      break;
  }
  if (/[1-9]/.test(char)) {
    const digits = /^\d+/.exec(pattern.slice(at))?.[0] ?? char;
    return { text: `\\${digits}(?:)`, length: digits.length };
  }
  if (char === "0") return { text: "\\x00", length: 1 };
  if (/[A-Za-z]/.test(char)) throw invalid("invalid escape \\ sequence");
  return { text: literalOf(char), length: 1 };
}

function translateBracket(
  pattern: string,
  start: number,
  options: RegexOptions,
): { text: string; length: number } {
  if (pattern.startsWith("[[:<:]]", start)) return { text: wordStart, length: 7 };
  if (pattern.startsWith("[[:>:]]", start)) return { text: wordEnd, length: 7 };
  let at = start + 1;
  const negated = pattern[at] === "^";
  if (negated) at++;
  let body = "";
  for (let first = true; ; first = false) {
    const char = pattern[at];
    if (char === undefined) throw invalid("brackets [] not balanced");
    if (char === "]" && !first) break;
    if (char === "[" && pattern[at + 1] === ":") {
      const end = pattern.indexOf(":]", at + 2);
      if (end === -1) throw invalid("brackets [] not balanced");
      const members = bracketClasses[pattern.slice(at + 2, end)];
      if (members === undefined) throw invalid("invalid character class");
      body += members;
      at = end + 2;
      continue;
    }
    if (char === "[" && (pattern[at + 1] === "." || pattern[at + 1] === "=")) {
      const end = pattern.indexOf(`${pattern[at + 1]}]`, at + 2);
      if (end === -1) throw invalid("brackets [] not balanced");
      body += bracketLiteral(pattern.slice(at + 2, end));
      at = end + 2;
      continue;
    }
    if (char === "\\") {
      const escape = translateEscape(pattern, at + 1);
      // \w stands for a bracket of its own; its members join this one.
      body += /^\[(?!\^)(.*)\]$/.exec(escape.text)?.[1] ?? escape.text;
      at += 1 + escape.length;
      continue;
    }
    const code = pattern.codePointAt(at) ?? 0;
    const whole = String.fromCodePoint(code);
    const isRange = char === "-" && !first && pattern[at + 1] !== "]";
    body += isRange ? "-" : bracketLiteral(whole);
    at += whole.length;
  }
  const newline = negated && options.dotStopsAtNewline ? "\\n" : "";
  return { text: `[${negated ? "^" : ""}${body}${newline}]`, length: at + 1 - start };
}

function translate(pattern: string, options: RegexOptions): string {
  if (options.literal) return pattern.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  let out = "";
  let depth = 0;
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    switch (char) {
      case "\\": {
        const escape = translateEscape(pattern, at + 1);
        out += escape.text;
        at += 1 + escape.length;
        continue;
      }
      case "[": {
        const bracket = translateBracket(pattern, at, options);
        out += bracket.text;
        at += bracket.length;
        continue;
      }
      case ".":
        out += options.dotStopsAtNewline ? "[^\\n]" : "[\\s\\S]";
        break;
      case "^":
        out += options.lineAnchors ? "(?<![^\\n])" : "(?<![\\s\\S])";
        break;
      case "$":
        out += options.lineAnchors ? "(?![^\\n])" : "(?![\\s\\S])";
        break;
      case "(":
        if (pattern.startsWith("(?#", at)) {
          const end = pattern.indexOf(")", at);
          at = end === -1 ? pattern.length : end + 1;
          continue;
        }
        depth++;
        out += char;
        break;
      case ")":
        if (depth === 0) throw invalid("parentheses () not balanced");
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
        out += char;
    }
    at++;
  }
  if (depth > 0) throw invalid("parentheses () not balanced");
  return out;
}

function compile(pattern: string, options: RegexOptions): RegExp {
  let effective = options;
  let body = pattern;
  if (body.startsWith("***=")) {
    effective = { ...effective, literal: true };
    body = body.slice(4);
  } else if (body.startsWith("***:")) {
    body = body.slice(4);
  }
  const embedded = /^\(\?([a-z]+)\)/.exec(body);
  if (embedded !== null && !effective.literal) {
    for (const flag of embedded[1] ?? "") {
      const next = withFlag(effective, flag);
      if (next === undefined) throw invalid("invalid embedded option");
      effective = next;
    }
    body = body.slice(embedded[0].length);
  }
  const source = translate(body, effective);
  try {
    return new RegExp(source, effective.ignoreCase ? "dgiu" : "dgu");
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    if (/nothing to repeat/i.test(message)) throw invalid("quantifier operand invalid");
    if (/numbers out of order/i.test(message)) throw invalid("invalid repetition count(s)");
    if (/range out of order/i.test(message)) throw invalid("invalid character range");
    if (/group/i.test(message)) throw invalid("parentheses () not balanced");
    throw invalid("invalid regexp (reg version 0.8)");
  }
}

/** Compiled patterns: a memo of a pure function, emptied when full. */
const compiled = new Map<string, RegExp>();
const compiledMax = 512;

/** The pattern as a JavaScript expression with the flags d, g and u; lastIndex is the caller's. */
function regexOf(pattern: string, options: RegexOptions, key: string): RegExp {
  const full = `${key}/${pattern}`;
  let regex = compiled.get(full);
  if (regex === undefined) {
    regex = compile(pattern, options);
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(full, regex);
  }
  regex.lastIndex = 0;
  return regex;
}

interface FlaggedRegex {
  readonly regex: RegExp;
  readonly global: boolean;
}

function regexWithFlags(pattern: string, flags: string): FlaggedRegex {
  let options = defaultOptions;
  let global = false;
  for (const flag of flags) {
    if (flag === "g") {
      global = true;
      continue;
    }
    const next = withFlag(options, flag);
    if (next === undefined) {
      throw new SqlError("invalid_parameter_value", `invalid regular expression option: "${flag}"`);
    }
    options = next;
  }
  return { regex: regexOf(pattern, options, flags.replaceAll("g", "")), global };
}

/** text ~ pattern, and with ignoreCase text ~* pattern. */
export function matchesPattern(source: string, pattern: string, ignoreCase: boolean): boolean {
  const options = ignoreCase ? { ...defaultOptions, ignoreCase } : defaultOptions;
  return regexOf(pattern, options, ignoreCase ? "i" : "").test(source);
}

/** Whether flags, which are checked, ask for every match. */
export function isGlobal(flags: string): boolean {
  let global = false;
  for (const flag of flags) {
    if (flag === "g") global = true;
    else if (withFlag(defaultOptions, flag) === undefined) throw invalidOption(flag);
  }
  return global;
}

function invalidOption(flag: string): SqlError {
  return new SqlError("invalid_parameter_value", `invalid regular expression option: "${flag}"`);
}

/** The first match; with start, a character position from 0 where to begin. */
export function findMatch(
  source: string,
  pattern: string,
  flags = "",
  start = 0,
): RegExpExecArray | null {
  const { regex } = regexWithFlags(pattern, flags);
  regex.lastIndex = start;
  return regex.exec(source);
}

/** All matches from `start` on, flag g or not. */
export function* eachMatch(
  source: string,
  pattern: string,
  flags: string,
  start = 0,
): Iterable<RegExpExecArray> {
  const { regex } = regexWithFlags(pattern, flags);
  let at = start;
  while (at <= source.length) {
    regex.lastIndex = at;
    const match = regex.exec(source);
    if (match === null) return;
    yield match;
    at = match.index + match[0].length;
    if (match[0] === "") at += (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
}

/** Captured groups of the match, or the whole match when there are none. */
export function groupsOf(match: RegExpExecArray): (string | null)[] {
  if (match.length === 1) return [match[0]];
  return Array.from(match)
    .slice(1)
    .map((group: string | undefined) => group ?? null);
}

/** regexp_matches: with flag g every match, else the first. */
export function matchAll(source: string, pattern: string, flags: string): (string | null)[][] {
  const { global } = regexWithFlags(pattern, flags);
  const result: (string | null)[][] = [];
  for (const match of eachMatch(source, pattern, flags)) {
    result.push(groupsOf(match));
    if (!global) break;
  }
  return result;
}

export function splitByPattern(source: string, pattern: string, flags: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of eachMatch(source, pattern, flags)) {
    const { index } = match;
    // An empty match at the start, the end, or just after the last separator splits nothing.
    if (match[0] === "" && (index >= source.length || index === from)) {
      if (index >= source.length) break;
      if (index === from && index === 0) continue;
      if (index === from) continue;
    }
    parts.push(source.slice(from, index));
    from = index + match[0].length;
  }
  parts.push(source.slice(from));
  return parts;
}

/** Puts `\1` to `\9` and `\&` of a replacement text in place. */
function expandReplacement(replacement: string, match: RegExpExecArray): string {
  if (!replacement.includes("\\")) return replacement;
  return replacement.replace(/\\([1-9&\\])?/g, (whole, what: string | undefined) => {
    if (what === undefined) return whole;
    if (what === "\\") return "\\";
    return (what === "&" ? match[0] : match[Number(what)]) ?? "";
  });
}

/** regexp_replace; `occurrence` 0 replaces all, n the n-th match. */
export function replacePattern(
  source: string,
  pattern: string,
  replacement: string,
  options: { readonly flags: string; readonly start?: number; readonly occurrence?: number },
): string {
  const { global } = regexWithFlags(pattern, options.flags);
  const occurrence = options.occurrence ?? (global ? 0 : 1);
  let result = "";
  let from = 0;
  let seen = 0;
  for (const match of eachMatch(source, pattern, options.flags, options.start ?? 0)) {
    seen++;
    if (occurrence !== 0 && seen !== occurrence) continue;
    result += source.slice(from, match.index) + expandReplacement(replacement, match);
    from = match.index + match[0].length;
    if (occurrence !== 0) break;
  }
  return result + source.slice(from);
}

/** Rewrites a SIMILAR TO pattern as a regular expression: similar_to_escape. */
export function similarToRegex(pattern: string, escape: string): string {
  if (Array.from(escape).length > 1) {
    throw new SqlError("invalid_escape_sequence", "invalid escape string", {
      hint: "Escape string must be empty or one character.",
    });
  }
  let out = "^(?:";
  let inBracket = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char === escape && escape !== "") {
      at++;
      const next = pattern[at];
      if (next === undefined)
        throw new SqlError("invalid_escape_sequence", "invalid escape string");
      if (next !== '"') out += `\\${next}`;
      continue;
    }
    if (inBracket) {
      if (char === "\\") out += "\\";
      out += char;
      if (char === "]") inBracket = false;
      continue;
    }
    switch (char) {
      case "[":
        inBracket = true;
        out += char;
        break;
      case "%":
        out += ".*";
        break;
      case "_":
        out += ".";
        break;
      case "(":
        out += "(?:";
        break;
      case "\\":
      case ".":
      case "^":
      case "$":
        out += `\\${char}`;
        break;
      default:
        out += char;
    }
  }
  return `${out})$`;
}
