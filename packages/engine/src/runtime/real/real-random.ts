import { randomBytes, randomFillSync, randomUUID } from "node:crypto";
import type { Random } from "#runtime/ports.ts";

const poolBytes = 4_096;
const pooledBytesMax = 64;

/** `bytes` and `uuid` are fit for secrets; `float` and `integer` are for jitter and sampling. */
export class RealRandom implements Random {
  /** Drawn ahead: a call into the system for each transaction's 16 bytes would cost more than the rest of it. */
  readonly #pool = Buffer.alloc(poolBytes);
  #poolAt = poolBytes;

  float(): number {
    return Math.random();
  }

  integer(bound: number): number {
    return Math.floor(Math.random() * bound);
  }

  bytes(length: number): Uint8Array {
    if (length > pooledBytesMax) return randomBytes(length);
    if (this.#poolAt + length > poolBytes) {
      randomFillSync(this.#pool);
      this.#poolAt = 0;
    }
    const bytes = Uint8Array.from(this.#pool.subarray(this.#poolAt, this.#poolAt + length));
    this.#pool.fill(0, this.#poolAt, this.#poolAt + length);
    this.#poolAt += length;
    return bytes;
  }

  uuid(): string {
    return randomUUID();
  }
}
