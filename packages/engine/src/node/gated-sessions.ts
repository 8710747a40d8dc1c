import { SqlError } from "#base/errors.ts";
import type { Session, SessionFactory, SessionOptions } from "#sql/session/protocol.ts";

/**
 * Turns clients away with 57P03 until the node has started. The SQL port is bound before that, so
 * that a port in use is found before anything is written, and other nodes can be told the address.
 */
export class GatedSessions implements SessionFactory {
  #factory: SessionFactory | undefined;

  open(options: SessionOptions): Promise<Session> {
    return this.#factory === undefined
      ? Promise.reject(new SqlError("cannot_connect_now", "the database system is starting up"))
      : this.#factory.open(options);
  }

  initialParameterStatus(session: Session): readonly (readonly [name: string, value: string])[] {
    return this.#factory?.initialParameterStatus(session) ?? [];
  }

  letIn(factory: SessionFactory): void {
    this.#factory = factory;
  }
}
