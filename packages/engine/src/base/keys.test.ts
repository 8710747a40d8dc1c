import { expect, test } from "vitest";
import { compareBytes, hex, prefixEnd } from "./bytes.ts";
import {
  catalogSpan,
  indexPrefix,
  indexSpan,
  nodeKey,
  prefixSpan,
  rangeDescriptorKey,
  rangeDescriptorSpanAbove,
  settingSpan,
  settingKey,
  tableSpan,
} from "./keys.ts";
import type { Span } from "./ids.ts";

const isWithin = (key: Uint8Array, span: Span) =>
  compareBytes(span.start, key) <= 0 && (span.end === undefined || compareBytes(key, span.end) < 0);

test("the end of a prefix leaves the prefix as it is, Buffer or not", () => {
  for (const make of [(b: number[]) => Buffer.from(b), (b: number[]) => Uint8Array.from(b)]) {
    const prefix = make([2, 100, 0xff]);
    expect(hex(prefixEnd(prefix) ?? prefix)).toBe("0265");
    expect(hex(prefix)).toBe("0264ff");
    expect(prefixEnd(make([0xff, 0xff]))).toBeUndefined();
  }
  const span = prefixSpan(Buffer.from([1]));
  expect([hex(span.start), hex(span.end ?? span.start)]).toEqual(["01", "02"]);
});

test("tables and indexes lie apart and in the order of their ids", () => {
  const ids = [0, 1, 239, 240, 255, 256, 65_535, 65_536, 2 ** 32, 2 ** 53 - 1];
  const spans = ids.map((id) => tableSpan(id));
  spans.forEach((span, i) => {
    const next = spans[i + 1];
    if (next !== undefined)
      expect(compareBytes(span.end ?? span.start, next.start)).toBeLessThanOrEqual(0);
    for (const index of ids) {
      expect(isWithin(indexPrefix(ids[i] ?? 0, index), span)).toBe(true);
      expect(isWithin(indexSpan(ids[i] ?? 0, index).start, span)).toBe(true);
    }
  });
});

test("system records lie in their spans, below all tables", () => {
  expect(isWithin(settingKey("kv.range.size"), settingSpan)).toBe(true);
  expect(isWithin(settingKey("kv.range.size"), catalogSpan)).toBe(false);
  expect(compareBytes(nodeKey(2 ** 40), tableSpan(0).start)).toBeLessThan(0);
});

test("the first descriptor above a key is the range that holds it", () => {
  const ends = [Buffer.from("b"), Buffer.from("b\0"), Buffer.from("m"), undefined];
  const keys = ends.map((end) => rangeDescriptorKey(end));
  const rangeOf = (key: string) => {
    const span = rangeDescriptorSpanAbove(Buffer.from(key));
    return keys.findIndex((descriptor) => isWithin(descriptor, span));
  };
  expect(["", "a", "b", "b\0", "b\0\0", "c", "m", "z"].map(rangeOf)).toEqual([
    0, 0, 1, 2, 2, 2, 3, 3,
  ]);
});
