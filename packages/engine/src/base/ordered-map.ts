import { assert } from "./assert.ts";

const leafMax = 64;
const branchMax = 64;

interface Leaf<Value> {
  readonly keys: string[];
  readonly values: Value[];
  next: Leaf<Value> | undefined;
  previous: Leaf<Value> | undefined;
}

interface Branch<Value> {
  /** The least key of each child; the first one is never looked at. */
  readonly keys: string[];
  readonly children: Node<Value>[];
}

type Node<Value> = Leaf<Value> | Branch<Value>;

/**
 * An ordered map from strings, by UTF-16 code unit: a B+-tree with linked leaves. Byte strings go in
 * as latin1 strings, which compare like their bytes and cost a third of a Buffer.
 *
 * - Keys come in any order; runs in ascending order fill the leaves.
 * - A cursor stays on its place while nothing is deleted; sets may happen meanwhile.
 */
export class OrderedMap<Value> {
  #root: Node<Value>;
  #size = 0;

  constructor() {
    this.#root = newLeaf();
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    const leaf = this.#leafOf(key);
    const at = lowerBound(leaf.keys, key);
    return leaf.keys[at] === key ? leaf.values[at] : undefined;
  }

  has(key: string): boolean {
    const leaf = this.#leafOf(key);
    return leaf.keys[lowerBound(leaf.keys, key)] === key;
  }

  set(key: string, value: Value): void {
    this.update(key, () => value);
  }

  /** Sets what `change` makes of the present value, in one descent. */
  update(key: string, change: (present: Value | undefined) => Value): void {
    const split = this.#update(this.#root, key, change);
    if (split !== undefined) {
      this.#root = { keys: ["", split.key], children: [this.#root, split.node] };
    }
  }

  delete(key: string): boolean {
    const leaf = this.#leafOf(key);
    const at = lowerBound(leaf.keys, key);
    if (leaf.keys[at] !== key) return false;
    // An empty leaf stays in the tree: it costs little, and its place is soon filled again.
    leaf.keys.splice(at, 1);
    leaf.values.splice(at, 1);
    this.#size--;
    return true;
  }

  clear(): void {
    this.#root = newLeaf();
    this.#size = 0;
  }

  /** A cursor before the first key at or above `key`; walk it with `next`. */
  from(key: string): OrderedCursor<Value> {
    const leaf = this.#leafOf(key);
    return new OrderedCursor(leaf, lowerBound(leaf.keys, key) - 1);
  }

  /** A cursor after the last key below `key`, or after all keys; walk it with `previous`. */
  before(key: string | undefined): OrderedCursor<Value> {
    if (key === undefined) {
      let node = this.#root;
      while ("children" in node) node = lastOf(node.children);
      return new OrderedCursor(node, node.keys.length);
    }
    const leaf = this.#leafOf(key);
    return new OrderedCursor(leaf, lowerBound(leaf.keys, key));
  }

  *entries(): IterableIterator<readonly [string, Value]> {
    const cursor = this.from("");
    while (cursor.next()) yield [cursor.key, cursor.value];
  }

  #leafOf(key: string): Leaf<Value> {
    let node = this.#root;
    while ("children" in node) {
      const child = node.children[childIndex(node.keys, key)];
      assert(child !== undefined, "ordered map has a branch without child");
      node = child;
    }
    return node;
  }

  #update(
    node: Node<Value>,
    key: string,
    change: (present: Value | undefined) => Value,
  ): { readonly key: string; readonly node: Node<Value> } | undefined {
    if ("children" in node) {
      const at = childIndex(node.keys, key);
      const child = node.children[at];
      assert(child !== undefined, "ordered map has a branch without child");
      const split = this.#update(child, key, change);
      if (split === undefined) return undefined;
      node.keys.splice(at + 1, 0, split.key);
      node.children.splice(at + 1, 0, split.node);
      return node.keys.length > branchMax ? splitBranch(node) : undefined;
    }
    const at = lowerBound(node.keys, key);
    if (node.keys[at] === key) {
      node.values[at] = change(node.values[at]);
      return undefined;
    }
    const value = change(undefined);
    this.#size++;
    if (at === node.keys.length) {
      node.keys.push(key);
      node.values.push(value);
    } else {
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, value);
    }
    return node.keys.length > leafMax ? splitLeaf(node, at === leafMax) : undefined;
  }
}

/** A place in an OrderedMap: on an entry after `next` or `previous` said true. */
export class OrderedCursor<Value> {
  #leaf: Leaf<Value>;
  #at: number;

  constructor(leaf: Leaf<Value>, at: number) {
    this.#leaf = leaf;
    this.#at = at;
  }

  get key(): string {
    const key = this.#leaf.keys[this.#at];
    assert(key !== undefined, "cursor is not on an entry");
    return key;
  }

  get value(): Value {
    return this.#leaf.values[this.#at] as Value;
  }

  next(): boolean {
    this.#at++;
    while (this.#at >= this.#leaf.keys.length) {
      if (this.#leaf.next === undefined) return false;
      this.#leaf = this.#leaf.next;
      this.#at = 0;
    }
    return true;
  }

  previous(): boolean {
    this.#at--;
    while (this.#at < 0) {
      if (this.#leaf.previous === undefined) return false;
      this.#leaf = this.#leaf.previous;
      this.#at = this.#leaf.keys.length - 1;
    }
    return true;
  }
}

function newLeaf<Value>(): Leaf<Value> {
  return { keys: [], values: [], next: undefined, previous: undefined };
}

/** A leaf that grew at its end keeps what it has, so that ascending keys leave full leaves behind. */
function splitLeaf<Value>(leaf: Leaf<Value>, grewAtEnd: boolean) {
  const from = grewAtEnd ? leafMax : leafMax >> 1;
  const right: Leaf<Value> = {
    keys: leaf.keys.splice(from),
    values: leaf.values.splice(from),
    next: leaf.next,
    previous: leaf,
  };
  if (leaf.next !== undefined) leaf.next.previous = right;
  leaf.next = right;
  return { key: firstOf(right.keys), node: right };
}

function splitBranch<Value>(branch: Branch<Value>) {
  const half = branchMax >> 1;
  const right = { keys: branch.keys.splice(half), children: branch.children.splice(half) };
  return { key: firstOf(right.keys), node: right };
}

/** The first position whose key is at or above `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = keys[middle];
    if (candidate !== undefined && candidate < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last child whose least key is at or below `key`. */
function childIndex(keys: readonly string[], key: string): number {
  let low = 1;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = keys[middle];
    if (candidate !== undefined && candidate <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function firstOf<Item>(items: readonly Item[]): Item {
  const item = items[0];
  assert(item !== undefined, "ordered map has an empty node");
  return item;
}

function lastOf<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  assert(item !== undefined, "ordered map has an empty node");
  return item;
}
