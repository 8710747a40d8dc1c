import { expect, test } from "vitest";
import { runHoloctl, type CliWorld, type ConnectOptions } from "./cli.ts";
import { renderState } from "./state-document.ts";
import type { AdminApi, NodeSummary, RangeSummary, ReplicaSummary, Topology } from "./topology.ts";

function node(nodeId: number): NodeSummary {
  return {
    nodeId,
    version: "0.1.0",
    grpcAddress: `127.0.0.1:1505${nodeId}`,
    sqlAddress: `127.0.0.1:5543${nodeId}`,
    healthAddress: `127.0.0.1:1808${nodeId}`,
    locality: { zone: "a" },
    membership: nodeId === 3 ? "decommissioning" : "active",
    liveness: nodeId === 2 ? "dead" : "live",
    lastHeardMs: 1,
    health: nodeId === 2 ? undefined : "Ready",
    healthDetail: "",
    clockOffsetMs: 0,
    roundTripMs: 0,
    leaseCount: 0,
    replicaCount: 1,
    startedAtMs: 0,
    residentBytes: 0,
    cpuFraction: 0,
    sqlConnections: 0,
    statementsPerSecond: 0,
  };
}

function replica(nodeId: number, changes: Partial<ReplicaSummary>): ReplicaSummary {
  return {
    nodeId,
    role: "voter",
    leaseholder: false,
    reported: true,
    recordCount: 1_234_567,
    sizeBytes: 1,
    appliedIndex: 9,
    lastIndex: 9,
    raftState: "follower",
    reportedAtMs: 0,
    error: "",
    ...changes,
  };
}

function range(rangeId: number, changes: Partial<RangeSummary>): RangeSummary {
  return {
    rangeId,
    generation: 4,
    startKey: new Uint8Array(0),
    endKey: new Uint8Array(0),
    startLabel: "",
    endLabel: "",
    leaseholder: 1,
    term: 7,
    replicas: [],
    failuresLeft: 1,
    readsPerSecond: 0,
    writesPerSecond: 0,
    ...changes,
  };
}

