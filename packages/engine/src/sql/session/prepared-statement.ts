import type { BoundStatement } from "#sql/bind/statement.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { ParsedStatement } from "#sql/parse/parser.ts";
import type { PlannedQuery } from "./planned-query.ts";

/** A statement under a name, with its parameter types decided. */
export interface PreparedStatement {
  readonly name: string;
  /** Undefined: a text without a statement. */
  readonly parsed: ParsedStatement | undefined;
  readonly text: string;
  readonly parameterTypeOids: readonly number[];
  /** Undefined when the statement returns no rows. Never changes: clients were told. */
  readonly columns: readonly OutputColumn[] | undefined;
  /** The newest plan of a query; others are bound each time. */
  planned: PlannedQuery | undefined;
  readonly kind: BoundStatement["statement"]["kind"] | "empty";
  readonly preparedAt: bigint;
  /** By PREPARE rather than by the protocol. */
  readonly isFromSql: boolean;
}
