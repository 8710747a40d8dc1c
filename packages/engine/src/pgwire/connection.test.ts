import { serialize } from "pg-protocol";
import { expect, test } from "vitest";
import { InvariantViolation } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import { settled } from "#runtime/real/event-loop.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { oids } from "#sql/types/builtin-types.ts";
import {
  column,
  numberedColumns,
  numberedRows,
  ScriptedSessions,
  type ScriptedStatement,
} from "#testing/scripted-sessions.ts";
import { WireClient } from "#testing/wire-client.ts";
import { PasswordAuthenticator } from "./authentication.ts";
import { PgServer, type PgServerOptions } from "./server.ts";

const statements: Readonly<Record<string, ScriptedStatement>> = {
  "select 1": { columns: [column("one", oids.int4)], rows: [[1]] },
  "select 5 rows": { columns: numberedColumns, rows: numberedRows(5) },
  "select many": { columns: numberedColumns, rows: numberedRows(20_000) },
  "select types": {
    columns: [
      column("a", oids.int4),
      column("b", oids.int8),
      column("c", oids.text),
      column("d", oids.timestamptz),
      column("e", oids.bool),
      column("f", oids.int8),
    ],
    rows: [
      [-2_147_483_648, 9_007_199_254_740_993n, "grün €", 0n, true, -7n],
      [0, -1n, "", 1_000_000n, false, null],
    ],
  },
  insert: { tag: "INSERT 0 1" },
  begin: { tag: "BEGIN", transactionStatus: "T" },
  commit: { tag: "COMMIT", transactionStatus: "I" },
  "select $1": {
    columns: [column("v", oids.text)],
    rows: [["x"]],
    parameterTypeOids: [oids.text],
  },
  fail: {
    error: new SqlError("division_by_zero", "division by zero", {
      detail: "d",
      hint: "h",
      position: 8,
      schema: "public",
      table: "t",
      column: "c",
      dataType: "int4",
      constraint: "k",
      where: "w",
    }),
  },
  "fail late": {
    columns: numberedColumns,
    rows: numberedRows(3),
    error: new SqlError("serialization_failure", "restart"),
  },
  bug: { failure: new TypeError("x is not a function") },
  "broken promise": { failure: new InvariantViolation("a value has no form") },
  sleep: { isEndless: true },
};

function start(options: Partial<PgServerOptions> = {}) {
  const runtime = simRuntime(1);
  const sessions = new ScriptedSessions(statements);
  const server = new PgServer(runtime, sessions, {
    host: "127.0.0.1",
    port: 0,
    authenticator: new PasswordAuthenticator(runtime.random, {
      passwords: new Map([["ada", "sésame"]]),
      trustLoopback: true,
    }),
    tls: undefined,
    connectionsMax: 3,
    startupTimeoutMs: 1_000,
    messageBytesMax: 100_000,
    ...options,
  });
  const dial = (address?: string): WireClient => {
    const client = new WireClient(runtime.clock.time, address);
    server.accept(client);
    return client;
  };
  const connect = async (): Promise<WireClient> => {
    const client = dial();
    await client.send(serialize.startup({ user: "datafusion", database: "datafusion" }));
    expect(client.takeNames()).toContain("readyForQuery");
    return client;
  };
  return { runtime, sessions, server, dial, connect };
}

/** The named field of each message that has it. */
function fields(messages: readonly object[], name: string): readonly unknown[] {
  return messages.flatMap((message) => (name in message ? [Reflect.get(message, name)] : []));
}

test("start-up on loopback trusts and reports settings, key and readiness", async () => {
  const { dial, sessions } = start();
  const client = dial();
  await client.send(
    serialize.startup({ user: "datafusion", database: "datafusion", application_name: "psql" }),
  );
  expect(client.takeNames()).toEqual([
    "authenticationOk",
    "parameterStatus",
    "parameterStatus",
    "backendKeyData",
    "readyForQuery",
  ]);
  expect(sessions.opened[0]?.parameters.get("application_name")).toBe("psql");
  expect(client.writes).toHaveLength(1);
});

