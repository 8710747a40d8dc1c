import { expect, test } from "vitest";
import { simRuntime } from "./sim-runtime.ts";

test("time moves from sleeper to sleeper and no further", async () => {
  const { clock } = simRuntime(1);
  const seen: string[] = [];
  const walk = async (name: string, stepMs: number) => {
    for (let step = 1; step <= 3; step++) {
      await clock.sleep(stepMs);
      seen.push(`${name}${step}@${clock.nowMs()}`);
    }
  };
  await clock.run(Promise.all([walk("a", 10), walk("b", 15)]));
  expect(seen).toEqual(["a1@10", "b1@15", "a2@20", "b2@30", "a3@30", "b3@45"]);
  expect(clock.nowMs()).toBe(45);
});

test("an abort ends a sleep with its reason and leaves no event behind", async () => {
  const { clock } = simRuntime(1);
  const controller = new AbortController();
  const reason = new Error("enough");
  clock.after(5, () => {
    controller.abort(reason);
  });
  await expect(clock.run(clock.sleep(1_000, controller.signal))).rejects.toBe(reason);
  expect(clock.nowMs()).toBe(5);
  expect(await clock.time.runUntil(() => false, 100)).toBe(false);
  expect(clock.nowMs()).toBe(105);
});

test("a repeated timer stops when it is cancelled from within", async () => {
  const { clock } = simRuntime(1);
  let count = 0;
  const cancel = clock.every(10, () => {
    if (++count === 3) cancel();
  });
  await clock.time.runFor(1_000);
  expect(count).toBe(3);
});

test("a task that waits for nothing scheduled is a deadlock, not a hang", async () => {
  const { clock } = simRuntime(1);
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow("deadlock");
});

test("one seed gives one sequence, and forks do not disturb each other", () => {
  const draw = (seed: number) => {
    const { random } = simRuntime(seed);
    const fork = random.fork("disk");
    return [random.float(), fork.integer(1_000), random.uuid(), ...fork.bytes(4)];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});
