import { runScripts } from "#testing/datadriven.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { SqlClient, runText } from "#testing/sql-client.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";

/**
 * Each script is about one rule: `run` prepares tables, `explain` shows the plan of a query.
 */
runScripts(new URL("testdata/", import.meta.url), () => {
  const session = SqlClient.open(new MemoryKv(), simRuntime(1)).then((client) => client.connect());
  return async ({ name, input }) => {
    const text = name === "explain" ? `EXPLAIN ${input}` : input;
    const { results, error } = await runText(await session, text);
    if (error !== undefined) return `${error.code} ${error.message}`;
    return results.flatMap((result) => result.rows.map((row) => row.join(" | "))).join("\n");
  };
});
