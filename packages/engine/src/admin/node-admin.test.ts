import { expect, test } from "vitest";
import type { ClusterView, TopologyView } from "#cluster/cluster-view.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { NodeAdmin } from "./node-admin.ts";
import type { Topology } from "./topology.ts";

/** A cluster of which only the answers and the changes matter here. */
function start() {
  const runtime = simRuntime(5);
  const handlers = new Set<() => void>();
  let asked = 0;
  const view: ClusterView = {
    clusterId: "c",
    nodeId: 1,
    replicationFactor: 3,
    nodes: () => [],
    localReplicas: () => [],
    isServing: () => true,
    topology(): Promise<TopologyView> {
      asked++;
      return Promise.resolve({
        clusterId: "c",
        answeredBy: 1,
        answeredAtMs: runtime.clock.wallMs(),
        nodes: [],
        ranges: [
          {
            descriptor: {
              rangeId: 1,
              generation: asked,
              span: { start: new Uint8Array(0), end: Uint8Array.of(2, 7) },
              replicas: [],
              nextReplicaId: 3,
            },
            leaseholder: 2,
            term: 4,
            replicas: [
              {
                nodeId: 2,
                replicaId: 2,
                role: "demoting",
                isLeaseholder: true,
                report: undefined,
                problem: "no answer",
              },
            ],
            failuresLeft: 1,
            readsPerSecond: 0,
            writesPerSecond: 0,
          },
        ],
        missingNodes: [2],
        replicationFactor: 3,
      });
    },
    onChange(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
  const admin = new NodeAdmin(runtime.clock, view, {
    checks: () => [],
    knobs: () => [],
    process: () => Promise.reject(new Error("not asked")),
  });
  const change = (): void => {
    for (const handler of handlers) handler();
  };
  return { runtime, admin, change, handlers, asked: () => asked };
}

test("a topology is in operators' words, and what did not answer says why", async () => {
  const { admin } = start();
  const { ranges, missingNodes } = await admin.topology();
  expect(missingNodes).toEqual([2]);
  expect(ranges[0]).toMatchObject({
    startLabel: "",
    endLabel: "/table/7",
    leaseholder: 2,
    replicas: [{ role: "outgoing", leaseholder: true, reported: false, error: "no answer" }],
  });
});

test("those who ask at the same time share one answer", async () => {
  const { admin, asked, runtime } = start();
  await Promise.all([admin.topology(), admin.topology(), admin.state()]);
  expect(asked()).toBe(1);
  await runtime.clock.time.runFor(200);
  await admin.topology();
  expect(asked()).toBe(2);
});

test("a watch pushes at once, on each interval, soon after a change, and ends with its signal", async () => {
  const { admin, runtime, change, handlers } = start();
  const pushes: { readonly atMs: number; readonly generation: number | undefined }[] = [];
  const ending = new AbortController();
  const startedAtMs = runtime.clock.time.nowMs;
  const watching = (async () => {
    const watch: AsyncIterable<Topology> = admin.watchTopology({
      intervalMs: 1_000,
      signal: ending.signal,
    });
    for await (const topology of watch) {
      const atMs = runtime.clock.time.nowMs - startedAtMs;
      pushes.push({ atMs, generation: topology.ranges[0]?.generation });
    }
  })();
  await runtime.clock.time.runFor(2_500);
  change();
  change();
  await runtime.clock.time.runFor(400);
  expect(pushes.map((push) => push.atMs)).toEqual([0, 1_000, 2_000, 2_550]);
  expect(pushes.map((push) => push.generation)).toEqual([1, 2, 3, 4]);
  ending.abort();
  await watching;
  expect(handlers.size).toBe(0);
});
