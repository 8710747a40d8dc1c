import { assert } from "#base/assert.ts";
import { hex } from "#base/bytes.ts";
import { SqlError } from "#base/errors.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";
import type {
  BeginOptions,
  CommitOutcome,
  KeyValue,
  KvClient,
  KvTransaction,
  ScanChunk,
  ScanOptions,
} from "#kv/api.ts";
import { SortedStringMap } from "./sorted-strings.ts";

interface Version {
  readonly sequence: number;
  readonly value: Uint8Array | undefined;
}

/**
 * A KvClient in one process's memory, for tests of what stands above kv: snapshots, write buffers,
 * savepoints, and the same checks at commit that a leaseholder makes. Time is a counter.
 */
export class MemoryKv implements KvClient {
  /** Versions of a key, oldest first. Keys are latin1 strings, which sort like their bytes. */
  readonly versions = new SortedStringMap<Version[]>();
  sequence = 1;
  #transactionCount = 0;

  begin(options: BeginOptions = {}): KvTransaction {
    return new MemoryTransaction(this, ++this.#transactionCount, options);
  }

  now(): Timestamp {
    return { wallMs: this.sequence, logical: 0 };
  }
}

interface Write {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  /** What the buffer held for the key before, to undo it. */
  readonly before: Buffered | undefined;
}

interface Buffered {
  readonly value: Uint8Array | undefined;
  readonly mustBeAbsent: boolean;
}

class MemoryTransaction implements KvTransaction {
  readonly id: string;
  readonly #kv: MemoryKv;
  readonly #options: BeginOptions;
  readonly #buffer = new SortedStringMap<Buffered>();
  readonly #log: Write[] = [];
  readonly #points = new Set<string>();
  readonly #spans: { start: string; end: string | undefined }[] = [];
  readonly #untracked: { start: string; end: string | undefined } | undefined;
  #readSequence: number | undefined;
  #isFinished = false;
  #writeBytes = 0;

  constructor(kv: MemoryKv, number: number, options: BeginOptions) {
    this.#kv = kv;
    this.#options = options;
    this.id = number.toString(16).padStart(32, "0");
    this.#untracked = options.untracked === undefined ? undefined : spanText(options.untracked);
  }

