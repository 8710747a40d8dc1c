import { credentials } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { AddressInUse } from "#runtime/address-in-use.ts";
import type { NetworkChannel } from "#runtime/ports.ts";
import { PromMetrics } from "#runtime/real/prom-metrics.ts";
import { realRuntime } from "#runtime/real/real-runtime.ts";
import { SimLog } from "#runtime/sim/sim-log.ts";
import { GrpcNetwork } from "./grpc-network.ts";
import { RpcServer } from "./rpc-server.ts";

interface Peer {
  readonly network: GrpcNetwork;
  readonly server: RpcServer;
  readonly port: number;
  readonly received: { from: number; channel: NetworkChannel; bytes: Buffer }[];
  readonly states: string[];
  close(): void;
}

const open: Peer[] = [];

afterEach(() => {
  for (const peer of open.splice(0)) peer.close();
});

async function startPeer(self: number, options: { port?: number; clusterId?: string } = {}) {
  const runtime = realRuntime({ log: new SimLog(), metrics: new PromMetrics() });
  const network = new GrpcNetwork(runtime, {
    self,
    clusterId: () => options.clusterId ?? "c1",
    credentials: credentials.createInsecure(),
  });
  const server = new RpcServer();
  server.addPeerService({
    exchange: (stream) => {
      network.accept(stream);
    },
    join: (_call: unknown, callback: (error: Error) => void) => {
      callback(new Error("nobody joins here"));
    },
  });
  const port = await server.listen({ host: "127.0.0.1", port: options.port ?? 0 }, undefined);
  const received: Peer["received"] = [];
  const states: string[] = [];
  for (const channel of ["raft", "bulk", "call", "liveness"] as const) {
    network.receive(channel, (from, frame) => {
      received.push({ from, channel, bytes: Buffer.from(frame) });
    });
  }
  network.onPeerState((node, state) => states.push(`${node} ${state}`));
  const peer: Peer = {
    network,
    server,
    port,
    received,
    states,
    close() {
      network.close();
      server.close();
    },
  };
  open.push(peer);
  return peer;
}

function introduce(a: Peer, b: Peer): void {
  a.network.setAddress(b.network.self, `127.0.0.1:${b.port}`);
  b.network.setAddress(a.network.self, `127.0.0.1:${a.port}`);
}

test("frames of every channel and size arrive in both directions, in order within a channel", async () => {
  const [a, b] = [await startPeer(1), await startPeer(2)];
  introduce(a, b);
  for (let index = 0; index < 200; index++) a.network.send(2, "raft", Buffer.from([index]));
  a.network.send(2, "bulk", Buffer.alloc(3_000_000, 7));
  a.network.send(2, "call", new Uint8Array(0));
  b.network.send(1, "liveness", Buffer.from("beat"));
  await expect.poll(() => [b.received.length, a.received.length]).toEqual([202, 1]);
  const raft = b.received.filter((frame) => frame.channel === "raft");
  expect(raft.map((frame) => frame.bytes[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(b.received.find((frame) => frame.channel === "bulk")?.bytes.length).toBe(3_000_000);
  expect(a.received[0]).toMatchObject({ from: 2, channel: "liveness" });
  expect(a.states).toEqual(["2 connected"]);
});

test("a peer that restarts is connected again and hears both new and old peers", async () => {
  const [a, b] = [await startPeer(1), await startPeer(2)];
  introduce(a, b);
  await expect.poll(() => a.states).toEqual(["2 connected"]);
  b.close();
  await expect.poll(() => a.states).toEqual(["2 connected", "2 disconnected"]);
  a.network.send(2, "raft", Buffer.from("lost"));

  const again = await startPeer(2, { port: b.port });
  again.network.setAddress(1, `127.0.0.1:${a.port}`);
  await expect
    .poll(() => a.states, { timeout: 3_000 })
    .toEqual(["2 connected", "2 disconnected", "2 connected"]);
  a.network.send(2, "raft", Buffer.from("heard"));
  await expect.poll(() => again.received.map((frame) => frame.bytes.toString())).toEqual(["heard"]);
});

test("a node of another cluster is not listened to", async () => {
  const [a, stranger] = [await startPeer(1), await startPeer(2, { clusterId: "other" })];
  introduce(a, stranger);
  const friend = await startPeer(3);
  introduce(a, friend);
  stranger.network.send(1, "raft", Buffer.from("x"));
  friend.network.send(1, "raft", Buffer.from("y"));
  await expect.poll(() => a.received.map((frame) => frame.from)).toEqual([3]);
  expect(a.states).toEqual(["3 connected"]);
  expect(stranger.states).toEqual([]);
});

test("a node that answers at a peer's address under another number is not taken for the peer", async () => {
  const [a, b] = [await startPeer(1), await startPeer(2)];
  a.network.setAddress(9, `127.0.0.1:${b.port}`);
  a.network.setAddress(2, `127.0.0.1:${b.port}`);
  await expect.poll(() => a.states).toContain("2 connected");
  a.network.send(9, "raft", Buffer.from("for nine"));
  a.network.send(2, "raft", Buffer.from("for two"));
  await expect.poll(() => b.received.map((frame) => frame.bytes.toString())).toEqual(["for two"]);
  expect(a.states).not.toContain("9 connected");
});

test("a port in use is said to be so", async () => {
  const a = await startPeer(1);
  await expect(startPeer(2, { port: a.port })).rejects.toBeInstanceOf(AddressInUse);
});
