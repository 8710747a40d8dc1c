import { describe, expect, test } from "vitest";
import { assert } from "#base/assert.ts";
import { SimCluster } from "#testing/sim-cluster.ts";
import type { DistributedKv } from "./distributed-kv.ts";
import { retryTransaction } from "./retry-transaction.ts";

const key = (name: string) => Buffer.concat([Uint8Array.of(2, 0x80), Buffer.from(name)]);
const value = (text: string) => Buffer.from(text);

async function write(cluster: SimCluster, nodeId: number, name: string, text: string) {
  const { runtime, kv } = cluster.node(nodeId).running;
  const { outcome } = await retryTransaction(runtime, kv, (transaction) => {
    transaction.put(key(name), value(text));
    return Promise.resolve();
  });
  return outcome;
}

async function read(kv: DistributedKv, name: string) {
  const found = await kv.begin().get(key(name));
  return found === undefined ? undefined : Buffer.from(found).toString();
}

function converged(cluster: SimCluster, rangeId = 1): boolean {
  const replicas = cluster.upNodes.map(({ running }) => running.stores.replica(rangeId));
  const indexes = replicas.map((replica) => replica?.raft.appliedIndex);
  return (
    indexes.length > 0 && indexes.every((index) => index !== undefined && index === indexes[0])
  );
}

