import type { Clock } from "#runtime/ports.ts";

const windowMsMin = 1_000;

/** Turns a count that only grows into events per second over the last one to two seconds or so. */
export class Rate {
  readonly #clock: Clock;
  readonly #count: () => number;
  #fromMs: number;
  #fromCount: number;
  #perSecond = 0;

  constructor(clock: Clock, count: () => number) {
    this.#clock = clock;
    this.#count = count;
    this.#fromMs = clock.monotonicMs();
    this.#fromCount = count();
  }

  /** Asked at least as often as the window is long, or the window grows to the time between. */
  read(): number {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#fromMs;
    if (elapsedMs >= windowMsMin) {
      const count = this.#count();
      this.#perSecond = ((count - this.#fromCount) * 1_000) / elapsedMs;
      this.#fromMs = nowMs;
      this.#fromCount = count;
    }
    return this.#perSecond;
  }
}
