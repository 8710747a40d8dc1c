import { assert } from "#base/assert.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import { formatBinary } from "#sql/types/binary-format.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { timestampInfinity } from "#sql/types/datum.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import { textFormatter } from "#sql/types/text-format.ts";
import { dataRowType } from "./backend-messages.ts";
import type { MessageWriter } from "./message-writer.ts";

/** Writes one value that is not null: its 4-byte length, then the value. */
type ColumnWriter = (writer: MessageWriter, datum: Datum) => void;

/** Writes rows of one shape as DataRow messages; how each column is written is chosen once. */
export class RowEncoder {
  readonly #columns: readonly ColumnWriter[];

  constructor(
    columns: readonly OutputColumn[],
    formats: readonly (0 | 1)[] | undefined,
    context: InputContext,
  ) {
    this.#columns = columns.map((column, index) =>
      formats?.[index] === 1 ? binaryWriter(column.type.oid) : textWriter(column.type.oid, context),
    );
  }

  write(writer: MessageWriter, row: Row): void {
    const columns = this.#columns;
    assert(row.length === columns.length, "a row has as many values as the result has columns");
    writer.begin(dataRowType);
    writer.int16(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const datum = row[i];
      const write = columns[i];
      if (datum === null || datum === undefined || write === undefined) writer.int32(-1);
      else write(writer, datum);
    }
    writer.end();
  }
}

function textWriter(typeOid: number, context: InputContext): ColumnWriter {
  switch (typeOid) {
    case oids.int2:
    case oids.int4:
    case oids.oid:
      return writeIntegerText;
    case oids.int8:
      return writeBigintText;
    case oids.text:
    case oids.varchar:
      return writeString;
    case oids.bool:
      return (writer, datum) => writer.textValue(datum === true ? "t" : "f");
    default: {
      const format = textFormatter(typeOid, context);
      return (writer, datum) => writer.textValue(format(datum));
    }
  }
}

/** `-infinity` on the wire: one below what stands for it in memory. */
const timestampNegativeInfinity = -(2n ** 63n);

function binaryWriter(typeOid: number): ColumnWriter {
  switch (typeOid) {
    case oids.int4:
      return (writer, datum) => {
        writer.int32(4);
        writer.int32(Number(datum));
      };
    case oids.int8:
      return (writer, datum) => {
        assert(typeof datum === "bigint", "the value is held as a bigint");
        writer.int32(8);
        writer.bigint64(datum);
      };
    case oids.timestamp:
    case oids.timestamptz:
      return (writer, datum) => {
        assert(typeof datum === "bigint", "the value is held as a bigint");
        writer.int32(8);
        writer.bigint64(datum === -timestampInfinity ? timestampNegativeInfinity : datum);
      };
    case oids.bool:
      return (writer, datum) => {
        writer.int32(1);
        writer.uint8(datum === true ? 1 : 0);
      };
    case oids.float8:
      return (writer, datum) => {
        writer.int32(8);
        writer.float64(Number(datum));
      };
    case oids.text:
    case oids.varchar:
      return writeString;
    default:
      return (writer, datum) => {
        const bytes = formatBinary(typeOid, datum);
        writer.int32(bytes.length);
        writer.bytes(bytes);
      };
  }
}

function writeIntegerText(writer: MessageWriter, datum: Datum): void {
  assert(typeof datum === "number", "the value is held as a number");
  writer.integerValue(datum);
}

const smallMax = 2n ** 31n;

function writeBigintText(writer: MessageWriter, datum: Datum): void {
  assert(typeof datum === "bigint", "the value is held as a bigint");
  if (datum < smallMax && datum > -smallMax) writer.integerValue(Number(datum));
  else writer.textValue(datum.toString());
}

function writeString(writer: MessageWriter, datum: Datum): void {
  assert(typeof datum === "string", "the value is held as a string");
  writer.textValue(datum);
}