const topology: Topology = {
  clusterId: "c-1",
  answeredBy: 1,
  answeredAtMs: 1_700_000_000_000,
  nodes: [node(1), node(2), node(3), { ...node(4), membership: "removed" }],
  ranges: [
    range(1, {
      endKey: Buffer.from("m"),
      replicas: [
        replica(1, { leaseholder: true }),
        replica(2, { reported: false, error: "timeout" }),
        replica(3, { role: "learner", recordCount: 12 }),
      ],
    }),
    range(2, {
      startKey: Buffer.from("m"),
      endKey: Buffer.from([2, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      replicas: [replica(1, { recordCount: 0, leaseholder: true })],
    }),
  ],
  missingNodes: [2],
  replicationFactor: 3,
};

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly connected: readonly ConnectOptions[];
}

async function run(
  words: string,
  changes: Partial<CliWorld> & { readonly fails?: boolean } = {},
): Promise<Run> {
  let out = "";
  let error = "";
  const connected: ConnectOptions[] = [];
  const api: AdminApi & { close(): void } = {
    node: () => Promise.reject(new Error("not asked")),
    topology: () =>
      changes.fails === true
        ? Promise.reject(new Error("127.0.0.1:15051: no answer within 10 ms"))
        : Promise.resolve(topology),
    async *watchTopology() {},
    state: () => Promise.resolve(renderState(topology)),
    knobs: () =>
      Promise.resolve([
        {
          name: "pg_port",
          variable: "HOLO_FUSION_PG_PORT",
          type: "integer",
          value: "1",
          defaultValue: "55432",
          unit: "",
          help: "",
          source: "flag",
          minimum: "0",
          maximum: "65535",
        },
      ]),
    close: () => {},
  };
  const code = await runHoloctl({
    arguments: words === "" ? [] : words.split(" "),
    environment: {},
    isTerminal: false,
    writeOut: (text) => (out += text),
    writeError: (text) => (error += text),
    readFile: (path) => Promise.resolve(`content of ${path}`),
    connect(options) {
      connected.push(options);
      return api;
    },
    ...changes,
  });
  return { code, out, error, connected };
}

test("topology prints one row per node and range, then totals", async () => {
  const { code, out } = await run("topology");
  expect(code).toBe(0);
  expect(out).toBe(
    [
      "+------+-----------------+-------------+-------+-------------------------------+--------------+------------+",
      "| NODE | NODE_STATE      | ROLE        | SHARD | RANGE                         | RECORDS      | STATE      |",
      "+------+-----------------+-------------+-------+-------------------------------+--------------+------------+",
      "| 1    | Active          | leaseholder | 1     | [start, m)                    | 1,234,567    |            |",
      "| 1    | Active          | leaseholder | 2     | [m, 0x02ff01020...08090a0b0c) | 0            |            |",
      "| 2    | Active          | replica     | 1     | [start, m)                    | ERR(timeout) |            |",
      "| 3    | Decommissioning | replica     | 1     | [start, m)                    | 12           | in:Learner |",
      "| 4    | Removed         | -           | -     | -                             | -            |            |",
      "+------+-----------------+-------------+-------+-------------------------------+--------------+------------+",
      "TOTALS | nodes: 4 | states: Active: 2, Decommissioning: 1, Removed: 1 | shards: 2 | unique: 1,234,567 | replicated: 1,234,579 (partial)",
      "did not answer: node 2",
      "",
    ].join("\n"),
  );
});

test("JSON holds what the table does, with keys in hexadecimal", async () => {
  const { out } = await run("--json topology");
  const parsed: unknown = JSON.parse(out);
  expect(parsed).toHaveProperty("ranges.0.leaseholder", 1);
  expect(parsed).toHaveProperty("ranges.0.endKey", "6d");
  expect(parsed).toHaveProperty("ranges.0.replicas.0.reported", true);
  expect(parsed).toHaveProperty("ranges.0.replicas.0.recordCount", 1_234_567);
});

test("state is a JSON document in the shape that operators' scripts read", async () => {
  const { out } = await run("state");
  expect(JSON.parse(out)).toMatchObject({
    epoch: 4,
    frozen: false,
    replication_factor: 3,
    members: { "1": { node_id: 1, grpc_addr: "127.0.0.1:15051", state: "Active" } },
    shards: [{ shard_id: 1, shard_index: 0, start_key: [], end_key: [109], leaseholder: 1 }, {}],
    shard_replica_roles: { "1": { "1": "Voter", "3": "Learner" } },
  });
});

test("knobs are listed with value, default and source", async () => {
  expect((await run("knobs")).out).toContain("| HOLO_FUSION_PG_PORT | 1     | 55432   |");
});

test.each([
  ["", "a command is missing"],
  ["topologie", "topologie is not a command"],
  ["topology state", "one command at a time"],
  ["--frob state", "--frob is not an option"],
  ["state --target", "--target needs a value"],
  ["state --target nohost", "expected host:port"],
  ["state --timeout 0", "expected 1 to 3600000 ms"],
  ["state --cert a.pem", "--cert and --key go together"],
  ["state --cert a --key b", "--cert needs --ca"],
])("wrong usage ends with 2: %j", async (words, problem) => {
  const { code, error, out } = await run(words);
  expect(code).toBe(2);
  expect(error).toContain(problem);
  expect(out).toBe("");
});

test("a node that cannot be asked is one line and 1; help and version are 0", async () => {
  const failed = await run("topology", { fails: true });
  expect([failed.code, failed.error]).toEqual([
    1,
    "holoctl: 127.0.0.1:15051: no answer within 10 ms\n",
  ]);
  expect((await run("--help")).out).toContain("Usage: holoctl");
  expect((await run("--version")).out).toMatch(/^holoctl \d+\.\d+\.\d+\n$/);
});

test("target and TLS reach the connection; colour needs a terminal and no NO_COLOR", async () => {
  const { connected } = await run("state --target=[::1]:9 --ca ca.pem --cert c.pem --key k.pem");
  expect(connected).toEqual([
    {
      target: "[::1]:9",
      timeoutMs: 10_000,
      tls: {
        caPem: "content of ca.pem",
        certificatePem: "content of c.pem",
        keyPem: "content of k.pem",
      },
    },
  ]);
  expect((await run("topology", { isTerminal: true })).out).toContain("\u001b[33mdid not answer");
  const plain = await run("topology", { isTerminal: true, environment: { NO_COLOR: "1" } });
  expect(plain.out).not.toContain("\u001b");
});
