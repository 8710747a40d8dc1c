import { expect, test } from "vitest";
import { SqlError } from "#base/errors.ts";
import type { Clock } from "#runtime/ports.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import type { SimRuntime } from "#runtime/sim/sim-runtime.ts";
import { runScripts } from "#testing/datadriven.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { CollectingSink, SqlClient, runText, showResult } from "#testing/sql-client.ts";
import type { Session } from "./protocol.ts";

/**
 * Scripts of statements in any number of sessions, on one or two nodes over one store:
 *
 *     sql session=a node=2
 *     SELECT 1
 *     ----
 *     ?column?
 *     1
 *     SELECT 1
 */
runScripts(new URL("./testdata/scripts/", import.meta.url), () => {
  const kv = new MemoryKv();
  const runtime = simRuntime(1);
  const nodes = new Map<string, Promise<SqlClient>>();
  const sessions = new Map<string, Promise<Session>>();

  const nodeOf = (name: string): Promise<SqlClient> => {
    const node = nodes.get(name) ?? SqlClient.open(kv, runtime, Number(name));
    nodes.set(name, node);
    return node;
  };
  const sessionOf = (args: ReadonlyMap<string, string>): Promise<Session> => {
    const name = args.get("session") ?? "a";
    const known =
      sessions.get(name) ?? nodeOf(args.get("node") ?? "1").then((node) => node.connect());
    sessions.set(name, known);
    return known;
  };
  const oids = (text: string | undefined): number[] =>
    text === undefined || text === "" ? [] : text.split(",").map(Number);

  return async ({ name, args, input }) => {
    const session = await sessionOf(args);
    switch (name) {
      case "sql":
        return showResult(await runText(session, input));
      case "status":
        return session.transactionStatus;
      case "parse":
        return extended(session, async () => {
          await session.parse(args.get("name") ?? "", input, oids(args.get("types")));
          const { parameterTypeOids, columns } = session.describeStatement(args.get("name") ?? "");
          const shape = columns?.map((column) => `${column.name}:${column.type.name}`).join(" ");
          return `parameters ${parameterTypeOids.join(" ")}; columns ${shape ?? "none"}`;
        });
      case "bind":
        return extended(session, async () => {
          const values = input === "" ? [] : input.split("\n");
          await session.bind({
            portal: args.get("portal") ?? "",
            statement: args.get("name") ?? "",
            parameterFormats: values.map(() => 0),
            parameters: values.map((value) => (value === "NULL" ? null : Buffer.from(value))),
          });
          return "bound";
        });
      case "execute":
        return extended(session, async () => {
          const portal = args.get("portal") ?? "";
          const sink = new CollectingSink(session, session.describePortal(portal));
          const rowsMax = Number(args.get("rows") ?? "0");
          const isDone = await session.execute(portal, rowsMax, sink, args.get("last") === "yes");
          if (!isDone) sink.complete("suspended");
          return showResult({ results: sink.results, notices: sink.notices, error: undefined });
        });
      case "sync":
        return extended(session, async () => {
          await session.sync();
          return session.transactionStatus;
        });
      case "close":
        session.closePortal(args.get("portal") ?? "");
        return "closed";
      default:
        throw new Error(`no such command: ${name}`);
    }
  };
});

async function extended(session: Session, run: () => Promise<string>): Promise<string> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    session.failed();
    return showResult({ results: [], notices: [], error });
  }
}

interface World {
  readonly runtime: SimRuntime;
  readonly kv: MemoryKv;
  readonly client: SqlClient;
  readonly session: Session;
}

async function openWorld(): Promise<World> {
  const runtime = simRuntime(1);
  const kv = new MemoryKv();
  const client = await SqlClient.open(kv, runtime);
  return { runtime, kv, client, session: await client.connect() };
}

/** A clock for computations: looking at it takes 10 µs, and letting others run takes 5 ms. */
function busyClock(runtime: SimRuntime): Clock {
  const { clock } = runtime;
  let spentMs = 0;
  return {
    wallMs: () => clock.wallMs(),
    wallMicros: () => clock.wallMicros(),
    monotonicMs: () => clock.monotonicMs() + (spentMs += 0.01),
    after: (delayMs, run) => clock.after(delayMs, run),
    every: (periodMs, run) => clock.every(periodMs, run),
    soon: (run) => clock.soon(run),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    yield: () => clock.sleep(5),
  };
}

test("a statement that meets a conflict is run again while nothing has left", async () => {
  const { client, session, runtime } = await openWorld();
  await runText(session, "CREATE TABLE counters (id int PRIMARY KEY, n int)");
  await runText(session, "INSERT INTO counters VALUES (1, 0)");
  const sessions = await Promise.all(Array.from({ length: 8 }, () => client.connect()));
  const updates = sessions.map((one) =>
    runText(one, "UPDATE counters SET n = n + 1 WHERE id = 1 RETURNING n"),
  );
  const answers = await runtime.clock.run(Promise.all(updates));
  expect(answers.map((answer) => answer.error)).toEqual(answers.map(() => undefined));
  const { results } = await runText(session, "SELECT n FROM counters");
  expect(results[0]?.rows).toEqual([["8"]]);
});

