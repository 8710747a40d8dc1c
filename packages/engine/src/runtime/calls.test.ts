import { expect, test } from "vitest";
import { SqlError } from "#base/errors.ts";
import { CallFailed, Calls, type CallLimits } from "./calls.ts";
import { roughLink, SimNetwork } from "./sim/sim-network.ts";
import { simRuntime } from "./sim/sim-runtime.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);

function twoNodes(limits: Partial<CallLimits> = {}) {
  const runtime = simRuntime(3);
  const network = new SimNetwork(runtime.clock.time, runtime.random);
  const start = (node: number) => new Calls(runtime, network.attach(node), limits);
  return { runtime, clock: runtime.clock, network, start, one: start(1), two: start(2) };
}

test("an answer comes back, from a peer and from oneself", async () => {
  const { clock, one, two } = twoNodes();
  for (const calls of [one, two]) {
    calls.handle("echo", async (from, payload) => bytes(`${from}:${text(payload)}`));
  }
  const ask = (to: number) => clock.run(one.call(to, "echo", bytes("hi"), { timeoutMs: 100 }));
  expect(text(await ask(2))).toBe("1:hi");
  expect(text(await ask(1))).toBe("1:hi");
});

test("a SqlError crosses with its condition and fields; another error becomes internal_error", async () => {
  const { clock, one, two } = twoNodes();
  two.handle("fail", async () => {
    throw new SqlError("unique_violation", "duplicate key", { detail: "Key (a)=(1)", table: "t" });
  });
  two.handle("bug", async () => {
    throw new TypeError("undefined is not a function");
  });
  await expect(clock.run(one.call(2, "fail", bytes(""), { timeoutMs: 100 }))).rejects.toMatchObject(
    {
      condition: "unique_violation",
      message: "duplicate key",
      fields: { detail: "Key (a)=(1)", table: "t" },
    },
  );
  await expect(clock.run(one.call(2, "bug", bytes(""), { timeoutMs: 100 }))).rejects.toMatchObject({
    condition: "internal_error",
  });
});

test("a call that times out leaves the outcome unknown and aborts the work", async () => {
  const { clock, one, two } = twoNodes();
  let wasAborted = false;
  two.handle("slow", async (_from, _payload, call) => {
    call.signal.addEventListener("abort", () => {
      wasAborted = true;
    });
    await clock.sleep(1_000);
    return bytes("late");
  });
  await expect(clock.run(one.call(2, "slow", bytes(""), { timeoutMs: 50 }))).rejects.toMatchObject({
    name: "CallFailed",
    outcome: "unknown",
    reason: "timeout",
  });
  await clock.time.runFor(2_000);
  expect(wasAborted).toBe(true);
});

test("the caller's signal ends the call with its reason", async () => {
  const { clock, one } = twoNodes();
  const controller = new AbortController();
  const reason = new SqlError("query_canceled", "canceling statement due to user request");
  clock.after(5, () => {
    controller.abort(reason);
  });
  const call = one.call(3, "none", bytes(""), { timeoutMs: 100, signal: controller.signal });
  await expect(clock.run(call)).rejects.toBe(reason);
  expect(clock.nowMs()).toBe(5);
});

test("what was surely not executed is told apart", async () => {
  const { clock, network, one, two } = twoNodes({ runningPerPeerMax: 1, waitingPerPeerMax: 2 });
  await clock.time.runFor(1);
  two.handle("slow", async () => {
    await clock.sleep(20);
    return bytes("done");
  });
  const ask = (method: string) => one.call(2, method, bytes(""), { timeoutMs: 100 });
  const refused = (reason: string) => ({ outcome: "notExecuted", reason });

  await expect(clock.run(ask("unheard of"))).rejects.toMatchObject(refused("unknownMethod"));

  const first = ask("slow");
  await clock.time.runFor(1);
  await expect(clock.run(ask("slow"))).rejects.toMatchObject(refused("overloaded"));
  const second = ask("slow").catch((error: unknown) => error);
  await expect(clock.run(ask("slow"))).rejects.toMatchObject(refused("overloaded"));
  expect(text(await clock.run(first))).toBe("done");
  await clock.run(second);

  const running = ask("slow");
  await clock.time.runFor(1);
  network.partition([[1], [2]]);
  await expect(clock.run(running)).rejects.toMatchObject({
    outcome: "unknown",
    reason: "disconnected",
  });
  await expect(clock.run(ask("slow"))).rejects.toMatchObject(refused("disconnected"));
});

test("over rough links a request runs at most once, and always when it was answered", async () => {
  const { clock, network, one, two } = twoNodes();
  network.setFaults({ ...roughLink, duplicateProbability: 0.3 });
  const runs = new Map<string, number>();
  two.handle("count", async (_from, payload) => {
    const name = text(payload);
    runs.set(name, (runs.get(name) ?? 0) + 1);
    return payload;
  });
  let answered = 0;
  for (let index = 0; index < 300; index++) {
    const name = `call ${index}`;
    try {
      const payload = await clock.run(one.call(2, "count", bytes(name), { timeoutMs: 500 }));
      expect(text(payload)).toBe(name);
      expect(runs.get(name)).toBe(1);
      answered++;
    } catch (error) {
      expect(error).toBeInstanceOf(CallFailed);
      expect(runs.get(name) ?? 0).toBeLessThanOrEqual(1);
    }
  }
  expect(answered).toBeGreaterThan(250);
  expect(answered).toBeLessThan(300);
});

test("an answer for an earlier life of the caller does not reach the next", async () => {
  const { clock, one, two, start } = twoNodes();
  two.handle("slow", async () => {
    await clock.sleep(10);
    return bytes("for the first life");
  });
  const lost = one
    .call(2, "slow", bytes(""), { timeoutMs: 1_000 })
    .catch((error: unknown) => error);
  await clock.time.runFor(5);
  one.close();
  const again = start(1);
  two.handle("fast", async () => bytes("for the second life"));
  const answer = await clock.run(again.call(2, "fast", bytes(""), { timeoutMs: 1_000 }));
  expect(text(answer)).toBe("for the second life");
  await clock.time.runFor(50);
  expect(await lost).toMatchObject({ reason: "closed", outcome: "unknown" });
});
