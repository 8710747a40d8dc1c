import { assert, InvariantViolation } from "#base/assert.ts";
import { compareBytes, hex } from "#base/bytes.ts";
import { SqlError, notSupported } from "#base/errors.ts";
import { addMs, isBefore, showTimestamp, type Timestamp } from "#base/hlc.ts";
import type { RangeId, Span } from "#base/ids.ts";
import type { RangeLocation } from "#cluster/range-directory.ts";
import {
  commitTagBytes,
  type CommitRequest,
  type CommitWrite,
  type GetRequest,
  type ScanRequest,
} from "#range/batch.ts";
import { clockOffsetMsMax, type HlcClock } from "#range/hlc-clock.ts";
import { containsKey, containsSpan } from "#range/range-descriptor.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { BeginOptions, CommitOutcome, KvTransaction, ScanChunk, ScanOptions } from "./api.ts";
import { coveredSpan, overlay } from "./overlay.ts";
import { ReadSpans } from "./read-spans.ts";
import type { RangeAnswer, Router } from "./router.ts";
import { WriteBuffer } from "./write-buffer.ts";

/** What a transaction needs of its node. */
export interface TransactionNode {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly router: Router;
}

const scanBytesDefault = 256 * 1024;
const idBytes = 16;
/** A commit is one entry of a log: it has to fit into memory on each replica several times over. */
const commitBytesMax = 48 * 1024 * 1024;
/** A read that meets one uncertain value after another gives up in the end. */
const uncertaintyRestartsMax = 10;

/** The coordinator of one transaction, at the node where its client is. See KvTransaction. */
export class Transaction implements KvTransaction {
  readonly #runtime: Runtime;
  readonly #hlc: HlcClock;
  readonly #router: Router;
  readonly #options: BeginOptions;
  readonly #startTimestamp: Timestamp;
  readonly #buffer = new WriteBuffer();
  readonly #reads = new ReadSpans();
  #idBytes: Uint8Array | undefined;
  #readTimestamp: Timestamp | undefined;
  /** The range whose leaseholder chose the snapshot: nothing there is uncertain. */
  #certainRange: RangeId = 0;
  #hasUntrackedReads = false;
  #state: "open" | "committing" | "finished" = "open";

  constructor({ runtime, hlc, router }: TransactionNode, options: BeginOptions) {
    this.#runtime = runtime;
    this.#hlc = hlc;
    this.#router = router;
    this.#options = options;
    this.#startTimestamp = hlc.now();
  }

