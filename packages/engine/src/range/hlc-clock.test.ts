import { describe, expect, test } from "vitest";
import { addMs, compareTimestamps, type Timestamp } from "#base/hlc.ts";
import { SimClock } from "#runtime/sim/sim-clock.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { ClockError, HlcClock, clockOffsetMsMax, type ClockBoundStore } from "./hlc-clock.ts";

class Bounds implements ClockBoundStore {
  clockUpperBound: Timestamp = { wallMs: 0, logical: 0 };
  isStuck = false;
  #held: Promise<void> = Promise.resolve();
  release: () => void = () => {};

  /** Writes from now on are done when released. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  async setClockUpperBound(bound: Timestamp): Promise<void> {
    if (this.isStuck) await new Promise(() => {});
    await this.#held;
    this.clockUpperBound = bound;
  }
}

function setUp() {
  const clock = new SimClock();
  const runtime = simRuntime(1, { clock });
  const bounds = new Bounds();
  const open = () => clock.run(HlcClock.open(runtime, bounds));
  return { clock, bounds, open };
}

describe("the hybrid logical clock", () => {
  test("grows with every call, whatever the wall clock does", async () => {
    const { clock, open } = setUp();
    const hlc = await open();
    let last = hlc.now();
    for (const offsetMs of [0, 0, 30, -500, 10, 0]) {
      clock.setOffsetMs(offsetMs);
      const now = hlc.now();
      expect(compareTimestamps(last, now)).toBeLessThan(0);
      last = now;
    }
  });

  test("takes in a peer's time up to the largest offset allowed, and not beyond", async () => {
    const { clock, open } = setUp();
    const hlc = await open();
    const ahead = addMs({ wallMs: clock.wallMs(), logical: 5 }, clockOffsetMsMax);
    expect(hlc.receive(ahead)).toBe(true);
    expect(compareTimestamps(ahead, hlc.now())).toBeLessThan(0);
    const tooFar = addMs({ wallMs: clock.wallMs(), logical: 0 }, clockOffsetMsMax + 1);
    const before = hlc.latest;
    expect(hlc.receive(tooFar)).toBe(false);
    expect(hlc.latest).toEqual(before);
    expect(hlc.refusedCount).toBe(1);
  });

  test("waits for a late bound rather than blame a peer's clock", async () => {
    const { clock, bounds, open } = setUp();
    const hlc = await open();
    bounds.hold();
    clock.setOffsetMs(5_000);
    const fromPeer = { wallMs: clock.wallMs(), logical: 0 };
    expect(hlc.receive(fromPeer)).toBe(false);
    expect(hlc.isTooFarAhead(fromPeer)).toBe(false);
    expect(hlc.refusedCount).toBe(0);
    const received = hlc.receiveWithinBound(fromPeer);
    bounds.release();
    expect(await received).toBe(true);
    expect(compareTimestamps(fromPeer, hlc.now())).toBeLessThan(0);
    expect(await hlc.receiveWithinBound(addMs(fromPeer, 2 * clockOffsetMsMax))).toBe(false);
  });

  test("does not go back when the node starts again after a crash", async () => {
    const { clock, open } = setUp();
    const first = await open();
    first.forward(addMs({ wallMs: clock.wallMs(), logical: 0 }, 200));
    const last = first.now();
    const crashedAtMs = clock.nowMs();
    const second = await open();
    expect(compareTimestamps(last, second.now())).toBeLessThan(0);
    expect(clock.nowMs() - crashedAtMs).toBeLessThan(1_300);
  });

  test("starts at once after an orderly stop", async () => {
    const { clock, open } = setUp();
    const first = await open();
    const last = first.now();
    await first.close();
    const closedAtMs = clock.nowMs();
    const second = await open();
    expect(clock.nowMs() - closedAtMs).toBeLessThan(5);
    expect(compareTimestamps(last, second.now())).toBeLessThan(0);
  });

  test("refuses a wall clock that was set back", async () => {
    const { clock, open } = setUp();
    await open();
    clock.setOffsetMs(-3_600_000);
    await expect(open()).rejects.toBeInstanceOf(ClockError);
  });

  test("never passes its durable bound while the disk is stuck", async () => {
    const { clock, bounds, open } = setUp();
    const hlc = await open();
    bounds.isStuck = true;
    await clock.time.runFor(60_000);
    const now = hlc.now();
    expect(compareTimestamps(now, bounds.clockUpperBound)).toBeLessThan(0);
    expect(compareTimestamps(now, hlc.now())).toBeLessThan(0);
  });
});
