import { SqlError } from "#base/errors.ts";
import { arrayOf } from "./array-text.ts";
import { oids } from "./builtin-types.ts";
import {
  bool,
  bpchar,
  bytea,
  int4,
  name,
  nullableScalar,
  scalar,
  text,
  textArray,
} from "./define.ts";
import type { ArgType } from "./define.ts";
import type { ScalarFunction } from "./function.ts";
import { isLike, isLikeIgnoringCase, likeWithEscape } from "./like.ts";
import {
  eachMatch,
  findMatch,
  groupBounds,
  groupsOf,
  isGlobal,
  matchesPattern,
  replacePattern,
  splitByPattern,
} from "./regular-expression.ts";
import { similarToRegex } from "./similar-pattern.ts";

type Predicate = (source: string, pattern: string) => boolean;

/** x ~~ y for text, name and char(n) on the left, and its negation. */
function predicate(symbol: string, negated: string, test: Predicate): ScalarFunction[] {
  const lefts: readonly ArgType<string>[] = [text, name, bpchar];
  return lefts.flatMap((left) => [
    scalar(symbol, [left, text], bool, test),
    scalar(negated, [left, text], bool, (source, pattern) => !test(source, pattern)),
  ]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

export const patternOperators: readonly ScalarFunction[] = [
  ...predicate("~~", "!~~", isLike),
  ...predicate("~~*", "!~~*", isLikeIgnoringCase),
  ...predicate("~", "!~", (source, pattern) => matchesPattern(source, pattern, false)),
  ...predicate("~*", "!~*", (source, pattern) => matchesPattern(source, pattern, true)),
  scalar("~~", [bytea, bytea], bool, (a, b) => isLike(latin1(a), latin1(b))),
  scalar("!~~", [bytea, bytea], bool, (a, b) => !isLike(latin1(a), latin1(b))),
];

/** A character position from 1 as an index of UTF-16 units. */
function startIndex(source: string, start: number): number {
  if (start <= 0) {
    throw new SqlError("invalid_parameter_value", `invalid value for parameter "start": ${start}`);
  }
  let index = 0;
  for (let left = start - 1; left > 0 && index < source.length; left--) {
    index += (source.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return start - 1 > source.length ? source.length + 1 : index;
}

function checkCount(parameter: string, value: number, min: number): void {
  if (value < min) {
    throw new SqlError(
      "invalid_parameter_value",
      `invalid value for parameter "${parameter}": ${value}`,
    );
  }
}

function checkFlags(flags: string, functionName: string): void {
  if (isGlobal(flags)) {
    throw new SqlError(
      "invalid_parameter_value",
      `${functionName} does not support the "global" option`,
    );
  }
}

function regexpReplace(
  source: string,
  pattern: string,
  replacement: string,
  flags: string,
): string {
  // A digit here is most likely meant for the form with a start position.
  const [first = ""] = flags;
  if (/\d/.test(first)) {
    throw new SqlError("invalid_parameter_value", `invalid regular expression option: "${first}"`, {
      hint: "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.",
    });
  }
  return replacePattern(source, pattern, replacement, { flags });
}

function regexpCount(source: string, pattern: string, start: number, flags: string): number {
  checkCount("start", start, 1);
  checkFlags(flags, "regexp_count()");
  let count = 0;
  for (const match of eachMatch(source, pattern, flags, startIndex(source, start))) {
    void match;
    count++;
  }
  return count;
}

interface Occurrence {
  readonly start: number;
  readonly occurrence: number;
  readonly flags: string;
  readonly functionName: string;
}

function nthMatch(source: string, pattern: string, which: Occurrence): RegExpExecArray | null {
  checkCount("start", which.start, 1);
  checkFlags(which.flags, which.functionName);
  let seen = 0;
  for (const match of eachMatch(source, pattern, which.flags, startIndex(source, which.start))) {
    seen++;
    if (seen === which.occurrence) return match;
  }
  return null;
}

function regexpSubstr(
  source: string,
  pattern: string,
  start: number,
  occurrence: number,
  flags: string,
  group: number,
): string | null {
  checkCount("start", start, 1);
  checkCount("n", occurrence, 1);
  checkCount("subexpr", group, 0);
  const match = nthMatch(source, pattern, {
    start,
    occurrence,
    flags,
    functionName: "regexp_substr()",
  });
  return match?.[group] ?? null;
}

function regexpInstr(
  source: string,
  pattern: string,
  start: number,
  occurrence: number,
  endOption: number,
  flags: string,
  group: number,
): number {
  checkCount("start", start, 1);
  checkCount("n", occurrence, 1);
  if (endOption !== 0 && endOption !== 1) {
    throw new SqlError(
      "invalid_parameter_value",
      `invalid value for parameter "endoption": ${endOption}`,
    );
  }
  checkCount("subexpr", group, 0);
  const match = nthMatch(source, pattern, {
    start,
    occurrence,
    flags,
    functionName: "regexp_instr()",
  });
  const bounds = match === null ? undefined : groupBounds(source, match, pattern, flags, group);
  if (bounds === undefined) return 0;
  const [from, to] = bounds;
  return Array.from(source.slice(0, endOption === 0 ? from : to)).length + 1;
}

const flagDefaults = { defaults: [""] } as const;

export const patternFunctions: readonly ScalarFunction[] = [
  scalar("like", [text, text], bool, isLike),
  scalar("notlike", [text, text], bool, (source, pattern) => !isLike(source, pattern)),
  scalar("like_escape", [text, text], text, likeWithEscape),
  scalar("similar_to_escape", [text], text, (pattern) => similarToRegex(pattern, "\\")),
  scalar("similar_to_escape", [text, text], text, similarToRegex),
  nullableScalar("similar_escape", [text, text], text, (pattern, escape) =>
    pattern === null ? null : similarToRegex(pattern, escape ?? "\\"),
  ),
  scalar("substring", [text, text, text], text, (source, pattern, escape) => {
    const match = findMatch(source, similarToRegex(pattern, escape));
    return match === null ? null : (groupsOf(match)[0] ?? null);
  }),
  scalar("like_escape", [bytea, bytea], bytea, (pattern, escape) =>
    Buffer.from(likeWithEscape(latin1(pattern), latin1(escape)), "latin1"),
  ),
  scalar("substring", [text, text], text, (source, pattern) => {
    const match = findMatch(source, pattern);
    return match === null ? null : (groupsOf(match)[0] ?? null);
  }),
  scalar(
    "regexp_match",
    [text, text, text],
    textArray,
    (source, pattern, flags) => {
      checkFlags(flags, "regexp_match()");
      const match = findMatch(source, pattern, flags);
      return match === null ? null : arrayOf(oids.text, groupsOf(match));
    },
    flagDefaults,
  ),
  scalar(
    "regexp_like",
    [text, text, text],
    bool,
    (source, pattern, flags) => {
      checkFlags(flags, "regexp_like()");
      return findMatch(source, pattern, flags) !== null;
    },
    flagDefaults,
  ),
  scalar("regexp_replace", [text, text, text, text], text, regexpReplace, flagDefaults),
  scalar(
    "regexp_replace",
    [text, text, text, int4, int4, text],
    text,
    (source, pattern, replacement, start, occurrence, flags) => {
      const from = startIndex(source, start);
      checkCount("n", occurrence, 0);
      return replacePattern(source, pattern, replacement, {
        flags,
        start: from,
        occurrence,
      });
    },
    flagDefaults,
  ),
  scalar("regexp_replace", [text, text, text, int4], text, (source, pattern, replacement, start) =>
    replacePattern(source, pattern, replacement, { flags: "", start: startIndex(source, start) }),
  ),
  scalar(
    "regexp_split_to_array",
    [text, text, text],
    textArray,
    (source, pattern, flags) => {
      checkFlags(flags, "regexp_split_to_array()");
      return arrayOf(oids.text, splitByPattern(source, pattern, flags));
    },
    flagDefaults,
  ),
  scalar("regexp_count", [text, text, int4, text], int4, regexpCount, { defaults: [1, ""] }),
  scalar("regexp_substr", [text, text, int4, int4, text, int4], text, regexpSubstr, {
    defaults: [1, 1, "", 0],
  }),
  scalar("regexp_instr", [text, text, int4, int4, int4, text, int4], int4, regexpInstr, {
    defaults: [1, 1, 0, "", 0],
  }),
];
