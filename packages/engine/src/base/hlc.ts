/**
 * A hybrid logical clock timestamp: 46 bits of Unix milliseconds above 18 bits of logical ticks
 * (262 144 per millisecond). Held as two safe integers so that comparing costs no allocation.
 *
 * - `wallMs` is in [0, 2^46); `logical` is in [0, 2^18).
 * - Total order: wallMs, then logical.
 *
 * Kulkarni et al., "Logical Physical Clocks", 2014.
 */
export interface Timestamp {
  readonly wallMs: number;
  readonly logical: number;
}

export const logicalBits = 18;
export const logicalMax = 2 ** logicalBits - 1;
export const wallMsMax = 2 ** 46 - 1;

export const zeroTimestamp: Timestamp = { wallMs: 0, logical: 0 };
export const maxTimestamp: Timestamp = { wallMs: wallMsMax, logical: logicalMax };

export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.wallMs - b.wallMs || a.logical - b.logical;
}

export function isBefore(a: Timestamp, b: Timestamp): boolean {
  return a.wallMs < b.wallMs || (a.wallMs === b.wallMs && a.logical < b.logical);
}

export function laterTimestamp(a: Timestamp, b: Timestamp): Timestamp {
  return isBefore(a, b) ? b : a;
}

export function addMs(timestamp: Timestamp, ms: number): Timestamp {
  return { wallMs: timestamp.wallMs + ms, logical: timestamp.logical };
}

/** The 64-bit form, for the edges only: wallMs << 18 | logical. */
export function timestampToBigint(timestamp: Timestamp): bigint {
  return (BigInt(timestamp.wallMs) << BigInt(logicalBits)) | BigInt(timestamp.logical);
}

/** `1732382530123.7`, for logs and error details. */
export function showTimestamp(timestamp: Timestamp): string {
  return `${timestamp.wallMs}.${timestamp.logical}`;
}
