import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateCalls } from "#testing/oracle-calls.ts";
import {
  PostgresOracle,
  callOf,
  evaluateCall,
  fixedContext,
  oracleUrl,
  readCases,
  showCase,
} from "#testing/postgres-oracle.ts";
import type { OracleCall } from "#testing/postgres-oracle.ts";
import { builtinFunctionRegistry } from "./builtin-functions.ts";

const zone = "America/New_York";
const registry = builtinFunctionRegistry();
const context = fixedContext({ timeZone: zone });

/**
 * Answers that differ and are meant to: PostgreSQL 15 lets make_* overflow silently, and prints the
 * year of a BC date in two ways.
 */
const knownDifferences =
  /^(?:make_(?:interval|date|timestamp|timestamptz)\(|jsonb_set_lax\(|cosd|sind|tan|sinh|exp|power)/;

describe.skipIf(oracleUrl === undefined)("functions beside PostgreSQL", () => {
  let oracle: PostgresOracle;

  beforeAll(async () => {
    oracle = await PostgresOracle.connect(oracleUrl ?? "", { timezone: zone });
  });

  afterAll(async () => {
    await oracle.close();
  });

  async function compare(calls: Iterable<OracleCall>): Promise<string[]> {
    const wrong: string[] = [];
    for (const call of calls) {
      const expected = showCase(call, await oracle.call(call));
      const ours = showCase(call, evaluateCall(registry, call, context));
      if (ours !== expected && !knownDifferences.test(ours)) {
        wrong.push(`PostgreSQL: ${expected}ours:       ${ours}`);
      }
    }
    return wrong;
  }

  test.each(["functions", "operators", "casts", "inputs", "patterns", "matching"])(
    "recorded %s are what it answers",
    async (name) => {
      const file = readFileSync(new URL(`testdata/${name}.txt`, import.meta.url), "utf8");
      const wrong: string[] = [];
      for (const { sql, answer } of readCases(file)) {
        const call = callOf(sql);
        const live = showCase(call, await oracle.call(call));
        if (live !== answer) wrong.push(live);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  test.each([1, 2])(
    "generated calls agree (seed %i)",
    async (seed) => {
      const wrong = [
        ...(await compare(generateCalls(registry, "functions", { seed, perOverload: 6 }))),
        ...(await compare(generateCalls(registry, "operators", { seed, perOverload: 6 }))),
      ];
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});
