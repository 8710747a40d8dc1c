import type { Cancel, Clock } from "#runtime/ports.ts";
import { runOnNode } from "./sim-crash.ts";
import { SimTime } from "./sim-time.ts";

/** Where simulated wall clocks start: 2024-11-23T00:00:00Z. */
const epochMs = 1_732_320_000_000;

/**
 * One node's clock, for one life of the node. Its wall clock may be off and drift; its timers end when
 * the node is halted.
 */
export class SimClock implements Clock {
  readonly time: SimTime;
  #offsetMs: number;
  #isHalted = false;

  constructor(time: SimTime = new SimTime(), offsetMs = 0) {
    this.time = time;
    this.#offsetMs = offsetMs;
  }

  /** Simulated time since the start, without this clock's error. */
  nowMs(): number {
    return this.time.nowMs;
  }

  /** Makes the wall clock jump. */
  setOffsetMs(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Nothing of this life runs any more. */
  halt(): void {
    this.#isHalted = true;
  }

  run<Result>(task: Promise<Result>): Promise<Result> {
    return this.time.run(task);
  }

  wallMs(): number {
    return Math.floor(epochMs + this.time.nowMs + this.#offsetMs);
  }

  wallMicros(): bigint {
    return (
      BigInt(Math.floor((this.time.nowMs + this.#offsetMs) * 1_000)) + BigInt(epochMs) * 1_000n
    );
  }

  monotonicMs(): number {
    return this.time.nowMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.time.schedule(delayMs, () => {
      if (!this.#isHalted) runOnNode(run);
    });
  }

  every(periodMs: number, run: () => void): Cancel {
    let cancel: Cancel;
    const again = () => {
      cancel = this.after(periodMs, again);
      run();
    };
    cancel = this.after(periodMs, again);
    return () => {
      cancel();
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  yield(): Promise<void> {
    return this.sleep(0);
  }
}