  get id(): string {
    return hex(this.#idAsBytes);
  }

  get readTimestamp(): Timestamp | undefined {
    return this.#readTimestamp;
  }

  get isFinished(): boolean {
    return this.#state === "finished";
  }

  get writeCount(): number {
    return this.#buffer.count;
  }

  get writeBytes(): number {
    return this.#buffer.bytes;
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#expectOpen();
    const own = this.#buffer.find(key);
    if (own !== undefined) return Promise.resolve(own.value);
    const now = this.#getNow([key]);
    if (now !== undefined) return Promise.resolve(now[0]);
    return this.#get([key]).then(([value]) => value);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    this.#expectOpen();
    if (this.#buffer.count === 0) return this.#getNow(keys) ?? this.#get(keys);
    const values: (Uint8Array | undefined)[] = [];
    const missing: Uint8Array[] = [];
    const places: number[] = [];
    for (const [at, key] of keys.entries()) {
      const own = this.#buffer.find(key);
      values.push(own?.value);
      if (own === undefined) {
        missing.push(key);
        places.push(at);
      }
    }
    if (missing.length === 0) return values;
    const found = this.#getNow(missing) ?? (await this.#get(missing));
    for (const [at, place] of places.entries()) values[place] = found[at];
    return values;
  }

  getManyNow(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] | undefined {
    this.#expectOpen();
    return this.#buffer.count === 0 ? this.#getNow(keys) : undefined;
  }

  async scan(span: Span, options: ScanOptions = {}): Promise<ScanChunk> {
    this.#expectOpen();
    const rowsMax = options.rowsMax ?? 0;
    const reverse = options.reverse ?? false;
    let left: Span | undefined = span;
    while (left !== undefined && !isEmptySpan(left)) {
      const chunk: ScanChunk = await this.#scanChunk(left, { ...options, rowsMax, reverse });
      if (chunk.rows.length > 0 || chunk.rest === undefined) return chunk;
      left = chunk.rest;
    }
    return { rows: [], rest: undefined };
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#write(key, value, false);
  }

  remove(key: Uint8Array): void {
    this.#write(key, undefined, false);
  }

  insert(key: Uint8Array, value: Uint8Array): void {
    assert(this.#buffer.find(key) === undefined, "insert of a key that was written before");
    this.#write(key, value, true);
  }

  ownWrite(key: Uint8Array): boolean | undefined {
    const own = this.#buffer.find(key);
    return own === undefined ? undefined : own.value !== undefined;
  }

  watch(span: Span): void {
    this.#expectOpen();
    this.#reads.add(span);
  }

  savepoint(): number {
    this.#expectOpen();
    return this.#buffer.savepoint();
  }

  rollbackTo(savepoint: number): void {
    this.#expectOpen();
    this.#buffer.rollbackTo(savepoint);
  }

  async commit(): Promise<CommitOutcome> {
    this.#expectOpen();
    if (this.#buffer.count === 0) {
      this.#state = "finished";
      return { kind: "committed", timestamp: this.#readTimestamp ?? this.#startTimestamp };
    }
    this.#state = "committing";
    try {
      if (this.#buffer.bytes > commitBytesMax) throw tooLarge(this.#buffer.bytes);
      const writes = this.#buffer.sorted();
      const answer = await this.#router.execute(
        firstKey(writes),
        await this.#commitRequest(writes),
      );
      switch (answer.kind) {
        case "committed":
          this.#hlc.forward(answer.timestamp);
          return { kind: "committed", timestamp: answer.timestamp };
        case "keyExists":
          return { kind: "keyExists", key: answer.key };
        case "conflict":
          throw this.#conflict(answer.key, answer.timestamp);
        default:
          throw unexpected(answer);
      }
    } finally {
      this.#finish();
    }
  }

  rollback(): void {
    if (this.#state === "open") this.#finish();
  }

  get #idAsBytes(): Uint8Array {
    this.#idBytes ??= this.#runtime.random.bytes(idBytes);
    return this.#idBytes;
  }

  #finish(): void {
    this.#state = "finished";
    this.#buffer.clear();
  }

  #expectOpen(): void {
    assert(this.#state === "open", `the transaction is ${this.#state}`);
    this.#options.signal?.throwIfAborted();
  }

  #write(key: Uint8Array, value: Uint8Array | undefined, mustBeAbsent: boolean): void {
    this.#expectOpen();
    if (this.#options.readOnly === true) {
      throw new SqlError("read_only_sql_transaction", "cannot write in a read-only transaction");
    }
    this.#buffer.set(key, value, mustBeAbsent);
  }

  /** The values, when this node can tell them at once. */
  #getNow(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] | undefined {
    const location = this.#locationOfAll(keys);
    if (location === undefined) return undefined;
    const { timestamp, uncertaintyLimit } = this.#snapshotFor(location);
    const answer = this.#router.executeNow(location, {
      kind: "get",
      keys,
      timestamp,
      uncertaintyLimit,
    });
    if (answer?.kind !== "values") return undefined;
    this.#took(location, answer.timestamp);
    this.#trackKeys(keys);
    return answer.values;
  }

  async #get(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = keys.map(() => undefined);
    const groups = new Map<RangeId, KeysOfRange>();
    for (const [place, key] of keys.entries()) {
      const location = await this.#router.locate(key, this.#options.signal);
      const { rangeId } = location.descriptor;
      const group = groups.get(rangeId) ?? { location, keys: [], places: [] };
      group.keys.push(key);
      group.places.push(place);
      groups.set(rangeId, group);
    }
    for (const { location, keys: wanted, places } of groups.values()) {
      const answer = await this.#read(location, firstOf(wanted), (snapshot) => ({
        kind: "get",
        keys: wanted,
        ...snapshot,
      }));
      if (answer.kind !== "values") throw unexpected(answer);
      this.#took(location, answer.timestamp);
      for (const [at, place] of places.entries()) values[place] = answer.values[at];
    }
    this.#trackKeys(keys);
    return values;
  }

  /** The first chunk of the span, from the range where it begins, or ends when in reverse. */
  async #scanChunk(
    span: Span,
    options: ScanOptions & { readonly rowsMax: number; readonly reverse: boolean },
  ): Promise<ScanChunk> {
    const { reverse, rowsMax } = options;
    const location = await this.#locateEnd(span, reverse);
    const part = clip(span, location.descriptor.span);
    const answer = await this.#read(location, part.start, (snapshot) => ({
      kind: "scan",
      span: part,
      rowsMax,
      bytesMax: options.bytesMax ?? scanBytesDefault,
      reverse,
      ...snapshot,
    }));
    if (answer.kind !== "rows") throw unexpected(answer);
    this.#took(location, answer.timestamp);
    const own = this.#buffer.within(coveredSpan(part, answer.rest, reverse));
    const chunk: ScanChunk =
      own.length === 0 ? answer : overlay(part, answer, own, { reverse, rowsMax });
    this.#trackSpan(coveredSpan(part, chunk.rest, reverse));
    return { rows: chunk.rows, rest: joinRest(span, part, chunk.rest, reverse) };
  }

  async #locateEnd(span: Span, reverse: boolean): Promise<RangeLocation> {
    const { signal } = this.#options;
    if (!reverse) return this.#router.locate(span.start, signal);
    return this.#router.locateBefore(span.end, signal);
  }

  /** Reads at the snapshot; moves it when a value may be older than this transaction. */
  async #read(
    location: RangeLocation,
    key: Uint8Array,
    request: (snapshot: SnapshotOfRead) => GetRequest | ScanRequest,
  ): Promise<RangeAnswer> {
    for (let restarts = 0; restarts <= uncertaintyRestartsMax; restarts++) {
      const wanted = request(this.#snapshotFor(location));
      const answer =
        this.#router.executeNow(location, wanted) ??
        (await this.#router.execute(key, wanted, this.#options.signal));
      if (answer.kind !== "uncertain") return answer;
      await this.#moveSnapshot(answer.timestamp);
    }
    throw this.#conflict(key, this.#startTimestamp);
  }

  /** What was read so far must be the same at the new snapshot. */
  async #moveSnapshot(past: Timestamp): Promise<void> {
    this.#hlc.forward(past);
    const from = this.#readTimestamp;
    const to = this.#hlc.now();
    for (const span of from === undefined ? [] : this.#reads.condensed()) {
      const request = { kind: "refresh", spans: [span], from: from ?? to, to } as const;
      const answer = await this.#router.execute(span.start, request, this.#options.signal);
      if (answer.kind === "conflict") throw this.#conflict(answer.key, answer.timestamp);
    }
    if (this.#hasUntrackedReads) throw this.#conflict(new Uint8Array(0), past);
    this.#readTimestamp = to;
  }

  #snapshotFor(location: RangeLocation): SnapshotOfRead {
    const timestamp = this.#readTimestamp;
    if (timestamp === undefined) {
      return { timestamp: undefined, uncertaintyLimit: this.#startTimestamp };
    }
    return {
      timestamp,
      uncertaintyLimit:
        location.descriptor.rangeId === this.#certainRange
          ? timestamp
          : addMs(this.#limitBase, clockOffsetMsMax),
    };
  }

  /** Moving the snapshot does not move the moment at which the transaction began. */
  get #limitBase(): Timestamp {
    const { readTimestamp } = this;
    return readTimestamp !== undefined && isBefore(this.#startTimestamp, readTimestamp)
      ? readTimestamp
      : this.#startTimestamp;
  }

  #took(location: RangeLocation, timestamp: Timestamp): void {
    if (this.#readTimestamp !== undefined) return;
    this.#readTimestamp = timestamp;
    this.#certainRange = location.descriptor.rangeId;
  }

  #trackKeys(keys: readonly Uint8Array[]): void {
    for (const key of keys) {
      if (this.#isUntracked(key)) this.#hasUntrackedReads = true;
      else this.#reads.addKey(key);
    }
  }

  #trackSpan(span: Span): void {
    const { untracked } = this.#options;
    if (untracked !== undefined && containsSpan(untracked, span)) this.#hasUntrackedReads = true;
    else this.#reads.add(span);
  }

  #isUntracked(key: Uint8Array): boolean {
    const { untracked } = this.#options;
    return untracked !== undefined && containsKey(untracked, key);
  }

  #locationOfAll(keys: readonly Uint8Array[]): RangeLocation | undefined {
    const [first] = keys;
    if (first === undefined) return undefined;
    const location = this.#router.find(first);
    if (location === undefined) return undefined;
    for (const key of keys) {
      if (!containsKey(location.descriptor.span, key)) return undefined;
    }
    return location;
  }

  async #commitRequest(writes: readonly CommitWrite[]): Promise<CommitRequest> {
    const location = await this.#router.locate(firstKey(writes), this.#options.signal);
    const { span } = location.descriptor;
    const readSpans = this.#reads.condensed();
    const isInOneRange =
      writes.every(({ key }) => containsKey(span, key)) &&
      readSpans.every((read) => containsSpan(span, read));
    if (!isInOneRange) throw notSupported("a transaction across ranges");
    return {
      kind: "commit",
      tag: this.#idAsBytes.subarray(0, commitTagBytes),
      startTimestamp: this.#startTimestamp,
      readTimestamp: this.#readTimestamp,
      readSpans,
      writes,
      deadline: this.#startTimestamp,
      isRepeated: false,
    };
  }

  #describeKey(key: Uint8Array): string {
    return this.#options.describeKey?.(key) ?? `Key \\x${hex(key)}`;
  }

  #conflict(key: Uint8Array, timestamp: Timestamp): SqlError {
    const snapshot = this.#readTimestamp ?? this.#startTimestamp;
    return new SqlError(
      "serialization_failure",
      "could not serialize access due to concurrent update",
      {
        detail: `${this.#describeKey(key)} was written at ${showTimestamp(timestamp)}, after the snapshot at ${showTimestamp(snapshot)}.`,
        hint: "The transaction might succeed if retried.",
      },
    );
  }
}

