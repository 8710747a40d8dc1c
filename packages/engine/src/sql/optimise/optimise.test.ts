import { runScripts } from "#testing/datadriven.ts";
import { SqlClient, runText } from "#testing/sql-client.ts";

/**
 * Each script is about one rule: `run` prepares tables, `explain` shows the plan of a query.
 */
runScripts(new URL("testdata/", import.meta.url), () => {
  const session = SqlClient.inMemory().then((client) => client.connect());
  return async ({ name, input }) => {
    const text =
      name === "explain"
        ? input.startsWith("(")
          ? `EXPLAIN ${input}`
          : `EXPLAIN (COSTS OFF) ${input}`
        : input;
    const { results, error } = await runText(await session, text);
    if (error !== undefined) return `${error.code} ${error.message}`;
    return results.flatMap((result) => result.rows.map((row) => row.join(" | "))).join("\n");
  };
});
