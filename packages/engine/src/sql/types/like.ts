import { SqlError } from "#base/errors.ts";

type Matcher = (text: string) => boolean;

/** Compiled patterns: a memo of a pure function, emptied when full. */
const matchers = new Map<string, Matcher>();
const matchersMax = 1024;

function matcherOf(pattern: string, ignoreCase: boolean): Matcher {
  const key = ignoreCase ? `i${pattern}` : `c${pattern}`;
  let matcher = matchers.get(key);
  if (matcher === undefined) {
    matcher = compile(pattern, ignoreCase);
    if (matchers.size >= matchersMax) matchers.clear();
    matchers.set(key, matcher);
  }
  return matcher;
}

/** text LIKE pattern; backslash is the escape character. */
export function isLike(text: string, pattern: string): boolean {
  return matcherOf(pattern, false)(text);
}

export function isLikeIgnoringCase(text: string, pattern: string): boolean {
  return matcherOf(pattern, true)(text);
}

/** Patterns that are a word with % at either end, which is most of them, need no expression. */
function compile(pattern: string, ignoreCase: boolean): Matcher {
  const simple = /^(%?)([^%_\\]*)(%?)$/.exec(pattern);
  if (simple !== null && !ignoreCase) {
    const word = simple[2] ?? "";
    const open = simple[1] === "%";
    const ended = simple[3] === "%";
    if (pattern === "%" || pattern === "%%") return () => true;
    if (open && ended) return (text) => text.includes(word);
    if (open) return (text) => text.endsWith(word);
    if (ended) return (text) => text.startsWith(word);
    return (text) => text === word;
  }
  const tokens = readTokens(ignoreCase ? pattern.toLowerCase() : pattern);
  return (text) => matchTokens(ignoreCase ? text.toLowerCase() : text, tokens);
}

/** `any` stands for %, `one` for _, `dangling` for an escape with nothing behind; a string for itself. */
type Token = { readonly kind: "any" | "one" | "dangling" } | string;

const any: Token = { kind: "any" };
const one: Token = { kind: "one" };
const dangling: Token = { kind: "dangling" };

function readTokens(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const char = characters[at] ?? "";
    if (char === "%") {
      if (tokens[tokens.length - 1] !== any) tokens.push(any);
    } else if (char === "_") {
      tokens.push(one);
    } else if (char === "\\") {
      at++;
      tokens.push(characters[at] ?? dangling);
    } else {
      tokens.push(char);
    }
  }
  return tokens;
}

/**
 * Greedy, with one place to go back to: when a character does not fit, the last % takes one more.
 * Never worse than the product of both lengths, whatever the pattern.
 */
function matchTokens(text: string, tokens: readonly Token[]): boolean {
  const characters = /[\ud800-\udfff]/.test(text) ? Array.from(text) : text;
  let at = 0;
  let token = 0;
  let retryToken = -1;
  let retryAt = 0;
  while (at < characters.length) {
    const wanted = tokens[token];
    if (wanted === dangling) {
      // Only a text that reaches it is told.
      throw new SqlError(
        "invalid_escape_sequence",
        "LIKE pattern must not end with escape character",
      );
    }
    if (wanted === any) {
      retryToken = ++token;
      retryAt = at;
    } else if (wanted !== undefined && (wanted === one || wanted === characters[at])) {
      token++;
      at++;
    } else if (retryToken !== -1) {
      token = retryToken;
      at = ++retryAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === any) token++;
  return token === tokens.length;
}

/** like_escape: rewrites a pattern with another escape character to one with a backslash. */
export function likeWithEscape(pattern: string, escape: string): string {
  const characters = Array.from(escape);
  if (characters.length > 1) {
    throw new SqlError("invalid_escape_sequence", "invalid escape string", {
      hint: "Escape string must be empty or one character.",
    });
  }
  if (escape === "\\") return pattern;
  let out = "";
  let afterEscape = false;
  for (const char of pattern) {
    if (char === escape && !afterEscape) {
      out += "\\";
      afterEscape = true;
    } else if (char === "\\") {
      out += "\\";
      if (!afterEscape) out += "\\";
      afterEscape = false;
    } else {
      out += char;
      afterEscape = false;
    }
  }
  return out;
}
