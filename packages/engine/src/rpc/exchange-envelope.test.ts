import { ExchangeRequest } from "@holo-fusion/proto/peer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedBytes } from "#base/byte-reader.ts";
import type { NetworkChannel } from "#runtime/ports.ts";
import { decodeFrames, encodeFrames, type OutgoingFrame } from "./exchange-envelope.ts";

const frames = fc.array(
  fc.record({
    channel: fc.constantFrom<NetworkChannel>("raft", "bulk", "call", "liveness"),
    bytes: fc.uint8Array({ maxLength: 400 }),
  }),
);

function decodeAll(message: Uint8Array): readonly OutgoingFrame[] {
  const decoded: OutgoingFrame[] = [];
  decodeFrames(message, (channel, bytes) =>
    decoded.push({ channel, bytes: Uint8Array.from(bytes) }),
  );
  return decoded;
}

test("frames survive the envelope, and the generated codec reads it as the message it is", () => {
  fc.assert(
    fc.property(frames, (sent) => {
      const message = encodeFrames(sent);
      expect(decodeAll(message)).toEqual(sent);
      const body = ExchangeRequest.decode(message).frames;
      expect(Buffer.from(ExchangeRequest.encode({ frames: body }).finish())).toEqual(
        sent.length === 0 ? Buffer.alloc(0) : message,
      );
    }),
  );
});

test("bytes that are no envelope are refused, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeAll(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(() => decodeAll(Uint8Array.of(0x0a, 2, 9, 0))).toThrow(MalformedBytes);
});
