import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { FolderInUse, lockFolder } from "#runtime/real/folder-lock.ts";
import type { Environment } from "./config.ts";
import { holoctl } from "./holoctl.ts";
import { main } from "./main.ts";

class Exited extends Error {}

interface Started {
  /** What the process would have ended with; resolves when it ends. */
  readonly exited: Promise<number>;
  readonly output: () => string;
  readonly errors: () => string;
  signal(name: string): void;
}

const folders: string[] = [];
const running: Started[] = [];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "holo-node-test-"));
  folders.push(path);
  return path;
}

afterEach(async () => {
  for (const node of running.splice(0)) {
    node.signal("SIGTERM");
    await node.exited;
  }
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** Runs main in this process, as on a command line with free ports and a quiet log. */
async function start(
  flags: readonly string[],
  environment: Environment = {},
  begun: Started[] = [],
): Promise<Started> {
  let output = "";
  let errors = "";
  let isStopping = false;
  let isDone = false;
  let onSignal: (name: string) => void = () => {};
  let finish: (code: number) => void = () => {};
  const started: Started = {
    exited: new Promise((resolve) => {
      finish = resolve;
    }),
    output: () => output,
    errors: () => errors,
    signal(name) {
      isStopping = true;
      onSignal(name);
    },
  };
  begun.push(started);
  const standard = ["--health-addr=127.0.0.1:0", "--grpc-addr=127.0.0.1:0", "--pg-port=0"].filter(
    (flag) => !flags.some((given) => given.split("=")[0] === flag.split("=")[0]),
  );
  try {
    await main({
      arguments: ["--log-level=silent", ...standard, ...flags],
      environment,
      writeOut: (text) => (output += text),
      writeError: (text) => {
        if (!isDone) errors += text;
      },
      onSignal: (handler) => (onSignal = handler),
      onCrash: () => {},
      exit(code): never {
        isDone = true;
        finish(code);
        // A process would be gone. During the start, an error is the way out of what called this.
        if (!isStopping) throw new Exited();
        return undefined as never;
      },
    });
    running.push(started);
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
  }
  return started;
}

async function refusal(flags: readonly string[], environment: Environment = {}) {
  const started = await start(flags, environment);
  return { code: await started.exited, line: started.errors() };
}

test("a node starts on an empty folder, tells its health, stops on SIGTERM and starts again", async () => {
  const data = folder();
  const health = await freePort();
  const flags = [`--data-dir=${data}`, `--health-addr=127.0.0.1:${health}`];
  const get = (path: string) => fetch(`http://127.0.0.1:${health}${path}`);
  for (let life = 0; life < 2; life++) {
    const node = await start(flags);
    await expect.poll(async () => (await get("/ready")).status, { timeout: 5_000 }).toBe(200);
    expect(await (await get("/live")).text()).toBe("live\n");
    expect(await (await get("/state")).text()).toMatch(/^state=Ready\ndetail=node 1 of cluster /);
    expect(await (await get("/metrics")).text()).toContain("process_resident_memory_bytes");
    node.signal("SIGTERM");
    expect(await node.exited).toBe(0);
    expect(node.errors()).toBe("");
    running.pop();
    await expect(get("/live")).rejects.toThrow();
  }
});

test("a client's SELECT is answered; SIGTERM lets its transaction finish and then says goodbye", async () => {
  const port = await freePort();
  const grpc = await freePort();
  const node = await start([
    `--data-dir=${folder()}`,
    `--pg-port=${port}`,
    `--grpc-addr=127.0.0.1:${grpc}`,
    "--shutdown-grace-ms=5000",
  ]);
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "datafusion",
    database: "datafusion",
  });
  const goodbyes: string[] = [];
  client.on("error", (error) => goodbyes.push(Reflect.get(error, "code") as string));
  await client.connect();
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.query("CREATE TABLE notes (id int PRIMARY KEY, body text)");

  let shown = "";
  const holoctlCode = await holoctl({
    arguments: ["topology", "--target", `127.0.0.1:${grpc}`],
    environment: {},
    isTerminal: false,
    writeOut: (text) => (shown += text),
    writeError: (text) => (shown += text),
  });
  expect([holoctlCode, shown]).toEqual([0, expect.stringContaining("leaseholder")]);

  await client.query("BEGIN");
  await client.query("INSERT INTO notes VALUES (1, 'kept')");
  node.signal("SIGTERM");
  await client.query("COMMIT");
  await expect.poll(() => goodbyes).toContain("57P01");
  expect(await node.exited).toBe(0);
  running.pop();
});

