import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";
import { Latches, type Latch, type LatchSpans } from "./latches.ts";

const key = (letter: string) => Buffer.from(letter);
const span = (text: string): Span => ({ start: key(text.slice(0, 1)), end: key(text.slice(2)) });
const at = (wallMs: number) => ({ wallMs, logical: 0 });

function claim(writes: string, ...reads: string[]): LatchSpans {
  return { writeKeys: [...writes].map(key), readSpans: reads.map(span) };
}

describe("latches", () => {
  test.each([
    ["apart", claim("a", "a-b"), claim("b", "b-c"), true],
    ["the same key", claim("a"), claim("a"), false],
    ["one of several keys", claim("ace"), claim("bcd"), false],
    ["several keys in between", claim("ace"), claim("bd"), true],
    ["reads what the earlier writes", claim("b"), claim("x", "a-c"), false],
    ["reads up to what the earlier writes", claim("c"), claim("x", "a-c"), true],
    ["writes what the earlier reads", claim("x", "a-c"), claim("b"), false],
    ["both read", claim("x", "a-c"), claim("y", "a-c"), true],
  ])("%s", (_name, earlier, later, goTogether) => {
    const latches = new Latches();
    expect(latches.acquire(earlier).isGranted).toBe(true);
    expect(latches.acquire(later).isGranted).toBe(goTogether);
  });

  test("are granted in the order of arrival", async () => {
    const latches = new Latches();
    const order: string[] = [];
    const first = latches.acquire(claim("a"));
    const second = latches.acquire(claim("ab"));
    const third = latches.acquire(claim("b"));
    void second.granted().then(() => order.push("second"));
    void third.granted().then(() => order.push("third"));
    latches.release(first);
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(["second"]);
    latches.release(second);
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(["second", "third"]);
  });

  test("one that gives up while it waits lets those behind it go", () => {
    const latches = new Latches();
    const first = latches.acquire(claim("a"));
    const second = latches.acquire(claim("ab"));
    const third = latches.acquire(claim("b"));
    expect(third.isGranted).toBe(false);
    latches.release(second);
    expect(third.isGranted).toBe(true);
    latches.release(first);
    expect(latches.count).toBe(1);
  });

  test("an evaluated commit no longer guards what it read", () => {
    const latches = new Latches();
    const reader = latches.acquire(claim("x", "a-c"));
    const writer = latches.acquire(claim("b"));
    expect(writer.isGranted).toBe(false);
    reader.evaluatedAt(at(10));
    expect(writer.isGranted).toBe(true);
    expect(latches.acquire(claim("a")).isGranted).toBe(true);
    expect(latches.acquire(claim("x")).isGranted).toBe(false);
  });

  test("a read waits for evaluated writes at or below its timestamp only", () => {
    const latches = new Latches();
    const writer = latches.acquire(claim("b"));
    expect(latches.findWriterOfKeys([key("b")], at(20))).toBeUndefined();
    writer.evaluatedAt(at(10));
    expect(latches.findWriterOfKeys([key("a"), key("b")], at(10))).toBe(writer);
    expect(latches.findWriterOfKeys([key("b")], at(9))).toBeUndefined();
    expect(latches.findWriterOfKeys([key("a")], at(20))).toBeUndefined();
    expect(latches.findWriterInSpan(span("a-c"), at(10))).toBe(writer);
    expect(latches.findWriterInSpan(span("c-d"), at(10))).toBeUndefined();
    latches.release(writer);
    expect(latches.findWriterInSpan(span("a-c"), at(10))).toBeUndefined();
  });

  test("agree with a naive twin on who must wait for whom", () => {
    const letters = fc.subarray([..."abcdef"], { minLength: 1 }).map((all) => all.join(""));
    const read = fc
      .tuple(fc.constantFrom(..."abcde"), fc.constantFrom(..."bcdef"))
      .filter(([from, to]) => from < to)
      .map(([from, to]) => `${from}-${to}`);
    const claims = fc.array(fc.tuple(letters, fc.array(read, { maxLength: 2 })), { maxLength: 8 });
    fc.assert(
      fc.property(claims, fc.infiniteStream(fc.nat()), (all, picks) => {
        const latches = new Latches();
        const held: { latch: Latch; spans: LatchSpans }[] = [];
        for (const [writes, reads] of all) {
          const spans = claim(writes, ...reads);
          const latch = latches.acquire(spans);
          expect(latch.isGranted).toBe(!held.some((earlier) => conflicts(earlier.spans, spans)));
          held.push({ latch, spans });
          const [pick] = picks.take(1);
          if ((pick ?? 0) % 3 === 0) {
            const [gone] = held.splice((pick ?? 0) % held.length, 1);
            if (gone !== undefined) latches.release(gone.latch);
          }
          held.forEach(({ latch: each, spans: wanted }, place) => {
            const isBlocked = held.slice(0, place).some((other) => conflicts(other.spans, wanted));
            expect(each.isGranted).toBe(!isBlocked);
          });
        }
      }),
    );
  });
});

function conflicts(a: LatchSpans, b: LatchSpans): boolean {
  const touches = (keys: readonly Uint8Array[], spans: readonly Span[]) =>
    keys.some((each) =>
      spans.some(
        ({ start, end }) =>
          compareBytes(start, each) <= 0 && (end === undefined || compareBytes(each, end) < 0),
      ),
    );
  return (
    a.writeKeys.some((each) => b.writeKeys.some((other) => compareBytes(each, other) === 0)) ||
    touches(a.writeKeys, b.readSpans) ||
    touches(b.writeKeys, a.readSpans)
  );
}
