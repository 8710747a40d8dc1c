import { beforeEach, describe, expect, test, vi } from "vitest";
import { configurationOf } from "#raft/configuration.ts";
import { encodeConfigurationChange } from "#raft/message-codec.ts";
import type { Entry } from "#raft/message.ts";
import { RaftNode } from "#raft/raft-node.ts";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { SimDisk } from "#runtime/sim/sim-disk.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { MemoryStore, MemoryTables } from "#storage/memory-store.ts";
import { Store } from "#storage/store.ts";
import { encodeWriteBatch } from "#storage/write-batch.ts";
import { MemoryLogStorage } from "#testing/memory-log-storage.ts";
import { Applier, type Applied } from "./applier.ts";
import { encodeLeaseCommand, encodeWriteCommand } from "./command.ts";
import { noLease } from "./lease.ts";
import { Proposals } from "./proposals.ts";
import { encodeRangeDescriptor, type RangeDescriptor } from "./range-descriptor.ts";
import { loadReplicaState, type ReplicaState } from "./replica-state.ts";

const key = Buffer.from("key");
const at = (wallMs: number) => ({ wallMs, logical: 0 });

const descriptor: RangeDescriptor = {
  rangeId: 1,
  span: { start: Buffer.alloc(0), end: undefined },
  generation: 1,
  replicas: [{ nodeId: 1, replicaId: 1, role: "voter" }],
  nextReplicaId: 2,
};

let store: Store;
let state: ReplicaState;
let applied: Applied[];
let proposals: Proposals;
let applier: Applier;
let lastIndex: number;

beforeEach(async () => {
  const clock = new SimClock();
  const runtime = simRuntime(1, { clock });
  const disk = new SimDisk(clock.time, new SimRandom(1)).attach();
  store = await clock.run(
    Store.open(runtime, disk, new MemoryStore(clock, new MemoryTables()), { freeBytesReserve: 0 }),
  );
  const configuration = configurationOf({ voters: [1] });
  const raft = new RaftNode({
    self: 1,
    storage: new MemoryLogStorage(),
    hardState: undefined,
    configuration,
    appliedIndex: 0,
    randomInteger: () => 0,
  });
  // Only what it is told of is of interest here: the log itself stays empty.
  vi.spyOn(raft, "applied").mockImplementation(() => {});
  state = { descriptor, configuration, lease: noLease, leaseAppliedIndex: 0 };
  applied = [];
  proposals = new Proposals();
  lastIndex = 0;
  applier = new Applier({
    rangeId: 1,
    store,
    raft,
    proposals,
    state: () => state,
    onApplied: (change) => {
      applied.push(change);
      if (change.kind !== "writes") ({ state } = change);
    },
    onDrained: () => {},
  });
});

function apply(command: Uint8Array, term = 5): Entry {
  lastIndex++;
  const entry: Entry = { index: lastIndex, term, kind: "command", command };
  applier.apply([entry]);
  return entry;
}

function lease(sequence: number): Uint8Array {
  return encodeLeaseCommand({ sequence, replicaId: 1, nodeId: 1, start: at(sequence) });
}

function write(place: { sequence: number; index: number }, text: string): Uint8Array {
  const batch = encodeWriteBatch({
    timestamp: at(100 + lastIndex),
    tag: new Uint8Array(8),
    writes: [{ key, value: Buffer.from(text) }],
  });
  return encodeWriteCommand(
    { leaseSequence: place.sequence, leaseAppliedIndex: place.index },
    batch,
  );
}

function stored(): string | undefined {
  const value = store.get(key, at(10_000));
  return value === undefined ? undefined : Buffer.from(value).toString();
}

describe("applying an entry", () => {
  test("writes under the lease in force, each index once", () => {
    apply(lease(5));
    apply(write({ sequence: 5, index: 1 }, "first"));
    expect(stored()).toBe("first");
    apply(write({ sequence: 5, index: 1 }, "first again"));
    expect(stored()).toBe("first");
    apply(write({ sequence: 5, index: 3 }, "third"));
    apply(write({ sequence: 5, index: 2 }, "second, late"));
    expect(stored()).toBe("third");
    expect(store.appliedIndex(1)).toBe(lastIndex);
  });

  test("drops what was proposed under another lease", () => {
    apply(write({ sequence: 5, index: 1 }, "before any lease"));
    apply(lease(5));
    apply(write({ sequence: 4, index: 1 }, "an earlier one"));
    apply(write({ sequence: 6, index: 1 }, "a later one"));
    expect(stored()).toBeUndefined();
    expect(applied.map(({ kind }) => kind)).toEqual(["lease"]);
  });

  test("a new lease counts its commands from the start, and an old one comes too late", () => {
    apply(lease(5));
    apply(write({ sequence: 5, index: 7 }, "seven"));
    apply(lease(6));
    apply(write({ sequence: 6, index: 1 }, "one"));
    expect(stored()).toBe("one");
    apply(lease(5));
    expect(state.lease.sequence).toBe(6);
    expect(loadReplicaState(store, 1)).toBeUndefined();
  });

  test("tells the proposer what became of its entry", async () => {
    apply(lease(5));
    const place = (index: number, term = 5) => ({ index, term });
    const takes = proposals.add(place(2), undefined);
    const isDropped = proposals.add(place(3), undefined);
    const isReplaced = proposals.add(place(4, 4), undefined);
    const isOverwritten = proposals.add(place(5, 5), undefined);
    apply(write({ sequence: 5, index: 1 }, "x"));
    apply(write({ sequence: 4, index: 2 }, "x"));
    apply(new Uint8Array(0));
    apply(new Uint8Array(0), 6);
    expect(await Promise.all([takes, isDropped, isReplaced, isOverwritten])).toEqual([
      "applied",
      "rejected",
      "rejected",
      "rejected",
    ]);
  });

  test("what a snapshot went over is not known", async () => {
    const passed = proposals.add({ index: 3, term: 5 }, undefined);
    const left = proposals.add({ index: 9, term: 5 }, undefined);
    proposals.skippedTo(5);
    expect(await passed).toBe("unknown");
    proposals.abandon();
    expect(await left).toBe("unknown");
  });

  test("changes the members, with the roles that the configuration gives", () => {
    lastIndex++;
    const wanted: RangeDescriptor = {
      ...descriptor,
      generation: 2,
      nextReplicaId: 3,
      replicas: [...descriptor.replicas, { nodeId: 4, replicaId: 2, role: "learner" }],
    };
    const command = encodeConfigurationChange({
      transition: "automatic",
      steps: [{ kind: "addLearner", peer: 2 }],
      context: encodeRangeDescriptor(wanted),
    });
    applier.apply([{ index: lastIndex, term: 5, kind: "configuration", command }]);
    expect(state.descriptor).toEqual(wanted);
    expect(state.configuration.learners).toEqual([2]);
    expect(loadReplicaState(store, 1)?.descriptor.generation).toBe(2);
  });

  test("does nothing any more once it is stopped", () => {
    apply(lease(5));
    applier.stop();
    apply(write({ sequence: 5, index: 1 }, "late"));
    expect(stored()).toBeUndefined();
    expect(store.appliedIndex(1)).toBe(1);
  });
});
