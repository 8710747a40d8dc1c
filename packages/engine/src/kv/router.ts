import { SqlError } from "#base/errors.ts";
import { addMs } from "#base/hlc.ts";
import type { NodeId } from "#base/ids.ts";
import type { RangeDirectory, RangeLocation } from "#cluster/range-directory.ts";
import type {
  CommitRequest,
  GetRequest,
  RangeRefusal,
  RangeRequest,
  RangeResponse,
  ScanRequest,
} from "#range/batch.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { CallProblem, RangeCalls } from "./range-calls.ts";
import { backoffMs } from "./retry-transaction.ts";

/** What a range says once the right replica was found. */
export type RangeAnswer = Exclude<RangeResponse, RangeRefusal | { readonly kind: "unknown" }>;

export interface RouterOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly directory: RangeDirectory;
  readonly calls: RangeCalls;
  readonly self: NodeId;
}

/** How long a request looks for a leaseholder: longer than a failover takes. */
const searchMsMax = 15_000;
/**
 * After this a request is sent again, perhaps to another node. About what a lease outlives its holder
 * by: an earlier answer from elsewhere is not to be had.
 */
const attemptMs = 4_000;
/** A large commit takes its time at a busy node. */
const attemptMsPerWrite = 0.1;
const backoff = { backoffMsBase: 2, backoffMsMax: 250 };

/**
 * Brings requests to the leaseholders of their ranges.
 *
 * - What was surely not carried out is tried again, here or elsewhere, until the time is over: then
 *   57P03. A read is always tried again.
 * - A commit without an answer is asked again as a repeated one, which finds what became of the first.
 *   When that cannot be learnt either: 40003.
 */
export class Router {
  readonly #options: RouterOptions;
  /** What was answered at once since the last time that other work could run. */
  #answeredNow = 0;
  #isClosed = false;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** The range of the key, if it is known without asking. */
  find(key: Uint8Array): RangeLocation | undefined {
    return this.#options.directory.find(key);
  }

  async locate(key: Uint8Array, signal?: AbortSignal): Promise<RangeLocation> {
    const known = this.#options.directory.find(key);
    if (known !== undefined) return known;
    const { clock } = this.#options.runtime;
    const startMs = clock.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      const location = await this.#options.directory.locate(key, signal);
      if (location !== undefined) return location;
      if (this.#isClosed) throw stopping();
      if (clock.monotonicMs() - startMs > searchMsMax) throw unavailable("the range", "not found");
      await this.#pause(attempt, signal);
    }
  }

  /** The range of the last keys before this one: where a reverse scan begins. */
  async locateBefore(end: Uint8Array | undefined, signal?: AbortSignal): Promise<RangeLocation> {
    const known = this.#options.directory.findBefore(end);
    if (known !== undefined) return known;
    const location = await this.locate(end ?? lastKeys, signal);
    return this.#options.directory.findBefore(end) ?? location;
  }

  /** The answer, if the leaseholder is this node and nothing is in the way; else undefined. */
  executeNow(location: RangeLocation, request: GetRequest | ScanRequest): RangeAnswer | undefined {
    const { self, calls } = this.#options;
    if (location.leaseholder !== self) return undefined;
    // Answers at once never leave the turn: a long loop of them would hold up the node's heartbeats.
    this.#answeredNow += request.kind === "scan" ? scanWeight : 1;
    if (this.#answeredNow > answersPerTurnMax) return undefined;
    const response = calls.executeNow(location.descriptor.rangeId, request);
    return response !== undefined && isAnswer(response) ? response : undefined;
  }

  /** Sends to the range that holds the key until it answers. */
  async execute(
    key: Uint8Array,
    request: RangeRequest,
    signal?: AbortSignal,
  ): Promise<RangeAnswer> {
    const { clock } = this.#options.runtime;
    if (this.#answeredNow > answersPerTurnMax) {
      await clock.yield();
      this.#answeredNow = 0;
    }
    const startMs = clock.monotonicMs();
    let mayBeDone = false;
    let lastProblem = "no leaseholder is known";
    const tried = new Set<NodeId>();
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      if (this.#isClosed) throw mayBeDone ? outcomeUnknown() : stopping();
      const location = await this.locate(key, signal);
      const target = this.#target(location, tried);
      tried.add(target);
      const response = await this.#attempt(location, target, request, mayBeDone, signal);
      if (isAnswer(response)) {
        this.#options.directory.learnLeaseholder(location.descriptor.rangeId, target);
        return response;
      }
      if (response.kind === "unknown" || response.kind === "noAnswer") {
        mayBeDone ||= request.kind === "commit";
      }
      lastProblem = problemOf(response, target);
      const isHinted = this.#learn(location, target, response);
      if (clock.monotonicMs() - startMs > searchMsMax) {
        throw mayBeDone
          ? outcomeUnknown()
          : unavailable(`range ${location.descriptor.rangeId}`, lastProblem);
      }
      if (isHinted && attempt % hintsInARow !== 0) continue;
      tried.clear();
      await this.#pause(attempt, signal);
    }
  }

  async #attempt(
    location: RangeLocation,
    target: NodeId,
    request: RangeRequest,
    mayBeDone: boolean,
    signal: AbortSignal | undefined,
  ): Promise<RangeResponse | CallProblem> {
    const { calls } = this.#options;
    const to = { node: target, rangeId: location.descriptor.rangeId };
    if (request.kind !== "commit") {
      return calls.execute(to, request, { timeoutMs: attemptMs, signal });
    }
    // An abort must not leave the outcome of a commit open: it is seen through.
    const timeoutMs = attemptMs + attemptMsPerWrite * request.writes.length;
    const deadline = addMs(this.#options.hlc.now(), Math.ceil(timeoutMs));
    const bounded: CommitRequest = { ...request, isRepeated: mayBeDone, deadline };
    return calls.execute(to, bounded, { timeoutMs });
  }

  /** The leaseholder if it is known, else the next replica. */
  #target({ leaseholder, descriptor }: RangeLocation, tried: ReadonlySet<NodeId>): NodeId {
    if (leaseholder !== 0 && !tried.has(leaseholder)) return leaseholder;
    const voters = descriptor.replicas.filter(({ role }) => role !== "learner");
    const next = voters.find(({ nodeId }) => !tried.has(nodeId)) ?? voters[0];
    return next?.nodeId ?? this.#options.self;
  }

