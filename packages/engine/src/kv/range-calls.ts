import { InvariantViolation } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { NodeId, RangeId } from "#base/ids.ts";
import type { GetRequest, RangeRequest, RangeResponse, ScanRequest } from "#range/batch.ts";
import type { HlcClock } from "#range/hlc-clock.ts";
import type { Stores } from "#range/stores.ts";
import { CallFailed, type Calls, type Cancellation } from "#runtime/calls.ts";
import type { Runtime } from "#runtime/ports.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./batch-codec.ts";

const executeMethod = "range.execute";

export interface RangeCallsOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly calls: Calls;
  readonly stores: Stores;
  readonly self: NodeId;
}

/** Why a request to another node brought no answer. */
export type CallProblem = { readonly kind: "notReached" } | { readonly kind: "noAnswer" };

/** Requests to ranges: served for other nodes, and sent to them. This node's own need no encoding. */
export class RangeCalls {
  readonly #options: RangeCallsOptions;

  constructor(options: RangeCallsOptions) {
    this.#options = options;
    options.calls.handle(executeMethod, (_from, payload, call) => this.#serve(payload, call));
  }

  /** A read of this node's range, if nothing is in the way; undefined when it would have to wait. */
  executeNow(rangeId: RangeId, request: GetRequest | ScanRequest): RangeResponse | undefined {
    let response: RangeResponse | Promise<RangeResponse>;
    try {
      response = this.#options.stores.execute(rangeId, request);
    } catch (error) {
      return this.#broke(error);
    }
    if (!(response instanceof Promise)) return response;
    // The caller asks again and waits; what this answer would have said it learns then.
    response.catch((error: unknown) => {
      if (error instanceof InvariantViolation) this.#broke(error);
    });
    return undefined;
  }

  execute(
    to: { readonly node: NodeId; readonly rangeId: RangeId },
    request: RangeRequest,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): RangeResponse | Promise<RangeResponse | CallProblem> {
    const { stores, self } = this.#options;
    if (to.node !== self) return this.#call(to, request, options);
    try {
      const response = stores.execute(to.rangeId, request, options.signal);
      return response instanceof Promise
        ? this.#within(options.timeoutMs, response.catch(this.#broke))
        : response;
    } catch (error) {
      return this.#broke(error);
    }
  }

  /**
   * A violation below this line is about data, so the node stops. One above it, in the evaluation of a
   * statement, fails that statement alone: any client could stop the node with it otherwise.
   */
  readonly #broke = (error: unknown): never => {
    if (!(error instanceof InvariantViolation)) throw error;
    return this.#options.runtime.fatal("a request to a range broke an invariant", error);
  };

  /** A leaseholder that was cut off waits for its proposals without end; its own clients must not. */
  #within(
    timeoutMs: number,
    response: Promise<RangeResponse>,
  ): Promise<RangeResponse | CallProblem> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.runtime.clock.after(timeoutMs, () => {
        resolve({ kind: "noAnswer" });
      });
      response.then(resolve, reject).finally(cancel);
    });
  }

  async #call(
    to: { readonly node: NodeId; readonly rangeId: RangeId },
    request: RangeRequest,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<RangeResponse | CallProblem> {
    const { calls, hlc } = this.#options;
    const payload = encodeRequest({ clock: hlc.now(), rangeId: to.rangeId, request });
    try {
      const answer = decodeResponse(await calls.call(to.node, executeMethod, payload, options));
      const isReceived = hlc.receive(answer.clock) || (await hlc.receiveWithinBound(answer.clock));
      if (!isReceived) throw clockIsOff(to.node);
      return answer.response;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return { kind: error.outcome === "notExecuted" ? "notReached" : "noAnswer" };
    }
  }

  async #serve(payload: Uint8Array, call: Cancellation): Promise<Uint8Array> {
    const { hlc, stores } = this.#options;
    const { clock, rangeId, request } = decodeRequest(payload);
    const response: RangeResponse = hlc.receive(clock)
      ? await stores.execute(rangeId, request, call)
      : { kind: "busy", reason: "clock" };
    return encodeResponse({ clock: hlc.now(), response });
  }
}

function clockIsOff(node: NodeId): SqlError {
  return new SqlError(
    "internal_error",
    `the clock of node ${node} is too far ahead of this node's`,
    {
      hint: "Correct the clocks of the cluster's nodes.",
    },
  );
}
