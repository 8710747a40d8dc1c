import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import type { Session } from "#sql/session/protocol.ts";
import { runScripts } from "#testing/datadriven.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { SqlClient, runText, showResult } from "#testing/sql-client.ts";

/** What clients ask of the catalogs, and what they are told. */
runScripts(new URL("./testdata/scripts/", import.meta.url), () => {
  let session: Promise<Session> | undefined;
  return async ({ name, input }) => {
    if (name !== "sql") throw new Error(`no such command: ${name}`);
    session ??= SqlClient.open(new MemoryKv(), simRuntime(1)).then((client) => client.connect());
    return showResult(await runText(await session, input));
  };
});
