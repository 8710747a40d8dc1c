import * as fs from "node:fs";
import { expect, test } from "vitest";
import { compareWithPostgres } from "#testing/postgres-comparison.ts";
import { oracleUrl } from "#testing/postgres-oracle.ts";

const folder = new URL("testdata/postgres/", import.meta.url);

test.runIf(oracleUrl !== undefined).for(fs.readdirSync(folder).sort())(
  "gives what PostgreSQL gives: %s",
  async (file) => {
    const { differences, statementCount } = await compareWithPostgres(
      oracleUrl ?? "",
      new URL(file, folder),
    );
    expect(statementCount).toBeGreaterThan(0);
    expect(differences).toEqual([]);
  },
);
