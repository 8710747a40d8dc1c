import * as fs from "node:fs";
import { expect, test } from "vitest";
import { runSimulation, type SimRunResult } from "./sim-run.ts";

/** Without failed syncs: the node that stops itself leaves rejected promises, which vitest would report. */
const short = { durationMs: 5_000, failsSyncs: false };

test("one seed is one run, to the last event", { timeout: 30_000 }, async () => {
  const options = { seed: 7, nodes: 3, ...short };
  const first = await runSimulation(options);
  const second = await runSimulation(options);
  const other = await runSimulation({ ...options, seed: 8 });
  expect(second).toEqual(first);
  expect(other.traceSum).not.toBe(first.traceSum);
});

test(
  "clusters keep what they acknowledged and come back to work",
  { timeout: 30_000 },
  async () => {
    const results: SimRunResult[] = [];
    for (const [seed, nodes] of [
      [101, 3],
      [103, 5],
    ] as const) {
      results.push(await runSimulation({ seed, nodes, ...short }));
    }
    expect(results.flatMap(({ problems }) => problems)).toEqual([]);
    // A run in which nothing commits would pass as well.
    for (const { committed } of results) expect(committed).toBeGreaterThan(50);
  },
);

test("every seed that once failed is written down with what it was", () => {
  const text = fs.readFileSync(new URL("../../sim/seeds.txt", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) expect(line).toMatch(/^\d+ [35] \S.*$/);
});
