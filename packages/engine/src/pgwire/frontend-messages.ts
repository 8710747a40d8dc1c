import { SqlError } from "#base/errors.ts";
import { MalformedMessage, type MessageReader } from "./message-reader.ts";

/** First bytes of frontend messages. PostgreSQL 15, chapter 55.7. */
export const frontend = {
  query: code("Q"),
  parse: code("P"),
  bind: code("B"),
  describe: code("D"),
  execute: code("E"),
  close: code("C"),
  flush: code("H"),
  sync: code("S"),
  functionCall: code("F"),
  copyData: code("d"),
  copyDone: code("c"),
  copyFail: code("f"),
  /** PasswordMessage, SASLInitialResponse and SASLResponse: which one, the exchange knows. */
  password: code("p"),
  terminate: code("X"),
} as const;

function code(letter: string): number {
  return letter.charCodeAt(0);
}

export interface ParseMessage {
  readonly statement: string;
  readonly text: string;
  readonly parameterTypeOids: readonly number[];
}

export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  /** One per parameter. */
  readonly parameterFormats: readonly (0 | 1)[];
  readonly parameters: readonly (Uint8Array | null)[];
  /** As sent: none (all text), one for all, or one per column. */
  readonly resultFormats: readonly (0 | 1)[];
}

/** What Describe and Close name. */
export interface TargetMessage {
  readonly kind: "statement" | "portal";
  readonly name: string;
}

export interface ExecuteMessage {
  readonly portal: string;
  /** 0: all. */
  readonly rowsMax: number;
}

export function readQuery(reader: MessageReader): string {
  const text = reader.string();
  reader.end();
  return text;
}

export function readParse(reader: MessageReader): ParseMessage {
  const statement = reader.string();
  const text = reader.string();
  const count = reader.uint16();
  const parameterTypeOids: number[] = [];
  for (let i = 0; i < count; i++) parameterTypeOids.push(reader.uint32());
  reader.end();
  return { statement, text, parameterTypeOids };
}

const allText: readonly (0 | 1)[] = [];

export function readBind(reader: MessageReader): BindMessage {
  const portal = reader.string();
  const statement = reader.string();
  const sentFormats = readFormats(reader);
  const count = reader.uint16();
  const parameters: (Uint8Array | null)[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.int32();
    if (length < -1) throw new MalformedMessage("invalid message format");
    parameters.push(length === -1 ? null : reader.bytes(length));
  }
  const resultFormats = readFormats(reader);
  reader.end();
  return {
    portal,
    statement,
    parameterFormats: expandFormats(sentFormats, count, (sent) => {
      return `bind message has ${sent} parameter formats but ${count} parameters`;
    }),
    parameters,
    resultFormats,
  };
}

export function readTarget(reader: MessageReader): TargetMessage {
  const letter = String.fromCharCode(reader.uint8());
  const name = reader.string();
  reader.end();
  if (letter === "S") return { kind: "statement", name };
  if (letter === "P") return { kind: "portal", name };
  throw new MalformedMessage(`invalid message subtype ${letter.charCodeAt(0)}`);
}

export function readExecute(reader: MessageReader): ExecuteMessage {
  const portal = reader.string();
  const rowsMax = Math.max(reader.int32(), 0);
  reader.end();
  return { portal, rowsMax };
}

/** From the wire's short forms (none, one, one each) to one format per value. */
export function expandFormats(
  sent: readonly (0 | 1)[],
  count: number,
  mismatch: (sent: number) => string,
): readonly (0 | 1)[] {
  if (sent.length === count) return sent;
  if (sent.length > 1) throw new SqlError("protocol_violation", mismatch(sent.length));
  return new Array<0 | 1>(count).fill(sent[0] ?? 0);
}

function readFormats(reader: MessageReader): readonly (0 | 1)[] {
  const count = reader.uint16();
  if (count === 0) return allText;
  const formats: (0 | 1)[] = [];
  for (let i = 0; i < count; i++) {
    const format = reader.uint16();
    if (format !== 0 && format !== 1) {
      throw new SqlError("invalid_parameter_value", `unsupported format code: ${format}`);
    }
    formats.push(format);
  }
  return formats;
}
