import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { SimDisk } from "#runtime/sim/sim-disk.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { SimulatedCrash } from "#runtime/sim/sim-crash.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { DataFolderError } from "./data-folder-error.ts";
import type { LogEntry, LogHardState } from "./log-entry.ts";
import { SharedLog } from "./shared-log.ts";

const options = { segmentBytes: 4096, segmentsMax: 3 };

function entry(index: number, term: number, size = 20): LogEntry {
  const command = Buffer.alloc(size, index % 251);
  return { index, term, kind: index % 7 === 0 ? "configuration" : "command", command };
}

function newWorld(seed: number) {
  const clock = new SimClock();
  const disk = new SimDisk(clock.time, new SimRandom(seed));
  const fatal: string[] = [];
  const runtime = simRuntime(seed, { clock, onFatal: (reason) => fatal.push(reason) });
  const open = () => clock.run(SharedLog.open(runtime, disk.attach(), options));
  return { clock, disk, runtime, fatal, open };
}

function contentOf(log: SharedLog, rangeId: number) {
  const range = log.rangeLog(rangeId);
  return range.entries(range.firstIndex, range.lastIndex + 1, Infinity).map((e) => ({
    index: e.index,
    term: e.term,
    kind: e.kind,
    command: Buffer.from(e.command).toString("latin1"),
  }));
}

test("what was appended durably is there after a restart, with hard state and truncation", async () => {
  const { clock, open } = newWorld(1);
  const log = await open();
  await clock.run(
    Promise.all([
      log.append({
        rangeId: 1,
        entries: [entry(1, 1), entry(2, 1)],
        hardState: { term: 1, vote: 2, commit: 0 },
        sync: true,
      }),
      log.append({ rangeId: 9, entries: [entry(1, 4)], sync: true }),
    ]),
  );
  log.truncate(1, 1);
  await clock.run(
    log.append({ rangeId: 1, entries: [], hardState: { term: 1, vote: 2, commit: 2 }, sync: true }),
  );
  await clock.run(log.close());

  const again = await open();
  expect(again.rangeIds()).toEqual([1, 9]);
  expect(again.rangeLog(1).truncated).toEqual({ index: 1, term: 1 });
  expect(again.rangeLog(1).hardState).toEqual({ term: 1, vote: 2, commit: 2 });
  expect(contentOf(again, 1)).toEqual(contentOf(log, 1));
  expect(again.rangeLog(9).term(1)).toBe(4);
});

test("appends of one turn share one sync", async () => {
  const { clock, disk, open } = newWorld(2);
  const log = await open();
  disk.syncMsMin = 1;
  disk.syncMsMax = 1;
  const startMs = clock.monotonicMs();
  const appends = Array.from({ length: 50 }, (_, i) =>
    log.append({ rangeId: i + 1, entries: [entry(1, 1)], sync: true }),
  );
  await clock.run(Promise.all(appends));
  expect(clock.monotonicMs() - startMs).toBeLessThan(2);
});

test("old segments go away although an idle range lives in the first one", async () => {
  const { clock, disk, open } = newWorld(3);
  const log = await open();
  await clock.run(log.append({ rangeId: 5, entries: [entry(1, 1), entry(2, 1)], sync: true }));
  for (let index = 1; index <= 600; index++) {
    await clock.run(log.append({ rangeId: 1, entries: [entry(index, 1, 100)], sync: true }));
    if (index > 10) log.truncate(1, index - 10);
  }
  await clock.run(log.close());
  expect(disk.usedBytes).toBeLessThan(6 * options.segmentBytes);
  const again = await open();
  expect(contentOf(again, 5)).toEqual(contentOf(log, 5));
  again.truncate(1, log.rangeLog(1).truncated.index); // the disk follows a truncation lazily
  expect(contentOf(again, 1)).toEqual(contentOf(log, 1));
});

test("ranges that need more than the segments may hold are kept, and the log comes to rest", async () => {
  const { clock, open } = newWorld(4);
  const log = await open();
  for (let rangeId = 1; rangeId <= 8; rangeId++) {
    const entries = Array.from({ length: 30 }, (_, i) => entry(i + 1, 1, 100));
    await clock.run(log.append({ rangeId, entries, sync: true }));
  }
  await clock.run(log.close());
  const again = await open();
  for (let rangeId = 1; rangeId <= 8; rangeId++) {
    expect(contentOf(again, rangeId)).toEqual(contentOf(log, rangeId));
  }
});

test("a removed range is gone, and may come again", async () => {
  const { clock, open } = newWorld(5);
  const log = await open();
  await clock.run(log.append({ rangeId: 1, entries: [entry(1, 1)], sync: true }));
  await clock.run(log.removeRange(1));
  expect((await open()).rangeIds()).toEqual([]);
  const again = await open();
  await clock.run(again.reset(1, { index: 40, term: 3 }, { term: 3, vote: 0, commit: 40 }));
  await clock.run(again.append({ rangeId: 1, entries: [entry(41, 3)], sync: true }));
  await clock.run(again.close());
  expect((await open()).rangeLog(1).firstIndex).toBe(41);
});