describe("a simulated cluster", () => {
  test("bootstraps, takes in two nodes and replicates to them", async () => {
    const cluster = new SimCluster(1);
    await cluster.bootstrap(3);
    expect(cluster.voters(1)).toEqual([1, 2, 3]);
    expect(cluster.leaseholder(1)).toBe(1);

    await cluster.time.run(write(cluster, 3, "a", "1"));
    expect(await cluster.time.run(read(cluster.kv(2), "a"))).toBe("1");
    expect(await cluster.time.runUntil(() => converged(cluster), 5_000)).toBe(true);

    const { view } = cluster.node(2).running.cluster;
    expect(view.isServing()).toBe(true);
    const topology = await cluster.time.run(view.topology({ deadlineMs: 500 }));
    expect(topology.missingNodes).toEqual([]);
    expect(topology.nodes.map(({ record, liveness }) => [record.nodeId, liveness])).toEqual([
      [1, "live"],
      [2, "live"],
      [3, "live"],
    ]);
    const [range] = topology.ranges;
    assert(range !== undefined, "no range");
    expect(range.leaseholder).toBe(1);
    expect(range.failuresLeft).toBe(1);
    await cluster.time.runFor(2_000);
    const counts = topology.ranges[0]?.replicas.map(({ report }) => report?.nodeId);
    expect(counts).toEqual([1, 2, 3]);
  });

  test("goes on without its leaseholder, and takes it back", async () => {
    const cluster = new SimCluster(2);
    await cluster.bootstrap(3);
    await cluster.time.run(write(cluster, 2, "a", "before"));
    cluster.crash(1);
    const crashedAtMs = cluster.time.nowMs;
    await cluster.time.run(write(cluster, 2, "a", "after"));
    expect(cluster.time.nowMs - crashedAtMs).toBeLessThan(6_000);
    expect(await cluster.time.run(read(cluster.kv(3), "a"))).toBe("after");

    await cluster.start(1);
    expect(await cluster.time.runUntil(() => converged(cluster), 10_000)).toBe(true);
    expect(await cluster.time.run(read(cluster.kv(1), "a"))).toBe("after");
  });

  test("a leaseholder that is cut off stops serving before another starts", async () => {
    const cluster = new SimCluster(3);
    await cluster.bootstrap(3);
    await cluster.time.run(write(cluster, 1, "a", "before"));
    cluster.network.partition([[1], [2, 3]]);
    let holders = 0;
    const both = await cluster.time.runUntil(() => {
      const held = [1, 2, 3].filter(
        (nodeId) => cluster.node(nodeId).running.stores.replica(1)?.isLeaseholder === true,
      );
      holders = Math.max(holders, held.length);
      return held.some((nodeId) => nodeId !== 1);
    }, 10_000);
    expect(both).toBe(true);
    expect(holders).toBe(1);
    await cluster.time.run(write(cluster, 2, "a", "majority"));

    cluster.network.heal();
    expect(await cluster.time.run(read(cluster.kv(1), "a"))).toBe("majority");
    expect(await cluster.time.runUntil(() => converged(cluster), 10_000)).toBe(true);
  });

  test("a client of a leaseholder that is cut off learns that the outcome is unknown", async () => {
    const cluster = new SimCluster(9);
    await cluster.bootstrap(3);
    cluster.network.partition([[1], [2, 3]]);
    const startedAtMs = cluster.time.nowMs;
    await expect(cluster.time.run(write(cluster, 1, "a", "1"))).rejects.toMatchObject({
      condition: "statement_completion_unknown",
    });
    expect(cluster.time.nowMs - startedAtMs).toBeLessThan(25_000);
    await expect(cluster.time.run(read(cluster.kv(1), "a"))).rejects.toMatchObject({
      condition: "cannot_connect_now",
    });
    cluster.network.heal();
    await cluster.time.run(write(cluster, 1, "a", "2"));
    expect(await cluster.time.run(read(cluster.kv(3), "a"))).toBe("2");
  });

  test.each([
    ["the leaseholder that made it", false],
    ["the one that comes after it", true],
  ])("a commit whose answer was lost is found by %s", async (_name, crashes) => {
    const cluster = new SimCluster(10);
    await cluster.bootstrap(3);
    await cluster.time.run(write(cluster, 2, "a", "0"));
    // Requests reach the leaseholder, and its answers do not come back.
    cluster.network.block(1, 2);
    const transaction = cluster.kv(2).begin();
    transaction.insert(key("b"), value("once"));
    const commit = transaction.commit();
    await cluster.time.runFor(1_000);
    if (crashes) cluster.crash(1);
    else cluster.network.heal();
    const outcome = await cluster.time.run(commit);
    // Carried out twice, the second time would have told that the key exists.
    expect(outcome.kind).toBe("committed");
    cluster.network.heal();
    expect(await cluster.time.run(read(cluster.kv(3), "b"))).toBe("once");
  });

  test("loses nothing that was acknowledged when all nodes crash", async () => {
    const cluster = new SimCluster(4);
    await cluster.bootstrap(3);
    for (let count = 0; count < 20; count++) {
      await cluster.time.run(write(cluster, 1 + (count % 3), `k${count}`, `v${count}`));
    }
    for (const nodeId of [1, 2, 3]) cluster.crash(nodeId);
    for (const nodeId of [1, 2, 3]) await cluster.start(nodeId);
    for (let count = 0; count < 20; count++) {
      expect(await cluster.time.run(read(cluster.kv(2), `k${count}`))).toBe(`v${count}`);
    }
  });

  test("a node that was away for too long catches up by a snapshot", async () => {
    const cluster = new SimCluster(5, { segmentBytes: 64 * 1024 });
    await cluster.bootstrap(3);
    cluster.crash(3);
    const filler = "x".repeat(1_024);
    for (let count = 0; count < 80; count++) {
      await cluster.time.run(write(cluster, 1, `k${count % 4}`, `${count}${filler}`));
    }
    await cluster.time.runFor(1_500);
    const { stores } = cluster.node(1).running;
    expect(stores.replica(1)?.raft.status().firstIndex).toBeGreaterThan(50);
    await cluster.start(3);
    expect(await cluster.time.runUntil(() => converged(cluster), 30_000)).toBe(true);
    const found = await cluster.time.run(read(cluster.kv(3), "k3"));
    expect(found?.slice(0, 3)).toBe("79x");
  });

  test("hands its leases over when it stops", async () => {
    const cluster = new SimCluster(6);
    await cluster.bootstrap(3);
    await cluster.stop(1);
    const stoppedAtMs = cluster.time.nowMs;
    await cluster.time.run(write(cluster, 2, "a", "1"));
    expect(cluster.time.nowMs - stoppedAtMs).toBeLessThan(500);
  });

  test("refuses a clock that is too far off, a foreign store and a used number", async () => {
    const cluster = new SimCluster(7);
    await cluster.bootstrap(3);
    cluster.node(4).clockOffsetMs = 400;
    await expect(cluster.start(4)).rejects.toThrow(/400 ms ahead/);

    const { cluster: member, runtime } = cluster.node(1).running;
    const request = {
      nodeId: 2,
      addresses: { grpc: "sim:9", sql: "", health: "" },
      locality: new Map<string, string>(),
      version: "0.1.0",
      clusterId: undefined,
      wallMs: runtime.clock.wallMs(),
    };
    await expect(cluster.time.run(member.handleJoin(request))).rejects.toThrow(
      /node id 2 belongs to another node/,
    );
    const foreign = { ...request, nodeId: 5, clusterId: "elsewhere" };
    await expect(cluster.time.run(member.handleJoin(foreign))).rejects.toThrow(/cluster elsewhere/);
  });

  test("serves with clocks that differ by less than is allowed", async () => {
    const cluster = new SimCluster(8);
    cluster.node(2).clockOffsetMs = 120;
    cluster.node(3).clockOffsetMs = -120;
    await cluster.bootstrap(3);
    for (let count = 0; count < 30; count++) {
      const writer = 1 + (count % 3);
      await cluster.time.run(write(cluster, writer, "a", `${count}`));
      for (const nodeId of [1, 2, 3]) {
        expect(await cluster.time.run(read(cluster.kv(nodeId), "a"))).toBe(`${count}`);
      }
    }
    cluster.crash(cluster.leaseholder(1) ?? 1);
    const [up] = cluster.upNodes;
    assert(up !== undefined, "nobody is up");
    await cluster.time.run(write(cluster, up.nodeId, "a", "after"));
    expect(await cluster.time.run(read(up.running.kv, "a"))).toBe("after");
  });
});
