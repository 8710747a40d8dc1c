import { SqlError } from "#base/errors.ts";
import type { SessionActivity } from "#sql/execute/statement-context.ts";
import type { SqlSession } from "./session.ts";

/** The open sessions of this node, for pg_stat_activity and for cancelling by process number. */
export class SessionRegistry {
  readonly #sessions = new Map<number, SqlSession>();

  get size(): number {
    return this.#sessions.size;
  }

  add(processId: number, session: SqlSession): void {
    this.#sessions.set(processId, session);
  }

  remove(processId: number): void {
    this.#sessions.delete(processId);
  }

  *activities(): Iterable<SessionActivity> {
    for (const session of this.#sessions.values()) yield session.state.activity();
  }

  /** False when there is no such session. */
  cancel(processId: number): boolean {
    const session = this.#sessions.get(processId);
    session?.cancel(new SqlError("query_canceled", "canceling statement due to user request"));
    return session !== undefined;
  }

  terminate(processId: number): boolean {
    const session = this.#sessions.get(processId);
    if (session === undefined) return false;
    const reason = new SqlError(
      "admin_shutdown",
      "terminating connection due to administrator command",
    );
    session.cancel(reason);
    session.state.options.terminate?.(reason);
    return true;
  }
}
