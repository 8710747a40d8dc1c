import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { Row } from "#sql/types/datum.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import type { QueryExecution } from "./query-execution.ts";

/**
 * A statement with its parameters, ready to run or half-way through its rows. Ends with the
 * transaction it was made in.
 */
export class Portal {
  readonly name: string;
  readonly statement: PreparedStatement;
  readonly parameters: Row;
  readonly columns: readonly OutputColumn[] | undefined;
  readonly createdAt: bigint;
  /** Undefined before the first Execute. */
  execution: QueryExecution | undefined;
  isDone = false;

  constructor(
    name: string,
    statement: PreparedStatement,
    parameters: Row,
    createdAt: bigint,
    columns: readonly OutputColumn[] | undefined,
  ) {
    this.name = name;
    this.statement = statement;
    this.parameters = parameters;
    this.createdAt = createdAt;
    this.columns = columns;
  }

  async close(): Promise<void> {
    const { execution } = this;
    this.execution = undefined;
    await execution?.close();
  }
}
