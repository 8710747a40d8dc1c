import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { Timestamp } from "#base/hlc.ts";
import { readNodeReport, writeNodeReport, type NodeReport } from "./node-figures.ts";

/** "I am up, in this incarnation; support me until then." */
export interface HeartbeatFrame {
  readonly kind: "heartbeat";
  readonly incarnation: number;
  readonly clock: Timestamp;
  readonly until: Timestamp;
  /** The sender's monotonic clock, for the round trip. */
  readonly sentAtMs: number;
  readonly report: NodeReport;
}

/** "I support that incarnation of yours until then", or with epoch 0 "I do not". */
export interface SupportFrame {
  readonly kind: "support";
  readonly incarnation: number;
  readonly clock: Timestamp;
  readonly epoch: number;
  readonly until: Timestamp;
  readonly echoedSentAtMs: number;
  readonly wallMs: number;
}

export type LivenessFrame = HeartbeatFrame | SupportFrame;

const formatVersion = 1;

export function encodeLivenessFrame(frame: LivenessFrame): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(formatVersion);
  if (frame.kind === "heartbeat") {
    writer
      .u8(0)
      .varint(frame.incarnation)
      .timestamp(frame.clock)
      .timestamp(frame.until)
      .f64(frame.sentAtMs);
    writeNodeReport(writer, frame.report);
  } else {
    writer
      .u8(1)
      .varint(frame.incarnation)
      .timestamp(frame.clock)
      .varint(frame.epoch)
      .timestamp(frame.until)
      .f64(frame.echoedSentAtMs)
      .f64(frame.wallMs);
  }
  return writer.finish();
}

export function decodeLivenessFrame(bytes: Uint8Array): LivenessFrame {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== formatVersion) throw new MalformedBytes(`liveness frame format ${format}`);
  const kind = reader.u8();
  const incarnation = reader.varint();
  const clock = reader.timestamp();
  if (kind === 0) {
    return {
      kind: "heartbeat",
      incarnation,
      clock,
      until: reader.timestamp(),
      sentAtMs: reader.f64(),
      report: readNodeReport(reader),
    };
  }
  if (kind !== 1) throw new MalformedBytes("kind of liveness frame");
  return {
    kind: "support",
    incarnation,
    clock,
    epoch: reader.varint(),
    until: reader.timestamp(),
    echoedSentAtMs: reader.f64(),
    wallMs: reader.f64(),
  };
}
