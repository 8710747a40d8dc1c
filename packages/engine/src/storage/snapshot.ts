import { assert } from "#base/assert.ts";
import { keyAfter } from "#base/bytes.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { Clock } from "#runtime/ports.ts";
import type { OrderedRange, OrderedReader } from "./ordered-store.ts";
import { readRangeRecords, rangeRecordSpan } from "./range-records.ts";
import {
  readChunk,
  snapshotTables,
  stagedChunkKey,
  stagedChunkSpan,
  startChunk,
  tableRange,
  type SnapshotTable,
} from "./snapshot-chunk.ts";
import { putInstallation, runInstallation, type Installation } from "./snapshot-installation.ts";
import type { RangeStateWrite, Store } from "./store.ts";

export interface SnapshotOptions {
  readonly rangeId: RangeId;
  readonly span: Span;
  /** Default 256 KiB: two or three milliseconds of reading. */
  readonly chunkBytes?: number;
}

/** Flushes first, so that the snapshot is of the newest applied index. */
export async function openSnapshot(store: Store, options: SnapshotOptions): Promise<StoreSnapshot> {
  await store.flush();
  let snapshot: StoreSnapshot | undefined;
  // Between two flushes, so that none is half visible.
  await store.exclusively((backend) => {
    snapshot = new StoreSnapshot(store.clock, backend.openView(), options);
    return Promise.resolve();
  });
  assert(snapshot !== undefined, "no view was opened");
  return snapshot;
}

/**
 * The state of a range at one applied index, cut into chunks for a replica that lags too far.
 *
 * - It is what is durable when it is opened: never below what the shared log was truncated to.
 * - Chunks are opaque to all but SnapshotWriter; each is about chunkBytes long, and that is all the
 *   memory it takes.
 * - While it is open the store reuses no pages that it sees, so the file grows with every write:
 *   read it to the end or close it within seconds to a few minutes.
 */
export class StoreSnapshot {
  readonly appliedIndex: number;
  /** All of the range's own records at that index. */
  readonly state: readonly RangeStateWrite[];
  /** Bytes of live keys and values: a lower bound of what the chunks will add up to. */
  readonly bytesExpected: number;
  readonly #clock: Clock;
  readonly #view: OrderedReader & { close(): void };
  readonly #chunkBytes: number;
  /** What is left to read, a part per table. */
  readonly #rest: { readonly table: SnapshotTable; range: OrderedRange }[];

  /** Takes over the view. */
  constructor(clock: Clock, view: OrderedReader & { close(): void }, options: SnapshotOptions) {
    this.#clock = clock;
    this.#view = view;
    this.#chunkBytes = options.chunkBytes ?? 256 * 1024;
    this.#rest = snapshotTables.map((table) => ({ table, range: tableRange(table, options.span) }));
    const record = readRangeRecords(view, rangeRecordSpan(options.rangeId)).get(options.rangeId);
    this.appliedIndex = record?.appliedIndex ?? 0;
    assert(
      this.appliedIndex >= (record?.partialIndex ?? 0),
      "snapshot of a range that has not replayed its log",
    );
    this.state = [...(record?.state ?? [])].map(([name, value]) => ({ name, value }));
    this.bytesExpected = record?.statistics.liveBytes ?? 0;
  }

  /** The next chunk; undefined when all were given. */
  async next(): Promise<Uint8Array | undefined> {
    await this.#clock.yield();
    const part = this.#rest[0];
    if (part === undefined) return undefined;
    const writer = startChunk(part.table, this.#chunkBytes);
    let lastKey: Uint8Array | undefined;
    this.#view.scan(part.table, part.range, (key, value) => {
      writer.bytes(key).bytes(value);
      if (writer.length < this.#chunkBytes) return true;
      lastKey = Buffer.from(key);
      return false;
    });
    if (lastKey === undefined) this.#rest.shift();
    else part.range = { start: keyAfter(lastKey), end: part.range.end };
    return writer.view();
  }

  close(): void {
    this.#rest.length = 0;
    this.#view.close();
  }
}

/**
 * Takes the chunks of a snapshot and puts them in place of whatever the span and the range held.
 *
 *   open ── write chunk … ── install | abort
 *
 * - Chunks gather in a staging table. `install` first records durably that they are complete: a crash
 *   before that leaves the old state, a crash after it is carried through when the store is opened.
 * - Nothing may read or apply to the range between `install` and its promise.
 */
export class SnapshotWriter {
  readonly #store: Store;
  readonly #rangeId: RangeId;
  readonly #span: Span;
  #chunkCount = 0;
  #state: "open" | "finished" = "open";

  private constructor(store: Store, rangeId: RangeId, span: Span) {
    this.#store = store;
    this.#rangeId = rangeId;
    this.#span = span;
  }

  /** Drops what an earlier writer staged. Refuses with 53100 when the disk is too full for this size. */
  static async open(
    store: Store,
    options: { readonly rangeId: RangeId; readonly span: Span; readonly bytesExpected: number },
  ): Promise<SnapshotWriter> {
    // Staged once, put in place once.
    await store.ensureSpaceFor(options.bytesExpected * 2);
    const writer = new SnapshotWriter(store, options.rangeId, options.span);
    await writer.#dropStaged();
    return writer;
  }

  /** Resolves when the chunk is staged. Throws MalformedBytes for what is no chunk. */
  async write(chunk: Uint8Array): Promise<void> {
    assert(this.#state === "open", "chunk for a snapshot that is finished");
    readChunk(chunk, () => {});
    const key = stagedChunkKey(this.#rangeId, this.#chunkCount++);
    await this.#store.exclusively((backend) =>
      backend.write((batch) => batch.put("staging", key, chunk)),
    );
  }

  /** Durable when resolved; after it the range's shared log must be `reset` to the same index. */
  async install(appliedIndex: number, state: readonly RangeStateWrite[]): Promise<void> {
    assert(this.#state === "open", "install of a snapshot that is finished");
    this.#state = "finished";
    const installation: Installation = {
      rangeId: this.#rangeId,
      span: this.#span,
      appliedIndex,
      state,
      chunkCount: this.#chunkCount,
    };
    // What the range still has in memory belongs to the state that goes away.
    await this.#store.flush();
    await this.#store.exclusively(async (backend) => {
      await backend.write((batch) => putInstallation(batch, installation));
      const { record, maxTimestamp } = await runInstallation(backend, installation);
      this.#store.replaceRange(this.#rangeId, record, maxTimestamp);
    });
  }

  async abort(): Promise<void> {
    if (this.#state === "finished") return;
    this.#state = "finished";
    await this.#dropStaged();
  }

  #dropStaged(): Promise<void> {
    return this.#store.exclusively(async (backend) => {
      const keys: Uint8Array[] = [];
      backend.scan("staging", stagedChunkSpan(this.#rangeId), (key) => {
        keys.push(Buffer.from(key));
        return true;
      });
      if (keys.length === 0) return;
      await backend.write((batch) => {
        for (const key of keys) batch.remove("staging", key);
      });
    });
  }
}
