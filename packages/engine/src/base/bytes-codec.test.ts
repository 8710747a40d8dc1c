import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, MalformedBytes } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32c } from "./crc32c.ts";
import { compareTimestamps, logicalMax, wallMsMax } from "./hlc.ts";

const timestamp = fc.record({
  wallMs: fc.oneof(fc.integer({ min: 0, max: wallMsMax }), fc.constant(wallMsMax)),
  logical: fc.oneof(fc.nat(logicalMax), fc.constant(logicalMax)),
});

const field = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("u16" as const), value: fc.nat(65_535) }),
  fc.record({ kind: fc.constant("u32" as const), value: fc.nat(2 ** 32 - 1) }),
  fc.record({
    kind: fc.constant("varint" as const),
    value: fc.oneof(fc.maxSafeNat(), fc.nat(300)),
  }),
  fc.record({
    kind: fc.constant("signedVarint" as const),
    value: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
  }),
  fc.record({ kind: fc.constant("f64" as const), value: fc.double() }),
  fc.record({ kind: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({
    kind: fc.constant("i64" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({
    kind: fc.constant("u64" as const),
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
  fc.record({
    kind: fc.constant("string" as const),
    value: fc.string({ unit: "binary", maxLength: 400 }),
  }),
  fc.record({ kind: fc.constant("timestamp" as const), value: timestamp }),
);

test("what was written is read back, and the buffer may be used again", () => {
  const writer = new ByteWriter(1);
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      writer.reset();
      for (const { kind, value } of fields) (writer[kind] as (v: unknown) => void)(value);
      const bytes = writer.finish();
      writer.reset().u32(0xffffffff).u32(0xffffffff);
      const reader = new ByteReader(bytes);
      for (const { kind, value } of fields) expect(reader[kind]()).toEqual(value);
      reader.expectEnd();
    }),
  );
});

test("every cut of a message is refused as malformed", () => {
  const bytes = new ByteWriter()
    .varint(300)
    .string("héllo")
    .bytes(Buffer.alloc(200))
    .u32(7)
    .finish();
  for (let length = 0; length < bytes.length; length++) {
    const reader = new ByteReader(bytes.subarray(0, length));
    expect(() => [reader.varint(), reader.string(), reader.bytes(), reader.u32()]).toThrow(
      MalformedBytes,
    );
  }
});

test("a varint that is too long or too large is refused", () => {
  const tooLong = Buffer.from([...Array<number>(9).fill(0x80), 1]);
  expect(() => new ByteReader(tooLong).varint()).toThrow(MalformedBytes);
  expect(() => new ByteReader(Buffer.from("ffffffffffffff1f", "hex")).varint()).toThrow(
    MalformedBytes,
  );
});

test("encoded timestamps order like timestamps", () => {
  fc.assert(
    fc.property(timestamp, timestamp, (a, b) => {
      const encoded = [a, b].map((t) => new ByteWriter().timestamp(t).finish());
      const order = Buffer.compare(encoded[0] ?? Buffer.alloc(0), encoded[1] ?? Buffer.alloc(0));
      expect(order).toBe(Math.sign(compareTimestamps(a, b)));
    }),
  );
});

test("CRC-32C agrees with the published values and with the bitwise definition", () => {
  // RFC 3720, appendix B.4, and the usual check value.
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  const bitwise = (bytes: Uint8Array) => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32c(bytes)).toBe(bitwise(bytes));
      const at = Math.min(cut, bytes.length);
      expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at))).toBe(bitwise(bytes));
    }),
  );
});