test("SSLRequest and GSSENCRequest are declined with one byte each when there is no TLS", async () => {
  const { dial } = start();
  const client = dial();
  client.expectRaw(2);
  await client.send(serialize.requestSsl(), Buffer.from([0, 0, 0, 8, 4, 210, 22, 48]));
  expect(Buffer.concat(client.writes).toString()).toBe("NN");
  await client.send(serialize.startup({ user: "datafusion" }));
  expect(client.takeNames().at(-1)).toBe("readyForQuery");
});

test("a client of protocol 3.2 with unknown options is told what this server speaks", async () => {
  const { dial } = start();
  const client = dial();
  const packet = Buffer.from("\0\0\0\0\0\x03\0\x02user\0x\0_pq_.shiny\0on\0\0", "latin1");
  packet.writeUInt32BE(packet.length, 0);
  // pg-protocol does not know NegotiateProtocolVersion, so its bytes are looked at here.
  const body = Buffer.from("v\0\0\0\0\0\x03\0\0\0\0\0\x01_pq_.shiny\0", "latin1");
  body.writeUInt32BE(body.length - 1, 1);
  client.expectRaw(body.length);
  await client.send(packet);
  expect(Buffer.concat(client.writes).subarray(0, body.length)).toEqual(body);
  expect(client.takeNames().at(-1)).toBe("readyForQuery");
});

test("an unknown database, a missing user and an old protocol end the connection with their code", async () => {
  const { dial } = start();
  const wrong = Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]);
  for (const [packet, code] of [
    [serialize.startup({ user: "datafusion", database: "missing" }), "3D000"],
    [serialize.startup({ database: "datafusion" }), "28000"],
    [serialize.startup({ user: "datafusion", replication: "true" }), "0A000"],
    [wrong, "0A000"],
  ] as const) {
    const client = dial();
    await client.send(packet);
    const messages = client.take();
    expect(fields(messages, "code")).toEqual([code]);
    expect(fields(messages, "severity")).toEqual(["FATAL"]);
    expect(client.isClosed).toBe(true);
  }
});

test("one client more than allowed gets 53300; when one leaves, the next one gets in", async () => {
  const { dial, connect } = start();
  const first = await connect();
  await connect();
  await connect();
  const late = dial();
  await late.send(serialize.startup({ user: "datafusion" }));
  expect(late.take()).toMatchObject([
    { code: "53300", message: "sorry, too many clients already", severity: "FATAL" },
  ]);
  await first.send(serialize.end());
  await connect();
});

test("a client that does not start up in time is closed", async () => {
  const { dial, runtime } = start();
  const client = dial();
  await client.send(Buffer.from([0, 0]));
  await runtime.clock.time.runFor(1_001);
  expect(client.isClosed).toBe(true);
});

test("simple queries: rows, several statements, no statement, errors with every field", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query("select 1; insert"));
  const messages = client.take();
  expect(messages.map((message) => message.name)).toEqual([
    "rowDescription",
    "dataRow",
    "commandComplete",
    "commandComplete",
    "readyForQuery",
  ]);
  expect(messages[0]).toMatchObject({
    fields: [{ name: "one", dataTypeID: oids.int4, dataTypeSize: 4, format: "text" }],
  });
  expect(fields(messages, "fields")[1]).toEqual(["1"]);
  expect(fields(messages, "text")).toEqual(["SELECT 1", "INSERT 0 1"]);

  await client.send(serialize.query(""));
  expect(client.takeNames()).toEqual(["emptyQuery", "readyForQuery"]);

  await client.send(serialize.query("fail"));
  expect(client.take()).toMatchObject([
    {
      name: "error",
      severity: "ERROR",
      code: "22012",
      message: "division by zero",
      detail: "d",
      hint: "h",
      position: "8",
      schema: "public",
      table: "t",
      column: "c",
      dataType: "int4",
      constraint: "k",
      where: "w",
    },
    { name: "readyForQuery", status: "I" },
  ]);
});

test("text and binary formats, one per column", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query("select types"));
  const rows = fields(client.take(), "fields").slice(1);
  expect(rows).toEqual([
    ["-2147483648", "9007199254740993", "grün €", "2000-01-01 00:00:00+00", "t", "-7"],
    ["0", "-1", "", "2000-01-01 00:00:01+00", "f", null],
  ]);

  await client.send(
    serialize.parse({ text: "select types" }),
    // Bind with one binary format for all; pg-protocol's serializer does just that.
    serialize.bind({ binary: true }),
    serialize.describe({ type: "P" }),
    serialize.execute(),
    serialize.sync(),
  );
  const messages = client.take();
  expect(messages[2]).toMatchObject({ fields: [{ format: "binary" }, {}, {}, {}, {}, {}] });
  const sent = Buffer.concat(client.writes);
  for (const value of ["80000000", "0020000000000001", "00000000000f4240", "fffffffffffffff9"]) {
    expect(sent.includes(Buffer.from(value, "hex"))).toBe(true);
  }
  expect(messages.at(-1)).toMatchObject({ name: "readyForQuery" });
});