test("a folder of another node, a damaged one and a path that is no folder are refused in one line", async () => {
  const data = folder();
  const first = await start([`--data-dir=${data}`]);
  first.signal("SIGTERM");
  await first.exited;
  running.pop();

  const foreign = await refusal([`--data-dir=${data}`, "--node-id=2"]);
  expect(foreign).toEqual({
    code: 1,
    line: `holo-fusion: the data folder ${data} belongs to node 1; this is node 2\n`,
  });

  writeFileSync(join(data, "store.mdb"), "this is not a store".repeat(1_000));
  const damaged = await refusal([`--data-dir=${data}`]);
  expect(damaged.code).toBe(1);
  expect(damaged.line).toMatch(/^holo-fusion: [^\n]*store\.mdb[^\n]*\n$/);

  const file = join(folder(), "file");
  writeFileSync(file, "");
  const notFolder = await refusal([`--data-dir=${file}/data`]);
  expect(notFolder.code).toBe(1);
  expect(notFolder.line).toMatch(/^holo-fusion: [^\n]*\n$/);
});

test.each(["--pg-port=", "--health-addr=127.0.0.1:", "--grpc-addr=127.0.0.1:"])(
  "a port in use (%s) is named, and nothing is written",
  async (flag) => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, "127.0.0.1", resolve);
    });
    const bound = taken.address();
    const port = bound !== null && typeof bound === "object" ? bound.port : 0;
    const data = join(folder(), "data");
    try {
      expect(await refusal([`--data-dir=${data}`, `${flag}${port}`])).toEqual({
        code: 1,
        line: `holo-fusion: address 127.0.0.1:${port} is already in use\n`,
      });
      expect(() => readFileSync(data)).toThrow("ENOENT");
    } finally {
      taken.close();
    }
  },
);

test("a join address where nobody answers ends the start after bounded retries", async () => {
  const port = await freePort();
  const { code, line } = await refusal([
    `--data-dir=${folder()}`,
    "--node-id=2",
    `--join=127.0.0.1:${port}`,
    "--join-timeout-ms=400",
  ]);
  expect(code).toBe(1);
  expect(line).toBe(
    `holo-fusion: no member let this node in within 400 ms; asked 127.0.0.1:${port} (HOLO_FUSION_JOIN_ADDR)\n`,
  );
});

test("SIGTERM while a node waits to be let in ends it with 0", async () => {
  const port = await freePort();
  const health = await freePort();
  const begun: Started[] = [];
  const starting = start(
    [
      `--data-dir=${folder()}`,
      "--node-id=2",
      `--join=127.0.0.1:${port}`,
      `--health-addr=127.0.0.1:${health}`,
    ],
    {},
    begun,
  );
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${health}/state`)).text())
    .toContain(`joining through 127.0.0.1:${port}`);
  begun[0]?.signal("SIGTERM");
  const node = await starting;
  expect(await node.exited).toBe(0);
  running.splice(0);
});

test("wrong settings end with 2, and what a file should hold is asked for by its variable", async () => {
  const missing = join(folder(), "no-such-file");
  for (const [flags, problem] of [
    [["--bootstrap=false"], "HOLO_FUSION_JOIN_ADDR must name a member to join"],
    [["--pg-port=x"], '--pg-port is "x"'],
    [[`--pg-users-file=${missing}`], "HOLO_FUSION_PG_USERS_FILE is"],
    [[`--tls-cert-file=${missing}`, `--tls-key-file=${missing}`], "HOLO_FUSION_TLS_CERT_FILE is"],
  ] as const) {
    const { code, line } = await refusal([...flags, `--data-dir=${folder()}`]);
    expect(code).toBe(2);
    expect(line).toContain(problem);
    expect(line.trim().split("\n")).toHaveLength(1);
  }
  const users = join(folder(), "users");
  writeFileSync(users, "# who may in\nada:secret\nnobody\n");
  expect((await refusal([`--pg-users-file=${users}`])).line).toContain("line 3 of");
});

test("help and version end with 0", async () => {
  const help = await start(["--help"]);
  expect([await help.exited, help.errors()]).toEqual([0, ""]);
  expect(help.output()).toContain("HOLO_FUSION_PG_PORT");
  expect((await start(["--version"])).output()).toMatch(/^holo-fusion \d/);
});

test("a holder that was killed is waited for, though nobody has asked how it ended", async () => {
  const data = folder();
  const other = spawn("sleep", ["60"]);
  const ticks = readFileSync(`/proc/${other.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "process.lock"), `${other.pid} ${ticks}\n`);
  other.kill("SIGKILL");
  while (readFileSync(`/proc/${other.pid}/cmdline`, "utf8") !== "");
  // Without a turn of the loop in between nobody has reaped it: its number is still taken.
  lockFolder(data)();
});

test("a folder in use by a living process is refused; the lock of a dead one is void", async () => {
  const data = folder();
  const other = spawn("sleep", ["60"]);
  try {
    const ticks = readFileSync(`/proc/${other.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "process.lock"), `${other.pid} ${ticks}\n`);
    expect(() => lockFolder(data)).toThrow(FolderInUse);
    expect(await refusal([`--data-dir=${data}`])).toEqual({
      code: 1,
      line: `holo-fusion: the data folder ${data} is in use by process ${other.pid}\n`,
    });
    writeFileSync(join(data, "process.lock"), `${other.pid} 1\n`);
    lockFolder(data)();
  } finally {
    other.kill("SIGKILL");
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return bound !== null && typeof bound === "object" ? bound.port : 0;
}
