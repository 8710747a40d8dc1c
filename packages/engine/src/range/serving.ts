import { addMs, isBefore, laterTimestamp, type Timestamp } from "#base/hlc.ts";
import type { NodeId, Span } from "#base/ids.ts";
import type { RaftNode } from "#raft/raft-node.ts";
import type { Cancellation } from "#runtime/calls.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { Store } from "#storage/store.ts";
import { encodeWriteBatch, type WriteBatch } from "#storage/write-batch.ts";
import type {
  CommitRequest,
  GetRequest,
  RangeRefusal,
  RangeRequest,
  RangeResponse,
  ScanRequest,
} from "./batch.ts";
import { encodeLargeBatch, encodeWriteCommand } from "./command.ts";
import {
  checkCommit,
  checkLargeCommit,
  evaluateGet,
  evaluateScan,
  findChange,
  findEarlierCommit,
  isLargeCommit,
} from "./evaluate.ts";
import { clockOffsetMsMax, type HlcClock } from "./hlc-clock.ts";
import { Latches, type Latch } from "./latches.ts";
import type { Proposals } from "./proposals.ts";
import { containsKey, containsSpan, type RangeDescriptor } from "./range-descriptor.ts";
import { RecentCommits } from "./recent-commits.ts";

/** What serving asks of the replica it belongs to. */
export interface ServedReplica {
  readonly raft: RaftNode;
  readonly proposals: Proposals;
  readonly descriptor: RangeDescriptor | undefined;
  readonly leaderNode: NodeId;
  readonly isClosed: boolean;
  /** True when this replica holds the lease and nobody else can come to serve at this time or before. */
  holdsLeaseUntil(timestamp: Timestamp): boolean;
  /** Greater with each call, from one on in each term. */
  nextLeaseAppliedIndex(): number;
  /** Something was proposed. */
  schedule(): void;
}

export interface ServingNode {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly store: Store;
}

/** Counts since the replica came to be. */
export interface ServedFigures {
  reads: number;
  writes: number;
  /** Commits refused because somebody else had changed what they read or write. */
  conflicts: number;
}

/**
 * Answers requests to one replica: refuses without the lease, keeps reads and commits out of each
 * other's way, evaluates, and has commits replicated.
 *
 * - Between the check of a commit and its proposal the lease must not have changed hands; where there
 *   is an await between them, the term says so.
 * - From the choice of a commit's timestamp until it is applied its latch is held and has that
 *   timestamp, so that nobody reads at or above it without it.
 */
export class Serving {
  readonly figures: ServedFigures = { reads: 0, writes: 0, conflicts: 0 };
  readonly #node: ServingNode;
  readonly #replica: ServedReplica;
  readonly #latches = new Latches();
  readonly #recent = new RecentCommits();

  constructor(node: ServingNode, replica: ServedReplica) {
    this.#node = node;
    this.#replica = replica;
  }

  /** Answers at once when nothing is in the way, which is the rule for reads. */
  execute(request: RangeRequest, signal?: Cancellation): RangeResponse | Promise<RangeResponse> {
    switch (request.kind) {
      case "get":
      case "scan":
        return this.#read(request, signal);
      case "refresh":
        return this.#refresh(request.spans, request, signal);
      case "commit":
        return this.#commit(request, signal);
    }
  }

  /** Called now and then: forgets answers that nobody can ask for again. */
  turnRecentCommits(): void {
    this.#recent.turn();
  }

  /** Undefined when this replica may serve up to the timestamp now. */
  #refusal(upTo: Timestamp): RangeRefusal | undefined {
    if (this.#replica.isClosed) return { kind: "busy", reason: "closing" };
    return this.#replica.holdsLeaseUntil(upTo) ? undefined : this.#notLeaseholder();
  }

