import { InvariantViolation } from "#base/assert.ts";
import { MalformedBytes } from "#base/byte-reader.ts";
import { SqlError, isSqlError } from "#base/errors.ts";
import { decodeCallFrame, encodeCallFrame, type CallFrame } from "./call-frames.ts";
import type { Cancel, Network, Runtime } from "./ports.ts";

/** Whether somebody still waits for the work. An AbortSignal is one. */
export interface Cancellation {
  readonly aborted: boolean;
}

/** A call that runs here. Most handlers need only `aborted`: the signal is made when it is asked for. */
export interface RunningCall extends Cancellation {
  readonly signal: AbortSignal;
}

/**
 * Answers a call. A SqlError crosses to the caller as it is; any other error becomes internal_error
 * there.
 */
export type CallHandler = (
  from: number,
  payload: Uint8Array,
  call: RunningCall,
) => Promise<Uint8Array>;

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type CallFailureReason =
  | "timeout"
  | "disconnected"
  /** Too many calls in flight, on our side or the peer's. */
  | "overloaded"
  | "unknownMethod"
  | "closed";

/**
 * A call that brought no answer. `notExecuted` is a promise that the peer ran none of it; after
 * `unknown` it may have run, or may yet run.
 */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly to: number;
  readonly method: string;
  readonly outcome: "notExecuted" | "unknown";
  readonly reason: CallFailureReason;

  constructor(
    call: { readonly to: number; readonly method: string },
    outcome: "notExecuted" | "unknown",
    reason: CallFailureReason,
  ) {
    super(`call of ${call.method} on node ${call.to} failed: ${reason} (${outcome})`);
    this.to = call.to;
    this.method = call.method;
    this.outcome = outcome;
    this.reason = reason;
  }
}

export interface CallLimits {
  /** Calls that wait for one peer; above it, calls fail at once. */
  readonly waitingPerPeerMax: number;
  /** Calls of one peer that run here; above it, they are refused. */
  readonly runningPerPeerMax: number;
}

export const defaultCallLimits: CallLimits = { waitingPerPeerMax: 8_192, runningPerPeerMax: 8_192 };

/** One of our calls, without an answer yet. */
class Waiting {
  readonly to: number;
  readonly method: string;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  readonly #forgetSignal: Cancel | undefined;
  readonly #cancelTimer: Cancel;

  constructor(
    call: { readonly to: number; readonly method: string },
    answer: Pick<Waiting, "resolve" | "reject">,
    forgetSignal: Cancel | undefined,
    cancelTimer: Cancel,
  ) {
    this.to = call.to;
    this.method = call.method;
    this.resolve = answer.resolve;
    this.reject = answer.reject;
    this.#forgetSignal = forgetSignal;
    this.#cancelTimer = cancelTimer;
  }

  release(): void {
    this.#forgetSignal?.();
    this.#cancelTimer();
  }
}

/**
 * Request and response over the frames of a Network.
 *
 * - A request runs at most once, although frames may be repeated.
 * - A call ends exactly once: with the answer, with the peer's SqlError, with CallFailed, or with the
 *   reason of its signal.
 * - A call to this node itself runs the handler directly, with the payload as it is.
 */
export class Calls {
  readonly #runtime: Runtime;
  readonly #network: Network;
  readonly #limits: CallLimits;
  readonly #session: number;
  readonly #handlers = new Map<string, CallHandler>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #waitingCounts = new Map<number, number>();
  /** The latest lives of each peer, newest last; a frame of an older one may still be on its way. */
  readonly #callers = new Map<number, Caller[]>();
  readonly #disconnected = new Set<number>();
  readonly #stopWatching: Cancel;
  #lastNumber = 0;
  #isClosed = false;

