import { expect, test } from "vitest";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { MemoryStore, MemoryTables } from "./memory-store.ts";
import { NodeState } from "./node-state.ts";

function newWorld() {
  const clock = new SimClock();
  const backend = new MemoryStore(clock, new MemoryTables());
  return { clock, backend };
}

test("remembers whose folder it is, its clock and its peers", async () => {
  const { clock, backend } = newWorld();
  const state = NodeState.open(backend);
  expect(state.identity).toBeUndefined();
  expect(state.peerIncarnations().size).toBe(0);
  await clock.run(state.claim({ clusterId: "c1", nodeId: 3 }));
  await clock.run(state.claim({ clusterId: "c1", nodeId: 3 }));
  expect(await clock.run(state.nextIncarnation())).toBe(1);
  expect(await clock.run(state.nextIncarnation())).toBe(2);
  await clock.run(state.setClockUpperBound({ wallMs: 5_000, logical: 7 }));
  await clock.run(state.setPeerIncarnation(1, 10));
  await clock.run(state.setPeerIncarnation(700, 20));
  await clock.run(state.setPeerIncarnation(1, 11));

  const again = NodeState.open(backend);
  expect(again.identity).toEqual({ clusterId: "c1", nodeId: 3 });
  expect(again.incarnation).toBe(2);
  expect(again.clockUpperBound).toEqual({ wallMs: 5_000, logical: 7 });
  expect([...again.peerIncarnations()]).toEqual([
    [1, 11],
    [700, 20],
  ]);
});

test("a folder that belongs to another node or cluster is refused, naming both", async () => {
  const { clock, backend } = newWorld();
  await clock.run(NodeState.open(backend).claim({ clusterId: "c1", nodeId: 3 }));
  for (const other of [
    { clusterId: "c1", nodeId: 4 },
    { clusterId: "c2", nodeId: 3 },
  ]) {
    const claim = clock.run(NodeState.open(backend).claim(other));
    await expect(claim).rejects.toThrow(DataFolderError);
    await expect(claim).rejects.toThrow(
      `belongs to node 3 of cluster c1, not to node ${other.nodeId} of cluster ${other.clusterId}`,
    );
  }
});

test("a folder of a later format is refused", async () => {
  const { clock, backend } = newWorld();
  await clock.run(
    backend.write((batch) => {
      batch.put("node", Buffer.from("identity"), Buffer.from([9, 0, 0]));
    }),
  );
  expect(() => NodeState.open(backend)).toThrow("format 9; this release reads 1");
});
