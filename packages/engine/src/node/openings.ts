import type { Log } from "#runtime/ports.ts";

/** What a start has opened so far. Closes it in reverse order. */
export class Openings {
  readonly #log: Log;
  readonly #closers: { readonly name: string; close(): void | Promise<void> }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, close: () => void | Promise<void>): void {
    this.#closers.push({ name, close });
  }

  /** A part that fails to close does not keep the others open. */
  async close(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#log.error("a part of the node did not close cleanly", { part: closer.name, error });
      }
    }
  }
}
