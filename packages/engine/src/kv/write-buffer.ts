import { assert } from "#base/assert.ts";
import { compareBytes } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";
import type { CommitWrite } from "#range/batch.ts";

interface Undo {
  readonly name: string;
  /** What was there before; undefined for nothing. */
  readonly before: CommitWrite | undefined;
}

/**
 * The writes of a transaction before its commit: the last one per key.
 *
 * - Sorted only when somebody asks for the order, which for rows written in order costs little.
 * - Once a savepoint is taken, every change is remembered so that it can be undone.
 */
export class WriteBuffer {
  /** By the key's bytes as a latin1 string, whose order is that of the bytes. */
  #byName: Map<string, CommitWrite> = noWrites;
  #sorted: CommitWrite[] | undefined;
  #bytes = 0;
  #undo: Undo[] | undefined;

  get count(): number {
    return this.#byName.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: Uint8Array): CommitWrite | undefined {
    return this.#byName.size === 0 ? undefined : this.#byName.get(nameOf(key));
  }

  /** `mustBeAbsent` sticks to a key, whatever is written to it later. */
  set(key: Uint8Array, value: Uint8Array | undefined, mustBeAbsent: boolean): void {
    const name = nameOf(key);
    const before = this.#byName.get(name);
    this.#undo?.push({ name, before });
    this.#replace(name, before, {
      key,
      value,
      mustBeAbsent: mustBeAbsent || before?.mustBeAbsent === true,
    });
  }

  savepoint(): number {
    this.#undo ??= [];
    return this.#undo.length;
  }

  rollbackTo(savepoint: number): void {
    const undo = this.#undo;
    assert(undo !== undefined && savepoint <= undo.length, "no such savepoint");
    while (undo.length > savepoint) {
      const last = undo.pop();
      if (last !== undefined) this.#replace(last.name, this.#byName.get(last.name), last.before);
    }
  }

  clear(): void {
    this.#byName = noWrites;
    this.#sorted = undefined;
    this.#undo = undefined;
    this.#bytes = 0;
  }

  /** All writes in key order. */
  sorted(): readonly CommitWrite[] {
    this.#sorted ??= [...this.#byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, write]) => write);
    return this.#sorted;
  }

  /** The writes inside the span, in key order. */
  within(span: Span): readonly CommitWrite[] {
    if (this.#byName.size === 0) return [];
    const sorted = this.sorted();
    const from = lowerBound(sorted, span.start);
    const to = span.end === undefined ? sorted.length : lowerBound(sorted, span.end);
    return sorted.slice(from, to);
  }

  #replace(name: string, before: CommitWrite | undefined, after: CommitWrite | undefined): void {
    this.#bytes += bytesOf(after) - bytesOf(before);
    this.#sorted = undefined;
    if (after === undefined) {
      this.#byName.delete(name);
      return;
    }
    // Most transactions only read: they get no map of their own.
    if (this.#byName === noWrites) this.#byName = new Map();
    this.#byName.set(name, after);
  }
}

const noWrites = new Map<string, CommitWrite>();

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

function bytesOf(write: CommitWrite | undefined): number {
  return write === undefined ? 0 : write.key.length + (write.value?.length ?? 0);
}

function lowerBound(writes: readonly CommitWrite[], key: Uint8Array): number {
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const write = writes[middle];
    if (write !== undefined && compareBytes(write.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
