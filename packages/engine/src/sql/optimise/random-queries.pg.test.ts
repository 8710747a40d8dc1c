import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresComparison } from "#testing/postgres-comparison.ts";
import { oracleUrl } from "#testing/postgres-oracle.ts";
import { RandomQueries, randomQueryTables } from "#testing/random-queries.ts";

const queryCount = 150;
const timeoutMs = 60_000;

describe.skipIf(oracleUrl === undefined)("random queries beside PostgreSQL", () => {
  let comparison: PostgresComparison;

  beforeAll(async () => {
    comparison = await PostgresComparison.open(oracleUrl ?? "");
    expect(await comparison.runAll(randomQueryTables)).toEqual([]);
  });

  afterAll(async () => {
    await comparison.close();
  });

  test.for([1, 2])("give the same rows (seed %i)", { timeout: timeoutMs }, async (seed) => {
    const queries = new RandomQueries(seed);
    const statements = Array.from({ length: queryCount }, () => queries.next());
    expect(await comparison.runAll(statements)).toEqual([]);
  });
});