test("extended protocol: parse, describe, bind with parameters, execute, close", async () => {
  const { connect, sessions } = start();
  const client = await connect();
  await client.send(
    serialize.parse({ name: "s1", text: "select $1", types: [oids.text] }),
    serialize.describe({ type: "S", name: "s1" }),
    serialize.bind({ portal: "p1", statement: "s1", values: ["hello"] }),
    serialize.execute({ portal: "p1" }),
    serialize.close({ type: "P", name: "p1" }),
    serialize.close({ type: "S", name: "s1" }),
    serialize.sync(),
  );
  expect(client.takeNames()).toEqual([
    "parseComplete",
    "parameterDescription",
    "rowDescription",
    "bindComplete",
    "dataRow",
    "commandComplete",
    "closeComplete",
    "closeComplete",
    "readyForQuery",
  ]);
  expect(sessions.calls).toContain("bind p1<s1 [0:hello]");
});

test("a portal with a row limit is suspended and goes on where it stopped", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(
    serialize.parse({ text: "select 5 rows" }),
    serialize.bind(),
    serialize.execute({ rows: 3 }),
    serialize.execute({ rows: 3 }),
    serialize.sync(),
  );
  expect(client.takeNames()).toEqual([
    "parseComplete",
    "bindComplete",
    ...["dataRow", "dataRow", "dataRow", "portalSuspended"],
    ...["dataRow", "dataRow", "commandComplete"],
    "readyForQuery",
  ]);
});

test("a pipeline of many batches in one chunk is answered in order with one write", async () => {
  const { connect } = start();
  const client = await connect();
  client.writes.length = 0;
  const batch = [
    serialize.parse({ text: "select 1" }),
    serialize.bind(),
    serialize.execute(),
    serialize.sync(),
  ];
  await client.send(Buffer.concat(Array.from({ length: 50 }, () => batch).flat()));
  expect(client.takeNames().filter((name) => name === "readyForQuery")).toHaveLength(50);
  expect(client.writes).toHaveLength(1);
});

test("bytes may arrive in any pieces", async () => {
  const { dial } = start();
  const client = dial();
  const all = Buffer.concat([
    serialize.startup({ user: "datafusion" }),
    serialize.query("select 1"),
    serialize.parse({ text: "select $1" }),
    serialize.bind({ values: ["abc"] }),
    serialize.execute(),
    serialize.sync(),
  ]);
  await client.send(...Array.from(all, (byte) => Uint8Array.of(byte)));
  expect(client.takeNames().filter((name) => name === "readyForQuery")).toHaveLength(3);
});

test("Flush sends what there is without ending the batch", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.parse({ text: "select 1" }));
  expect(client.takeNames()).toEqual([]);
  await client.send(serialize.flush());
  expect(client.takeNames()).toEqual(["parseComplete"]);
});

test("after an error everything up to Sync is dropped, simple queries too", async () => {
  const { connect, sessions } = start();
  const client = await connect();
  await client.send(
    serialize.parse({ text: "no such statement" }),
    serialize.bind(),
    serialize.execute(),
    serialize.query("select 1"),
    serialize.sync(),
    serialize.query("select 1"),
  );
  expect(client.takeNames()).toEqual([
    "error",
    "readyForQuery",
    "rowDescription",
    "dataRow",
    "commandComplete",
    "readyForQuery",
  ]);
  expect(sessions.calls.filter((call) => call.startsWith("query"))).toHaveLength(1);
});

test("the transaction status follows the session, and an error in a block fails it", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query("begin"));
  await client.send(serialize.query("fail"));
  await client.send(serialize.query("commit"));
  expect(fields(client.take(), "status")).toEqual(["T", "E", "I"]);
});