test("a failed sync is fatal", async () => {
  const { clock, disk, fatal, open } = newWorld(6);
  const log = await open();
  disk.failSyncs(1);
  const crashed: unknown[] = [];
  const onCrash = (error: unknown) => crashed.push(error);
  process.on("unhandledRejection", onCrash);
  void log.append({ rangeId: 1, entries: [entry(1, 1)], sync: true });
  await clock.time.runFor(10);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onCrash);
  expect(fatal).toEqual(["the write-ahead log could not be written"]);
  expect(crashed[0]).toBeInstanceOf(SimulatedCrash);
});

test("a damaged record in the middle stops the start, whatever byte it is", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const { clock, disk, runtime, open } = newWorld(seed);
    const log = await open();
    for (let index = 1; index <= 12; index++) {
      await clock.run(log.append({ rangeId: 1, entries: [entry(index, 1, 60)], sync: true }));
    }
    await clock.run(log.close());
    // Segment header 32 bytes; records of about 90 bytes; the last two stay whole.
    disk.corrupt("wal/0000000001.wal", runtime.random.integer(32 + 9 * 80));
    await expect(open()).rejects.toThrow(DataFolderError);
  }
});

interface Twin {
  entries: LogEntry[];
  truncated: number;
  hardState: LogHardState;
}

/**
 * Random appends (with overwritten suffixes), truncations, crashes in the middle of writes. After each
 * crash every range must hold a state it had, no older than the last one whose promise resolved.
 */
test("recovery gives back every acknowledged append, whatever the crash tore", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const { clock, disk, open } = newWorld(seed);
      const random = new SimRandom(seed ^ 0x5a5a);
      const twins = new Map<number, { states: Twin[]; durable: number }>();
      const rangeIds = [1, 2, 300];
      for (const rangeId of rangeIds) {
        const empty = { entries: [], truncated: 0, hardState: { term: 0, vote: 0, commit: 0 } };
        twins.set(rangeId, { states: [empty], durable: 0 });
      }
      for (let life = 0; life < 4; life++) {
        const log = await open();
        for (const rangeId of rangeIds) checkRecovered(log, rangeId, twins.get(rangeId)!);

        const steps = random.integer(60);
        for (let step = 0; step < steps; step++) {
          const rangeId = rangeIds[random.integer(rangeIds.length)]!;
          const twin = twins.get(rangeId)!;
          const now = twin.states.at(-1)!;
          const last = now.truncated + now.entries.length;
          const dropped = random.chance(0.1) ? random.integer(now.entries.length + 1) : 0;
          const first = last - dropped + 1;
          const term = now.hardState.term + (dropped > 0 ? 1 : 0) || 1;
          const entries = Array.from({ length: random.integer(4) }, (_, i) =>
            entry(first + i, term, random.integer(300)),
          );
          const hardState = { term, vote: 0, commit: now.truncated };
          const kept =
            entries.length === 0 ? now.entries : now.entries.slice(0, first - 1 - now.truncated);
          twin.states.push({ entries: [...kept, ...entries], truncated: now.truncated, hardState });
          const position = twin.states.length - 1;
          const sync = random.chance(0.8);
          void log.append({ rangeId, entries, hardState, sync }).then(() => {
            if (sync) twin.durable = Math.max(twin.durable, position);
          });
          if (random.chance(0.2)) {
            // Only what is durable may be truncated.
            await clock.time.runFor(5);
            const state = twin.states.at(-1)!;
            const index = state.truncated + random.integer(state.entries.length + 1);
            if (twin.durable === twin.states.length - 1) {
              log.truncate(rangeId, index);
              twin.states.push({
                ...state,
                entries: state.entries.slice(index - state.truncated),
                truncated: index,
              });
            }
          }
          if (random.chance(0.5)) await clock.time.runFor(random.between(0, 3));
        }
        disk.crash();
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

function checkRecovered(
  log: SharedLog,
  rangeId: number,
  twin: { states: Twin[]; durable: number },
) {
  const range = log.rangeLog(rangeId);
  const found = contentOf(log, rangeId);
  const isState = (state: Twin) => {
    const last = state.truncated + state.entries.length;
    if (range.lastIndex !== last || range.hardState.term !== state.hardState.term) return false;
    // Truncation is lazy on disk: more may have come back than the state still had.
    if (range.truncated.index > state.truncated) return false;
    const tail = found.filter((e) => e.index > state.truncated);
    return (
      tail.length === state.entries.length &&
      tail.every((e, i) => {
        const other = state.entries[i]!;
        return e.term === other.term && e.command === Buffer.from(other.command).toString("latin1");
      })
    );
  };
  const candidates = twin.states.slice(twin.durable);
  const match = candidates.find(isState);
  expect(match, `range ${rangeId} came back in a state it never acknowledged`).toBeDefined();
  const truncated = range.truncated.index;
  const entries = range.entries(range.firstIndex, range.lastIndex + 1, Infinity);
  twin.states = [{ entries: [...entries], truncated, hardState: range.hardState }];
  twin.durable = 0;
}
