import { crc32c } from "#base/crc32c.ts";

/**
 * What happened in a run, as one number: two runs of one seed must come to the same. With a listener,
 * each line can be read as well.
 */
export class SimTrace {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #encoder = new TextEncoder();
  #sum = 0;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  get sum(): number {
    return this.#sum;
  }

  add(atMs: number, text: string): void {
    const line = `${atMs.toFixed(3)} ${text}`;
    const bytes = this.#encoder.encode(line);
    this.#sum = crc32c(bytes, 0, bytes.length, this.#sum);
    this.#onLine?.(line);
  }
}
