import { open, type Database, type RootDatabase } from "lmdb";
import { assert } from "#base/assert.ts";
import type { Disk } from "#runtime/ports.ts";
import { DataFolderError } from "./data-folder-error.ts";
import { checkLmdbFile } from "./lmdb-file.ts";
import type {
  OrderedBatch,
  OrderedRange,
  OrderedReader,
  OrderedStore,
  TableName,
} from "./ordered-store.ts";

/** What lmdb's types leave out. */
interface FastGet {
  getBinaryFast(key: Uint8Array, options?: { readonly transaction: object }): Buffer | undefined;
}

const fileName = "store.mdb";

type Table = Database<Buffer, Uint8Array> & FastGet;

const tableNames: readonly TableName[] = ["newest", "history", "range", "node", "staging"];

/** Keys are byte strings as they are, and views of lmdb's key buffer when read. */
const keyEncoder = {
  writeKey(key: Uint8Array, target: Buffer, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  readKey(source: Buffer, start: number, end: number): Uint8Array {
    return source.subarray(start, end);
  },
};

/** Values are byte strings; a value read is a view that the next read overwrites. */
const valueEncoder = {
  encode: (value: Uint8Array): Uint8Array => value,
  decode: (bytes: Buffer, length: number): Buffer => bytes.subarray(0, length),
};

/**
 * An OrderedStore in one LMDB file, `store.mdb` in the data folder.
 *
 * - Commits are durable: overlapping sync, which would make them visible first, is off.
 * - Writing happens on lmdb's own thread; only filling the batch costs this one.
 */
export class LmdbStore implements OrderedStore {
  readonly #root: RootDatabase<Buffer, Uint8Array>;
  readonly #tables: Readonly<Record<TableName, Table>>;

  private constructor(
    root: RootDatabase<Buffer, Uint8Array>,
    tables: Readonly<Record<TableName, Table>>,
  ) {
    this.#root = root;
    this.#tables = tables;
  }

  /** Throws DataFolderError when the file is not LMDB's or cannot be read. */
  static async open(disk: Disk): Promise<LmdbStore> {
    await checkLmdbFile(disk, fileName);
    const path = `${disk.root}/${fileName}`;
    const format = { keyEncoder, encoder: valueEncoder } as const;
    try {
      const root = open<Buffer, Uint8Array>({
        ...format,
        path,
        noSubdir: true,
        overlappingSync: false,
        maxDbs: tableNames.length + 1,
      });
      const tables = Object.fromEntries(
        tableNames.map((name) => [name, root.openDB<Buffer, Uint8Array>({ ...format, name })]),
      ) as Record<TableName, Table>;
      return new LmdbStore(root, tables);
    } catch (error) {
      throw new DataFolderError(`${path} cannot be opened: ${reasonOf(error)}`, { cause: error });
    }
  }

  get(table: TableName, key: Uint8Array): Buffer | undefined {
    const bytes = this.#tables[table].getBinaryFast(key);
    // lmdb hands out one buffer for every value and only sets its length.
    return bytes?.subarray(0, bytes.length);
  }

  scan(
    table: TableName,
    range: OrderedRange,
    visit: (key: Buffer, value: Buffer) => boolean,
  ): void {
    scanTable(this.#tables[table], rangeOptions(range), visit);
  }

  async write(fill: (batch: OrderedBatch) => void): Promise<void> {
    const tables = this.#tables;
    await this.#root.batch(() => {
      fill({
        put(table, key, value) {
          void tables[table].put(key, value as Buffer);
        },
        remove(table, key) {
          void tables[table].remove(key);
        },
      });
    });
  }

  openView(): OrderedReader & { close(): void } {
    const transaction = this.#root.useReadTransaction();
    let isOpen = true;
    return {
      get: (table, key) => {
        assert(isOpen, "read from a closed view");
        const bytes = this.#tables[table].getBinaryFast(key, { transaction });
        return bytes?.subarray(0, bytes.length);
      },
      scan: (table, range, visit) => {
        assert(isOpen, "read from a closed view");
        scanTable(this.#tables[table], { ...rangeOptions(range), transaction }, visit);
      },
      close: () => {
        if (isOpen) transaction.done();
        isOpen = false;
      },
    };
  }

  close(): Promise<void> {
    return this.#root.close();
  }
}

/** lmdb walks backwards from `start` to `end`, and by itself includes the first and not the second. */
function rangeOptions(range: OrderedRange) {
  if (range.reverse !== true) return { start: range.start, end: range.end };
  return {
    start: range.end,
    exclusiveStart: true,
    end: range.start,
    inclusiveEnd: true,
    reverse: true,
  };
}

function scanTable(
  table: Table,
  options: Record<string, unknown>,
  visit: (key: Buffer, value: Buffer) => boolean,
): void {
  for (const { key, value } of table.getRange(options)) {
    if (!visit(key as Buffer, value)) return;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
