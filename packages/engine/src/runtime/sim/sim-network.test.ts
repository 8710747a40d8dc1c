import { expect, test } from "vitest";
import { calmLink, roughLink, SimNetwork } from "./sim-network.ts";
import { SimRandom } from "./sim-random.ts";
import { SimTime } from "./sim-time.ts";

function newNetwork(seed = 1) {
  const time = new SimTime();
  const network = new SimNetwork(time, new SimRandom(seed));
  const seen: string[] = [];
  const attach = (node: number) => {
    const endpoint = network.attach(node);
    endpoint.receive("raft", (from, frame) => seen.push(`${from}>${node}:${frame[0]}`));
    return endpoint;
  };
  return { time, network, attach, seen };
}

test("calm links keep every frame; rough ones lose, repeat and reorder", async () => {
  const deliver = async (faults: typeof calmLink) => {
    const { time, network, attach, seen } = newNetwork();
    network.setFaults(faults);
    const one = attach(1);
    attach(2);
    for (let index = 0; index < 200; index++) {
      one.send(2, "raft", Uint8Array.of(index));
      await time.runFor(1);
    }
    await time.runFor(1_000);
    return seen;
  };
  const all = Array.from({ length: 200 }, (_, index) => `1>2:${index}`);
  expect(await deliver(calmLink)).toEqual(all);
  const rough = await deliver(roughLink);
  expect(new Set(rough).size).toBeLessThan(200);
  expect(rough.length).toBeGreaterThan(new Set(rough).size);
  expect(rough).not.toEqual(rough.toSorted((a, b) => all.indexOf(a) - all.indexOf(b)));
});

test("a partition separates the groups until it heals, and both sides hear of it", async () => {
  const { time, network, attach, seen } = newNetwork();
  const [one, two, three] = [attach(1), attach(2), attach(3)];
  const states: string[] = [];
  await time.runFor(10);
  three.onPeerState((node, state) => states.push(`${node} ${state}`));
  network.partition([[1, 2], [3]]);
  one.send(2, "raft", Uint8Array.of(1));
  one.send(3, "raft", Uint8Array.of(2));
  three.send(2, "raft", Uint8Array.of(3));
  await time.runFor(10);
  expect(seen).toEqual(["1>2:1"]);
  expect(new Set(states)).toEqual(new Set(["1 disconnected", "2 disconnected"]));
  states.length = 0;
  network.heal();
  two.send(3, "raft", Uint8Array.of(4));
  await time.runFor(10);
  expect(seen).toEqual(["1>2:1", "2>3:4"]);
  expect(new Set(states)).toEqual(new Set(["1 connected", "2 connected"]));
});

test("frames for an earlier life are not delivered to the next", async () => {
  const { time, attach, seen } = newNetwork();
  const one = attach(1);
  const old = attach(2);
  one.send(2, "raft", Uint8Array.of(1));
  attach(2);
  old.send(1, "raft", Uint8Array.of(2));
  one.send(2, "raft", Uint8Array.of(3));
  await time.runFor(10);
  expect(seen).toEqual(["1>2:3"]);
});
