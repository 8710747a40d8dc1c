import * as fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedMap } from "./ordered-map.ts";

test("behaves like a sorted array of entries", () => {
  const key = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.integer({ min: 0, max: 400 }).map((n) => String.fromCharCode(n & 255, n >> 8)),
  );
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("set"), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete"), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("walk"), key }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
      const map = new OrderedMap<number>();
      const twin = new Map<string, number>();
      steps.forEach(({ kind, key }, i) => {
        if (kind === "set") {
          map.set(key, i);
          twin.set(key, i);
        } else if (kind === "delete") {
          expect(map.delete(key)).toBe(twin.delete(key));
        } else {
          const sorted = [...twin.keys()].sort((a, b) => (a < b ? -1 : 1));
          const forward: string[] = [];
          for (const cursor = map.from(key); cursor.next();) forward.push(cursor.key);
          expect(forward).toEqual(sorted.filter((k) => k >= key));
          const backward: string[] = [];
          for (const cursor = map.before(key); cursor.previous();) backward.push(cursor.key);
          expect(backward).toEqual(sorted.filter((k) => k < key).reverse());
        }
        expect(map.get(key)).toBe(twin.get(key));
        expect(map.size).toBe(twin.size);
      });
      expect(new Map(map.entries())).toEqual(twin);
      let last: string | undefined;
      for (const cursor = map.before(undefined); cursor.previous(); last = cursor.key) {
        if (last !== undefined) expect(cursor.key < last).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