test("a conflict in a block is the client's to meet", async () => {
  const { client, session } = await openWorld();
  await runText(session, "CREATE TABLE counters (id int PRIMARY KEY, n int)");
  await runText(session, "INSERT INTO counters VALUES (1, 0)");
  const other = await client.connect();
  await runText(session, "BEGIN; UPDATE counters SET n = n + 1");
  await runText(other, "UPDATE counters SET n = n + 10");
  const commit = await runText(session, "COMMIT");
  expect(commit.error?.code).toBe("40001");
  expect(session.transactionStatus).toBe("I");
});

test("cancelling ends a statement, and the session goes on", async () => {
  const { session } = await openWorld();
  const reason = new SqlError("query_canceled", "canceling statement due to user request");
  const running = runText(session, "SELECT count(*) FROM generate_series(1, 100000000)");
  session.cancel(reason);
  expect((await running).error).toBe(reason);
  expect((await runText(session, "SELECT 1")).error).toBeUndefined();
});

test("pg_sleep waits for its time, and can be cancelled", async () => {
  const { session, runtime } = await openWorld();
  const slept = await runtime.clock.run(runText(session, "SELECT pg_sleep(2), 'rested'"));
  expect(slept.results[0]?.rows).toEqual([["", "rested"]]);
  expect(runtime.clock.nowMs()).toBeGreaterThanOrEqual(2_000);
  const reason = new SqlError("query_canceled", "canceling statement due to user request");
  const sleeping = runText(session, "SELECT pg_sleep(3600)");
  await runtime.clock.run(runtime.clock.sleep(10));
  session.cancel(reason);
  expect((await sleeping).error).toBe(reason);
});

test("statement_timeout ends a statement", async () => {
  const runtime = simRuntime(1);
  const client = await SqlClient.open(new MemoryKv(), { ...runtime, clock: busyClock(runtime) });
  const session = await client.connect();
  await runText(session, "SET statement_timeout = '50ms'");
  const running = runText(session, "SELECT count(*) FROM generate_series(1, 100000000)");
  const answer = await runtime.clock.run(running);
  expect(answer.error?.code).toBe("57014");
  expect(answer.error?.message).toBe("canceling statement due to statement timeout");
});

test("an idle transaction ends its connection when asked to", async () => {
  const { client, runtime } = await openWorld();
  const reasons: SqlError[] = [];
  const session = await client.connect(
    new Map([["idle_in_transaction_session_timeout", "100"]]),
    (reason) => reasons.push(reason),
  );
  await runText(session, "BEGIN");
  await runtime.clock.run(runtime.clock.sleep(200));
  expect(reasons.map((reason) => reason.code)).toEqual(["25P03"]);
});

test("a statement that needs too much memory gets 53200", async () => {
  const runtime = simRuntime(1);
  const client = await SqlClient.open(new MemoryKv(), runtime, 1, {
    queryMemoryBytesMax: 1_000_000,
  });
  const session = await client.connect();
  const sort = await runText(session, "SELECT g FROM generate_series(1, 100000) g ORDER BY g DESC");
  expect(sort.error?.code).toBe("53200");
  const top = await runText(
    session,
    "SELECT g FROM generate_series(1, 100000) g ORDER BY g DESC LIMIT 1",
  );
  expect(top.results[0]?.rows).toEqual([["100000"]]);
});

test("a statement nested too deep gets 54001, and the session goes on", async () => {
  const { session } = await openWorld();
  const deep = await runText(session, `SELECT ${"1+".repeat(100_000)}1`);
  expect(deep.error?.code).toBe("54001");
  expect((await runText(session, "SELECT 1")).error).toBeUndefined();
});

test("rows of a dropped table are removed afterwards", async () => {
  const { session, kv, runtime } = await openWorld();
  await runText(session, "CREATE TABLE many (id int PRIMARY KEY, s text)");
  await runText(session, "CREATE INDEX many_s ON many (s)");
  await runText(session, "INSERT INTO many SELECT g, 'row ' || g FROM generate_series(1, 5000) g");
  const isRow = (key: string): boolean => key.startsWith("\x02");
  const liveRows = (): number => {
    let count = 0;
    for (const [key, versions] of kv.versions.entries("", undefined)) {
      if (isRow(key) && versions.at(-1)?.value !== undefined) count++;
    }
    return count;
  };
  expect(liveRows()).toBe(10_000);
  await runText(session, "DROP TABLE many");
  await runtime.clock.run(runtime.clock.sleep(10));
  expect(liveRows()).toBe(0);
});

test("roles and databases that do not exist are refused", async () => {
  const { client } = await openWorld();
  await expect(client.connect(new Map(), undefined, { user: "nobody" })).rejects.toMatchObject({
    condition: "invalid_authorization_specification",
  });
  await expect(client.connect(new Map(), undefined, { database: "nope" })).rejects.toMatchObject({
    condition: "invalid_catalog_name",
  });
});

test("start-up options set the session's defaults", async () => {
  const { client } = await openWorld();
  const session = await client.connect(
    new Map([
      ["options", "-c statement_timeout=5000 -c search_path=a,public"],
      ["application_name", "probe"],
    ]),
  );
  const shown = await runText(
    session,
    "SELECT current_setting('statement_timeout'), current_setting('search_path'), current_setting('application_name')",
  );
  expect(shown.results[0]?.rows).toEqual([["5s", "a,public", "probe"]]);
});
