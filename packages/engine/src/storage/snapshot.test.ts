import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Timestamp } from "#base/hlc.ts";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { SimDisk } from "#runtime/sim/sim-disk.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { MemoryStore, MemoryTables } from "./memory-store.ts";
import { SnapshotWriter, openSnapshot } from "./snapshot.ts";
import { Store } from "./store.ts";

const at = (wallMs: number): Timestamp => ({ wallMs, logical: 0 });
const bytes = (text: string) => Buffer.from(text);

function newWorld(seed: number) {
  const clock = new SimClock();
  const random = new SimRandom(seed);
  const runtime = simRuntime(seed, { clock, random });
  const disk = new SimDisk(clock.time, random);
  const open = (tables: MemoryTables) => {
    const backend = new MemoryStore(clock, tables, () => random.between(0, 4));
    return clock.run(Store.open(runtime, disk.attach(), backend, { flushIntervalMs: 10 }));
  };
  return { clock, random, disk, open };
}

function fill(
  store: Store,
  random: SimRandom,
  options: { rangeId: number; prefix: string; batches: number },
) {
  const { rangeId, prefix, batches } = options;
  for (let i = 1; i <= batches; i++) {
    const keys = new Set(Array.from({ length: 5 }, () => `${prefix}${random.integer(30)}`));
    const appliedIndex = store.appliedIndex(rangeId) + 1;
    store.apply({
      rangeId,
      appliedIndex,
      batch: {
        timestamp: at(appliedIndex * 10),
        tag: Buffer.alloc(8, appliedIndex),
        writes: [...keys].map((key) => ({
          key: bytes(key),
          value: random.chance(0.2) ? undefined : bytes(`${key}@${appliedIndex}`),
        })),
      },
      state: [{ name: "lease", value: bytes(`lease ${appliedIndex}`) }],
    });
  }
}

/** All that can be read of a prefix, at every timestamp. */
function historyOf(store: Store, prefix: string) {
  const span = { start: bytes(prefix), end: bytes(`${prefix}\xff`) };
  return Array.from({ length: 45 }, (_, i) =>
    store
      .scan({ span, timestamp: at(i * 10) })
      .rows.map((row) => [Buffer.from(row.key).toString(), Buffer.from(row.value).toString()]),
  );
}

const rangeA = { rangeId: 1, span: { start: bytes("a"), end: bytes("b") } };

test("a snapshot carries every version, and replaces what the span held", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { clock, random, open } = newWorld(seed);
    const sender = await open(new MemoryTables());
    fill(sender, random, { rangeId: 1, prefix: "a", batches: 40 });
    fill(sender, random, { rangeId: 2, prefix: "b", batches: 5 });
    const snapshot = await clock.run(openSnapshot(sender, { ...rangeA, chunkBytes: 200 }));
    expect(snapshot.appliedIndex).toBe(40);
    const before = historyOf(sender, "a");
    fill(sender, random, { rangeId: 1, prefix: "a", batches: 3 });
    await clock.run(sender.flush());

    const receiver = await open(new MemoryTables());
    fill(receiver, random, { rangeId: 1, prefix: "a", batches: 7 });
    fill(receiver, random, { rangeId: 2, prefix: "b", batches: 7 });
    const other = historyOf(receiver, "b");
    const writer = await clock.run(
      SnapshotWriter.open(receiver, { ...rangeA, bytesExpected: snapshot.bytesExpected }),
    );
    let chunks = 0;
    const next = () => clock.run(snapshot.next());
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      await clock.run(writer.write(chunk));
      chunks++;
    }
    snapshot.close();
    expect(chunks).toBeGreaterThan(5);
    await clock.run(writer.install(snapshot.appliedIndex, snapshot.state));

    expect(receiver.appliedIndex(1)).toBe(40);
    expect(receiver.durableAppliedIndex(1)).toBe(40);
    expect(Buffer.from(receiver.rangeState(1, "lease") ?? "").toString()).toBe("lease 40");
    expect(historyOf(receiver, "a")).toEqual(before);
    expect(historyOf(receiver, "b")).toEqual(other);
    expect(receiver.findNewer(rangeA.span, at(5))).toBeDefined();
    expect(receiver.statistics(1).liveKeys).toBe(before[40]?.length);
    fill(receiver, random, { rangeId: 1, prefix: "a", batches: 2 });
    await clock.run(receiver.close());
    expect(receiver.appliedIndex(1)).toBe(42);
  }
});

test("a crash at any moment of the installation leaves the old state or the new one", async () => {
  const outcomes = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const { clock, random, open } = newWorld(seed);
      const sender = await open(new MemoryTables());
      fill(sender, random, { rangeId: 1, prefix: "a", batches: 40 });
      const snapshot = await clock.run(openSnapshot(sender, { ...rangeA, chunkBytes: 1000 }));
      const tables = new MemoryTables();
      const receiver = await open(tables);
      fill(receiver, random, { rangeId: 1, prefix: "a", batches: 7 });
      await clock.run(receiver.flush());
      const old = historyOf(receiver, "a");
      const install = async () => {
        const writer = await SnapshotWriter.open(receiver, { ...rangeA, bytesExpected: 0 });
        const next = () => snapshot.next();
        for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
          await writer.write(chunk);
        }
        await writer.install(snapshot.appliedIndex, snapshot.state);
      };
      void install();
      await clock.time.runFor(random.between(0, 60));
      tables.crash();
      const again = await open(tables);
      const applied = again.appliedIndex(1);
      outcomes.add(applied);
      expect(historyOf(again, "a")).toEqual(applied === 7 ? old : historyOf(sender, "a"));
      expect(Buffer.from(again.rangeState(1, "lease") ?? "").toString()).toBe(`lease ${applied}`);
      expect([...tables.tables.node.entries()].map(([key]) => key)).toEqual(["flushed timestamp"]);
    }),
    { numRuns: 60 },
  );
  expect(outcomes).toEqual(new Set([7, 40]));
}, 30_000);

test("a snapshot that does not fit the disk is refused with 53100", async () => {
  const { clock, disk, open } = newWorld(1);
  const store = await open(new MemoryTables());
  disk.setCapacity(2 ** 30);
  const writer = SnapshotWriter.open(store, { ...rangeA, bytesExpected: 2 ** 29 });
  await expect(clock.run(writer)).rejects.toMatchObject({ condition: "disk_full" });
});

test("what is no chunk is refused", async () => {
  const { clock, open } = newWorld(1);
  const store = await open(new MemoryTables());
  const writer = await clock.run(SnapshotWriter.open(store, { ...rangeA, bytesExpected: 0 }));
  await expect(clock.run(writer.write(bytes("\x01\x00\x05a")))).rejects.toThrow("bytes end early");
  await clock.run(writer.abort());
});
