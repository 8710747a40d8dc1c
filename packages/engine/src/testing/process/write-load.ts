import type pg from "pg";
import { sleep, type RealCluster } from "./real-cluster.ts";

/**
 * Clients that insert rows one by one and remember what became of each.
 *
 * - `acknowledged`: the insert returned without an error; the row must be there for ever.
 * - `unknown`: an error left the outcome open (lost connection, 40003); the row may be there.
 * - every other error is certain: the row must not be there.
 */
export class WriteLoad {
  readonly acknowledged = new Set<number>();
  readonly unknown = new Set<number>();
  readonly refused = new Set<number>();
  readonly errorCodes = new Map<string, number>();
  /** When each acknowledgement came, on performance.now()'s scale. */
  readonly acknowledgedAtMs: number[] = [];
  readonly #cluster: RealCluster;
  readonly #writers: Promise<void>[] = [];
  #isStopping = false;
  #nextId = 1;

  constructor(cluster: RealCluster) {
    this.#cluster = cluster;
  }

  static async createTable(client: pg.Client): Promise<void> {
    await client.query("CREATE TABLE acked (id bigint PRIMARY KEY, writer int, note text)");
  }

  start(nodes: readonly number[], writersPerNode: number): void {
    for (const node of nodes) {
      for (let writer = 0; writer < writersPerNode; writer++) {
        this.#writers.push(this.#write(node, writer));
      }
    }
  }

  /** Resolves when this many inserts more than now have been acknowledged. */
  async acknowledgedMore(count: number, withinMs: number): Promise<void> {
    const wanted = this.acknowledged.size + count;
    const deadline = performance.now() + withinMs;
    while (this.acknowledged.size < wanted) {
      if (performance.now() > deadline) {
        throw new Error(
          `${this.acknowledged.size} of ${wanted} inserts acknowledged after ${withinMs} ms; errors: ${JSON.stringify([...this.errorCodes])}`,
        );
      }
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#writers);
  }

  /** The longest time without an acknowledgement after the given moment, and until the last one. */
  longestPauseMs(sinceMs: number): number {
    const moments = [sinceMs, ...this.acknowledgedAtMs.filter((at) => at > sinceMs)];
    let longest = 0;
    moments.forEach((at, index) => {
      longest = Math.max(longest, at - (moments[index - 1] ?? at));
    });
    return longest;
  }

  /** What contradicts the acknowledgements in the table as it is now; empty when all is well. */
  async contradictions(client: pg.Client): Promise<string[]> {
    const { rows } = await client.query<{ id: string }>("SELECT id FROM acked ORDER BY id");
    const present = new Set(rows.map(({ id }) => Number(id)));
    const found: string[] = [];
    for (const id of this.acknowledged) {
      if (!present.has(id)) found.push(`row ${id} was acknowledged and is gone`);
    }
    for (const id of present) {
      if (!this.acknowledged.has(id) && !this.unknown.has(id)) {
        found.push(`row ${id} is there although its insert failed`);
      }
    }
    return found;
  }

  async #write(node: number, writer: number): Promise<void> {
    let client: pg.Client | undefined;
    while (!this.#isStopping) {
      const id = this.#nextId++;
      try {
        client ??= await this.#cluster.connect(node);
      } catch {
        await sleep(50);
        continue;
      }
      try {
        await client.query("INSERT INTO acked (id, writer, note) VALUES ($1, $2, $3)", [
          id,
          writer,
          `row ${id} by way of node ${node}`,
        ]);
        this.acknowledged.add(id);
        this.acknowledgedAtMs.push(performance.now());
      } catch (error) {
        const code = codeOf(error);
        this.errorCodes.set(code, (this.errorCodes.get(code) ?? 0) + 1);
        // Without a SQLSTATE the connection broke, and nobody told us how it ended.
        const isOpen = code === "none" || code === "40003" || code.startsWith("57P");
        (isOpen ? this.unknown : this.refused).add(id);
        if (code === "none" || code.startsWith("57P")) {
          await client.end().catch(() => {});
          client = undefined;
          await sleep(50);
        }
      }
    }
    await client?.end().catch(() => {});
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "none";
}