  /** True when the response says where to go next. */
  #learn(
    { descriptor }: RangeLocation,
    target: NodeId,
    response: RangeResponse | CallProblem,
  ): boolean {
    const { directory } = this.#options;
    switch (response.kind) {
      case "notLeaseholder":
        if (response.descriptor !== undefined) {
          directory.learn(response.descriptor, response.leaseholder);
        }
        directory.learnLeaseholder(
          descriptor.rangeId,
          response.leaseholder === target ? 0 : response.leaseholder,
        );
        return response.leaseholder !== 0 && response.leaseholder !== target;
      case "rangeMismatch":
        directory.forget(descriptor.rangeId);
        for (const found of response.descriptors) directory.learn(found, 0);
        return response.descriptors.length > 0;
      case "noReplica":
      case "notReached":
      case "noAnswer":
        directory.learnLeaseholder(descriptor.rangeId, 0);
        return descriptor.replicas.length > 1;
      default:
        return false;
    }
  }

  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const { runtime } = this.#options;
    await runtime.clock.sleep(1 + backoffMs(runtime, backoff, Math.min(attempt, 10)), signal);
  }
}

/** Lies in the last range, whatever the bounds of the others. */
const lastKeys = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

/** About 2 ms of work; a chunk of a scan may take as long by itself. */
const answersPerTurnMax = 512;
const scanWeight = 256;

/** After so many hints that led nowhere, wait: the nodes are finding out themselves. */
const hintsInARow = 4;

function isAnswer(response: RangeResponse | CallProblem): response is RangeAnswer {
  switch (response.kind) {
    case "notLeaseholder":
    case "rangeMismatch":
    case "noReplica":
    case "busy":
    case "unknown":
    case "notReached":
    case "noAnswer":
      return false;
    default:
      return true;
  }
}

function problemOf(response: RangeResponse | CallProblem, target: NodeId): string {
  switch (response.kind) {
    case "notLeaseholder":
      return "no leaseholder is known";
    case "noReplica":
      return `node ${target} has no replica of it`;
    case "busy":
      return `node ${target} is busy (${response.reason})`;
    case "notReached":
      return `node ${target} cannot be reached`;
    case "noAnswer":
      return `node ${target} does not answer`;
    default:
      return "its replicas disagree about its bounds";
  }
}

function unavailable(what: string, problem: string): SqlError {
  return new SqlError("cannot_connect_now", `${what} is unavailable: ${problem}`, {
    detail: `Tried for ${Math.round(searchMsMax / 1_000)} seconds.`,
    hint: "More nodes may have to be up: a range serves while most of its replicas do.",
  });
}

function outcomeUnknown(): SqlError {
  return new SqlError(
    "statement_completion_unknown",
    "the outcome of the transaction is unknown: the node that committed it does not answer",
    { hint: "Look whether the transaction took place before running it again." },
  );
}

function stopping(): SqlError {
  return new SqlError("admin_shutdown", "the node is shutting down");
}
