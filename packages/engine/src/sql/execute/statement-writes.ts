import type { KvTransaction } from "#kv/api.ts";

interface PendingWrite {
  readonly key: Uint8Array;
  /** Undefined: the key is removed. */
  readonly value: Uint8Array | undefined;
  /** Nobody has looked whether the key exists: the commit will. */
  readonly isBlind: boolean;
}

/**
 * What a statement has written so far. It reaches the transaction when the statement ends, so
 * the statement's own scans keep reading the state before it (no row is updated twice because
 * it moved ahead of the scan), while uniqueness is checked against both.
 */
export class StatementWrites {
  /** By key as latin1 text. */
  #writes: Map<string, PendingWrite> | undefined;

  get size(): number {
    return this.#writes?.size ?? 0;
  }

  /** The pending value; undefined when removed; null when the statement has not touched the key. */
  find(key: Uint8Array): Uint8Array | undefined | null {
    const write = this.#writes?.get(keyName(key));
    return write === undefined ? null : write.value;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#set(keyName(key), { key, value, isBlind: false });
  }

  /** A key that must not exist; false when this statement has written it already. */
  insertBlind(key: Uint8Array, value: Uint8Array): boolean {
    const name = keyName(key);
    const pending = this.#writes?.get(name);
    if (pending?.value !== undefined) return false;
    this.#set(name, { key, value, isBlind: pending === undefined });
    return true;
  }

  remove(key: Uint8Array): void {
    this.#set(keyName(key), { key, value: undefined, isBlind: false });
  }

  /** Hands everything over, in the order of first writing. */
  flush(transaction: KvTransaction): void {
    for (const { key, value, isBlind } of this.#writes?.values() ?? []) {
      if (value === undefined) transaction.remove(key);
      else if (isBlind) transaction.insert(key, value);
      else transaction.put(key, value);
    }
    this.#writes = undefined;
  }

  #set(name: string, write: PendingWrite): void {
    this.#writes ??= new Map();
    this.#writes.set(name, write);
  }
}

function keyName(key: Uint8Array): string {
  return Buffer.isBuffer(key)
    ? key.toString("latin1")
    : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
