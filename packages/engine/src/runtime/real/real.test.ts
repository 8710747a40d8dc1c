import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, expect, test } from "vitest";
import { AddressInUse } from "#runtime/address-in-use.ts";
import { FileDisk } from "./file-disk.ts";
import { NodeSockets } from "./node-sockets.ts";
import { PinoLog } from "./pino-log.ts";
import { PromMetrics } from "./prom-metrics.ts";
import { RealClock } from "./real-clock.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "holofusion-disk-"));
afterAll(() => {
  fs.rmSync(root, { recursive: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);

test("a file keeps gathered writes, allocation and truncation", async () => {
  const disk = new FileDisk(root);
  await disk.makeDirectory("log");
  const file = await disk.open("log/1", "create");
  await file.allocate(3_000_000);
  await file.write(10, [bytes("abc"), new Uint8Array(0), bytes("def")]);
  await file.sync();
  expect(await file.size()).toBe(3_000_000);
  expect(text(await file.read(9, 8))).toBe("\0abcdef\0");
  await file.truncate(13);
  expect(text(await file.read(10, 100))).toBe("abc");
  await file.close();
  await disk.syncDirectory("log");
  expect(await disk.list("log")).toEqual(["1"]);
});

test("more parts than one system call takes still land in order", async () => {
  const disk = new FileDisk(root);
  const file = await disk.open("parts", "create");
  const parts = Array.from({ length: 3_000 }, (_, index) => bytes(`${index},`));
  await file.write(0, parts);
  expect(text(await disk.readFile("parts"))).toBe(parts.map(text).join(""));
  await file.close();
});

test("replacing, listing and removing treat what is absent as empty", async () => {
  const disk = new FileDisk(root);
  expect(await disk.readFile("identity")).toBeUndefined();
  await disk.replaceFile("identity", bytes("first"));
  await disk.replaceFile("identity", bytes("second"));
  expect(text(await disk.readFile("identity"))).toBe("second");
  await disk.remove("identity");
  await disk.remove("identity");
  expect(await disk.list("nowhere")).toEqual([]);
  await expect(disk.open("nowhere/file", "existing")).rejects.toMatchObject({
    condition: "io_error",
  });
  const space = await disk.space();
  expect(space.freeBytes).toBeGreaterThan(0);
  expect(space.totalBytes).toBeGreaterThan(space.freeBytes);
});

test("a client's bytes go in and out, and a taken port is named", async () => {
  const sockets = new NodeSockets();
  const listener = await sockets.listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.setHandler({
      onData: (received) => {
        connection.cork();
        connection.write(bytes("echo "));
        connection.write(received);
        connection.uncork();
        connection.end();
      },
      onDrain: () => {},
      onClose: () => {},
    });
  });
  const taken = sockets.listen({ host: "127.0.0.1", port: listener.port }, () => {});
  await expect(taken).rejects.toBeInstanceOf(AddressInUse);

  const answer = await new Promise<string>((resolve, reject) => {
    let got = "";
    const client = net.connect(listener.port, "127.0.0.1", () => client.write("hello"));
    client.on("data", (data) => (got += data.toString()));
    client.on("close", () => {
      resolve(got);
    });
    client.on("error", reject);
  });
  expect(answer).toBe("echo hello");
  await listener.close();
});

test("a log line is one JSON object with its fields", () => {
  const lines: string[] = [];
  const log = PinoLog.open({ level: "info", destination: { write: (line) => lines.push(line) } });
  log.child({ range: 7 }).warn("slow", { tookMs: 12, error: new Error("why") });
  log.debug("not this one");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "warn",
    message: "slow",
    range: 7,
    tookMs: 12,
    error: { message: "why" },
  });
});

test("metrics render in Prometheus text and one name is one metric", async () => {
  const metrics = new PromMetrics();
  metrics.counter("holo_calls_total", "Calls.", ["method"]).add(2, { method: "get" });
  metrics.counter("holo_calls_total", "Calls.", ["method"]).add(1, { method: "get" });
  metrics.observeGauge("holo_open", "Open things.", () => 5);
  metrics.histogram("holo_ms", "Time.", { buckets: [1, 10] }).observe(3);
  const rendered = await metrics.render();
  expect(rendered).toContain('holo_calls_total{method="get"} 3');
  expect(rendered).toContain("holo_open 5");
  expect(rendered).toContain('holo_ms_bucket{le="10"} 1');
});

test("the wall clock in microseconds agrees with the one in milliseconds", () => {
  const clock = new RealClock();
  const differenceMs = Number(clock.wallMicros() / 1_000n) - clock.wallMs();
  expect(Math.abs(differenceMs)).toBeLessThanOrEqual(3);
});
