import { afterEach, expect, test } from "vitest";
import type { AdminApi, Topology } from "#admin/topology.ts";
import { JoinRefused, type JoinRequest, type JoinResponse } from "#cluster/join.ts";
import { RealClock } from "#runtime/real/real-clock.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { AdminCallFailed, AdminClient } from "./admin-client.ts";
import { adminHandlers, adminService } from "./admin-service.ts";
import { GrpcJoinClient, joinHandler } from "./join-rpc.ts";
import { RpcServer } from "./rpc-server.ts";

const clock = new RealClock();
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(
  parts: {
    readonly handleJoin?: (request: JoinRequest) => Promise<JoinResponse>;
    readonly admin?: () => AdminApi | undefined;
  } = {},
): Promise<string> {
  const runtime = simRuntime(1);
  const server = new RpcServer();
  server.addPeerService({
    exchange: (stream) => {
      stream.end();
    },
    join: joinHandler(runtime, {
      handleJoin: parts.handleJoin ?? (() => Promise.reject(new Error("not asked"))),
    }),
  });
  server.addService(adminService, adminHandlers(runtime, parts.admin ?? (() => undefined)));
  const port = await server.listen({ host: "127.0.0.1", port: 0 }, undefined);
  closing.push(() => {
    server.close();
  });
  return `127.0.0.1:${port}`;
}

const request: JoinRequest = {
  nodeId: 2,
  addresses: { grpc: "a:1", sql: "b:2", health: "c:3" },
  locality: new Map([["zone", "z"]]),
  version: "0.1.0",
  clusterId: undefined,
  wallMs: 1_700_000_000_123,
};

test("a join request and its answer arrive as they were sent", async () => {
  const seen: JoinRequest[] = [];
  const response: JoinResponse = {
    clusterId: "c1",
    peers: [{ nodeId: 1, grpcAddress: "a:0" }],
    wallMs: 5,
  };
  const address = await serve({
    handleJoin: (asked) => {
      seen.push(asked);
      return Promise.resolve(response);
    },
  });
  const client = new GrpcJoinClient(clock, { tls: undefined, timeoutMs: 2_000 });
  expect(await client.join(address, request)).toEqual(response);
  await client.join(address, { ...request, clusterId: "c1" });
  expect(seen).toEqual([request, { ...request, clusterId: "c1" }]);
});

test.each(["nodeIdInUse", "otherCluster", "clockOffset", "removed", "unavailable"] as const)(
  "a refusal for %s keeps its reason and its words",
  async (reason) => {
    const address = await serve({
      handleJoin: () => Promise.reject(new JoinRefused(reason, `no: ${reason}`)),
    });
    const client = new GrpcJoinClient(clock, { tls: undefined, timeoutMs: 2_000 });
    const refusal: unknown = await client.join(address, request).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JoinRefused);
    expect(refusal).toMatchObject({ reason, message: `no: ${reason}` });
  },
);

test("a member that is not there is no refusal: it may be asked again", async () => {
  const client = new GrpcJoinClient(clock, { tls: undefined, timeoutMs: 500 });
  const failure: unknown = await client
    .join("127.0.0.1:1", request)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toBeInstanceOf(JoinRefused);
});

const topology: Topology = {
  clusterId: "c1",
  answeredBy: 1,
  answeredAtMs: 1_700_000_000_000,
  nodes: [
    {
      nodeId: 1,
      version: "0.1.0",
      grpcAddress: "a:1",
      sqlAddress: "a:2",
      healthAddress: "a:3",
      locality: { region: "eu", zone: "b" },
      membership: "decommissioning",
      liveness: "suspect",
      lastHeardMs: 12,
      health: undefined,
      healthDetail: "",
      clockOffsetMs: -1.5,
      roundTripMs: 0.25,
      leaseCount: 1,
      replicaCount: 2,
      startedAtMs: 3,
      residentBytes: 2 ** 40,
      cpuFraction: 0.5,
      sqlConnections: 4,
      statementsPerSecond: 1.25,
    },
  ],
  ranges: [
    {
      rangeId: 7,
      generation: 3,
      startKey: Buffer.alloc(0),
      endKey: Buffer.from([1, 255]),
      startLabel: "",
      endLabel: "/system",
      leaseholder: 0,
      term: 9,
      replicas: [
        {
          nodeId: 1,
          role: "outgoing",
          leaseholder: false,
          reported: true,
          recordCount: Number.MAX_SAFE_INTEGER,
          sizeBytes: 0,
          appliedIndex: 5,
          lastIndex: 6,
          raftState: "follower",
          reportedAtMs: 1,
          error: "",
        },
      ],
      failuresLeft: -1,
      readsPerSecond: 0.5,
      writesPerSecond: 2,
    },
  ],
  missingNodes: [3],
  replicationFactor: 3,
};

function adminApi(changes: Partial<AdminApi> = {}): AdminApi {
  return {
    node: () => Promise.reject(new Error("not asked")),
    topology: () => Promise.resolve(topology),
    async *watchTopology() {},
    state: () => Promise.resolve("{}"),
    knobs: () => Promise.resolve([]),
    ...changes,
  };
}

function connect(target: string, timeoutMs = 2_000): AdminClient {
  const client = new AdminClient({
    target,
    timeoutMs,
    tls: undefined,
    nowMs: () => clock.wallMs(),
  });
  closing.push(() => {
    client.close();
  });
  return client;
}

test("a topology survives the wire", async () => {
  const client = connect(await serve({ admin: () => adminApi() }));
  expect(await client.topology()).toEqual(topology);
  expect(await client.state()).toBe("{}");
});

test("a watch hands on each push, and tells the node when the watcher leaves", async () => {
  let left = false;
  const admin = adminApi({
    async *watchTopology({ intervalMs, signal }) {
      for (let count = 0; !signal.aborted && count < 3; count++) {
        yield { ...topology, answeredAtMs: intervalMs + count };
      }
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      left = true;
    },
  });
  const client = connect(await serve({ admin: () => admin }));
  const ending = new AbortController();
  const seen: number[] = [];
  for await (const push of client.watchTopology({ intervalMs: 50, signal: ending.signal })) {
    seen.push(push.answeredAtMs);
    if (seen.length === 3) ending.abort();
  }
  // 200 ms is the shortest interval that the service grants.
  expect(seen).toEqual([200, 201, 202]);
  await expect.poll(() => left).toBe(true);
});

test("a node that is not there, still starting, failing or silent is told apart in one line", async () => {
  const failure = async (client: AdminClient): Promise<string> => {
    const error: unknown = await client.topology().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AdminCallFailed);
    return (error as AdminCallFailed).message;
  };
  expect(await failure(connect("127.0.0.1:1"))).toMatch(
    /^127\.0\.0\.1:1: the node cannot be reached/,
  );
  expect(await failure(connect(await serve()))).toContain("the node is still starting");
  const broken = adminApi({ topology: () => Promise.reject(new Error("out of luck")) });
  expect(await failure(connect(await serve({ admin: () => broken })))).toMatch(/: out of luck$/);
  const silent = adminApi({ topology: () => new Promise(() => {}) });
  const client = connect(await serve({ admin: () => silent }), 100);
  expect(await failure(client)).toContain("no answer within 100 ms");
});
