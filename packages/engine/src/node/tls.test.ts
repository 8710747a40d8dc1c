import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FileDisk } from "#runtime/real/file-disk.ts";
import { NodeSockets } from "#runtime/real/node-sockets.ts";
import { ProcessMeter } from "#runtime/real/process-meter.ts";
import { PromMetrics } from "#runtime/real/prom-metrics.ts";
import { realRuntime } from "#runtime/real/real-runtime.ts";
import { SimLog } from "#runtime/sim/sim-log.ts";
import { readConfig } from "./config.ts";
import { holoctl } from "./holoctl.ts";
import { startNode, type Node } from "./node.ts";

const folder = mkdtempSync(join(tmpdir(), "holo-tls-test-"));
const path = (name: string): string => join(folder, name);
let node: Node | undefined;

function openssl(...words: readonly string[]): void {
  execFileSync("openssl", words, { cwd: folder, stdio: "ignore" });
}

function hasOpenssl(): boolean {
  try {
    openssl("version");
    return true;
  } catch {
    return false;
  }
}

const mayRun = hasOpenssl();

beforeAll(async () => {
  if (!mayRun) return;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...curve,
    "-days",
    "2",
    "-subj",
    "/CN=ca",
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  openssl("req", ...curve, "-subj", "/CN=node", "-keyout", "node.key", "-out", "node.csr");
  writeFileSync(path("names"), "subjectAltName=IP:127.0.0.1");
  openssl(
    ...["x509", "-req", "-in", "node.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-days", "2", "-extfile", "names", "-out", "node.pem"],
  );
  const config = readConfig(
    [
      `--data-dir=${path("data")}`,
      ...["--pg-port=0", "--health-addr=127.0.0.1:0", "--grpc-addr=127.0.0.1:0"],
      `--tls-cert-file=${path("node.pem")}`,
      `--tls-key-file=${path("node.key")}`,
      `--tls-ca-file=${path("ca.pem")}`,
      `--pg-users-file=${path("users")}`,
    ],
    {},
  );
  const read = (name: string): string => readFileSync(path(name), "utf8");
  node = await startNode(
    config,
    {
      runtime: realRuntime({ log: new SimLog(), metrics: new PromMetrics() }),
      disk: new FileDisk(config.dataFolder),
      sockets: new NodeSockets(),
      meter: new ProcessMeter(),
      lockDataFolder: () => () => {},
      tls: { certificatePem: read("node.pem"), keyPem: read("node.key"), caPem: read("ca.pem") },
      passwords: new Map([["datafusion", "correct horse"]]),
    },
    new AbortController().signal,
  );
});

afterAll(async () => {
  await node?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function client(password: string, ssl: boolean): pg.Client {
  const port = Number(node?.addresses.sql.split(":")[1]);
  return new pg.Client({
    ...{ host: "127.0.0.1", port, user: "datafusion", database: "datafusion", password },
    ssl: ssl ? { ca: readFileSync(path("ca.pem"), "utf8") } : false,
  });
}

test.skipIf(!mayRun)(
  "(needs openssl) SQL under TLS with SCRAM: the right password gets in, a wrong one 28P01",
  async () => {
    const good = client("correct horse", true);
    await good.connect();
    expect((await good.query("SELECT 2 AS two")).rows).toEqual([{ two: 2 }]);
    await good.end();
    await expect(client("battery", true).connect()).rejects.toMatchObject({ code: "28P01" });
    // Loopback may stay in the clear, but not without the password.
    await expect(client("", false).connect()).rejects.toThrow();
  },
);

test.skipIf(!mayRun)(
  "(needs openssl) the admin service answers who shows a certificate of the authority, and nobody else",
  async () => {
    const ask = async (...flags: readonly string[]) => {
      let shown = "";
      const code = await holoctl({
        arguments: ["state", "--timeout=3000", `--target=${node?.addresses.grpc ?? ""}`, ...flags],
        environment: {},
        isTerminal: false,
        writeOut: (text) => (shown += text),
        writeError: (text) => (shown += text),
      });
      return { code, shown };
    };
    const authority = `--ca=${path("ca.pem")}`;
    const known = await ask(authority, `--cert=${path("node.pem")}`, `--key=${path("node.key")}`);
    expect(known.shown).toContain('"cluster_id"');
    expect(known.code).toBe(0);
    expect((await ask(authority)).code).toBe(1);
    expect((await ask()).code).toBe(1);
  },
);
