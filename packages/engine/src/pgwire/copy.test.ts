import { serialize } from "pg-protocol";
import { expect, test } from "vitest";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import type { SimTime } from "#runtime/sim/sim-time.ts";
import { createSessionFactory } from "#sql/session/session-factory.ts";
import { MemoryKv } from "#testing/memory-kv.ts";
import { WireClient } from "#testing/wire-client.ts";
import { PasswordAuthenticator } from "./authentication.ts";
import { PgServer } from "./server.ts";

interface Served {
  readonly time: SimTime;
  readonly server: PgServer;
  readonly client: WireClient;
}

async function serve(): Promise<Served> {
  const runtime = simRuntime(3);
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
  const { time } = runtime.clock;
  const client = await connect({ time, server });
  await exchange(client, serialize.query("CREATE TABLE t (a int PRIMARY KEY, b text)"));
  return { time, server, client };
}

async function connect(to: Omit<Served, "client">): Promise<WireClient> {
  const client = new WireClient(to.time);
  to.server.accept(client);
  await exchange(client, serialize.startup({ user: "datafusion", database: "datafusion" }));
  return client;
}

function backendKey(client: WireClient): { readonly processId: number; readonly secret: number } {
  for (const message of client.take()) {
    if ("processID" in message && "secretKey" in message) {
      return { processId: Number(message.processID), secret: Number(message.secretKey) };
    }
  }
  throw new Error("the server gave no key to cancel with");
}

/** What the server says to these messages: names, with tags, codes and lines. */
async function exchange(client: WireClient, ...messages: readonly Buffer[]): Promise<string[]> {
  await client.send(...messages);
  return client.take().map((message) => {
    const parts: unknown[] = [message.name];
    if ("text" in message) parts.push(message.text);
    if ("code" in message) parts.push(message.code);
    if ("chunk" in message) parts.push(String(message.chunk));
    if ("fields" in message && Array.isArray(message.fields) && message.name === "dataRow") {
      parts.push(...message.fields);
    }
    return parts.join(" ");
  });
}

const data = (text: string): Buffer => serialize.copyData(Buffer.from(text));

test("lines may come in any pieces; the client is asked for them first", async () => {
  const { client } = await serve();
  expect(await exchange(client, serialize.query("COPY t FROM STDIN"))).toEqual(["copyInResponse"]);
  expect(await exchange(client, data("1\ton"), data("e\n2"), serialize.flush())).toEqual([]);
  expect(await exchange(client, data("\t\\N\n"), serialize.copyDone())).toEqual([
    "commandComplete COPY 2",
    "readyForQuery",
  ]);
  expect(
    await exchange(client, serialize.query("COPY t TO STDOUT; SELECT count(*) FROM t")),
  ).toEqual([
    "copyOutResponse",
    "copyData 1\tone\n",
    "copyData 2\t\\N\n",
    "copyDone",
    "commandComplete COPY 2",
    "rowDescription",
    "dataRow 2",
    "commandComplete SELECT 1",
    "readyForQuery",
  ]);
});

test("what fails takes nothing in, and lines still on their way are dropped", async () => {
  const { client } = await serve();
  const copy = serialize.query("COPY t FROM STDIN");
  expect(await exchange(client, copy, data("1\tx\n"), serialize.copyFail("no more"))).toEqual([
    "copyInResponse",
    "error 57014",
    "readyForQuery",
  ]);
  expect(await exchange(client, copy, data("x\ty\n"))).toEqual([
    "copyInResponse",
    "error 22P02",
    "readyForQuery",
  ]);
  expect(await exchange(client, data("2\tz\n"), serialize.copyDone())).toEqual([]);
  expect(await exchange(client, serialize.query("SELECT count(*) FROM t"))).toContain("dataRow 0");
});

test("the extended protocol passes over a Sync between the lines", async () => {
  const { client } = await serve();
  const start = [
    serialize.parse({ text: "COPY t FROM STDIN (FORMAT csv)" }),
    serialize.bind({}),
    serialize.describe({ type: "P" }),
    serialize.execute({}),
    serialize.sync(),
  ];
  expect(await exchange(client, ...start)).toEqual([
    "parseComplete",
    "bindComplete",
    "noData",
    "copyInResponse",
  ]);
  expect(await exchange(client, data('7,"a,b"\n'), serialize.copyDone(), serialize.sync())).toEqual(
    ["commandComplete COPY 1", "readyForQuery"],
  );
});

test("a client that goes away or is cancelled in the middle leaves no rows and no connection", async () => {
  const { time, server, client } = await serve();
  const gone = await connect({ time, server });
  await exchange(gone, serialize.query("COPY t FROM STDIN"), data("1\tx\n"));
  gone.hangUp();
  const cancelled = await connect({ time, server });
  await exchange(cancelled, serialize.query("COPY t FROM STDIN"), data("2\tx\n"));
  expect(await exchange(cancelled, serialize.query("SELECT 1"))).toEqual(["error 08P01"]);
  const waiting = new WireClient(time);
  server.accept(waiting);
  await waiting.send(serialize.startup({ user: "datafusion", database: "datafusion" }));
  const key = backendKey(waiting);
  await exchange(waiting, serialize.query("COPY t FROM STDIN"), data("3\tx\n"));
  server.cancel(key.processId, key.secret);
  expect(await exchange(waiting)).toEqual(["error 57014", "readyForQuery"]);
  expect(await exchange(client, serialize.query("SELECT count(*) FROM t"))).toContain("dataRow 0");
  expect(server.connectionCount).toBe(2);
});
