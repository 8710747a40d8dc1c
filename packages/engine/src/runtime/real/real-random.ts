import { randomBytes, randomUUID } from "node:crypto";
import type { Random } from "#runtime/ports.ts";

/** `bytes` and `uuid` are fit for secrets; `float` and `integer` are for jitter and sampling. */
export class RealRandom implements Random {
  float(): number {
    return Math.random();
  }

  integer(bound: number): number {
    return Math.floor(Math.random() * bound);
  }

  bytes(length: number): Uint8Array {
    return randomBytes(length);
  }

  uuid(): string {
    return randomUUID();
  }
}
