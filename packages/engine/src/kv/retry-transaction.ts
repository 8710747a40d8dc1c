import { isSqlError, sqlStates } from "#base/errors.ts";
import type { Runtime } from "#runtime/ports.ts";
import type { BeginOptions, CommitOutcome, KvClient, KvTransaction } from "./api.ts";

export interface RetryLimits {
  readonly attemptsMax: number;
  readonly elapsedMsMax: number;
  readonly backoffMsBase: number;
  readonly backoffMsMax: number;
}

export const defaultRetryLimits: RetryLimits = {
  attemptsMax: 10,
  elapsedMsMax: 5_000,
  backoffMsBase: 1,
  backoffMsMax: 200,
};

/** True for an error after which the whole transaction may be run again from its start. */
export function mayRetryTransaction(error: unknown): boolean {
  return isSqlError(error) && sqlStates[error.condition].retry === "transaction";
}

/**
 * Runs the body in a transaction and commits it; again, with full jitter, while it ends in an error
 * that a new attempt may help. The body must have no effect but through its transaction. What the
 * last attempt threw comes out. (Brooker, "Exponential Backoff and Jitter", 2015.)
 */
export async function retryTransaction<Result>(
  runtime: Runtime,
  kv: KvClient,
  body: (transaction: KvTransaction, attempt: number) => Promise<Result>,
  options: BeginOptions & { readonly limits?: RetryLimits } = {},
): Promise<{ readonly result: Result; readonly outcome: CommitOutcome }> {
  const limits = options.limits ?? defaultRetryLimits;
  const startMs = runtime.clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    const transaction = kv.begin(options);
    try {
      const result = await body(transaction, attempt);
      return { result, outcome: await transaction.commit() };
    } catch (error) {
      if (!transaction.isFinished) transaction.rollback();
      const elapsedMs = runtime.clock.monotonicMs() - startMs;
      const isSpent = attempt >= limits.attemptsMax || elapsedMs >= limits.elapsedMsMax;
      if (isSpent || !mayRetryTransaction(error)) throw error;
    }
    await runtime.clock.sleep(backoffMs(runtime, limits, attempt), options.signal);
  }
}

/** Uniform in [0, min(max, base · 2^attempt)). */
export function backoffMs(
  runtime: Runtime,
  limits: Pick<RetryLimits, "backoffMsBase" | "backoffMsMax">,
  attempt: number,
): number {
  return (
    runtime.random.float() * Math.min(limits.backoffMsMax, limits.backoffMsBase * 2 ** attempt)
  );
}
