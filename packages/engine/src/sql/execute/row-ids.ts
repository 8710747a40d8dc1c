import { assert } from "#base/assert.ts";
import type { Clock } from "#runtime/ports.ts";

/** 2020-01-01, Unix milliseconds: 41 bits reach to 2089. */
const epochMs = 1_577_836_800_000;
const nodeBits = 10n;
const sequenceBits = 12n;
const sequenceMax = 2 ** Number(sequenceBits) - 1;
export const rowIdNodeMax = 2 ** Number(nodeBits) - 1;

/**
 * Keys for rows of tables without a primary key: unique in the cluster and growing with time on
 * each node, made without asking anybody. 41 bits of milliseconds, 12 of sequence, 10 of node id.
 * A clock that was set back shows as a key that exists, which INSERT checks like any other.
 */
export class RowIds {
  readonly #clock: Clock;
  readonly #node: bigint;
  #ms = 0;
  #sequence = 0;

  constructor(clock: Clock, nodeId: number) {
    assert(nodeId >= 0 && nodeId <= rowIdNodeMax, `node id ${nodeId} does not fit a row id`);
    this.#clock = clock;
    this.#node = BigInt(nodeId);
  }

  next(): bigint {
    const nowMs = Math.max(0, this.#clock.wallMs() - epochMs);
    if (nowMs > this.#ms) {
      this.#ms = nowMs;
      this.#sequence = 0;
    } else if (this.#sequence < sequenceMax) {
      this.#sequence++;
    } else {
      // A burst borrows from the milliseconds to come.
      this.#ms++;
      this.#sequence = 0;
    }
    return (
      (BigInt(this.#ms) << (nodeBits + sequenceBits)) |
      (BigInt(this.#sequence) << nodeBits) |
      this.#node
    );
  }
}