interface KeysOfRange {
  readonly location: RangeLocation;
  readonly keys: Uint8Array[];
  /** Where each key stood among all. */
  readonly places: number[];
}

interface SnapshotOfRead {
  readonly timestamp: Timestamp | undefined;
  readonly uncertaintyLimit: Timestamp;
}

function isEmptySpan({ start, end }: Span): boolean {
  return end !== undefined && compareBytes(start, end) >= 0;
}

function clip(span: Span, bounds: Span): Span {
  const start = compareBytes(span.start, bounds.start) < 0 ? bounds.start : span.start;
  if (bounds.end === undefined) return { start, end: span.end };
  const isShorter = span.end !== undefined && compareBytes(span.end, bounds.end) <= 0;
  return { start, end: isShorter ? span.end : bounds.end };
}

/** What is left of the whole span after a chunk of one part left this of the part. */
function joinRest(
  span: Span,
  part: Span,
  rest: Span | undefined,
  reverse: boolean,
): Span | undefined {
  if (reverse) {
    const end = rest === undefined ? part.start : rest.end;
    const left = { start: span.start, end };
    return isEmptySpan(left) ? undefined : left;
  }
  if (rest !== undefined) return { start: rest.start, end: span.end };
  if (part.end === undefined) return undefined;
  const left = { start: part.end, end: span.end };
  return isEmptySpan(left) ? undefined : left;
}

function firstKey(writes: readonly CommitWrite[]): Uint8Array {
  const [first] = writes;
  assert(first !== undefined, "a commit without writes");
  return first.key;
}

function firstOf(keys: readonly Uint8Array[]): Uint8Array {
  const [first] = keys;
  assert(first !== undefined, "nothing to send");
  return first;
}

function tooLarge(bytes: number): SqlError {
  return new SqlError("program_limit_exceeded", "the transaction writes too much to be committed", {
    detail: `It writes ${Math.ceil(bytes / 2 ** 20)} MiB; at most ${commitBytesMax / 2 ** 20} MiB can be committed at once.`,
    hint: "Split it into several transactions.",
  });
}

function unexpected(answer: RangeAnswer): InvariantViolation {
  return new InvariantViolation(`a range answered ${answer.kind}`);
}
