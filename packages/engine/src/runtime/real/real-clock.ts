import type { Cancel, Clock } from "#runtime/ports.ts";

/** The longest delay that setTimeout takes; longer ones would fire at once. */
const delayMsMax = 2 ** 31 - 1;

export class RealClock implements Clock {
  /** Wall clock at performance.now() = 0, in milliseconds with a fraction. */
  #originMs = performance.timeOrigin;

  wallMs(): number {
    return Date.now();
  }

  /** Takes its fraction from the monotonic clock, and follows the wall clock when that is adjusted. */
  wallMicros(): bigint {
    const monotonicMs = performance.now();
    const coarseMs = Date.now();
    if (Math.abs(this.#originMs + monotonicMs - coarseMs) > 2) {
      this.#originMs = coarseMs - monotonicMs;
    }
    return BigInt(Math.floor((this.#originMs + monotonicMs) * 1_000));
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = setTimeout(run, Math.min(delayMs, delayMsMax));
    return () => {
      clearTimeout(timer);
    };
  }

  every(periodMs: number, run: () => void): Cancel {
    const timer = setInterval(run, periodMs);
    return () => {
      clearInterval(timer);
    };
  }

  soon(run: () => void): void {
    setImmediate(run);
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
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
