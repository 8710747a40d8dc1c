import type { SqlError } from "#base/errors.ts";
import type { Metrics } from "#runtime/ports.ts";

/** What clients had done, under the runbook's names. Plain numbers: every statement passes here. */
export class StatementCounts {
  /** Calls: one simple-protocol text or one Execute. */
  started = 0;
  completed = 0;
  #failed = 0;
  #began = 0;
  #committed = 0;
  #rolledBack = 0;
  #conflicts = 0;
  #timeouts = 0;
  #rejected = 0;

  constructor(metrics: Metrics) {
    const count = (name: string, help: string, read: () => number): void => {
      metrics.observeCounter(name, help, read);
    };
    count("query_execution_started", "Statements that clients began", () => this.started);
    count("query_execution_completed", "Statements that ended well", () => this.completed);
    count("query_execution_failed", "Statements that ended in an error", () => this.#failed);
    count("tx_begin_count", "Transaction blocks opened", () => this.#began);
    count("tx_commit_count", "Transaction blocks committed", () => this.#committed);
    count("tx_rollback_count", "Transaction blocks rolled back", () => this.#rolledBack);
    count("tx_conflict_count", "Errors 40001 reported to clients", () => this.#conflicts);
    count("statement_timeout_count", "Errors 57014 reported to clients", () => this.#timeouts);
    count("admission_reject_count", "Errors 53300 reported to clients", () => this.#rejected);
  }

  complete(commandTag: string): void {
    this.completed++;
    switch (commandTag) {
      case "BEGIN":
      case "START TRANSACTION":
        this.#began++;
        break;
      case "COMMIT":
        this.#committed++;
        break;
      case "ROLLBACK":
        this.#rolledBack++;
        break;
    }
  }

  failed(error: SqlError): void {
    this.#failed++;
    if (error.condition === "serialization_failure") this.#conflicts++;
    else if (error.condition === "query_canceled") this.#timeouts++;
    else if (error.condition === "too_many_connections") this.#rejected++;
  }
}
