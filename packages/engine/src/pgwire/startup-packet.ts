import { MalformedMessage, type MessageReader } from "./message-reader.ts";

/** 3.0: the version this server speaks. */
export const protocolVersion = 3 << 16;

const cancelRequestCode = (1234 << 16) | 5678;
const sslRequestCode = (1234 << 16) | 5679;
const gssEncryptionRequestCode = (1234 << 16) | 5680;

export type StartupPacket =
  | { readonly kind: "ssl" }
  | { readonly kind: "gssEncryption" }
  | { readonly kind: "cancel"; readonly processId: number; readonly secret: number }
  | { readonly kind: "unsupportedVersion"; readonly major: number; readonly minor: number }
  | {
      readonly kind: "startup";
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
      /** Names that begin with `_pq_.`: protocol options, of which we know none. */
      readonly unknownOptions: readonly string[];
    };

/** Reads the packet that `reader.nextStartup` found. */
export function readStartupPacket(reader: MessageReader): StartupPacket {
  const code = reader.uint32();
  switch (code) {
    case sslRequestCode:
      reader.end();
      return { kind: "ssl" };
    case gssEncryptionRequestCode:
      reader.end();
      return { kind: "gssEncryption" };
    case cancelRequestCode: {
      const processId = reader.int32();
      const secret = reader.int32();
      reader.end();
      return { kind: "cancel", processId, secret };
    }
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) return { kind: "unsupportedVersion", major, minor };

  const parameters = new Map<string, string>();
  const unknownOptions: string[] = [];
  while (reader.remainingBytes > 1) {
    const name = reader.string();
    if (name === "") throw new MalformedMessage("invalid startup packet layout");
    const value = reader.string();
    if (name.startsWith("_pq_.")) unknownOptions.push(name);
    else parameters.set(name, value);
  }
  if (reader.uint8() !== 0) {
    throw new MalformedMessage("invalid startup packet layout: expected terminator as last byte");
  }
  reader.end();
  return { kind: "startup", minor, parameters, unknownOptions };
}
