import { expect, test } from "vitest";
import { InvariantViolation } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { GetRequest } from "#range/batch.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import type { Calls } from "#runtime/calls.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { RangeCalls } from "./range-calls.ts";

const get: GetRequest = {
  kind: "get",
  keys: [Uint8Array.of(1)],
  timestamp: undefined,
  uncertaintyLimit: { wallMs: 0, logical: 0 },
};
const stopReason = "a request to a range broke an invariant";
const here = { node: 1, rangeId: 1 };

/** Range calls of a node whose ranges fail in this way; `stopped` is why the node stopped. */
function failing(execute: () => Promise<never>) {
  const stopped: string[] = [];
  const runtime = simRuntime(1, { onFatal: (reason) => stopped.push(reason) });
  const rangeCalls = new RangeCalls({
    runtime,
    hlc: {} as HlcClock,
    calls: { handle: () => undefined } as unknown as Calls,
    stores: { execute } as unknown as Stores,
    self: 1,
  });
  return { rangeCalls, runtime, stopped };
}

const violation = () => {
  throw new InvariantViolation("a version has no timestamp");
};

test("a violation in a range stops the node, whichever way the read was asked for", async () => {
  const { rangeCalls, stopped } = failing(violation);
  expect(() => rangeCalls.executeNow(1, get)).toThrow(stopReason);
  expect(() => rangeCalls.execute(here, get, { timeoutMs: 0 })).toThrow(stopReason);
  expect(stopped).toHaveLength(2);
});

test("a violation after a wait stops the node too", async () => {
  const { rangeCalls, runtime, stopped } = failing(async () => violation());
  const answer = Promise.resolve(rangeCalls.execute(here, get, { timeoutMs: 1_000 }));
  await expect(runtime.clock.run(answer)).rejects.toThrow(stopReason);
  expect(stopped).toHaveLength(1);
});

test("an error for the client does not stop the node; a read given up on leaves nothing behind", async () => {
  const { rangeCalls, runtime, stopped } = failing(() =>
    Promise.reject(new SqlError("disk_full", "no space")),
  );
  expect(rangeCalls.executeNow(1, get)).toBeUndefined();
  const answer = Promise.resolve(rangeCalls.execute(here, get, { timeoutMs: 1_000 }));
  await expect(runtime.clock.run(answer)).rejects.toThrow("no space");
  expect(stopped).toEqual([]);
});
