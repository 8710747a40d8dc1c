import * as fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresComparison } from "#testing/postgres-comparison.ts";
import { oracleUrl } from "#testing/postgres-oracle.ts";

const folder = new URL("testdata/postgres/", import.meta.url);

/** One statement per line; `--` begins a comment. */
function readStatements(file: string): readonly string[] {
  return fs
    .readFileSync(new URL(file, folder), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"));
}

describe.for(fs.readdirSync(folder).toSorted())("statements beside PostgreSQL: %s", (file) => {
  let comparison: PostgresComparison | undefined;

  beforeAll(async () => {
    if (oracleUrl !== undefined) comparison = await PostgresComparison.open(oracleUrl);
  });

  afterAll(async () => {
    await comparison?.close();
  });

  test.skipIf(oracleUrl === undefined)(
    "rows, shapes and errors are the same",
    { timeout: 60_000 },
    async () => {
      const statements = readStatements(file);
      expect(statements.length).toBeGreaterThan(0);
      expect(await comparison?.runAll(statements)).toEqual([]);
    },
  );
});
