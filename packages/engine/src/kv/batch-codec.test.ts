import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedBytes } from "#base/byte-reader.ts";
import type { RangeRequest, RangeResponse } from "#range/batch.ts";
import type { RangeDescriptor } from "#range/range-descriptor.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./batch-codec.ts";

const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
const timestamp = fc.record({
  wallMs: fc.integer({ min: 0, max: 2 ** 45 }),
  logical: fc.integer({ min: 0, max: 2 ** 18 - 1 }),
});
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const span = fc.record({ start: bytes, end: optional(bytes) });
const id = fc.integer({ min: 1, max: 1_000_000 });

const descriptor: fc.Arbitrary<RangeDescriptor> = fc.record({
  rangeId: id,
  span,
  generation: id,
  replicas: fc.array(
    fc.record({
      nodeId: id,
      replicaId: id,
      role: fc.constantFrom("voter", "learner", "outgoing", "demoting"),
    }),
    { maxLength: 4 },
  ),
  nextReplicaId: id,
});

const request: fc.Arbitrary<RangeRequest> = fc.oneof(
  fc.record({
    kind: fc.constant("get" as const),
    timestamp: optional(timestamp),
    uncertaintyLimit: timestamp,
    keys: fc.array(bytes, { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant("scan" as const),
    timestamp: optional(timestamp),
    uncertaintyLimit: timestamp,
    span,
    rowsMax: fc.nat(),
    bytesMax: fc.nat(),
    reverse: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("refresh" as const),
    from: timestamp,
    to: timestamp,
    spans: fc.array(span, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant("commit" as const),
    tag: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((array) => Buffer.from(array)),
    startTimestamp: timestamp,
    readTimestamp: optional(timestamp),
    readSpans: fc.array(span, { maxLength: 4 }),
    writes: fc.array(
      fc.record({ key: bytes, value: optional(bytes), mustBeAbsent: fc.boolean() }),
      { maxLength: 5 },
    ),
    deadline: timestamp,
    isRepeated: fc.boolean(),
  }),
);

const response: fc.Arbitrary<RangeResponse> = fc.oneof(
  fc.record({
    kind: fc.constant("values" as const),
    values: fc.array(optional(bytes), { maxLength: 5 }),
    timestamp,
  }),
  fc.record({
    kind: fc.constant("rows" as const),
    rows: fc.array(fc.record({ key: bytes, value: bytes }), { maxLength: 5 }),
    rest: optional(span),
    timestamp,
  }),
  fc.record({ kind: fc.constantFrom("committed" as const, "uncertain" as const), timestamp }),
  fc.record({ kind: fc.constant("conflict" as const), key: bytes, timestamp }),
  fc.record({ kind: fc.constant("keyExists" as const), key: bytes }),
  fc.record({
    kind: fc.constant("notLeaseholder" as const),
    leaseholder: fc.nat(),
    descriptor: optional(descriptor),
  }),
  fc.record({
    kind: fc.constant("rangeMismatch" as const),
    descriptors: fc.array(descriptor, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("busy" as const),
    reason: fc.constantFrom("proposals", "deadline", "closing", "clock"),
  }),
  fc.record({
    kind: fc.constantFrom("refreshed" as const, "noReplica" as const, "unknown" as const),
  }),
);

test("a request comes back as it was", () => {
  fc.assert(
    fc.property(timestamp, id, request, (clock, rangeId, each) => {
      const envelope = { clock, rangeId, request: each };
      expect(decodeRequest(encodeRequest(envelope))).toEqual(envelope);
    }),
  );
});

test("a response comes back as it was", () => {
  fc.assert(
    fc.property(timestamp, response, (clock, each) => {
      const envelope = { clock, response: each };
      expect(decodeResponse(encodeResponse(envelope))).toEqual(envelope);
    }),
  );
});

test("bytes that were cut or changed are refused or read as something else, never a crash", () => {
  fc.assert(
    fc.property(timestamp, id, request, fc.nat(), fc.nat(), (clock, rangeId, each, at, xor) => {
      const encoded = Uint8Array.from(encodeRequest({ clock, rangeId, request: each }));
      const place = at % encoded.length;
      encoded[place] = (encoded[place] ?? 0) ^ (xor % 256);
      for (const damaged of [encoded, encoded.subarray(0, place)]) {
        try {
          decodeRequest(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
      }
    }),
  );
});
