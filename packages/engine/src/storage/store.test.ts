import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { keyAfter } from "#base/bytes.ts";
import { compareTimestamps, maxTimestamp, type Timestamp } from "#base/hlc.ts";
import { keyBytesMax, keyMin } from "#base/keys.ts";
import { FileDisk } from "#runtime/real/file-disk.ts";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { SimDisk } from "#runtime/sim/sim-disk.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { LmdbStore } from "./lmdb-store.ts";
import { MemoryStore, MemoryTables } from "./memory-store.ts";
import { Store, type Apply } from "./store.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "holo-store-"));
  folders.push(folder);
  return folder;
}

interface Fact {
  readonly timestamp: Timestamp;
  readonly value: string | undefined;
}

/** The keyspace as a list of versions per key: slow, and plainly right. */
class NaiveStore {
  readonly versions = new Map<string, Fact[]>();

  write(key: string, fact: Fact): void {
    this.versions.set(key, [...(this.versions.get(key) ?? []), fact]);
  }

  at(key: string, timestamp: Timestamp): Fact | undefined {
    return this.versions.get(key)?.findLast((v) => compareTimestamps(v.timestamp, timestamp) <= 0);
  }

  scan(start: string, end: string | undefined, timestamp: Timestamp): [string, string][] {
    return [...this.versions.keys()]
      .filter((key) => key >= start && (end === undefined || key < end))
      .sort((a, b) => (a < b ? -1 : 1))
      .flatMap((key) => {
        const value = this.at(key, timestamp)?.value;
        return value === undefined ? [] : [[key, value] as [string, string]];
      });
  }

  newer(start: string, end: string | undefined, timestamp: Timestamp): boolean {
    return [...this.versions].some(
      ([key, facts]) =>
        key >= start &&
        (end === undefined || key < end) &&
        facts.some((fact) => compareTimestamps(fact.timestamp, timestamp) > 0),
    );
  }

  liveKeys(): number {
    return [...this.versions.values()].filter((facts) => facts.at(-1)?.value !== undefined).length;
  }
}

const bytes = (text: string) => Buffer.from(text, "latin1");
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : Buffer.from(value).toString("latin1");

interface World {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly naive: NaiveStore;
  store: Store;
  ts: number;
  index: number;
}

const at = (wallMs: number): Timestamp => ({ wallMs, logical: wallMs % 3 });

function randomKey(random: SimRandom): string {
  const length = 1 + random.integer(12);
  const alphabet = "\0\x01a\xff";
  return Array.from({ length }, () => alphabet[random.integer(4)])
    .join("")
    .slice(0, random.chance(0.5) ? 2 : 12);
}

function applyRandom(world: World): Apply {
  const { random } = world;
  const keys = new Set(Array.from({ length: 1 + random.integer(6) }, () => randomKey(random)));
  world.ts += 1 + random.integer(5);
  const timestamp = at(world.ts);
  const writes = [...keys].map((key): [string, Fact] => {
    const value = random.chance(0.25) ? undefined : `${key}@${world.ts}`.slice(random.integer(3));
    return [key, { timestamp, value }];
  });
  const appliedIndex = ++world.index;
  const apply: Apply = {
    rangeId: 1,
    appliedIndex,
    batch: {
      timestamp,
      tag: Buffer.alloc(8, world.index),
      writes: writes.map(([key, { value }]) => ({
        key: bytes(key),
        value: value === undefined ? undefined : bytes(value),
      })),
    },
    state: [{ name: "index", value: bytes(String(appliedIndex)) }],
  };
  world.store.apply(apply);
  for (const [key, fact] of writes) world.naive.write(key, fact);
  return apply;
}

