import { expect, test } from "vitest";
import { boundRegexBacktracking } from "#runtime/real/linear-regex.ts";
import { matchesPattern } from "#sql/types/regular-expression.ts";
import { isLike } from "#sql/types/like.ts";

/** By backtracking alone each of these would take years. */
test("a pattern that backtracks without end still answers", () => {
  boundRegexBacktracking();
  const text = `${"a".repeat(60)}!`;
  expect(matchesPattern(text, "(a+)+$", false)).toBe(false);
  expect(matchesPattern(text, "^(\\w|[a-z])*$", true)).toBe(false);
  expect(isLike(text, `${"%a".repeat(30)}%b`)).toBe(false);
});
