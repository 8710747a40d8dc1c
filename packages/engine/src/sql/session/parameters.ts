import { SqlError } from "#base/errors.ts";
import { parseBinary } from "#sql/types/binary-format.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { InputContext } from "#sql/types/format-settings.ts";
import { parseText } from "#sql/types/text-format.ts";
import type { PreparedStatement } from "./prepared-statement.ts";
import type { BindRequest } from "./protocol.ts";

/** Reads the values of a Bind message. 08P01 when their number is not the statement's. */
export function readParameters(
  statement: PreparedStatement,
  request: BindRequest,
  context: InputContext,
): Row {
  const typeOids = statement.parameterTypeOids;
  if (request.parameters.length !== typeOids.length) {
    throw new SqlError(
      "protocol_violation",
      `bind message supplies ${request.parameters.length} parameters, but prepared statement "${statement.name}" requires ${typeOids.length}`,
    );
  }
  const values: Datum[] = [];
  for (let at = 0; at < typeOids.length; at++) {
    const bytes = request.parameters[at] ?? null;
    const typeOid = typeOids[at] ?? 0;
    if (bytes === null) values.push(null);
    else if (request.parameterFormats[at] === 1) {
      values.push(parseBinary(typeOid, -1, bytes, context));
    } else values.push(parseText(typeOid, -1, readUtf8(bytes), context));
  }
  return values;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const replacement = "\uFFFD";

/** 22021 for bytes that are no UTF-8, and for a zero byte. */
function readUtf8(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (text.includes(replacement)) {
    // The character may be there in earnest.
    try {
      strictUtf8.decode(bytes);
    } catch {
      throw invalidText();
    }
  }
  if (text.includes("\0")) throw invalidText();
  return text;
}

function invalidText(): SqlError {
  return new SqlError("character_not_in_repertoire", 'invalid byte sequence for encoding "UTF8"');
}