  get readTimestamp(): Timestamp | undefined {
    return this.#readSequence === undefined
      ? undefined
      : { wallMs: this.#readSequence, logical: 0 };
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  get writeCount(): number {
    return this.#buffer.size;
  }

  get writeBytes(): number {
    return this.#writeBytes;
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#async(() => this.#read(keyText(key)));
  }

  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#async(() => keys.map((key) => this.#read(keyText(key))));
  }

  getManyNow(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] | undefined {
    assert(!this.#isFinished, "the transaction is finished");
    this.#options.signal?.throwIfAborted();
    return this.#buffer.size > 0 ? undefined : keys.map((key) => this.#read(keyText(key)));
  }

  scan(span: Span, options: ScanOptions = {}): Promise<ScanChunk> {
    return this.#async(() => this.#scan(span, options));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#write(keyText(key), { value, mustBeAbsent: false });
  }

  remove(key: Uint8Array): void {
    this.#write(keyText(key), { value: undefined, mustBeAbsent: false });
  }

  insert(key: Uint8Array, value: Uint8Array): void {
    const text = keyText(key);
    assert(this.#buffer.get(text) === undefined, "insert of a key that was written before");
    this.#write(text, { value, mustBeAbsent: true });
  }

  ownWrite(key: Uint8Array): boolean | undefined {
    const own = this.#buffer.get(keyText(key));
    return own === undefined ? undefined : own.value !== undefined;
  }

  watch(span: Span): void {
    this.#spans.push(spanText(span));
  }

  savepoint(): number {
    return this.#log.length;
  }

  rollbackTo(savepoint: number): void {
    while (this.#log.length > savepoint) {
      const write = this.#log.pop();
      assert(write !== undefined, "the log is shorter than the savepoint");
      if (write.before === undefined) this.#buffer.delete(write.key);
      else this.#buffer.set(write.key, write.before);
    }
  }

  commit(): Promise<CommitOutcome> {
    return this.#async(() => this.#commit());
  }

  rollback(): void {
    this.#isFinished = true;
  }

  /** Answers a turn later, as a network would, and never after the signal has aborted. */
  async #async<Result>(run: () => Result): Promise<Result> {
    assert(!this.#isFinished, "the transaction is finished");
    const { signal } = this.#options;
    signal?.throwIfAborted();
    await Promise.resolve();
    signal?.throwIfAborted();
    return run();
  }

  #snapshot(): number {
    this.#readSequence ??= this.#kv.sequence;
    return this.#readSequence;
  }

  #read(key: string): Uint8Array | undefined {
    const snapshot = this.#snapshot();
    const own = this.#buffer.get(key);
    if (own !== undefined && !own.mustBeAbsent) return own.value;
    if (!this.#isUntracked(key)) this.#points.add(key);
    if (own !== undefined) return own.value;
    return visible(this.#kv.versions.get(key), snapshot);
  }

  #scan(span: Span, options: ScanOptions): ScanChunk {
    const snapshot = this.#snapshot();
    const { start, end } = spanText(span);
    const rowsMax =
      options.rowsMax === undefined || options.rowsMax === 0 ? Infinity : options.rowsMax;
    const bytesMax = options.bytesMax ?? 2 ** 20;
    const reverse = options.reverse ?? false;
    const rows: KeyValue[] = [];
    let bytes = 0;
    let last = "";
    let isComplete = true;
    for (const [key, value] of this.#merged(start, end, reverse, snapshot)) {
      if (rows.length >= rowsMax || bytes >= bytesMax) {
        isComplete = false;
        break;
      }
      rows.push({ key: keyBytes(key), value });
      bytes += key.length + value.length;
      last = key;
    }
    const rest = isComplete
      ? undefined
      : reverse
        ? { start, end: last }
        : { start: `${last}\0`, end };
    const covered =
      rest === undefined
        ? { start, end }
        : reverse
          ? { start: last, end }
          : { start, end: `${last}\0` };
    if (!this.#isUntracked(covered.start)) this.#spans.push(covered);
    return {
      rows,
      rest:
        rest === undefined
          ? undefined
          : {
              start: keyBytes(rest.start),
              end: rest.end === undefined ? undefined : keyBytes(rest.end),
            },
    };
  }

  *#merged(
    start: string,
    end: string | undefined,
    reverse: boolean,
    snapshot: number,
  ): Generator<[string, Uint8Array]> {
    const stored = this.#kv.versions.entries(start, end, reverse);
    const own = this.#buffer.entries(start, end, reverse);
    let left = stored.next();
    let right = own.next();
    while (left.done !== true || right.done !== true) {
      const order =
        left.done === true
          ? 1
          : right.done === true
            ? -1
            : left.value[0] === right.value[0]
              ? 0
              : left.value[0] < right.value[0] === !reverse
                ? -1
                : 1;
      if (order < 0 && left.done !== true) {
        const value = visible(left.value[1], snapshot);
        if (value !== undefined) yield [left.value[0], value];
      } else if (right.done !== true) {
        const { value } = right.value[1];
        if (value !== undefined) yield [right.value[0], value];
      }
      if (order <= 0) left = stored.next();
      if (order >= 0) right = own.next();
    }
  }

  #write(key: string, buffered: Buffered): void {
    assert(!this.#isFinished, "the transaction is finished");
    if (this.#options.readOnly === true) {
      throw new SqlError("read_only_sql_transaction", "cannot write in a read-only transaction");
    }
    const before = this.#buffer.get(key);
    const mustBeAbsent = buffered.mustBeAbsent || (before?.mustBeAbsent ?? false);
    this.#log.push({ key, value: buffered.value, before });
    this.#buffer.set(key, { value: buffered.value, mustBeAbsent });
    this.#writeBytes += key.length + (buffered.value?.length ?? 0);
  }

  #commit(): CommitOutcome {
    this.#isFinished = true;
    const kv = this.#kv;
    if (this.#buffer.size === 0) return { kind: "committed", timestamp: kv.now() };
    const snapshot = this.#readSequence ?? kv.sequence;
    for (const [key, buffered] of this.#buffer.entries("", undefined)) {
      const newest = kv.versions.get(key)?.at(-1);
      if (newest === undefined) continue;
      if (buffered.mustBeAbsent && newest.value !== undefined) {
        return { kind: "keyExists", key: keyBytes(key) };
      }
      if (newest.sequence > snapshot) throw this.#conflict(key);
    }
    for (const key of this.#points) this.#checkUnchanged(key, `${key}\0`, snapshot);
    for (const span of this.#spans) this.#checkUnchanged(span.start, span.end, snapshot);
    const sequence = ++kv.sequence;
    for (const [key, { value }] of this.#buffer.entries("", undefined)) {
      const versions = kv.versions.get(key);
      if (versions === undefined) kv.versions.set(key, [{ sequence, value }]);
      else versions.push({ sequence, value });
    }
    return { kind: "committed", timestamp: kv.now() };
  }

  #checkUnchanged(start: string, end: string | undefined, snapshot: number): void {
    for (const [key, versions] of this.#kv.versions.entries(start, end)) {
      if ((versions.at(-1)?.sequence ?? 0) > snapshot) throw this.#conflict(key);
    }
  }

  #conflict(key: string): SqlError {
    const bytes = keyBytes(key);
    const what = this.#options.describeKey?.(bytes) ?? `Key \\x${hex(bytes)}`;
    return new SqlError(
      "serialization_failure",
      "could not serialize access due to concurrent update",
      { detail: `${what} changed after the snapshot.` },
    );
  }

  #isUntracked(key: string): boolean {
    const span = this.#untracked;
    return span !== undefined && key >= span.start && (span.end === undefined || key < span.end);
  }
}

function visible(
  versions: readonly Version[] | undefined,
  snapshot: number,
): Uint8Array | undefined {
  if (versions === undefined) return undefined;
  for (let at = versions.length - 1; at >= 0; at--) {
    const version = versions[at];
    if (version !== undefined && version.sequence <= snapshot) return version.value;
  }
  return undefined;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function spanText(span: Span): { start: string; end: string | undefined } {
  return {
    start: keyText(span.start),
    end: span.end === undefined ? undefined : keyText(span.end),
  };
}
