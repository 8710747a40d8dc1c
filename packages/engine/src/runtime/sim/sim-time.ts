import { assert } from "#base/assert.ts";
import type { Cancel } from "#runtime/ports.ts";
import { settled } from "#runtime/real/event-loop.ts";

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  /** Undefined once it ran or was cancelled. */
  run: (() => void) | undefined;
}

/**
 * The one line of time that everything in a simulation shares.
 *
 * - Time moves only from event to event, and only after every promise that could settle has settled.
 * - Events of one instant run in the order in which they were scheduled.
 */
export class SimTime {
  #nowMs = 0;
  #sequence = 0;
  /** A binary heap by (atMs, sequence). */
  readonly #heap: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have been scheduled so far: equal in two runs that did the same. */
  get eventCount(): number {
    return this.#sequence;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const event: Event = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      run,
    };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Drives time forward until the task settles, and settles like it. */
  async run<Result>(task: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    task.then(mark, mark);
    for (;;) {
      await settled();
      if (isSettled) return task;
      assert(this.#runNext(), "deadlock: the task waits, yet nothing is scheduled");
    }
  }

  /** Lets this much time pass. */
  async runFor(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await settled();
      const next = this.#peek();
      if (next === undefined || next.atMs > endMs) break;
      this.#runNext();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass until the condition holds; false when it did not within the limit. */
  async runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    for (;;) {
      await settled();
      if (condition()) return true;
      const next = this.#peek();
      if (next === undefined || next.atMs > endMs) {
        this.#nowMs = endMs;
        return false;
      }
      this.#runNext();
    }
  }

  #runNext(): boolean {
    const event = this.#peek();
    if (event === undefined) return false;
    this.#pop();
    this.#nowMs = event.atMs;
    const run = event.run;
    event.run = undefined;
    run?.();
    return true;
  }

  /** The earliest event that was not cancelled. */
  #peek(): Event | undefined {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.run !== undefined) return event;
      this.#pop();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isEarlier(event, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isEarlier(right, child)) {
        child = right;
        below++;
      }
      if (!isEarlier(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