function checkReads(world: World): void {
  const { random, store, naive } = world;
  const timestamp = at(random.integer(world.ts + 3));
  const limit = at(timestamp.wallMs + random.integer(10));
  const key = random.chance(0.7) ? randomKey(random) : ([...naive.versions.keys()].at(-1) ?? "a");

  expect(text(store.get(bytes(key), timestamp))).toBe(naive.at(key, timestamp)?.value);
  const newest = naive.versions.get(key)?.at(-1);
  const found = store.newest(bytes(key));
  expect(found?.timestamp).toEqual(newest?.timestamp);
  expect(text(found?.value)).toBe(newest?.value);
  const isNewer = newest !== undefined && compareTimestamps(newest.timestamp, timestamp) > 0;
  expect(store.hasNewer(bytes(key), timestamp)).toBe(isNewer);
  const point = { start: bytes(key), end: keyAfter(bytes(key)) };
  expect(store.findNewer(point, timestamp) !== undefined).toBe(isNewer);

  const atLimit = naive.at(key, limit);
  const isUncertain = atLimit !== undefined && compareTimestamps(atLimit.timestamp, timestamp) > 0;
  const read = store.read(bytes(key), timestamp, limit);
  expect(text(read.value)).toBe(naive.at(key, timestamp)?.value);
  expect(read.uncertain).toEqual(isUncertain ? atLimit.timestamp : undefined);

  const bounds = [randomKey(random), randomKey(random)].sort((a, b) => (a < b ? -1 : 1));
  const start = random.chance(0.2) ? "" : (bounds[0] ?? "");
  const end = random.chance(0.2) ? undefined : bounds[1];
  const span = { start: bytes(start), end: end === undefined ? undefined : bytes(end) };
  expect(store.findNewer(span, timestamp) !== undefined).toBe(naive.newer(start, end, timestamp));

  const reverse = random.chance(0.5);
  const expected = naive.scan(start, end, timestamp);
  const rows: [string | undefined, string | undefined][] = [];
  let rest: typeof span | undefined = span;
  while (rest !== undefined) {
    const rowsMax = random.chance(0.5) ? 1 + random.integer(4) : undefined;
    const part = store.scan({ span: rest, timestamp, rowsMax, reverse });
    for (const row of part.rows) rows.push([text(row.key), text(row.value)]);
    if (rowsMax !== undefined) expect(part.rows.length).toBeLessThanOrEqual(rowsMax);
    rest = part.rest as typeof span | undefined;
  }
  expect(rows).toEqual(reverse ? expected.reverse() : expected);

  const doubtful = store.scan({ span, timestamp, uncertaintyLimit: limit });
  const hasDoubt = [...naive.versions].some(
    ([k, facts]) =>
      k >= start &&
      (end === undefined || k < end) &&
      facts.some(
        (f) =>
          compareTimestamps(f.timestamp, timestamp) > 0 &&
          compareTimestamps(f.timestamp, limit) <= 0,
      ),
  );
  expect(doubtful.uncertain !== undefined).toBe(hasDoubt);
}

test("reads agree with a naive store, across flushes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const clock = new SimClock();
      const random = new SimRandom(seed);
      const runtime = simRuntime(seed, { clock, random });
      const disk = new SimDisk(clock.time, random).attach();
      const backend = new MemoryStore(clock, new MemoryTables());
      const store = await clock.run(Store.open(runtime, disk, backend, { flushIntervalMs: 20 }));
      const world: World = { clock, random, naive: new NaiveStore(), store, ts: 10, index: 0 };
      for (let step = 0; step < 120; step++) {
        if (random.chance(0.5)) applyRandom(world);
        else if (random.chance(0.1)) await clock.run(store.flush());
        else if (random.chance(0.2)) await clock.time.runFor(random.between(0, 30));
        checkReads(world);
      }
      await clock.run(store.flush());
      expect(store.statistics(1).liveKeys).toBe(world.naive.liveKeys());
    }),
    { numRuns: 40 },
  );
}, 60_000);

