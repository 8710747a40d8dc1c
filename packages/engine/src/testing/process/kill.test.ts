import { afterEach, expect, test } from "vitest";
import { RealCluster, sleep } from "./real-cluster.ts";
import { WriteLoad } from "./write-load.ts";

// kill -9 under write load, on real processes and disks: nothing acknowledged is lost, writes
// resume, the killed node comes back and agrees with the others. How long the pause is, bench
// failover measures.

let cluster: RealCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function startWithTable(basePort: number): Promise<RealCluster> {
  cluster = await RealCluster.start(basePort);
  const client = await cluster.connect(1);
  await WriteLoad.createTable(client);
  await client.end();
  return cluster;
}

async function expectNoContradiction(running: RealCluster, load: WriteLoad): Promise<void> {
  await running.converged(30_000);
  for (const node of [1, 2, 3]) {
    const client = await running.connect(node);
    expect(await load.contradictions(client), `as node ${node} shows it`).toEqual([]);
    await client.end();
  }
}

test("the leaseholder's node dies under load", async () => {
  const running = await startWithTable(27_100);
  const victim = await running.leaseholder(1);
  const others = [1, 2, 3].filter((node) => node !== victim);
  const load = new WriteLoad(running);
  load.start([1, 2, 3], 3);
  await load.acknowledgedMore(100, 20_000);

  running.signal(victim, "SIGKILL");
  await load.acknowledgedMore(100, 30_000);
  const successor = await running.leaseholder(others[0] ?? 0);
  expect(others).toContain(successor);

  await running.resume();
  await load.acknowledgedMore(100, 20_000);
  await load.stop();
  await expectNoContradiction(running, load);
});

test("a follower's node dies under load", async () => {
  const running = await startWithTable(27_200);
  const leaseholder = await running.leaseholder(1);
  const victim = [1, 2, 3].find((node) => node !== leaseholder) ?? 0;
  const load = new WriteLoad(running);
  load.start([1, 2, 3], 3);
  await load.acknowledgedMore(100, 20_000);

  running.signal(victim, "SIGKILL");
  await load.acknowledgedMore(200, 20_000);
  await running.resume();
  await load.acknowledgedMore(100, 20_000);
  await load.stop();
  await expectNoContradiction(running, load);
});

test("all three nodes die at once under load", async () => {
  const running = await startWithTable(27_300);
  const load = new WriteLoad(running);
  load.start([1, 2, 3], 4);
  await load.acknowledgedMore(300, 20_000);

  for (const node of [1, 2, 3]) running.signal(node, "SIGKILL");
  await sleep(200);
  await running.resume();
  await load.acknowledgedMore(100, 30_000);
  await load.stop();
  await expectNoContradiction(running, load);
});

test("a node that is stopped and drained loses nothing either", async () => {
  const running = await startWithTable(27_400);
  const leaseholder = await running.leaseholder(1);
  const load = new WriteLoad(running);
  load.start(
    [1, 2, 3].filter((node) => node !== leaseholder),
    3,
  );
  await load.acknowledgedMore(100, 20_000);
  running.signal(leaseholder, "SIGTERM");
  await load.acknowledgedMore(200, 20_000);
  await running.resume();
  await load.acknowledgedMore(50, 20_000);
  await load.stop();
  // Its lease was handed over before it went, so no write was left in the open.
  expect([...load.unknown]).toEqual([]);
  await expectNoContradiction(running, load);
});
