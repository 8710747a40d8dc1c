import { assert } from "#base/assert.ts";
import { compareBytes, equalBytes } from "#base/bytes.ts";
import { isBefore, type Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";

export interface LatchSpans {
  /** In key order, without repetition. */
  readonly writeKeys: readonly Uint8Array[];
  readonly readSpans: readonly Span[];
}

/**
 * One commit's claim on what it reads and writes, from its arrival until it is applied.
 *
 *   acquired ─ granted ─ evaluated (timestamp is set, reads are let go) ─ applied: released
 */
export class Latch {
  readonly writeKeys: readonly Uint8Array[];
  #readSpans: readonly Span[];
  #timestamp: Timestamp | undefined;
  /** Those that wait for this latch; the second kind only until its reads are let go. */
  readonly #waiters: Latch[] = [];
  #readWaiters: Latch[] = [];
  #blockerCount = 0;
  #isReleased = false;
  #granted: (() => void) | undefined;
  #released: Promise<void> | undefined;
  #resolveReleased: (() => void) | undefined;

  constructor(spans: LatchSpans) {
    this.writeKeys = spans.writeKeys;
    this.#readSpans = spans.readSpans;
  }

  get readSpans(): readonly Span[] {
    return this.#readSpans;
  }

  /** When the commit will take place; undefined before it is evaluated. */
  get timestamp(): Timestamp | undefined {
    return this.#timestamp;
  }

  get isGranted(): boolean {
    return this.#blockerCount === 0;
  }

  /** Resolves when nothing earlier is in the way. To be asked for once, while not granted. */
  granted(): Promise<void> {
    assert(!this.isGranted, "a granted latch needs no wait");
    return new Promise((resolve) => {
      this.#granted = resolve;
    });
  }

  /** Resolves when the latch is released. */
  released(): Promise<void> {
    this.#released ??= new Promise((resolve) => {
      this.#resolveReleased = resolve;
    });
    return this.#released;
  }

  /**
   * The commit is evaluated: readers at or above the timestamp must see it. What it read may change
   * from now on, because every later commit has a later timestamp.
   */
  evaluatedAt(timestamp: Timestamp): void {
    assert(this.isGranted && !this.#isReleased, "evaluation needs a granted latch");
    this.#timestamp = timestamp;
    this.#readSpans = [];
    const waiters = this.#readWaiters;
    this.#readWaiters = [];
    for (const waiter of waiters) waiter.#unblock();
  }

  /** For Latches only. */
  blockOn(earlier: Latch, conflict: "writes" | "reads"): void {
    this.#blockerCount++;
    (conflict === "writes" ? earlier.#waiters : earlier.#readWaiters).push(this);
  }

  /** For Latches only. */
  release(): void {
    assert(!this.#isReleased, "a latch is released once");
    this.#isReleased = true;
    for (const waiter of this.#readWaiters) waiter.#unblock();
    for (const waiter of this.#waiters) waiter.#unblock();
    this.#resolveReleased?.();
  }

  #unblock(): void {
    this.#blockerCount--;
    if (this.#blockerCount === 0 && !this.#isReleased) this.#granted?.();
  }
}

/**
 * The commits under way in one range. Evaluation is synchronous or holds its latch, so what needs
 * protection is the time from evaluation until the command is applied.
 *
 * - Two commits conflict when one writes what the other reads or writes. The later one waits for the
 *   earlier, in the order of arrival, so there is no cycle and nobody starves.
 * - A read holds nothing. It waits for commits at or below its timestamp that write what it reads.
 */
export class Latches {
  /** In the order of arrival. */
  readonly #latches = new Set<Latch>();

  get count(): number {
    return this.#latches.size;
  }

  acquire(spans: LatchSpans): Latch {
    const latch = new Latch(spans);
    for (const earlier of this.#latches) {
      if (
        keysMeet(latch.writeKeys, earlier.writeKeys) ||
        spansMeetKeys(latch.readSpans, earlier.writeKeys)
      ) {
        latch.blockOn(earlier, "writes");
      } else if (spansMeetKeys(earlier.readSpans, latch.writeKeys)) {
        latch.blockOn(earlier, "reads");
      }
    }
    this.#latches.add(latch);
    return latch;
  }

  /** Also for a latch that was never granted: its commit gave up. */
  release(latch: Latch): void {
    this.#latches.delete(latch);
    latch.release();
  }

  /** A commit that a read of the keys at the timestamp must wait for. */
  findWriterOfKeys(keys: readonly Uint8Array[], timestamp: Timestamp): Latch | undefined {
    for (const latch of this.#latches) {
      if (!isVisibleAt(latch, timestamp)) continue;
      for (const key of keys) if (hasKey(latch.writeKeys, key)) return latch;
    }
    return undefined;
  }

  findWriterInSpan(span: Span, timestamp: Timestamp): Latch | undefined {
    for (const latch of this.#latches) {
      if (isVisibleAt(latch, timestamp) && spanMeetsKeys(span, latch.writeKeys)) return latch;
    }
    return undefined;
  }
}

function isVisibleAt(latch: Latch, timestamp: Timestamp): boolean {
  return latch.timestamp !== undefined && !isBefore(timestamp, latch.timestamp);
}

function keysMeet(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  const [few, many] = a.length < b.length ? [a, b] : [b, a];
  for (const key of few) if (hasKey(many, key)) return true;
  return false;
}

function spansMeetKeys(spans: readonly Span[], keys: readonly Uint8Array[]): boolean {
  for (const span of spans) if (spanMeetsKeys(span, keys)) return true;
  return false;
}

function spanMeetsKeys(span: Span, keys: readonly Uint8Array[]): boolean {
  const first = keys[lowerBound(keys, span.start)];
  return first !== undefined && (span.end === undefined || compareBytes(first, span.end) < 0);
}

function hasKey(keys: readonly Uint8Array[], key: Uint8Array): boolean {
  const found = keys[lowerBound(keys, key)];
  return found !== undefined && equalBytes(found, key);
}

/** Index of the first key at or above this one. */
function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = keys[middle];
    if (candidate !== undefined && compareBytes(candidate, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
