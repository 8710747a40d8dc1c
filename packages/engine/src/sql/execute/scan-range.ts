import { assert } from "#base/assert.ts";
import { compareBytes, equalBytes, prefixEnd } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";
import { KeyWriter } from "#base/key-encoding.ts";
import { prefixSpan } from "#base/keys.ts";
import type { KeyBound, KeyConstraint } from "#sql/bind/query-plan.ts";
import type { Expression } from "#sql/bind/expression.ts";
import { SqlArray } from "#sql/types/datum.ts";
import type { Datum } from "#sql/types/datum.ts";
import type { Frame } from "./frame.ts";
import { writeKeyColumn } from "./key-datum.ts";
import type { IndexCodec } from "./row-codec.ts";
import { RowMaker, evaluateOne } from "./operator.ts";
import type { Compiled } from "./operator.ts";

/** What part of an index a scan reads: single keys, in key order and each once, or one span. */
export type ScanRange =
  | { readonly kind: "points"; readonly keys: readonly Uint8Array[] }
  | { readonly kind: "spans"; readonly spans: readonly Span[] };

const nullMarker = 0xff;

/** Turns a key constraint, under the rows and parameters of a run, into keys. */
export class RangeMaker {
  readonly #codec: IndexCodec;
  /** Each alternative is a list of equalities; without `points` there is one. */
  readonly #alternatives: readonly RowMaker[];
  readonly #lower: { readonly values: RowMaker; readonly inclusive: boolean } | undefined;
  readonly #upper: { readonly values: RowMaker; readonly inclusive: boolean } | undefined;
  /** An array of values for the column after the equalities. */
  readonly #anyOf: Compiled | undefined;
  readonly #writer = new KeyWriter();

  constructor(
    codec: IndexCodec,
    constraint: KeyConstraint | undefined,
    compile: (expression: Expression) => Compiled,
  ) {
    this.#codec = codec;
    const maker = (expressions: readonly Expression[]): RowMaker =>
      new RowMaker(expressions.map(compile));
    const bound = (
      keyBound: KeyBound | undefined,
    ): { values: RowMaker; inclusive: boolean } | undefined =>
      keyBound === undefined
        ? undefined
        : { values: maker(keyBound.values), inclusive: keyBound.inclusive };
    this.#alternatives = (constraint?.points ?? [constraint?.equalities ?? []]).map(maker);
    this.#anyOf = constraint?.anyOf === undefined ? undefined : compile(constraint.anyOf);
    this.#lower = bound(constraint?.lower);
    this.#upper = bound(constraint?.upper);
  }

  /** One key at most per alternative: every column of a unique index is given. */
  get isPoints(): boolean {
    const { index, columns } = this.#codec;
    const arrayWidth = this.#anyOf === undefined ? 0 : 1;
    return (
      index.unique &&
      this.#alternatives.every((values) => values.width + arrayWidth === columns.length)
    );
  }

  async make(frame: Frame): Promise<ScanRange> {
    if (this.isPoints) return this.#points(frame);
    const spans: Span[] = [];
    for (const equalities of await this.#equalities(frame)) {
      const span = await this.#span(equalities, frame);
      if (span !== undefined) spans.push(span);
    }
    if (spans.length > 1) spans.sort((one, other) => compareBytes(one.start, other.start));
    return {
      kind: "spans",
      spans: spans.filter((span, at) => {
        const before = spans[at - 1];
        return before === undefined || !equalBytes(before.start, span.start);
      }),
    };
  }

  /** The values of each alternative; an array gives one per element. */
  async #equalities(frame: Frame): Promise<readonly (readonly Datum[])[]> {
    const lists: (readonly Datum[])[] = [];
    for (const alternative of this.#alternatives) {
      lists.push(
        alternative.suspends
          ? await alternative.make(frame.row, frame)
          : alternative.makeSync(frame.row, frame),
      );
    }
    if (this.#anyOf === undefined) return lists;
    const array = await evaluateOne(this.#anyOf, frame.row, frame);
    if (!(array instanceof SqlArray)) return [];
    return lists.flatMap((values) => array.items.map((item) => [...values, item]));
  }

  async #points(frame: Frame): Promise<ScanRange> {
    const keys: Uint8Array[] = [];
    for (const values of await this.#equalities(frame)) {
      if (!values.includes(null)) keys.push(this.#prefix(values));
    }
    if (keys.length < 2) return { kind: "points", keys };
    keys.sort(compareBytes);
    return {
      kind: "points",
      keys: keys.filter((key, at) => {
        const before = keys[at - 1];
        return before === undefined || !equalBytes(before, key);
      }),
    };
  }

  /** Equality and order with null are never true, so a null anywhere leaves nothing to read. */
  async #span(equalities: readonly Datum[], frame: Frame): Promise<Span | undefined> {
    if (equalities.includes(null)) return undefined;
    const prefix = this.#prefix(equalities);
    let span = prefixSpan(prefix);
    if (this.#lower !== undefined) {
      const values = await this.#lower.values.make(frame.row, frame);
      if (values.includes(null)) return undefined;
      const key = this.#prefix([...equalities, ...values]);
      const start = this.#lower.inclusive ? key : prefixEnd(key);
      if (start === undefined) return undefined;
      span = { start, end: span.end };
      // Nulls sort last, and no bound admits them.
      if (this.#upper === undefined) span = { start, end: Buffer.from([...prefix, nullMarker]) };
    }
    if (this.#upper !== undefined) {
      const values = await this.#upper.values.make(frame.row, frame);
      if (values.includes(null)) return undefined;
      const key = this.#prefix([...equalities, ...values]);
      span = { start: span.start, end: this.#upper.inclusive ? prefixEnd(key) : key };
    }
    const isEmpty = span.end !== undefined && compareBytes(span.start, span.end) >= 0;
    return isEmpty ? undefined : span;
  }

  #prefix(values: readonly Datum[]): Uint8Array {
    const writer = this.#writer.reset(this.#codec.prefix);
    for (let at = 0; at < values.length; at++) {
      const column = this.#codec.columns[at];
      assert(column !== undefined, `index ${this.#codec.index.name} has no key column ${at}`);
      writeKeyColumn(writer, column.codec, values[at] ?? null);
    }
    return writer.finish();
  }
}
