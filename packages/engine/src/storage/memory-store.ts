import { OrderedMap } from "#base/ordered-map.ts";
import type { Clock } from "#runtime/ports.ts";
import type {
  OrderedBatch,
  OrderedRange,
  OrderedReader,
  OrderedStore,
  TableName,
} from "./ordered-store.ts";

const tableNames: readonly TableName[] = ["newest", "history", "range", "node", "staging"];

type Tables = Record<TableName, OrderedMap<Buffer>>;

/**
 * What survives the crashes of a simulated node: the tables of its MemoryStores, one per life. A
 * write that was not acknowledged when the node died either happened or did not.
 */
export class MemoryTables {
  readonly tables: Tables;
  #life = 0;

  constructor() {
    this.tables = Object.fromEntries(
      tableNames.map((name) => [name, new OrderedMap<Buffer>()]),
    ) as Tables;
  }

  /** Ends the present life: its writes that have not happened yet never will. */
  crash(): void {
    this.#life++;
  }

  /** Says whether the life that asked goes on. */
  live(): () => boolean {
    const life = this.#life;
    return () => this.#life === life;
  }
}

/** An OrderedStore without files, for simulation and tests: its writes take simulated time. */
export class MemoryStore implements OrderedStore {
  readonly #clock: Clock;
  readonly #tables: Tables;
  readonly #writeMs: () => number;
  readonly #isAlive: () => boolean;
  #lastWrite = Promise.resolve();

  constructor(clock: Clock, tables: MemoryTables, writeMs: () => number = () => 2) {
    this.#clock = clock;
    this.#tables = tables.tables;
    this.#isAlive = tables.live();
    this.#writeMs = writeMs;
  }

  get(table: TableName, key: Uint8Array): Buffer | undefined {
    return this.#tables[table].get(latin1(key));
  }

  scan(
    table: TableName,
    range: OrderedRange,
    visit: (key: Buffer, value: Buffer) => boolean,
  ): void {
    scanMap(this.#tables[table], range, visit);
  }

  write(fill: (batch: OrderedBatch) => void): Promise<void> {
    const changes: { table: TableName; key: string; value: Buffer | undefined }[] = [];
    fill({
      put: (table, key, value) => {
        changes.push({ table, key: latin1(key), value: Buffer.from(value) });
      },
      remove: (table, key) => {
        changes.push({ table, key: latin1(key), value: undefined });
      },
    });
    this.#lastWrite = this.#lastWrite.then(async () => {
      const totalMs = this.#writeMs();
      await this.#clock.sleep(totalMs / 2);
      if (!this.#isAlive()) await never;
      for (const { table, key, value } of changes) {
        if (value === undefined) this.#tables[table].delete(key);
        else this.#tables[table].set(key, value);
      }
      await this.#clock.sleep(totalMs / 2);
      if (!this.#isAlive()) await never;
    });
    return this.#lastWrite;
  }

  openView(): OrderedReader & { close(): void } {
    const copies = new MemoryTables().tables;
    for (const name of tableNames) {
      for (const [key, value] of this.#tables[name].entries()) copies[name].set(key, value);
    }
    return {
      get: (table, key) => copies[table].get(latin1(key)),
      scan: (table, range, visit) => scanMap(copies[table], range, visit),
      close: () => {},
    };
  }

  close(): Promise<void> {
    return this.#lastWrite;
  }
}

function scanMap(
  map: OrderedMap<Buffer>,
  range: OrderedRange,
  visit: (key: Buffer, value: Buffer) => boolean,
): void {
  const start = latin1(range.start);
  const end = range.end === undefined ? undefined : latin1(range.end);
  const cursor = range.reverse === true ? map.before(end) : map.from(start);
  while (range.reverse === true ? cursor.previous() : cursor.next()) {
    const key = cursor.key;
    if (range.reverse === true ? key < start : end !== undefined && key >= end) return;
    if (!visit(Buffer.from(key, "latin1"), cursor.value)) return;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** What a process that died still waits for. */
const never = new Promise<never>(() => {});
