import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  callOf,
  evaluateCall,
  fixedContext,
  readCases,
  showCase,
} from "#testing/postgres-oracle.ts";
import { builtinFunctionRegistry } from "./builtin-functions.ts";

const registry = builtinFunctionRegistry();
const context = fixedContext({ timeZone: "America/New_York" });

/** What PostgreSQL answered is kept in testdata; `*.pg.test.ts` asks it again where there is one. */
describe.each(["functions", "operators", "casts", "inputs", "patterns", "matching"])(
  "recorded %s",
  (name) => {
    const cases = readCases(readFileSync(new URL(`testdata/${name}.txt`, import.meta.url), "utf8"));

    test("there are cases", () => {
      expect(cases.length).toBeGreaterThan(400);
    });

    test("our answers are PostgreSQL's", () => {
      const wrong: { ours: string; postgres: string }[] = [];
      for (const { sql, answer } of cases) {
        const call = callOf(sql);
        const ours = showCase(call, evaluateCall(registry, call, context));
        if (ours !== answer) wrong.push({ ours, postgres: answer });
      }
      expect(wrong).toEqual([]);
    });
  },
);
