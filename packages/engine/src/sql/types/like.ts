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
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    let char = pattern[at] ?? "";
    if (char === "%") {
      source += "[\\s\\S]*";
      continue;
    }
    if (char === "_") {
      source += "[\\s\\S]";
      continue;
    }
    if (char === "\\") {
      at++;
      const next = pattern[at];
      if (next === undefined) {
        throw new SqlError(
          "invalid_escape_sequence",
          "LIKE pattern must not end with escape character",
        );
      }
      char = next;
    }
    source += /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
  }
  const regex = new RegExp(`^${source}$`, ignoreCase ? "iu" : "u");
  return (text) => regex.test(text);
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
