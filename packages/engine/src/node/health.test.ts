import { expect, test } from "vitest";
import { settled } from "#runtime/real/event-loop.ts";
import { simRuntime } from "#runtime/sim/sim-runtime.ts";
import { WireClient } from "#testing/wire-client.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { HealthServer } from "./health-server.ts";

function start() {
  const runtime = simRuntime(3);
  const health = new HealthMonitor(runtime.clock, runtime.log);
  const server = new HealthServer(health, runtime.metrics);
  const get = async (...chunks: readonly string[]): Promise<string> => {
    const client = new WireClient(runtime.clock.time);
    client.expectRaw(Number.MAX_SAFE_INTEGER);
    server.accept(client);
    for (const chunk of chunks) await client.send(Buffer.from(chunk));
    await settled();
    return Buffer.concat(client.writes).toString();
  };
  return { runtime, health, get };
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test("states follow the start, the live checks and the stop", async () => {
  const { runtime, health } = start();
  let hasQuorum = true;
  let hasSpace = true;
  health.addCheck({
    name: "ranges",
    failureMeans: "NotReady",
    look: () => ({ passed: hasQuorum, detail: hasQuorum ? "fine" : "no leaseholder" }),
  });
  health.addCheck({
    name: "disk space",
    failureMeans: "Degraded",
    look: () => ({ passed: hasSpace, detail: hasSpace ? "fine" : "full" }),
  });
  health.starting("binding ports");
  expect([health.state, health.detail]).toEqual(["Bootstrapping", "binding ports"]);
  health.started("serves");
  expect([health.state, health.detail]).toEqual(["Ready", "serves"]);

  hasSpace = false;
  await runtime.clock.time.runFor(300);
  expect([health.state, health.detail]).toEqual(["Degraded", "disk space: full"]);
  hasQuorum = false;
  await runtime.clock.time.runFor(300);
  expect([health.state, health.detail]).toEqual([
    "NotReady",
    "ranges: no leaseholder; disk space: full",
  ]);
  hasQuorum = hasSpace = true;
  await runtime.clock.time.runFor(300);
  expect(health.state).toBe("Ready");
  expect(health.checks().map((check) => check.passed)).toEqual([true, true]);

  health.stopping();
  await runtime.clock.time.runFor(300);
  expect([health.state, health.detail]).toEqual(["NotReady", "shutdown requested"]);
});

test("the paths answer as probes know them", async () => {
  const { runtime, health, get } = start();
  runtime.metrics.counter("tx_conflict_count").add(2);
  expect(await get(request("/live"))).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nlive\n$/);
  expect(await get(request("/ready"))).toMatch(/^HTTP\/1.1 503 [^]*not-ready \(Bootstrapping\)\n$/);
  health.started("serves");
  expect(await get(request("/ready"))).toMatch(/^HTTP\/1.1 200 OK[^]*\r\n\r\nready\n$/);
  expect(await get(request("/state?x=1"))).toContain("\r\n\r\nstate=Ready\ndetail=serves\n");
  expect(await get(request("/"))).toContain("state=Ready");
  expect(await get(request("/metrics"))).toContain("tx_conflict_count");
  expect(await get(request("/nothing"))).toMatch(/^HTTP\/1.1 404 [^]*not-found\n$/);
});

test("a request may come in pieces; HEAD gets no body, other methods 405, noise nothing", async () => {
  const { get } = start();
  expect(await get("GET /li", "ve HTTP/1.1\r\n", "\r\n")).toContain("live");
  expect(await get("HEAD /live HTTP/1.1\r\n\r\n")).toMatch(/Content-Length: 5\r\n[^]*\r\n\r\n$/);
  expect(await get("POST /live HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1.1 405 /);
  expect(await get("x".repeat(20_000))).toBe("");
});
