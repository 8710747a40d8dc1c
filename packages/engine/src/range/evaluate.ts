import { equalBytes } from "#base/bytes.ts";
import { isBefore, type Timestamp } from "#base/hlc.ts";
import type { Span } from "#base/ids.ts";
import type { Clock } from "#runtime/ports.ts";
import type { Store } from "#storage/store.ts";
import type {
  CommitRequest,
  CommitWrite,
  GetRequest,
  RangeResponse,
  ScanRequest,
} from "./batch.ts";

/** The reads of one slice: a few milliseconds of work at most. */
const keysPerSlice = 1_000;
const scanBytesMax = 1024 * 1024;

export function evaluateGet(
  store: Store,
  request: GetRequest,
  timestamp: Timestamp,
): RangeResponse {
  const values: (Uint8Array | undefined)[] = [];
  const seesAll = !isBefore(timestamp, request.uncertaintyLimit);
  for (const key of request.keys) {
    if (seesAll) {
      values.push(store.get(key, timestamp));
      continue;
    }
    const { value, uncertain } = store.read(key, timestamp, request.uncertaintyLimit);
    if (uncertain !== undefined) return { kind: "uncertain", timestamp: uncertain };
    values.push(value);
  }
  return { kind: "values", values, timestamp };
}

export function evaluateScan(
  store: Store,
  request: ScanRequest,
  timestamp: Timestamp,
): RangeResponse {
  const { rows, rest, uncertain } = store.scan({
    span: request.span,
    timestamp,
    uncertaintyLimit: isBefore(timestamp, request.uncertaintyLimit)
      ? request.uncertaintyLimit
      : undefined,
    rowsMax: request.rowsMax === 0 ? undefined : request.rowsMax,
    bytesMax: Math.min(request.bytesMax, scanBytesMax),
    reverse: request.reverse,
  });
  if (uncertain !== undefined) return { kind: "uncertain", timestamp: uncertain.timestamp };
  return { kind: "rows", rows, rest, timestamp };
}

/** The first change of the spans after the timestamp; undefined when there is none. */
export function findChange(
  store: Store,
  spans: readonly Span[],
  after: Timestamp,
): RangeResponse | undefined {
  for (const span of spans) {
    const change = store.findNewer(span, after);
    if (change !== undefined) return { kind: "conflict", ...change };
  }
  return undefined;
}

/**
 * Decides whether the commit may take place now, under its latch: undefined means yes. Reads go
 * before conditions, so that a key is only reported to exist to a transaction whose snapshot holds.
 */
export function checkCommit(store: Store, request: CommitRequest): RangeResponse | undefined {
  return checkReads(store, request) ?? checkWrites(store, request.writes, request.readTimestamp);
}

/** As checkCommit, in slices that let other work run. The latch keeps the answer true meanwhile. */
export async function checkLargeCommit(
  store: Store,
  request: CommitRequest,
  clock: Clock,
): Promise<RangeResponse | undefined> {
  for (let at = 0; at < request.readSpans.length; at += keysPerSlice) {
    const slice = request.readSpans.slice(at, at + keysPerSlice);
    if (request.readTimestamp === undefined) break;
    const change = findChange(store, slice, request.readTimestamp);
    if (change !== undefined) return change;
    await clock.yield();
  }
  for (let at = 0; at < request.writes.length; at += keysPerSlice) {
    const slice = request.writes.slice(at, at + keysPerSlice);
    const refusal = checkWrites(store, slice, request.readTimestamp);
    if (refusal !== undefined) return refusal;
    await clock.yield();
  }
  return undefined;
}

export function isLargeCommit(request: CommitRequest): boolean {
  return request.writes.length + request.readSpans.length > keysPerSlice;
}

function checkReads(store: Store, request: CommitRequest): RangeResponse | undefined {
  if (request.readTimestamp === undefined) return undefined;
  return findChange(store, request.readSpans, request.readTimestamp);
}

/**
 * A transaction with a snapshot may not overwrite what it could not see; one without a snapshot
 * writes blindly, and comes after whatever is there.
 */
function checkWrites(
  store: Store,
  writes: readonly CommitWrite[],
  readTimestamp: Timestamp | undefined,
): RangeResponse | undefined {
  for (const { key, mustBeAbsent } of writes) {
    if (!mustBeAbsent && readTimestamp === undefined) continue;
    if (mustBeAbsent) {
      if (store.newest(key)?.value !== undefined) return { kind: "keyExists", key };
    } else if (readTimestamp !== undefined && store.hasNewer(key, readTimestamp)) {
      const timestamp = store.newest(key)?.timestamp ?? readTimestamp;
      return { kind: "conflict", key, timestamp };
    }
  }
  return undefined;
}

/**
 * Has this very commit taken place already? Its writes carry its tag, and no version of it is older
 * than its transaction. `unknown` when other versions came over all that is looked at.
 */
export function findEarlierCommit(store: Store, request: CommitRequest): RangeResponse | undefined {
  let isCovered = false;
  for (const { key } of request.writes.slice(0, keysLookedAt)) {
    const newest = store.newest(key);
    if (newest === undefined || !isBefore(request.startTimestamp, newest.timestamp))
      return undefined;
    if (equalBytes(newest.tag, request.tag)) {
      return { kind: "committed", timestamp: newest.timestamp };
    }
    isCovered = true;
  }
  return isCovered ? { kind: "unknown" } : undefined;
}

const keysLookedAt = 16;
