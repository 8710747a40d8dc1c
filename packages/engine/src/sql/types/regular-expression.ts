import { SqlError } from "#base/errors.ts";
import {
  defaultRegexOptions,
  invalidRegex,
  isAscii,
  translateRegex,
  withRegexFlag,
} from "./regex-translation.ts";
import type { RegexOptions } from "./regex-translation.ts";

/** A pattern in both dialects; the quicker one serves texts without other characters. */
interface CompiledPattern {
  readonly ascii: RegExp | undefined;
  readonly unicode: RegExp;
}

function compile(pattern: string, options: RegexOptions): CompiledPattern {
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
      const next = withRegexFlag(effective, flag);
      if (next === undefined) throw invalidRegex("invalid embedded option");
      effective = next;
    }
    body = body.slice(embedded[0].length);
  }
  const ascii = translateRegex(body, effective, "ascii");
  const unicode = translateRegex(body, effective, "unicode") ?? "";
  return {
    ascii: ascii === undefined ? undefined : construct(ascii, "g"),
    unicode: construct(unicode, effective.ignoreCase ? "giu" : "gu"),
  };
}

function construct(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    if (/nothing to repeat/i.test(message)) throw invalidRegex("quantifier operand invalid");
    if (/numbers out of order/i.test(message)) throw invalidRegex("invalid repetition count(s)");
    if (/range out of order/i.test(message)) throw invalidRegex("invalid character range");
    if (/group/i.test(message)) throw invalidRegex("parentheses () not balanced");
    throw invalidRegex("invalid regexp (reg version 0.8)");
  }
}

/** Compiled patterns: a memo of a pure function, emptied when full. */
const compiled = new Map<string, CompiledPattern>();
const compiledMax = 512;

/** The expression for a pattern and the text it is to run on; its lastIndex is the caller's. */
function regexFor(source: string, pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  let both = compiled.get(key);
  if (both === undefined) {
    both = compile(pattern, optionsOf(flags));
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(key, both);
  }
  const regex = both.ascii !== undefined && isAscii(source) ? both.ascii : both.unicode;
  regex.lastIndex = 0;
  return regex;
}

function optionsOf(flags: string): RegexOptions {
  let options = defaultRegexOptions;
  for (const flag of flags) {
    if (flag === "g") continue;
    const next = withRegexFlag(options, flag);
    if (next === undefined) throw invalidOption(flag);
    options = next;
  }
  return options;
}

/** text ~ pattern, and with ignoreCase text ~* pattern. */
export function matchesPattern(source: string, pattern: string, ignoreCase: boolean): boolean {
  return regexFor(source, pattern, ignoreCase ? "i" : "").test(source);
}

/** Whether flags, which are checked, ask for every match. */
export function isGlobal(flags: string): boolean {
  let global = false;
  for (const flag of flags) {
    if (flag === "g") global = true;
    else if (withRegexFlag(defaultRegexOptions, flag) === undefined) throw invalidOption(flag);
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
  const regex = regexFor(source, pattern, flags);
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
  const regex = regexFor(source, pattern, flags);
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

/** Where a group of a match begins and ends; undefined when it took no part. */
export function groupBounds(
  source: string,
  match: RegExpExecArray,
  pattern: string,
  flags: string,
  group: number,
): readonly [number, number] | undefined {
  if (group === 0) return [match.index, match.index + match[0].length];
  if (match[group] === undefined) return undefined;
  // Bounds of groups cost every match something, so only this asks for them.
  const regex = regexFor(source, pattern, flags);
  const withBounds = new RegExp(regex.source, `${regex.flags}d`);
  withBounds.lastIndex = match.index;
  return withBounds.exec(source)?.indices?.[group];
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
  const global = isGlobal(flags);
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
  const global = isGlobal(options.flags);
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