  /** With where to go instead, if this replica knows. */
  #notLeaseholder(): RangeRefusal {
    const { raft, leaderNode, descriptor } = this.#replica;
    const leaseholder = raft.role === "leader" ? 0 : leaderNode;
    return { kind: "notLeaseholder", leaseholder, descriptor };
  }

  #mismatch(): RangeRefusal {
    const { descriptor } = this.#replica;
    return { kind: "rangeMismatch", descriptors: descriptor === undefined ? [] : [descriptor] };
  }

  #holdsKey(key: Uint8Array): boolean {
    const span = this.#replica.descriptor?.span;
    return span !== undefined && containsKey(span, key);
  }

  #holdsSpan(inner: Span): boolean {
    const span = this.#replica.descriptor?.span;
    return span !== undefined && containsSpan(span, inner);
  }

  #read(
    request: GetRequest | ScanRequest,
    signal: Cancellation | undefined,
  ): RangeResponse | Promise<RangeResponse> {
    const { hlc, store } = this.#node;
    if (request.timestamp !== undefined && !hlc.receive(request.timestamp)) {
      return { kind: "busy", reason: "clock" };
    }
    const now = hlc.now();
    const timestamp = request.timestamp ?? now;
    const limit = laterTimestamp(addMs(timestamp, clockOffsetMsMax), now);
    const refusal = this.#refusal(limit);
    if (refusal !== undefined) return refusal;
    const isInside =
      request.kind === "get"
        ? request.keys.every((key) => this.#holdsKey(key))
        : this.#holdsSpan(request.span);
    if (!isInside) return this.#mismatch();
    if (this.#latches.count > 0) {
      const writer =
        request.kind === "get"
          ? this.#latches.findWriterOfKeys(request.keys, timestamp)
          : this.#latches.findWriterInSpan(request.span, timestamp);
      if (writer !== undefined) return this.#readAfter(writer, request, signal);
    }
    this.figures.reads++;
    return request.kind === "get"
      ? evaluateGet(store, request, timestamp)
      : evaluateScan(store, request, timestamp);
  }

  async #readAfter(
    writer: Latch,
    request: GetRequest | ScanRequest,
    signal: Cancellation | undefined,
  ): Promise<RangeResponse> {
    await writer.released();
    if (signal?.aborted === true) return { kind: "busy", reason: "deadline" };
    return this.#read(request, signal);
  }

  async #refresh(
    spans: readonly Span[],
    bounds: { readonly from: Timestamp; readonly to: Timestamp },
    signal: Cancellation | undefined,
  ): Promise<RangeResponse> {
    const { hlc, store } = this.#node;
    if (!hlc.receive(bounds.to)) return { kind: "busy", reason: "clock" };
    for (;;) {
      const refusal = this.#refusal(laterTimestamp(hlc.now(), bounds.to));
      if (refusal !== undefined) return refusal;
      if (!spans.every((span) => this.#holdsSpan(span))) return this.#mismatch();
      const writer = spans
        .map((span) => this.#latches.findWriterInSpan(span, bounds.to))
        .find((latch) => latch !== undefined);
      if (writer === undefined) break;
      await writer.released();
      if (signal?.aborted === true) return { kind: "busy", reason: "deadline" };
    }
    return findChange(store, spans, bounds.from) ?? { kind: "refreshed" };
  }

  async #commit(request: CommitRequest, signal: Cancellation | undefined): Promise<RangeResponse> {
    const early = this.#refuseCommit(request);
    if (early !== undefined) return early;
    this.#node.store.ensureSpace();
    const latch = this.#latches.acquire({
      writeKeys: request.writes.map(({ key }) => key),
      readSpans: request.readSpans,
    });
    try {
      if (!latch.isGranted) {
        await latch.granted();
        if (signal?.aborted === true) return { kind: "busy", reason: "deadline" };
        const late = this.#refuseCommit(request);
        if (late !== undefined) return late;
      }
      return await this.#commitUnderLatch(request, latch);
    } finally {
      this.#latches.release(latch);
    }
  }

  async #commitUnderLatch(request: CommitRequest, latch: Latch): Promise<RangeResponse> {
    const { store, runtime } = this.#node;
    const before =
      this.#recent.find(request.tag) ??
      (request.isRepeated ? findEarlierCommit(store, request) : undefined);
    if (before !== undefined) return before;
    const isLarge = isLargeCommit(request);
    const { term } = this.#replica.raft;
    const verdict = isLarge
      ? await checkLargeCommit(store, request, runtime.clock)
      : checkCommit(store, request);
    if (verdict !== undefined) {
      if (verdict.kind === "conflict") this.figures.conflicts++;
      this.#recent.remember(request.tag, verdict);
      return verdict;
    }
    const timestamp = this.#node.hlc.now();
    const refusal = this.#refusal(timestamp);
    if (refusal !== undefined) return refusal;
    // Readers at or above the timestamp wait for the latch from here on.
    latch.evaluatedAt(timestamp);
    const batch: WriteBatch = { timestamp, tag: request.tag, writes: request.writes };
    if (!isLarge) return this.#proposeBatch(batch, encodeWriteBatch(batch));
    const encoded = await encodeLargeBatch(batch, runtime.clock);
    // What was checked holds under the lease it was checked under: another holder may have written since.
    if (this.#replica.raft.term !== term) return this.#notLeaseholder();
    return this.#refusal(this.#node.hlc.now()) ?? this.#proposeBatch(batch, encoded);
  }

  async #proposeBatch(batch: WriteBatch, encoded: Uint8Array): Promise<RangeResponse> {
    const { timestamp, tag } = batch;
    const place = {
      leaseSequence: this.#replica.raft.term,
      leaseAppliedIndex: this.#replica.nextLeaseAppliedIndex(),
    };
    const placed = this.#replica.raft.propose(encodeWriteCommand(place, encoded));
    if (placed.kind === "dropped") {
      return placed.reason === "notLeader"
        ? this.#notLeaseholder()
        : { kind: "busy", reason: "proposals" };
    }
    this.#replica.schedule();
    const outcome = await this.#replica.proposals.add(placed, batch);
    switch (outcome) {
      case "applied": {
        this.figures.writes++;
        const response: RangeResponse = { kind: "committed", timestamp };
        this.#recent.remember(tag, response);
        return response;
      }
      case "rejected":
        return this.#notLeaseholder();
      case "unknown":
        return { kind: "unknown" };
    }
  }

  #refuseCommit(request: CommitRequest): RangeRefusal | undefined {
    const { hlc } = this.#node;
    const { readTimestamp } = request;
    if (readTimestamp !== undefined && !hlc.receive(readTimestamp)) {
      return { kind: "busy", reason: "clock" };
    }
    const now = hlc.now();
    if (isBefore(request.deadline, now)) return { kind: "busy", reason: "deadline" };
    const refusal = this.#refusal(now);
    if (refusal !== undefined) return refusal;
    const isInside =
      request.writes.every(({ key }) => this.#holdsKey(key)) &&
      request.readSpans.every((span) => this.#holdsSpan(span));
    return isInside ? undefined : this.#mismatch();
  }
}