test("rows written before an error are followed by the error, never by half a row", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query("fail late"));
  expect(client.takeNames().slice(-2)).toEqual(["error", "readyForQuery"]);
});

test.each(["bug", "broken promise"])(
  "a statement that fails on our own %s gets XX000, and the connection and the node go on",
  async (statement) => {
    const { connect } = start();
    const client = await connect();
    await client.send(serialize.query(statement), serialize.query("insert"));
    const messages = client.take();
    expect(fields(messages, "code")).toEqual(["XX000"]);
    expect(fields(messages, "text")).toEqual(["INSERT 0 1"]);
    expect(client.isClosed).toBe(false);
  },
);

test("the function call protocol is refused by name, COPY data without a COPY is dropped", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(Buffer.from("F\0\0\0\x0e\0\0\0\0\0\0\0\0\0\0", "latin1"));
  expect(client.take()).toMatchObject([
    { code: "0A000", message: "the function call protocol is not supported" },
    { name: "readyForQuery" },
  ]);
  await client.send(
    serialize.copyData(Buffer.from("x")),
    serialize.copyDone(),
    serialize.copyFail("no"),
    serialize.query("insert"),
  );
  expect(client.takeNames()).toEqual(["commandComplete", "readyForQuery"]);
});

test("CancelRequest with the right secret ends the statement with 57014; a wrong one does nothing", async () => {
  const { dial } = start();
  const client = dial();
  await client.send(serialize.startup({ user: "datafusion" }));
  const key = client.take().find((message) => message.name === "backendKeyData");
  const processId = Number(Reflect.get(key ?? {}, "processID"));
  const secret = Number(Reflect.get(key ?? {}, "secretKey"));
  await client.send(serialize.query("sleep"));

  const wrong = dial();
  await wrong.send(serialize.cancel(processId, secret ^ 1));
  expect(wrong.isClosed).toBe(true);
  expect(client.take()).toEqual([]);

  const right = dial();
  await right.send(serialize.cancel(processId, secret));
  expect(right.messages).toEqual([]);
  expect(client.take()).toMatchObject([
    { code: "57014", message: "canceling statement due to user request" },
    { name: "readyForQuery" },
  ]);
});

test("a statement that is too long gets 54000 and the connection goes on", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query(`select '${"x".repeat(200_000)}'`), serialize.query("insert"));
  expect(fields(client.take(), "code")).toEqual(["54000"]);
  await client.send(
    serialize.parse({ text: "y".repeat(150_000) }),
    serialize.bind(),
    serialize.sync(),
    serialize.query("insert"),
  );
  const messages = client.take();
  expect(fields(messages, "code")).toEqual(["54000"]);
  expect(messages.map((message) => message.name).slice(-2)).toEqual([
    "commandComplete",
    "readyForQuery",
  ]);
});

test("a slow reader stops the session; what it has read lets it go on", async () => {
  const { connect, sessions, runtime } = start();
  const client = await connect();
  client.isReading = false;
  await client.send(serialize.query("select many"), serialize.query("insert"));
  const held = Buffer.concat(client.writes).length;
  expect(held).toBeLessThan(100_000);
  expect(sessions.calls).not.toContain("query insert");
  client.drain();
  await runtime.clock.time.runFor(0);
  const names = client.takeNames();
  expect(names.filter((name) => name === "dataRow")).toHaveLength(20_000);
  expect(names.at(-1)).toBe("readyForQuery");
});

test("a client that sends faster than it is served is paused", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(serialize.query("sleep"));
  await client.send(Buffer.concat(Array.from({ length: 40_000 }, () => serialize.query("insert"))));
  expect(client.isPaused).toBe(true);
});

test("a client that goes away ends its statement and its session", async () => {
  const { connect, sessions, server } = start();
  const client = await connect();
  await client.send(serialize.query("sleep"));
  client.hangUp();
  await settled();
  expect(sessions.closedCount).toBe(1);
  expect(server.connectionCount).toBe(0);
});