  constructor(runtime: Runtime, network: Network, limits: Partial<CallLimits> = {}) {
    this.#runtime = runtime;
    this.#network = network;
    this.#limits = { ...defaultCallLimits, ...limits };
    this.#session = runtime.random.integer(2 ** 32);
    network.receive("call", (from, frame) => {
      this.#receive(from, frame);
    });
    this.#stopWatching = network.onPeerState((node, state) => {
      if (state === "connected") this.#disconnected.delete(node);
      else this.#onDisconnected(node);
    });
  }

  /** One handler per method; setting it again replaces it. */
  handle(method: string, handler: CallHandler): void {
    this.#handlers.set(method, handler);
  }

  /** Rejects with SqlError, CallFailed, or the signal's reason. */
  call(to: number, method: string, payload: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) return Promise.reject(toError(signal.reason));
    if (this.#isClosed) return this.#refuse(to, method, "closed");
    if (this.#disconnected.has(to)) return this.#refuse(to, method, "disconnected");
    const waitingCount = this.#waitingCounts.get(to) ?? 0;
    if (waitingCount >= this.#limits.waitingPerPeerMax) {
      return this.#refuse(to, method, "overloaded");
    }

    const number = ++this.#lastNumber;
    this.#waitingCounts.set(to, waitingCount + 1);
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#runtime.clock.after(timeoutMs, () => {
        this.#abandon(number, new CallFailed({ to, method }, "unknown", "timeout"));
      });
      const forgetSignal = signal === undefined ? undefined : this.#watch(signal, number);
      this.#waiting.set(
        number,
        new Waiting({ to, method }, { resolve, reject }, forgetSignal, cancelTimer),
      );
      const request = { kind: "request", session: this.#session, number, method, payload } as const;
      if (to === this.#network.self) this.#callSelf(request);
      else this.#send(to, request);
    });
  }

  #watch(signal: AbortSignal, number: number): Cancel {
    const onAbort = () => {
      this.#abandon(number, toError(signal.reason));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => {
      signal.removeEventListener("abort", onAbort);
    };
  }

  /** Fails what waits, aborts what runs, and answers nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    for (const [number, { to, method }] of [...this.#waiting]) {
      this.#fail(number, new CallFailed({ to, method }, "unknown", "closed"));
    }
    for (const node of this.#callers.keys()) this.#abortCallsOf(node);
    this.#callers.clear();
  }

  #refuse(to: number, method: string, reason: CallFailureReason): Promise<never> {
    return Promise.reject(new CallFailed({ to, method }, "notExecuted", reason));
  }

  #callSelf(request: CallFrame & { readonly kind: "request" }): void {
    const self = this.#network.self;
    const caller = this.#callerOf(self, this.#session);
    void this.#run(self, caller, request).then((answer) => {
      this.#onAnswer(answer);
    });
  }

  #send(to: number, frame: CallFrame): void {
    this.#network.send(to, "call", encodeCallFrame(frame));
  }

  #receive(from: number, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    let frame: CallFrame;
    try {
      frame = decodeCallFrame(bytes);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#runtime.log.warn("malformed call frame dropped", { from, reason: error.message });
      return;
    }
    switch (frame.kind) {
      case "request":
        this.#onRequest(from, frame);
        break;
      case "cancel":
        this.#callerOf(from, frame.session).abort(frame.number);
        break;
      case "result":
      case "error":
      case "refusal":
        if (frame.session === this.#session) this.#onAnswer(frame);
        break;
    }
  }

  #onRequest(from: number, request: CallFrame & { readonly kind: "request" }): void {
    const caller = this.#callerOf(from, request.session);
    if (!caller.isNew(request.number)) return;
    void this.#run(from, caller, request).then((answer) => {
      if (!this.#isClosed) this.#send(from, answer);
    });
  }

  async #run(
    from: number,
    caller: Caller,
    request: CallFrame & { readonly kind: "request" },
  ): Promise<CallFrame> {
    const { session, number, method } = request;
    const handler = this.#handlers.get(method);
    if (handler === undefined) return { kind: "refusal", session, number, reason: "unknownMethod" };
    if (caller.runningCount >= this.#limits.runningPerPeerMax) {
      return { kind: "refusal", session, number, reason: "overloaded" };
    }
    const call = caller.start(number);
    try {
      return {
        kind: "result",
        session,
        number,
        payload: await handler(from, request.payload, call),
      };
    } catch (error) {
      return { kind: "error", session, number, error: this.#errorForPeer(method, error) };
    } finally {
      caller.finish(number);
    }
  }

  #errorForPeer(method: string, error: unknown): SqlError {
    if (isSqlError(error)) return error;
    if (error instanceof InvariantViolation) {
      return this.#runtime.fatal("an invariant broke while a call was answered", error);
    }
    this.#runtime.log.error("a call failed unexpectedly", { method, error });
    const reason = error instanceof Error ? error.message : String(error);
    return new SqlError("internal_error", `${method}: ${reason}`, { cause: error });
  }

  #onAnswer(frame: CallFrame): void {
    const waiting = this.#take(frame.number);
    if (waiting === undefined) return;
    if (frame.kind === "result") waiting.resolve(frame.payload);
    else if (frame.kind === "error") waiting.reject(frame.error);
    else if (frame.kind === "refusal") {
      waiting.reject(new CallFailed(waiting, "notExecuted", frame.reason));
    }
  }

  /** We stop waiting; the peer is told to stop working. */
  #abandon(number: number, error: Error): void {
    const to = this.#waiting.get(number)?.to;
    if (to === undefined) return;
    this.#fail(number, error);
    if (to === this.#network.self) this.#callerOf(to, this.#session).abort(number);
    else this.#send(to, { kind: "cancel", session: this.#session, number });
  }

  #fail(number: number, error: Error): void {
    this.#take(number)?.reject(error);
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(number);
    this.#waitingCounts.set(waiting.to, (this.#waitingCounts.get(waiting.to) ?? 1) - 1);
    waiting.release();
    return waiting;
  }

  #onDisconnected(node: number): void {
    this.#disconnected.add(node);
    for (const [number, { to, method }] of [...this.#waiting]) {
      if (to === node)
        this.#fail(number, new CallFailed({ to, method }, "unknown", "disconnected"));
    }
    this.#abortCallsOf(node);
  }

  #abortCallsOf(node: number): void {
    for (const caller of this.#callers.get(node) ?? []) caller.abortAll();
  }

  #callerOf(node: number, session: number): Caller {
    let callers = this.#callers.get(node);
    if (callers === undefined) {
      callers = [];
      this.#callers.set(node, callers);
    }
    const known = callers.find((caller) => caller.session === session);
    if (known !== undefined) return known;
    const caller = new Caller(session);
    callers.push(caller);
    if (callers.length > livesKept) callers.shift()?.abortAll();
    return caller;
  }
}

