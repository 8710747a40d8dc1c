import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "#base/bytes.ts";
import type { Span } from "#base/ids.ts";
import { SimCluster } from "#testing/sim-cluster.ts";
import type { KvTransaction } from "./api.ts";
import type { DistributedKv } from "./distributed-kv.ts";
import { retryTransaction } from "./retry-transaction.ts";

const key = (name: string) => Buffer.concat([Uint8Array.of(2, 0x80), Buffer.from(name)]);
const nameOf = (bytes: Uint8Array) => Buffer.from(bytes).subarray(2).toString();
const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();
const span = (start: string, end: string): Span => ({ start: key(start), end: key(end) });

async function onCluster(
  body: (kv: DistributedKv, cluster: SimCluster) => Promise<void>,
  nodes = 1,
): Promise<void> {
  const cluster = new SimCluster(11);
  await cluster.bootstrap(nodes);
  await cluster.time.run(body(cluster.kv(nodes), cluster));
}

async function put(kv: DistributedKv, entries: Record<string, string>): Promise<void> {
  const transaction = kv.begin();
  for (const [name, value] of Object.entries(entries)) {
    transaction.put(key(name), Buffer.from(value));
  }
  expect(await transaction.commit()).toMatchObject({ kind: "committed" });
}

async function rows(transaction: KvTransaction, within: Span, options = {}): Promise<string[]> {
  const found: string[] = [];
  let rest: Span | undefined = within;
  while (rest !== undefined) {
    const chunk = await transaction.scan(rest, options);
    found.push(...chunk.rows.map((row) => `${nameOf(row.key)}=${text(row.value)}`));
    rest = chunk.rest;
  }
  return found;
}

const serializationFailure = { condition: "serialization_failure" };