test("after a crash, replaying the log from the durable applied index gives back everything", async () => {
  let flushes = 0;
  let partial = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const clock = new SimClock();
      const random = new SimRandom(seed);
      const runtime = simRuntime(seed, { clock, random });
      const tables = new MemoryTables();
      const disk = new SimDisk(clock.time, random);
      const log: Apply[] = [];
      const world = { clock, random, naive: new NaiveStore(), ts: 10, index: 0 };
      for (let life = 0; life < 4; life++) {
        const backend = new MemoryStore(clock, tables, () => random.between(0, 10));
        const options = { flushIntervalMs: 5, flushRowsMax: 1 + random.integer(10) };
        const store = await clock.run(Store.open(runtime, disk.attach(), backend, options));
        const applied = store.appliedIndex(1);
        expect(store.durableAppliedIndex(1)).toBe(applied);
        expect(text(store.rangeState(1, "index"))).toBe(
          applied === 0 ? undefined : String(applied),
        );
        for (const apply of log.slice(applied)) {
          const stored = apply.batch?.writes.some(({ key }) =>
            store.hasNewer(key, { wallMs: apply.batch!.timestamp.wallMs - 1, logical: 0 }),
          );
          if (stored === true) partial++;
          store.apply(apply);
          // Flushes while it replays, and crashes in that, too.
          if (random.chance(0.2)) await clock.time.runFor(random.between(0, 12));
        }
        store.onFlushed(() => flushes++);
        const living: World = { ...world, store };
        for (let i = 0; i < 10; i++) checkReads(living);
        const steps = random.integer(30);
        for (let step = 0; step < steps; step++) {
          log.push(applyRandom(living));
          if (random.chance(0.3)) await clock.time.runFor(random.between(0, 12));
        }
        checkReads(living);
        world.ts = living.ts;
        world.index = living.index;
        if (life === 3) {
          await clock.run(store.close());
          expect(store.statistics(1).liveKeys).toBe(world.naive.liveKeys());
        }
        tables.crash();
      }
    }),
    { numRuns: 40 },
  );
  expect(flushes).toBeGreaterThan(40);
  expect(partial).toBeGreaterThan(10);
}, 60_000);

test("LMDB: reads agree with a naive store, and a restart finds what was flushed", async () => {
  const folder = temporaryFolder();
  const clock = new SimClock();
  const random = new SimRandom(7);
  const runtime = simRuntime(7, { clock, random });
  const disk = new FileDisk(folder);
  let store = await Store.open(runtime, disk, await LmdbStore.open(disk));
  const world: World = { clock, random, naive: new NaiveStore(), store, ts: 10, index: 0 };
  for (let step = 0; step < 300; step++) {
    applyRandom(world);
    checkReads(world);
    if (step % 40 === 0) await store.flush();
    if (step % 100 === 99) {
      await store.close();
      store = await Store.open(runtime, disk, await LmdbStore.open(disk));
      world.store = store;
      expect(store.appliedIndex(1)).toBe(world.index);
    }
  }
  await store.flush();
  expect(store.statistics(1).liveKeys).toBe(world.naive.liveKeys());
  const all = store.scan({ span: { start: bytes(""), end: undefined }, timestamp: maxTimestamp });
  expect(all.rows.length).toBe(world.naive.liveKeys());
  await store.close();
});

test("LMDB: the longest keys are kept, and longer ones may be asked for", async () => {
  const folder = temporaryFolder();
  const disk = new FileDisk(folder);
  const runtime = simRuntime(7, { clock: new SimClock() });
  const store = await Store.open(runtime, disk, await LmdbStore.open(disk));
  const key = (length: number, last: number) =>
    Buffer.concat([Buffer.alloc(length - 1), Buffer.of(last)]);
  const [one, two] = [key(keyBytesMax, 1), key(keyBytesMax, 2)];
  for (let index = 1; index <= 3; index++) {
    const writes = [one, two].map((k) => ({ key: k, value: Buffer.of(index) }));
    const batch = { timestamp: at(index), tag: Buffer.alloc(8), writes };
    store.apply({ rangeId: 1, appliedIndex: index, batch });
    await store.flush();
  }
  expect(store.get(two, at(2))).toEqual(Buffer.of(2));
  const beyond = Buffer.concat([one, Buffer.alloc(3_000, 0xff)]);
  expect(store.get(beyond, at(9))).toBeUndefined();
  expect(store.newest(beyond)).toBeUndefined();
  expect(store.hasNewer(beyond, at(1))).toBe(false);
  for (const reverse of [false, true]) {
    const above = store.scan({
      span: { start: beyond, end: undefined },
      timestamp: at(2),
      reverse,
    });
    expect(above.rows.map((row) => row.key)).toEqual([two]);
    const below = store.scan({ span: { start: keyMin, end: beyond }, timestamp: at(2), reverse });
    expect(below.rows.map((row) => row.key)).toEqual([one]);
  }
  expect(store.findNewer({ start: beyond, end: undefined }, at(2))?.key).toEqual(two);
  await store.close();
});