/** How many lives of one peer are told apart. */
const livesKept = 4;

/** How many numbers are remembered at least, to recognise a repeated request. */
const numbersKept = 65_536;

/** What one life of one peer has running here. */
class Caller {
  readonly session: number;
  readonly #running = new Map<number, Running>();
  /** Two generations of numbers seen; what is older than both is taken for a repetition. */
  #seen = new Set<number>();
  #seenBefore = new Set<number>();
  #floor = 0;
  #highest = 0;

  constructor(session: number) {
    this.session = session;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** False for a number that was seen before. */
  isNew(number: number): boolean {
    if (number <= this.#floor || this.#seen.has(number) || this.#seenBefore.has(number)) {
      return false;
    }
    this.#seen.add(number);
    this.#highest = Math.max(this.#highest, number);
    if (this.#seen.size >= numbersKept) {
      this.#floor = this.#highest - 2 * numbersKept;
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
    }
    return true;
  }

  start(number: number): RunningCall {
    const call = new Running();
    this.#running.set(number, call);
    return call;
  }

  finish(number: number): void {
    this.#running.delete(number);
  }

  abort(number: number): void {
    this.#running.get(number)?.abort();
  }

  abortAll(): void {
    for (const call of this.#running.values()) call.abort();
  }
}

/** An AbortController costs as much as all the rest of a call, and most calls need none. */
class Running implements RunningCall {
  #controller: AbortController | undefined;
  #isAborted = false;

  get aborted(): boolean {
    return this.#isAborted;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(abandoned());
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(abandoned());
  }
}

function abandoned(): SqlError {
  return new SqlError("query_canceled", "the caller no longer waits for this call");
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
