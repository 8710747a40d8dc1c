/**
 * A cluster of admin servers that answer from fixtures, with faults on demand: for development and for
 * the console's own end-to-end tests. Run it with `tsx e2e/fake-admin.ts [first port] [scenario]`.
 */
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import {
  AdminServiceService,
  GetNodeResponse,
  HealthState,
  Liveness,
  Membership,
  NodeSummary,
  RangeSummary,
  ReplicaRole,
  Topology,
  type AdminServiceServer,
  type WatchTopologyRequest,
  type WatchTopologyResponse,
} from "@holo-fusion/proto/admin";

const supportMs = 3_000;
const gib = 1024 ** 3;

interface FakeNode {
  readonly nodeId: number;
  readonly port: number;
  readonly zone: string;
  server: Server | undefined;
  /** Accepts calls and never answers: what a stopped process looks like. */
  isHanging: boolean;
  startedAtMs: number;
  stoppedAtMs: number;
  health: HealthState;
  healthDetail: string;
  clockOffsetMs: number;
  version: string;
  recordsMissing: number;
}

export interface FakeClusterOptions {
  readonly firstPort: number;
  readonly nodes?: number;
  readonly ranges?: number;
}

export class FakeCluster {
  readonly nodes: FakeNode[];
  leaseholder = 1;
  term = 4;
  readonly #ranges: number;
  readonly #streams = new Set<ServerWritableStream<WatchTopologyRequest, WatchTopologyResponse>>();
  readonly #bornAtMs = Date.now();

  constructor({ firstPort, nodes = 3, ranges = 1 }: FakeClusterOptions) {
    this.#ranges = ranges;
    this.nodes = Array.from({ length: nodes }, (_, index) => ({
      nodeId: index + 1,
      port: firstPort + index,
      zone: "abc".charAt(index % 3),
      server: undefined,
      isHanging: false,
      startedAtMs: Date.now(),
      stoppedAtMs: 0,
      health: HealthState.HEALTH_STATE_READY,
      healthDetail: "",
      clockOffsetMs: index * 0.8 - 0.4,
      version: "0.1.0",
      recordsMissing: 0,
    }));
  }

  get addresses(): string {
    return this.nodes.map((node) => `127.0.0.1:${node.port}`).join(",");
  }

  async startAll(): Promise<void> {
    for (const node of this.nodes) await this.start(node.nodeId);
  }

  async stopAll(): Promise<void> {
    for (const node of this.nodes) this.kill(node.nodeId);
  }

  async start(nodeId: number): Promise<void> {
    const node = this.node(nodeId);
    if (node.server !== undefined) return;
    const server = new Server();
    server.addService(AdminServiceService, this.#serviceOf(node));
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${node.port}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    node.server = server;
    node.startedAtMs = Date.now();
    if (this.leaseholder === 0) this.#electAnew();
  }

  /** As kill -9 does: connections break at once, nothing is said. */
  kill(nodeId: number): void {
    const node = this.node(nodeId);
    node.server?.forceShutdown();
    node.server = undefined;
    node.stoppedAtMs = Date.now();
    if (this.leaseholder === nodeId) {
      this.leaseholder = 0;
      setTimeout(() => this.#electAnew(), supportMs).unref();
    }
  }

  node(nodeId: number): FakeNode {
    const node = this.nodes.find((candidate) => candidate.nodeId === nodeId);
    if (node === undefined) throw new Error(`there is no fake node ${nodeId}`);
    return node;
  }

  #isUp(node: FakeNode): boolean {
    return node.server !== undefined && !node.isHanging;
  }

  #electAnew(): void {
    const up = this.nodes.filter((node) => this.#isUp(node));
    if (this.leaseholder !== 0 || up.length * 2 <= this.nodes.length) return;
    this.leaseholder = up[0]?.nodeId ?? 0;
    this.term += 1;
  }

  #serviceOf(node: FakeNode): AdminServiceServer {
    const unimplemented: AdminServiceServer["getState"] = (_call, reply) => {
      reply({ code: 12, details: "the fake does not know this call" });
    };
    return {
      getNode: (_call, reply) => {
        if (node.isHanging) return;
        reply(null, this.#answerOf(node));
      },
      getTopology: (_call, reply) => {
        if (!node.isHanging) reply(null, { topology: this.topologyBy(node) });
      },
      watchTopology: (call) => {
        const push = () => {
          if (!node.isHanging) call.write({ topology: this.topologyBy(node) });
        };
        push();
        const timer = setInterval(push, call.request.intervalMs || 1_000);
        this.#streams.add(call);
        call.on("cancelled", () => {
          clearInterval(timer);
          this.#streams.delete(call);
          call.end();
        });
        call.on("close", () => clearInterval(timer));
      },
      getState: unimplemented,
      listKnobs: (_call, reply) => reply(null, { knobs: [] }),
    };
  }

  #answerOf(node: FakeNode): GetNodeResponse {
    const failed = node.health !== HealthState.HEALTH_STATE_READY;
    const now = BigInt(Date.now());
    return GetNodeResponse.fromPartial({
      node: this.#summaryOf(node, node),
      checks: [
        {
          name: "storage",
          passed: true,
          detail: "The log and the store take writes.",
          checkedAtMs: now,
        },
        { name: "disk space", passed: true, detail: "57 GiB free.", checkedAtMs: now },
        {
          name: "clock",
          passed: !failed,
          detail: failed ? node.healthDetail : "Within 1 ms of a majority.",
          checkedAtMs: now,
        },
      ],
      process: {
        startedAtMs: BigInt(node.startedAtMs),
        residentBytes: BigInt(Math.round((148 + node.nodeId * 9) * 1024 * 1024)),
        cpuSeconds: 12.4,
        eventLoopDelayP99Ms: 1.9,
        diskFreeBytes: BigInt(57 * gib),
        diskTotalBytes: BigInt(252 * gib),
        sqlConnections: 4 + node.nodeId,
      },
      answeredAtMs: now,
    });
  }

