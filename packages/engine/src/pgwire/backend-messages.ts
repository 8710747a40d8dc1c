import { sqlStates, type SqlError } from "#base/errors.ts";
import type { Notice, TransactionStatus } from "#sql/session/protocol.ts";
import type { OutputColumn } from "#sql/bind/query-plan.ts";
import type { MessageWriter } from "./message-writer.ts";

/** First bytes of backend messages. PostgreSQL 15, chapter 55.7. */
const backend = {
  authentication: code("R"),
  backendKeyData: code("K"),
  bindComplete: code("2"),
  closeComplete: code("3"),
  commandComplete: code("C"),
  copyData: code("d"),
  copyDone: code("c"),
  copyInResponse: code("G"),
  copyOutResponse: code("H"),
  dataRow: code("D"),
  emptyQueryResponse: code("I"),
  errorResponse: code("E"),
  negotiateProtocolVersion: code("v"),
  noData: code("n"),
  noticeResponse: code("N"),
  parameterDescription: code("t"),
  parameterStatus: code("S"),
  parseComplete: code("1"),
  portalSuspended: code("s"),
  readyForQuery: code("Z"),
  rowDescription: code("T"),
} as const;

export const dataRowType = backend.dataRow;

function code(letter: string): number {
  return letter.charCodeAt(0);
}

export function writeAuthenticationOk(writer: MessageWriter): void {
  writer.begin(backend.authentication);
  writer.int32(0);
  writer.end();
}

export function writeSaslMechanisms(writer: MessageWriter, mechanisms: readonly string[]): void {
  writer.begin(backend.authentication);
  writer.int32(10);
  for (const mechanism of mechanisms) writer.string(mechanism);
  writer.uint8(0);
  writer.end();
}

export function writeSaslContinue(writer: MessageWriter, data: string): void {
  writer.begin(backend.authentication);
  writer.int32(11);
  writer.bytes(Buffer.from(data));
  writer.end();
}

export function writeSaslFinal(writer: MessageWriter, data: string): void {
  writer.begin(backend.authentication);
  writer.int32(12);
  writer.bytes(Buffer.from(data));
  writer.end();
}

/** Sent when the client asked for a newer minor version or for options we do not know. */
export function writeNegotiateProtocolVersion(
  writer: MessageWriter,
  options: { readonly newestVersion: number; readonly unknownOptions: readonly string[] },
): void {
  writer.begin(backend.negotiateProtocolVersion);
  writer.int32(options.newestVersion);
  writer.int32(options.unknownOptions.length);
  for (const name of options.unknownOptions) writer.string(name);
  writer.end();
}

export function writeBackendKeyData(
  writer: MessageWriter,
  key: { readonly processId: number; readonly secret: number },
): void {
  writer.begin(backend.backendKeyData);
  writer.int32(key.processId);
  writer.int32(key.secret);
  writer.end();
}

export function writeParameterStatus(writer: MessageWriter, name: string, value: string): void {
  writer.begin(backend.parameterStatus);
  writer.string(name);
  writer.string(value);
  writer.end();
}

export function writeReadyForQuery(writer: MessageWriter, status: TransactionStatus): void {
  writer.begin(backend.readyForQuery);
  writer.uint8(status.charCodeAt(0));
  writer.end();
}

export function writeCommandComplete(writer: MessageWriter, tag: string): void {
  writer.begin(backend.commandComplete);
  writer.string(tag);
  writer.end();
}

export function writeEmptyQueryResponse(writer: MessageWriter): void {
  writer.bare(backend.emptyQueryResponse);
}

export function writeParseComplete(writer: MessageWriter): void {
  writer.bare(backend.parseComplete);
}

export function writeBindComplete(writer: MessageWriter): void {
  writer.bare(backend.bindComplete);
}

export function writeCloseComplete(writer: MessageWriter): void {
  writer.bare(backend.closeComplete);
}

export function writeNoData(writer: MessageWriter): void {
  writer.bare(backend.noData);
}

export function writePortalSuspended(writer: MessageWriter): void {
  writer.bare(backend.portalSuspended);
}

export function writeParameterDescription(
  writer: MessageWriter,
  typeOids: readonly number[],
): void {
  writer.begin(backend.parameterDescription);
  writer.int16(typeOids.length);
  for (const oid of typeOids) writer.int32(oid);
  writer.end();
}

/** Which way the lines of a COPY go. They are text, each column of them too. */
export function writeCopyResponse(
  writer: MessageWriter,
  direction: "in" | "out",
  columnCount: number,
): void {
  writer.begin(direction === "in" ? backend.copyInResponse : backend.copyOutResponse);
  writer.uint8(0);
  writer.int16(columnCount);
  for (let at = 0; at < columnCount; at++) writer.int16(0);
  writer.end();
}

export function writeCopyData(writer: MessageWriter, line: string): void {
  writer.begin(backend.copyData);
  writer.bytes(Buffer.from(line));
  writer.end();
}

export function writeCopyDone(writer: MessageWriter): void {
  writer.begin(backend.copyDone);
  writer.end();
}

/** `formats` holds one entry per column, or is undefined before Bind has said: then text. */
export function writeRowDescription(
  writer: MessageWriter,
  columns: readonly OutputColumn[],
  formats: readonly (0 | 1)[] | undefined,
): void {
  writer.begin(backend.rowDescription);
  writer.int16(columns.length);
  columns.forEach((column, index) => {
    writer.string(column.name);
    writer.int32(column.tableId);
    writer.int16(column.attributeNumber);
    writer.int32(column.type.oid);
    writer.int16(column.type.length);
    writer.int32(column.typmod);
    writer.int16(formats?.[index] ?? 0);
  });
  writer.end();
}

export function writeError(
  writer: MessageWriter,
  severity: "ERROR" | "FATAL",
  error: SqlError,
): void {
  writer.begin(backend.errorResponse);
  writeFields(writer, severity, error);
  writer.end();
}

export function writeNotice(writer: MessageWriter, notice: Notice): void {
  writer.begin(backend.noticeResponse);
  writeFields(writer, notice.severity, notice.error);
  writer.end();
}

function writeFields(writer: MessageWriter, severity: string, error: SqlError): void {
  const { fields } = error;
  writeField(writer, "S", severity);
  writeField(writer, "V", severity);
  writeField(writer, "C", sqlStates[error.condition].code);
  writeField(writer, "M", error.message);
  writeField(writer, "D", fields.detail);
  writeField(writer, "H", fields.hint);
  writeField(writer, "P", fields.position === undefined ? undefined : `${fields.position}`);
  writeField(writer, "W", fields.where);
  writeField(writer, "s", fields.schema);
  writeField(writer, "t", fields.table);
  writeField(writer, "c", fields.column);
  writeField(writer, "d", fields.dataType);
  writeField(writer, "n", fields.constraint);
  writer.uint8(0);
}

function writeField(writer: MessageWriter, letter: string, value: string | undefined): void {
  if (value === undefined) return;
  writer.uint8(code(letter));
  writer.string(value);
}
