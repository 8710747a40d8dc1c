import { serialize } from "pg-protocol";
import { expect, test } from "vitest";
import { SqlError } from "#base/errors.ts";
import { settled } from "#runtime/real/event-loop.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { createSessionFactory } from "#sql/session/session-factory.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { numberedColumns, numberedRows, ScriptedSessions } from "#testing/scripted-sessions.ts";
import { WireClient } from "#testing/wire-client.ts";
import { PasswordAuthenticator } from "./authentication.ts";
import { PgServer } from "./server.ts";

/**
 * Conversations with bytes changed, dropped, doubled or cut at random. Whatever comes, the server
 * answers with well-formed messages or closes, and serves the next client.
 */
const roundsMax = 2_000;

const conversations: readonly Buffer[] = [
  Buffer.concat([serialize.query("select"), serialize.query("fail"), serialize.query("")]),
  Buffer.concat([
    serialize.parse({ name: "s", text: "select", types: [oids.int4, oids.text] }),
    serialize.describe({ type: "S", name: "s" }),
    serialize.bind({ portal: "p", statement: "s", values: ["1", null, "three"], binary: true }),
    serialize.describe({ type: "P", name: "p" }),
    serialize.execute({ portal: "p", rows: 2 }),
    serialize.execute({ portal: "p" }),
    serialize.close({ type: "P", name: "p" }),
    serialize.flush(),
    serialize.sync(),
  ]),
  Buffer.concat([
    serialize.copyData(Buffer.from("1\t2\n")),
    serialize.copyFail("stop"),
    serialize.password("secret"),
    serialize.query("select"),
    serialize.end(),
  ]),
  serialize.startup({ user: "datafusion", database: "datafusion", options: "-c a=b" }),
  serialize.cancel(1, 2),
  serialize.requestSsl(),
];

function mutate(random: SimRandom, original: Buffer): Buffer {
  const bytes = Buffer.from(original);
  const changes = 1 + random.integer(4);
  let result = bytes;
  for (let change = 0; change < changes; change++) {
    const at = random.integer(Math.max(result.length, 1));
    switch (random.integer(5)) {
      case 0:
        if (result.length > 0) result[at] = random.integer(256);
        break;
      case 1:
        if (result.length > 0) result[at] = (result[at] ?? 0) ^ (1 << random.integer(8));
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + random.integer(8))]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result]);
        break;
      case 4:
        result = result.subarray(0, at);
        break;
    }
  }
  return result;
}

/** As above, with the SQL engine behind the connection: what parses may still be nonsense to it. */
test("mutated statements and parameters neither crash nor hang the SQL engine", async () => {
  const random = new SimRandom(11);
  const fatals: string[] = [];
  const runtime = simRuntime(8, { onFatal: (reason) => fatals.push(reason) });
  const sessions = await createSessionFactory({
    kv: new MemoryKv(),
    runtime,
    nodeId: 1,
    version: "0.0.0",
  });
  const server = new PgServer(runtime, sessions, {
    host: "127.0.0.1",
    port: 0,
    authenticator: new PasswordAuthenticator(runtime.random, {
      passwords: new Map(),
      trustLoopback: true,
    }),
    tls: undefined,
    connectionsMax: 4,
    startupTimeoutMs: 1_000,
    messageBytesMax: 4_096,
  });
  const startup = serialize.startup({ user: "datafusion", database: "datafusion" });
  const conversation = Buffer.concat([
    serialize.query("CREATE TABLE IF NOT EXISTS t (a int8 PRIMARY KEY, b text, c timestamptz)"),
    serialize.query("INSERT INTO t VALUES (1, 'x', now()) ON CONFLICT (a) DO UPDATE SET b = 'y'"),
    serialize.parse({ name: "s", text: "SELECT a, b, c FROM t WHERE a = $1 AND b <> $2" }),
    serialize.bind({ statement: "s", values: ["1", "z"], binary: true }),
    serialize.describe({ type: "P" }),
    serialize.execute({ rows: 1 }),
    serialize.sync(),
    serialize.query("COPY t FROM STDIN WITH (FORMAT csv, HEADER)"),
    serialize.copyData(Buffer.from('a,b,c\n2,"x\ny",\n')),
    serialize.copyDone(),
    serialize.query("BEGIN; SELECT count(*), max(b) FROM t GROUP BY a ORDER BY 1; COMMIT"),
  ]);
  for (let round = 0; round < 500; round++) {
    const client = new WireClient(runtime.clock.time);
    server.accept(client);
    await client.send(startup);
    await client.send(mutate(random, conversation));
    for (let turn = 0; turn < 4; turn++) await settled();
    client.hangUp();
  }
  for (let turn = 0; turn < 10; turn++) await settled();
  expect(fatals).toEqual([]);
  expect(server.connectionCount).toBe(0);

  const healthy = new WireClient(runtime.clock.time);
  server.accept(healthy);
  await healthy.send(startup, serialize.query("SELECT 1"));
  await expect.poll(() => healthy.takeNames().at(-1)).toBe("readyForQuery");
});

test(`${roundsMax} mutated conversations neither crash nor hang the server`, async () => {
  const random = new SimRandom(20_240_601);
  const fatals: string[] = [];
  const runtime = simRuntime(7, { onFatal: (reason) => fatals.push(reason) });
  const sessions = new ScriptedSessions({
    select: { columns: numberedColumns, rows: numberedRows(5) },
    fail: { error: new SqlError("division_by_zero", "division by zero") },
  });
  const server = new PgServer(runtime, sessions, {
    host: "127.0.0.1",
    port: 0,
    authenticator: new PasswordAuthenticator(runtime.random, {
      passwords: new Map(),
      trustLoopback: true,
    }),
    tls: undefined,
    connectionsMax: 4,
    startupTimeoutMs: 1_000,
    messageBytesMax: 4_096,
  });
  const startup = serialize.startup({ user: "datafusion", database: "datafusion" });
  let answered = 0;
  for (let round = 0; round < roundsMax; round++) {
    const client = new WireClient(runtime.clock.time);
    server.accept(client);
    const conversation = conversations[random.integer(conversations.length)] ?? startup;
    const isStartup = conversations.indexOf(conversation) >= 3;
    // The answer to a changed start-up packet may be one bare byte, which is not a message.
    if (isStartup) client.expectRaw(Number.MAX_SAFE_INTEGER);
    if (!isStartup) await client.send(startup);
    const cut = random.integer(conversation.length + 1);
    const mutated = mutate(random, conversation);
    await client.send(mutated.subarray(0, cut), mutated.subarray(cut));
    await settled();
    answered += client.writes.length;
    client.hangUp();
  }
  await settled();
  expect(fatals).toEqual([]);
  expect(server.connectionCount).toBe(0);
  expect(sessions.closedCount).toBe(sessions.opened.length);
  expect(answered).toBeGreaterThan(roundsMax / 2);

  const healthy = new WireClient(runtime.clock.time);
  server.accept(healthy);
  await healthy.send(startup, serialize.query("select"));
  expect(healthy.takeNames().at(-1)).toBe("readyForQuery");
});