test("LMDB: a file that is foreign, cut short or scrambled is refused in one line", async () => {
  const folder = temporaryFolder();
  const disk = new FileDisk(folder);
  const file = path.join(folder, "store.mdb");
  const backend = await LmdbStore.open(disk);
  const rows = Array.from({ length: 5_000 }, (_, n) => Buffer.from(`row ${n} ${"x".repeat(100)}`));
  await backend.write((batch) => {
    for (const row of rows) batch.put("newest", row, row);
  });
  await backend.close();
  const whole = fs.readFileSync(file);
  const damages: [string, Buffer, RegExp][] = [
    ["text", Buffer.from("not a store"), /is not a store of HoloFusion/],
    ["zeros", Buffer.alloc(8192), /is not a store of HoloFusion/],
    ["a cut", whole.subarray(0, whole.length >> 1), /its end is missing/],
    ["one page", whole.subarray(0, 4096), /second header is unreadable/],
  ];
  for (const [, content, message] of damages) {
    fs.writeFileSync(file, content);
    await expect(LmdbStore.open(disk)).rejects.toThrow(message);
    await expect(LmdbStore.open(disk)).rejects.toThrow(DataFolderError);
  }
  fs.writeFileSync(file, whole);
  const again = await LmdbStore.open(disk);
  expect(again.get("newest", rows[77] ?? rows[0]!)).toEqual(rows[77]);
  await again.close();
});

test("a large batch is applied in slices and appears at once", async () => {
  const clock = new SimClock();
  const runtime = simRuntime(1, { clock });
  const disk = new SimDisk(clock.time, new SimRandom(1)).attach();
  const store = await clock.run(
    Store.open(runtime, disk, new MemoryStore(clock, new MemoryTables())),
  );
  const key = (n: number) => Buffer.from(`k${n.toString().padStart(6, "0")}`);
  const writes = Array.from({ length: 5_000 }, (_, n) => ({ key: key(n), value: key(n) }));
  const applied = store.applySliced({
    rangeId: 1,
    appliedIndex: 1,
    batch: { timestamp: at(5), tag: Buffer.alloc(8), writes },
  });
  await Promise.resolve();
  expect(store.get(key(0), at(9))).toBeUndefined();
  expect(store.appliedIndex(1)).toBe(0);
  await clock.run(applied);
  expect(store.get(key(4_999), at(9))).toEqual(key(4_999));
  expect(store.appliedIndex(1)).toBe(1);
  await clock.run(store.close());
});

test("a full disk refuses writes with 53100 until there is room again", async () => {
  const clock = new SimClock();
  const runtime = simRuntime(1, { clock });
  const disk = new SimDisk(clock.time, new SimRandom(1));
  disk.setCapacity(2 ** 20);
  const backend = new MemoryStore(clock, new MemoryTables());
  const store = await clock.run(Store.open(runtime, disk.attach(), backend));
  expect(() => store.ensureSpace()).toThrow(expect.objectContaining({ condition: "disk_full" }));
  disk.setCapacity(2 ** 40);
  await clock.time.runFor(2_000);
  expect(() => store.ensureSpace()).toThrow(); // asks again, and knows the next time
  await clock.time.runFor(1);
  store.ensureSpace();
});
