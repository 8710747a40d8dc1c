import { KeyWriter } from "#base/key-encoding.ts";
import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Expression } from "#sql/bind/expression.ts";
import type { PointSelect, PointStatement } from "#sql/plan/point-statement.ts";
import type { Row } from "#sql/types/datum.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Evaluator, Frame } from "./frame.ts";
import { writeKeyColumn } from "./key-datum.ts";
import type { RowDecoder, TableCodec } from "./row-codec.ts";
import { tableCodec } from "./row-codec.ts";

/**
 * A read of one row by its whole primary key, without operators: one key, one value, one row.
 * Writes of one row go the general way, whose cost is small beside a commit.
 */
export class PointProgram {
  readonly table: TableDescriptor;
  readonly #codec: TableCodec;
  readonly #key: readonly Evaluator[];
  readonly #decoder: RowDecoder;
  readonly #filter: Evaluator | undefined;
  readonly #projections: readonly Evaluator[];
  readonly #writer = new KeyWriter();

  constructor(statement: PointSelect, compile: (expression: Expression) => Evaluator) {
    this.table = statement.table;
    this.#codec = tableCodec(statement.table);
    this.#key = statement.key.map(compile);
    this.#decoder = this.#codec.decoder(statement.columnIds);
    this.#filter = statement.filter === undefined ? undefined : compile(statement.filter);
    this.#projections = statement.projections.map(compile);
  }

  /** The row's key; undefined when a null makes sure that there is none. */
  key(frame: Frame): Uint8Array | undefined {
    const writer = this.#writer.reset(this.#codec.primary.prefix);
    const { columns } = this.#codec.primary;
    for (let at = 0; at < this.#key.length; at++) {
      const value = this.#key[at]?.(frame.row, frame) ?? null;
      const column = columns[at];
      if (value === null || column === undefined) return undefined;
      writeKeyColumn(writer, column.codec, value);
    }
    return writer.finish();
  }

  /** The result row; undefined when the filter drops it. */
  row(key: Uint8Array, value: Uint8Array, frame: Frame): Row | undefined {
    const stored = this.#decoder.decode(key, value);
    if (this.#filter !== undefined && this.#filter(stored, frame) !== true) return undefined;
    const projections = this.#projections;
    const row = new Array<Row[number]>(projections.length);
    for (let at = 0; at < projections.length; at++) {
      row[at] = projections[at]?.(stored, frame) ?? null;
    }
    return row;
  }
}

/** Undefined when the statement is no plain read or has subqueries in it, which need to wait. */
export function compilePointStatement(statement: PointStatement): PointProgram | undefined {
  if (statement.kind !== "pointSelect") return undefined;
  let suspends = false;
  const compile = (expression: Expression): Evaluator =>
    compileExpression(expression, {
      subquery() {
        suspends = true;
        return () => null;
      },
      noteSuspension() {
        suspends = true;
      },
    });
  const program = new PointProgram(statement, compile);
  return suspends ? undefined : program;
}
