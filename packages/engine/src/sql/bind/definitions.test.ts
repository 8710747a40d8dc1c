import { runScripts } from "#testing/datadriven.ts";
import { SqlClient, runText } from "#testing/sql-client.ts";

/**
 * What definitions become: `run` executes statements, `show` lists the columns and constraints of
 * a table as the catalog keeps them.
 */
runScripts(new URL("testdata/definitions/", import.meta.url), () => {
  const session = SqlClient.inMemory().then((client) => client.connect());
  return async ({ name, input, words }) => {
    const text =
      name === "show"
        ? `SELECT attname, format_type(atttypid, atttypmod), attnotnull,
             pg_get_expr(adbin, adrelid)
           FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
           WHERE attrelid = '${words[0] ?? ""}'::regclass AND attnum > 0 AND NOT attisdropped
           ORDER BY attnum;
           SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid = '${words[0] ?? ""}'::regclass ORDER BY conname`
        : input;
    const { results, notices, error } = await runText(await session, text);
    const lines = [
      ...notices.map((notice) => `${notice.severity} ${notice.error.message}`),
      ...results.flatMap((result) =>
        result.rows.map((row) => row.map((value) => value ?? "-").join(" | ")),
      ),
    ];
    if (error !== undefined) lines.push(`${error.code} ${error.message}`);
    return lines.join("\n");
  };
});
