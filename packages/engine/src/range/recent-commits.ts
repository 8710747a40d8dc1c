import { assert } from "#base/assert.ts";
import { transactionTagBytes, type TransactionTag } from "#storage/write-batch.ts";
import type { RangeResponse } from "./batch.ts";

/**
 * What was answered to commits lately, so that a request that comes twice is answered alike and not
 * carried out twice. Two generations; each entry lives for at least one turn of them.
 */
export class RecentCommits {
  #young = new Map<string, RangeResponse>();
  #old = new Map<string, RangeResponse>();

  find(tag: TransactionTag): RangeResponse | undefined {
    const name = nameOf(tag);
    return this.#young.get(name) ?? this.#old.get(name);
  }

  remember(tag: TransactionTag, response: RangeResponse): void {
    this.#young.set(nameOf(tag), response);
  }

  /** To be called at a period above the longest deadline of a commit. */
  turn(): void {
    if (this.#old.size === 0 && this.#young.size === 0) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/** Two bytes to a character: a quarter of what a call out of JavaScript costs, twice for each commit. */
function nameOf(tag: TransactionTag): string {
  assert(tag.length === transactionTagBytes, "a tag has its length");
  const unit = (at: number): number => ((tag[at] ?? 0) << 8) | (tag[at + 1] ?? 0);
  return String.fromCharCode(unit(0), unit(2), unit(4), unit(6));
}