test("shutdown: idle clients at once, a transaction when it ends, a statement after the grace", async () => {
  const { connect, server, runtime } = start();
  const idle = await connect();
  const inBlock = await connect();
  const busy = await connect();
  await inBlock.send(serialize.query("begin"));
  await busy.send(serialize.query("sleep"));
  for (const client of [idle, inBlock, busy]) client.take();

  const closed = server.close(5_000);
  await settled();
  const notice = {
    severity: "FATAL",
    code: "57P01",
    message: "terminating connection due to administrator command",
  };
  expect(idle.take()).toMatchObject([notice]);
  expect(inBlock.isClosed).toBe(false);
  await inBlock.send(serialize.query("commit"));
  expect(inBlock.take()).toMatchObject([{ name: "commandComplete" }, {}, notice]);
  expect(busy.isClosed).toBe(false);
  await runtime.clock.time.runFor(5_001);
  await closed;
  expect(busy.take()).toMatchObject([notice]);
});

interface SaslSession {
  readonly mechanism: string;
  readonly response: string;
}

/** The part of pg's SCRAM client that is used here; the package has no types for it. */
interface SaslClient {
  startSession(mechanisms: unknown): SaslSession;
  continueSession(session: SaslSession, password: string, data: string): Promise<void>;
  finalizeSession(session: SaslSession, data: string): void;
}

test("SCRAM: pg's own client logs in; a wrong password gets 28P01; far away without TLS gets 28000", async () => {
  const sasl = (await import("pg/lib/crypto/sasl.js")).default as SaslClient;
  const { dial } = start({
    authenticator: new PasswordAuthenticator(simRuntime(2).random, {
      passwords: new Map([["ada", "sésame"]]),
      trustLoopback: false,
    }),
  });
  const login = async (user: string, password: string) => {
    const client = dial();
    await client.send(serialize.startup({ user, database: "datafusion" }));
    const until = async (name: string) => {
      for (let turn = 0; turn < 100_000 && !client.messages.some((m) => m.name === name); turn++) {
        if (client.messages.some((m) => m.name === "error")) return undefined;
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      return client.take().find((message) => message.name === name);
    };
    const offered = await until("authenticationSASL");
    const session = sasl.startSession(Reflect.get(offered ?? {}, "mechanisms"));
    await client.send(
      serialize.sendSASLInitialResponseMessage(session.mechanism, session.response),
    );
    const challenge = await until("authenticationSASLContinue");
    await sasl.continueSession(session, password, String(Reflect.get(challenge ?? {}, "data")));
    await client.send(serialize.sendSCRAMClientFinalMessage(session.response));
    return { client, session };
  };
  const { client, session } = await login("ada", "sésame");
  const final = client.take();
  sasl.finalizeSession(session, String(Reflect.get(final[0] ?? {}, "data")));
  expect(final.at(-1)?.name).toBe("readyForQuery");

  for (const [user, password] of [
    ["ada", "wrong"],
    ["nobody", "sésame"],
  ] as const) {
    const { client: refused } = await login(user, password);
    expect(fields(refused.take(), "code")).toEqual(["28P01"]);
    expect(refused.isClosed).toBe(true);
  }

  const far = dial("192.0.2.7");
  await far.send(serialize.startup({ user: "ada" }));
  expect(fields(far.take(), "code")).toEqual(["28000"]);
});

test("frames that make no sense end the connection with 08P01", async () => {
  const { connect } = start();
  for (const bytes of [
    Buffer.from("Q\0\0\0\x03", "latin1"),
    Buffer.from("Q\xff\xff\xff\xff", "latin1"),
    Buffer.from("?\0\0\0\x04", "latin1"),
    Buffer.from("Q\0\0\0\x08abcd", "latin1"),
    Buffer.from("E\0\0\0\x05\0", "latin1"),
    Buffer.from("D\0\0\0\x06X\0", "latin1"),
    Buffer.from("S\0\0\0\x05\0", "latin1"),
    Buffer.from("p\0\0\0\x05\0", "latin1"),
  ]) {
    const client = await connect();
    await client.send(bytes);
    expect(client.take()).toMatchObject([{ severity: "FATAL", code: "08P01" }]);
    expect(client.isClosed).toBe(true);
  }
});

test("text that is not UTF-8 gets 22021 and the connection goes on", async () => {
  const { connect } = start();
  const client = await connect();
  await client.send(Buffer.from("Q\0\0\0\x07\xff\xfe\0", "latin1"), serialize.query("insert"));
  const messages = client.take();
  expect(fields(messages, "code")).toEqual(["22021"]);
  expect(messages.at(-1)?.name).toBe("readyForQuery");
});
