/**
 * A map in key order, as chunks of sorted arrays: small, and fast enough for tests that load a
 * hundred thousand rows.
 */
export class SortedStringMap<Value> {
  readonly #chunks: { keys: string[]; values: Value[] }[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: Value): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] === key) {
      chunk.values[at] = value;
      return;
    }
    chunk.keys.splice(at, 0, key);
    chunk.values.splice(at, 0, value);
    this.#size++;
    if (chunk.keys.length <= chunkKeysMax) return;
    const half = at === chunkKeysMax ? chunkKeysMax : chunkKeysMax >> 1;
    this.#chunks.splice(index + 1, 0, {
      keys: chunk.keys.splice(half),
      values: chunk.values.splice(half),
    });
  }

  delete(key: string): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    this.#size--;
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1);
  }

  /** Entries with start <= key < end, in order or in reverse. */
  *entries(start: string, end: string | undefined, reverse = false): Generator<[string, Value]> {
    if (!reverse) {
      for (let index = this.#chunkOf(start); index < this.#chunks.length; index++) {
        const chunk = this.#chunks[index];
        if (chunk === undefined) return;
        for (let at = lowerBound(chunk.keys, start); at < chunk.keys.length; at++) {
          const key = chunk.keys[at];
          if (key === undefined || (end !== undefined && key >= end)) return;
          yield [key, chunk.values[at] as Value];
        }
      }
      return;
    }
    for (
      let index = end === undefined ? this.#chunks.length - 1 : this.#chunkOf(end);
      index >= 0;
      index--
    ) {
      const chunk = this.#chunks[index];
      if (chunk === undefined) return;
      const from = end === undefined ? chunk.keys.length : lowerBound(chunk.keys, end);
      for (let at = from - 1; at >= 0; at--) {
        const key = chunk.keys[at];
        if (key === undefined || key < start) return;
        yield [key, chunk.values[at] as Value];
      }
    }
  }

  /** The last chunk whose first key is not above the key. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = this.#chunks[middle]?.keys[0];
      if (first !== undefined && first <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const chunkKeysMax = 512;

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = keys[middle];
    if (at !== undefined && at < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
