import type { KvTransaction } from "#kv/api.ts";

/** A key together with its name (`keyName`), which is made once per row. */
export interface NamedKey {
  readonly key: Uint8Array;
  readonly name: string;
}

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
  find(name: string): Uint8Array | undefined | null {
    const write = this.#writes?.get(name);
    return write === undefined ? null : write.value;
  }

  put(key: NamedKey, value: Uint8Array): void {
    this.#write(key, value, false);
  }

  /** A key that must not exist; false when this statement has written it already. */
  insertBlind(key: NamedKey, value: Uint8Array): boolean {
    const pending = this.#writes?.get(key.name);
    if (pending?.value !== undefined) return false;
    this.#write(key, value, pending === undefined);
    return true;
  }

  remove(key: NamedKey): void {
    this.#write(key, undefined, false);
  }

  /** Hands everything over, in the order of first writing. */
  flush(transaction: KvTransaction): void {
    if (this.#writes === undefined) return;
    for (const { key, value, isBlind } of this.#writes.values()) {
      if (value === undefined) transaction.remove(key);
      else if (isBlind) transaction.insert(key, value);
      else transaction.put(key, value);
    }
    this.#writes = undefined;
  }

  #write(key: NamedKey, value: Uint8Array | undefined, isBlind: boolean): void {
    this.#writes ??= new Map();
    this.#writes.set(key.name, { key: key.key, value, isBlind });
  }
}
