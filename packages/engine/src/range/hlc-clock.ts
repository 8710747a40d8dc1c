import { assert } from "#base/assert.ts";
import {
  addMs,
  isBefore,
  logicalMax,
  showTimestamp,
  zeroTimestamp,
  type Timestamp,
} from "#base/hlc.ts";
import type { Cancel, Runtime } from "#runtime/ports.ts";

/** Nodes whose wall clocks differ by more than this cannot share a cluster. */
export const clockOffsetMsMax = 250;

/** Where the bound survives a restart; storage's NodeState is one. */
export interface ClockBoundStore {
  readonly clockUpperBound: Timestamp;
  setClockUpperBound(bound: Timestamp): Promise<void>;
}

/** The wall clock cannot be used: it stands too far behind what this node has already given out. */
export class ClockError extends Error {
  override readonly name = "ClockError";
}

/**
 * The bound runs this far ahead of use and is written this often: what a node waits for at most when it
 * starts again after a crash, against what an idle node writes.
 */
const boundAheadMs = 1_200;
const boundPeriodMs = 500;
/** A wall clock further behind its own past than this was set back; waiting would look like a hang. */
const setBackMsMax = 10_000;

/**
 * The node's hybrid logical clock.
 *
 * - `now` is greater than every timestamp it returned before, also across restarts, and than every
 *   timestamp received or forwarded.
 * - It never passes the durable upper bound; when that is late (a slow disk), physical time stands
 *   still at the bound and only logical ticks pass.
 * - A received timestamp more than `clockOffsetMsMax` ahead of the wall clock is refused, so one
 *   fast clock cannot drag the others along.
 *
 * Kulkarni et al., "Logical Physical Clocks", 2014.
 */
export class HlcClock {
  readonly #runtime: Runtime;
  readonly #bounds: ClockBoundStore;
  #wallMs = 0;
  #logical = 0;
  #bound: Timestamp;
  #stop: Cancel | undefined;
  #writing: Promise<void> | undefined;
  #refusedCount = 0;

  private constructor(runtime: Runtime, bounds: ClockBoundStore) {
    this.#runtime = runtime;
    this.#bounds = bounds;
    this.#bound = bounds.clockUpperBound;
  }

  /**
   * Waits until the wall clock has passed everything the previous life may have given out.
   * Throws ClockError when that is more than ten seconds away.
   */
  static async open(runtime: Runtime, bounds: ClockBoundStore): Promise<HlcClock> {
    const clock = new HlcClock(runtime, bounds);
    const behindMs = bounds.clockUpperBound.wallMs - runtime.clock.wallMs();
    if (behindMs > setBackMsMax) {
      throw new ClockError(
        `the wall clock is ${Math.round(behindMs / 1_000)} s behind what this node has already used; correct the clock and start again`,
      );
    }
    if (behindMs >= 0) await runtime.clock.sleep(behindMs + 1);
    clock.#wallMs = bounds.clockUpperBound.wallMs;
    clock.#logical = bounds.clockUpperBound.logical;
    await clock.#raiseBound();
    clock.#stop = runtime.clock.every(boundPeriodMs, () => {
      void clock.#writeBound();
    });
    return clock;
  }

  /** One write at a time; whoever asks meanwhile waits for the one that runs. */
  #writeBound(): Promise<void> {
    this.#writing ??= this.#raiseBound()
      .catch((error: unknown) => this.#runtime.fatal("cannot store the clock's upper bound", error))
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  now(): Timestamp {
    const wallMs = this.#runtime.clock.wallMs();
    if (wallMs > this.#wallMs && wallMs <= this.#bound.wallMs) {
      this.#wallMs = wallMs;
      this.#logical = 0;
    } else {
      this.#tick();
    }
    return { wallMs: this.#wallMs, logical: this.#logical };
  }

  /** The latest timestamp given out or taken in, without making a new one. */
  get latest(): Timestamp {
    return { wallMs: this.#wallMs, logical: this.#logical };
  }

  /** The wall clock alone. */
  wallMs(): number {
    return this.#runtime.clock.wallMs();
  }

  /**
   * Takes in a peer's timestamp: the next `now` is later. False when it lies too far ahead of the
   * wall clock, or beyond the durable bound; then nothing changed and what came with it must not be
   * used.
   */
  receive(remote: Timestamp): boolean {
    if (this.isTooFarAhead(remote)) {
      this.#refusedCount++;
      return false;
    }
    if (remote.wallMs > this.#bound.wallMs) return false;
    this.forward(remote);
    return true;
  }

  /** As `receive`, for what must not be lost because this node's own disk is slow: waits for the bound. */
  async receiveWithinBound(remote: Timestamp): Promise<boolean> {
    if (this.receive(remote)) return true;
    if (this.isTooFarAhead(remote)) return false;
    await this.#writing;
    if (remote.wallMs > this.#bound.wallMs) await this.#writeBound();
    return this.receive(remote);
  }

  /** Whether the peer's clock is to blame when its timestamp was refused. */
  isTooFarAhead(remote: Timestamp): boolean {
    return remote.wallMs > this.#runtime.clock.wallMs() + clockOffsetMsMax;
  }

  /** How many timestamps were refused so far: a clock in the cluster is off. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Takes in a timestamp that is already part of the replicated state. */
  forward(timestamp: Timestamp): void {
    if (isBefore(this.latest, timestamp)) {
      this.#wallMs = timestamp.wallMs;
      this.#logical = timestamp.logical;
    }
  }

  /** Writes down how far the clock really went, so that the next start need not wait. */
  async close(): Promise<void> {
    this.#stop?.();
    await this.#writing;
    await this.#bounds.setClockUpperBound(this.latest);
    this.#bound = zeroTimestamp;
  }

  #tick(): void {
    if (this.#logical < logicalMax) {
      this.#logical++;
    } else {
      this.#wallMs++;
      this.#logical = 0;
    }
  }

  async #raiseBound(): Promise<void> {
    const wallMs = Math.max(this.#runtime.clock.wallMs(), this.#wallMs);
    const bound = addMs({ wallMs, logical: logicalMax }, boundAheadMs);
    await this.#bounds.setClockUpperBound(bound);
    assert(
      !isBefore(bound, this.#bound),
      `clock bound fell from ${showTimestamp(this.#bound)} to ${showTimestamp(bound)}`,
    );
    this.#bound = bound;
  }
}
