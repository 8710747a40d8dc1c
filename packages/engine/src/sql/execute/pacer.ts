import type { Clock } from "#runtime/ports.ts";

/** Longest stretch of work before other sessions get their turn, in milliseconds. */
const sliceMs = 2;

/**
 * Keeps a long statement from holding the event loop, and ends it when it is cancelled. Operators
 * call `pace` once per batch, and in loops that do much work per row.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #sliceStartMs: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#sliceStartMs = clock.monotonicMs();
  }

  /** Undefined when there is nothing to wait for: `const pause = pacer.pace(); if (pause) await pause`. */
  pace(): Promise<void> | undefined {
    this.#signal.throwIfAborted();
    if (this.#clock.monotonicMs() - this.#sliceStartMs < sliceMs) return undefined;
    return this.#yield();
  }

  /** A wait that the statement itself asks for. */
  async sleep(delayMs: number): Promise<void> {
    await this.#clock.sleep(delayMs, this.#signal);
    this.#sliceStartMs = this.#clock.monotonicMs();
  }

  async #yield(): Promise<void> {
    await this.#clock.yield();
    this.#signal.throwIfAborted();
    this.#sliceStartMs = this.#clock.monotonicMs();
  }
}