  #summaryOf(node: FakeNode, by: FakeNode): NodeSummary {
    const now = Date.now();
    const isUp = this.#isUp(node);
    const silentMs = isUp ? 0 : now - node.stoppedAtMs;
    const wave = Math.sin((now - this.#bornAtMs) / 9_000 + node.nodeId);
    const isSelf = node === by;
    return NodeSummary.fromPartial({
      nodeId: node.nodeId,
      version: node.version,
      grpcAddress: `127.0.0.1:${node.port}`,
      sqlAddress: `127.0.0.1:${55431 + node.nodeId}`,
      healthAddress: `127.0.0.1:${18080 + node.nodeId}`,
      locality: { region: "eu-west", zone: node.zone },
      membership: Membership.MEMBERSHIP_ACTIVE,
      liveness: isUp
        ? Liveness.LIVENESS_LIVE
        : silentMs > supportMs
          ? Liveness.LIVENESS_DEAD
          : Liveness.LIVENESS_SUSPECT,
      lastHeardMs: BigInt(isUp ? now - 120 : node.stoppedAtMs),
      health: node.health,
      healthDetail: node.healthDetail,
      clockOffsetMs: isSelf ? 0 : node.clockOffsetMs - by.clockOffsetMs,
      roundTripMs: isSelf ? 0 : 0.4 + 0.3 * Math.abs(node.nodeId - by.nodeId) + 0.1 * wave,
      leaseCount: this.leaseholder === node.nodeId ? this.#ranges : 0,
      replicaCount: this.#ranges,
      startedAtMs: BigInt(node.startedAtMs),
      residentBytes: BigInt((148 + node.nodeId * 9) * 1024 * 1024),
      cpuFraction: isUp ? 0.22 + 0.07 * node.nodeId + 0.04 * wave : 0,
      sqlConnections: 4 + node.nodeId,
      statementsPerSecond: isUp ? 640 + 210 * node.nodeId + 90 * wave : 0,
    });
  }

  topologyBy(by: FakeNode): Topology {
    const up = this.nodes.filter((node) => this.#isUp(node));
    const applied = 18_400 + Math.floor((Date.now() - this.#bornAtMs) / 250);
    const labels = [
      "",
      ...Array.from({ length: this.#ranges - 1 }, (_, i) => `/table/${104 + i}/1`),
      "",
    ];
    return Topology.fromPartial({
      clusterId: "6d0f5c52-0c0e-4b6a-9a0e-0b5d1f5f2c11",
      answeredBy: by.nodeId,
      answeredAtMs: BigInt(Date.now()),
      nodes: this.nodes.map((node) => this.#summaryOf(node, by)),
      ranges: Array.from({ length: this.#ranges }, (_, index) =>
        RangeSummary.fromPartial({
          rangeId: BigInt(index + 1),
          generation: 1n,
          startLabel: labels[index] ?? "",
          endLabel: labels[index + 1] ?? "",
          leaseholder: this.leaseholder,
          term: BigInt(this.term),
          replicas: this.nodes.map((node) => ({
            nodeId: node.nodeId,
            role: ReplicaRole.REPLICA_ROLE_VOTER,
            leaseholder: this.leaseholder === node.nodeId,
            reported: this.#isUp(node),
            recordCount: BigInt(100_214 - node.recordsMissing),
            sizeBytes: BigInt(14_811_136),
            appliedIndex: BigInt(applied),
            lastIndex: BigInt(applied + 1),
            raftState: this.leaseholder === node.nodeId ? "leader" : "follower",
            reportedAtMs: BigInt(Date.now()),
            error: this.#isUp(node) ? "" : "UNAVAILABLE",
          })),
          failuresLeft: up.length - (Math.floor(this.nodes.length / 2) + 1),
          readsPerSecond: 1_840.2,
          writesPerSecond: 402.7,
        }),
      ),
      missingNodes: this.nodes.filter((node) => !this.#isUp(node)).map((node) => node.nodeId),
      replicationFactor: this.nodes.length,
    });
  }
}

async function main(): Promise<void> {
  const cluster = new FakeCluster({ firstPort: Number(process.argv[2] ?? 21051) });
  await cluster.startAll();
  const scenario = process.argv[3] ?? "well";
  if (scenario === "node-down") setTimeout(() => cluster.kill(2), 20_000);
  if (scenario === "all-down") setTimeout(() => void cluster.stopAll(), 20_000);
  console.log(`admin servers at ${cluster.addresses}; ${scenario}`);
  process.on("SIGINT", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}

if (process.argv[1]?.endsWith("fake-admin.ts") === true) await main();
