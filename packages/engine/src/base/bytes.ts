/** Byte strings are plain `Uint8Array`s and are never changed once another owner can see them. */

/** Up to this many bytes a loop beats the call out of JavaScript, and most keys are shorter. */
const shortBytes = 24;

/** Orders byte strings as unsigned, shorter first on a tie: the order of every key in the system. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  if (length > shortBytes) return Buffer.compare(a, b);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length > shortBytes) return Buffer.compare(a, b) === 0;
  // From the end: keys that differ mostly do so there.
  for (let at = a.length - 1; at >= 0; at--) if (a[at] !== b[at]) return false;
  return true;
}

/** The smallest key that is greater than every key with this prefix; undefined when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last];
    if (byte !== undefined && byte < 0xff) {
      // Not `slice`: a Buffer's shares memory, and the prefix must stay as it is.
      const end = Uint8Array.from(prefix.subarray(0, last + 1));
      end[last] = byte + 1;
      return end;
    }
  }
  return undefined;
}

/** The smallest key greater than this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
