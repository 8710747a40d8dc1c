import { compareBytes, keyAfter } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";

/** Above this many spans, neighbours are joined: the check at commit gets coarser, not slower. */
const spansMax = 16_384;

/** What a transaction has read, to be checked again at its commit. */
export class ReadSpans {
  #spans: Span[] = [];

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  addKey(key: Uint8Array): void {
    this.add({ start: key, end: keyAfter(key) });
  }

  add(span: Span): void {
    const last = this.#spans.at(-1);
    if (last?.end !== undefined && compareBytes(last.end, span.start) === 0) {
      // The next chunk of one scan.
      this.#spans[this.#spans.length - 1] = { start: last.start, end: span.end };
      return;
    }
    this.#spans.push(span);
    if (this.#spans.length > spansMax) this.#condense();
  }

  /** Sorted, without overlaps. */
  condensed(): readonly Span[] {
    if (this.#spans.length > 1) this.#spans = merged(this.#spans);
    return this.#spans;
  }

  /** Joins pairs of neighbours until half the bound is left. */
  #condense(): void {
    this.#spans = merged(this.#spans);
    while (this.#spans.length > spansMax / 2) {
      const joined: Span[] = [];
      for (let at = 0; at < this.#spans.length; at += 2) {
        const first = this.#spans[at];
        const second = this.#spans[at + 1];
        if (first !== undefined) joined.push({ start: first.start, end: (second ?? first).end });
      }
      this.#spans = joined;
    }
  }
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => compareBytes(a.start, b.start))) {
    const last = result.at(-1);
    if (last !== undefined && (last.end === undefined || compareBytes(span.start, last.end) <= 0)) {
      if (last.end === undefined) break;
      const end =
        span.end === undefined || compareBytes(span.end, last.end) > 0 ? span.end : last.end;
      result[result.length - 1] = { start: last.start, end };
    } else {
      result.push(span);
    }
  }
  return result;
}
