import { expect, test } from "vitest";
import { addMs, zeroTimestamp, type Timestamp } from "#base/hlc.ts";
import { HlcClock } from "#range/hlc-clock.ts";
import { SimNetwork } from "#runtime/sim/sim-network.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { encodeLivenessFrame } from "./liveness-frames.ts";
import { LivenessTable, supportMs } from "./liveness-table.ts";
import type { NodeReport } from "./node-figures.ts";

const report: NodeReport = {
  health: "ready",
  healthDetail: "",
  startedAtMs: 0,
  residentBytes: 0,
  cpuFraction: 0,
  sqlConnections: 0,
  statementsPerSecond: 0,
  leaseCount: 0,
  replicaCount: 0,
};

/** Node 1 just after a restart; an earlier life of it supported these peers in these lives. */
async function restarted(supportedBefore: ReadonlyMap<number, number>) {
  const runtime = simRuntime(1);
  const { clock } = runtime;
  const network = new SimNetwork(clock.time, new SimRandom(2));
  const incarnations = new Map(supportedBefore);
  let bound: Timestamp = zeroTimestamp;
  const build = async (): Promise<{ table: LivenessTable; hlc: HlcClock }> => {
    const hlc = await HlcClock.open(runtime, {
      get clockUpperBound() {
        return bound;
      },
      async setClockUpperBound(next) {
        bound = next;
      },
    });
    const table = await LivenessTable.open({
      runtime,
      hlc,
      network: network.attach(1),
      report: () => report,
      memory: {
        nextIncarnation: async () => 5,
        peerIncarnations: () => incarnations,
        async setPeerIncarnation(peer, incarnation) {
          incarnations.set(peer, incarnation);
        },
      },
    });
    table.start();
    return { table, hlc };
  };
  const { table, hlc } = await clock.run(build());
  const heartbeat = async (peer: number, incarnation: number): Promise<void> => {
    const now = hlc.now();
    const frame = encodeLivenessFrame({
      kind: "heartbeat",
      incarnation,
      clock: now,
      until: addMs(now, supportMs),
      sentAtMs: 0,
      report,
    });
    network.attach(peer).send(1, "liveness", frame);
    await clock.run(clock.sleep(100));
  };
  return { table, clock, heartbeat };
}

test("a store that supported nobody before may vote at once", async () => {
  const { table } = await restarted(new Map());
  expect(table.mayVote()).toBe(true);
});

test("a restarted store votes once each peer it supported has begun a newer life", async () => {
  const { table, heartbeat } = await restarted(
    new Map([
      [2, 7],
      [3, 4],
    ]),
  );
  expect(table.mayVote()).toBe(false);
  await heartbeat(2, 8);
  expect(table.mayVote()).toBe(false);
  await heartbeat(3, 5);
  expect(table.mayVote()).toBe(true);
});

test("a peer in the same life may lead by what the earlier life promised, so it does not free the vote", async () => {
  const { table, clock, heartbeat } = await restarted(new Map([[2, 7]]));
  await heartbeat(2, 7);
  expect(table.supportGivenTo(2)).toBeGreaterThan(0);
  expect(table.mayVote()).toBe(false);
  await clock.run(clock.sleep(supportMs));
  expect(table.mayVote()).toBe(true);
});
