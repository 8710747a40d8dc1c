import { runScripts } from "#testing/datadriven.ts";
import { SqlClient, runText } from "#testing/sql-client.ts";

/** EXPLAIN in all its forms; time stands still, so figures are zero. */
runScripts(new URL("testdata/", import.meta.url), () => {
  const session = SqlClient.inMemory().then((client) => client.connect());
  return async ({ input }) => {
    const { results, error } = await runText(await session, input);
    if (error !== undefined) return `${error.code} ${error.message}`;
    return results.flatMap((result) => result.rows.map((row) => row.join(" | "))).join("\n");
  };
});