describe("a transaction", () => {
  test("reads its snapshot, whatever others commit meanwhile", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1", b: "1" });
      const reader = kv.begin();
      expect(text(await reader.get(key("a")))).toBe("1");
      await put(kv, { a: "2", b: "2" });
      expect(text(await reader.get(key("b")))).toBe("1");
      expect(await rows(reader, span("a", "z"))).toEqual(["a=1", "b=1"]);
      expect(await reader.commit()).toMatchObject({ kind: "committed" });
    }));

  test("answers at once where the lease is, from one snapshot, and nowhere else", () =>
    onCluster(async (kv, cluster) => {
      await put(kv, { a: "1", b: "1" });
      // The node that bootstraps a cluster keeps the lease.
      const reader = cluster.kv(1).begin();
      expect(reader.getManyNow([key("a"), key("c")])?.map(text)).toEqual(["1", undefined]);
      await put(kv, { a: "2", b: "2" });
      expect(reader.getManyNow([key("b")])?.map(text)).toEqual(["1"]);
      reader.put(key("a"), Buffer.from("3"));
      expect(reader.getManyNow([key("a")])).toBeUndefined();

      const remote = kv.begin();
      expect(remote.getManyNow([key("a")])).toBeUndefined();
      expect((await remote.getMany([key("a")])).map(text)).toEqual(["2"]);
    }, 3));

  test("a lost update is refused, and names the key", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1" });
      const first = kv.begin();
      const second = kv.begin();
      await first.get(key("a"));
      await second.get(key("a"));
      first.put(key("a"), Buffer.from("first"));
      second.put(key("a"), Buffer.from("second"));
      await first.commit();
      const failure = expect(second.commit()).rejects;
      await failure.toMatchObject(serializationFailure);
      await failure.toMatchObject({
        fields: { detail: expect.stringContaining(key("a").toString("hex")) as string },
      });
      expect(text(await kv.begin().get(key("a")))).toBe("first");
    }));

  test("write skew is refused", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "on", b: "on" });
      const first = kv.begin();
      const second = kv.begin();
      for (const transaction of [first, second]) {
        await transaction.getMany([key("a"), key("b")]);
      }
      first.put(key("a"), Buffer.from("off"));
      second.put(key("b"), Buffer.from("off"));
      const outcomes = await Promise.allSettled([first.commit(), second.commit()]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    }));

  test("a phantom is refused", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1", c: "1" });
      const counter = kv.begin();
      expect(await rows(counter, span("a", "z"))).toHaveLength(2);
      counter.put(key("~count"), Buffer.from("2"));
      await put(kv, { b: "1" });
      await expect(counter.commit()).rejects.toMatchObject(serializationFailure);
    }));

  test("a removal in a scanned span is a change as well", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1", b: "1" });
      const counter = kv.begin();
      await rows(counter, span("a", "z"), { reverse: true });
      counter.put(key("~count"), Buffer.from("2"));
      const remover = kv.begin();
      remover.remove(key("b"));
      await remover.commit();
      await expect(counter.commit()).rejects.toMatchObject(serializationFailure);
    }));

  test("what was read only in part is checked only there", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1", b: "1", c: "1" });
      const reader = kv.begin();
      const chunk = await reader.scan(span("a", "z"), { rowsMax: 1 });
      expect(chunk.rows).toHaveLength(1);
      await put(kv, { c: "2" });
      reader.put(key("~first"), Buffer.from("a"));
      expect(await reader.commit()).toMatchObject({ kind: "committed" });
    }));

  test("of two inserts of one key the second is told that it exists", () =>
    onCluster(async (kv) => {
      const first = kv.begin();
      const second = kv.begin();
      first.insert(key("a"), Buffer.from("first"));
      second.insert(key("a"), Buffer.from("second"));
      const [won, lost] = await Promise.all([first.commit(), second.commit()]);
      expect(won).toMatchObject({ kind: "committed" });
      expect(lost).toMatchObject({ kind: "keyExists", key: key("a") });
      const remover = kv.begin();
      remover.remove(key("a"));
      await remover.commit();
      const third = kv.begin();
      third.insert(key("a"), Buffer.from("third"));
      expect(await third.commit()).toMatchObject({ kind: "committed" });
    }));

  test("blind writes all take place, one after the other", () =>
    onCluster(async (kv) => {
      const writers = ["1", "2", "3", "4"].map((value) => {
        const transaction = kv.begin();
        transaction.put(key("a"), Buffer.from(value));
        return transaction.commit();
      });
      const outcomes = await Promise.all(writers);
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(4).fill("committed"));
      expect(text(await kv.begin().get(key("a")))).toBe("4");
    }));

  test("increments from all sides add up", () =>
    onCluster(async (kv, cluster) => {
      const { runtime } = cluster.node(3).running;
      const increment = (client: DistributedKv) =>
        retryTransaction(
          runtime,
          client,
          async (transaction) => {
            const before = Number(text(await transaction.get(key("n"))) ?? "0");
            transaction.put(key("n"), Buffer.from(`${before + 1}`));
          },
          { limits: { attemptsMax: 50, elapsedMsMax: 60_000, backoffMsBase: 1, backoffMsMax: 50 } },
        );
      const clients = [1, 2, 3].map((nodeId) => cluster.kv(nodeId));
      const each = async (client: DistributedKv) => {
        for (let count = 0; count < 10; count++) await increment(client);
      };
      await Promise.all([...clients, ...clients].map(each));
      expect(text(await kv.begin().get(key("n")))).toBe("60");
    }, 3));

  test("watches a span it did not read, and does not watch what it read untracked", () =>
    onCluster(async (kv) => {
      await put(kv, { a: "1", b: "1" });
      const watcher = kv.begin({ untracked: span("a", "c") });
      await watcher.get(key("a"));
      await watcher.get(key("b"));
      watcher.watch(span("b", "c"));
      watcher.put(key("x"), Buffer.from("1"));
      await put(kv, { a: "2" });
      expect(await watcher.commit()).toMatchObject({ kind: "committed" });

      const second = kv.begin({ untracked: span("a", "c") });
      await second.get(key("b"));
      second.watch(span("b", "c"));
      second.put(key("x"), Buffer.from("2"));
      await put(kv, { b: "2" });
      await expect(second.commit()).rejects.toMatchObject(serializationFailure);
    }));

  test("goes back to a savepoint", () =>
    onCluster(async (kv) => {
      const transaction = kv.begin();
      transaction.put(key("a"), Buffer.from("1"));
      const savepoint = transaction.savepoint();
      transaction.put(key("a"), Buffer.from("22"));
      transaction.put(key("b"), Buffer.from("2"));
      transaction.remove(key("a"));
      expect(transaction.ownWrite(key("a"))).toBe(false);
      transaction.rollbackTo(savepoint);
      expect(transaction.writeCount).toBe(1);
      expect(transaction.writeBytes).toBe(key("a").length + 1);
      expect(transaction.ownWrite(key("b"))).toBeUndefined();
      expect(text(await transaction.get(key("a")))).toBe("1");
      transaction.put(key("c"), Buffer.from("3"));
      transaction.rollbackTo(savepoint);
      await transaction.commit();
      expect(await rows(kv.begin(), span("a", "z"))).toEqual(["a=1"]);
    }));

  test("refuses writes when it only reads, and any use when it is over", () =>
    onCluster(async (kv) => {
      const reader = kv.begin({ readOnly: true });
      expect(() => {
        reader.put(key("a"), Buffer.from("1"));
      }).toThrow(/read-only/);
      const transaction = kv.begin();
      transaction.rollback();
      expect(transaction.isFinished).toBe(true);
      expect(() => transaction.get(key("a"))).toThrow(/finished/);
    }));

  test("a commit of many rows is one, and readers see all of it or nothing", () =>
    onCluster(async (kv, cluster) => {
      const count = 5_000;
      const writer = kv.begin();
      for (let row = 0; row < count; row++) {
        writer.insert(key(`${100_000 + row}`), Buffer.from("x"));
      }
      const commit = writer.commit();
      const counts = new Set<number>();
      let isDone = false;
      void commit.then(() => {
        isDone = true;
      });
      while (!isDone) {
        counts.add((await rows(kv.begin(), span("1", "2"))).length);
        await cluster.node(1).running.runtime.clock.sleep(0.1);
      }
      expect(await commit).toMatchObject({ kind: "committed" });
      counts.add((await rows(kv.begin(), span("1", "2"))).length);
      expect([...counts].sort((a, b) => a - b)).toEqual([0, count]);
    }));

  test("sees its own writes over the snapshot, in both directions and with any limit", async () => {
    const name = fc.constantFrom(..."abcdefghij");
    const write = fc.tuple(name, fc.option(fc.constantFrom("x", "y"), { nil: undefined }));
    await onCluster(async (kv) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(name, { maxLength: 8 }),
          fc.array(write, { maxLength: 8 }),
          fc.tuple(name, name),
          fc.record({
            rowsMax: fc.integer({ min: 0, max: 4 }),
            bytesMax: fc.constantFrom(1, 8, 1_000),
            reverse: fc.boolean(),
          }),
          async (stored, writes, [from, to], options) => {
            const setup = kv.begin();
            for (const each of "abcdefghij") setup.remove(key(each));
            for (const each of stored) setup.put(key(each), Buffer.from("stored"));
            await setup.commit();

            const twin = new Map(stored.map((each) => [each, "stored"]));
            const transaction = kv.begin();
            for (const [each, value] of writes) {
              if (value === undefined) {
                transaction.remove(key(each));
                twin.delete(each);
              } else {
                transaction.put(key(each), Buffer.from(value));
                twin.set(each, value);
              }
            }
            const expected = [...twin]
              .filter(([each]) => each >= from && each < to)
              .sort(([a], [b]) => compareBytes(Buffer.from(a), Buffer.from(b)))
              .map(([each, value]) => `${each}=${value}`);
            if (options.reverse) expected.reverse();
            expect(await rows(transaction, span(from, to), options)).toEqual(expected);
            const names = [..."abcdefghij"];
            const values = await transaction.getMany(names.map(key));
            expect(values.map(text)).toEqual(names.map((each) => twin.get(each)));
          },
        ),
        { numRuns: 150 },
      );
    });
  });
});
