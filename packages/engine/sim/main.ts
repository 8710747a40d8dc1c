import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runSimulation, type SimRunResult } from "#testing/sim-run.ts";

/**
 * npm run sim: whole clusters in one process, each from one seed, with faults. Prints the one line that
 * replays a failure, and exits with 1.
 */
const help = `Usage: npm run sim -- [options]

Simulates clusters of whole nodes, one per seed: random transactions under crashes, torn writes,
failed syncs, partitions and clock skew. What clients saw must be explained by what the stores
hold, no acknowledged write may be lost, replicas must be equal, and after healing every node
must take a write within 10 seconds of simulated time. The seeds of sim/seeds.txt, which once
failed, run first.

Options:
  --seeds N      how many seeds to run (default 50)
  --from SEED    the first seed (default 1)
  --seed SEED    run this one seed and print its trace
  --nodes 3|5    nodes in a cluster (default: 3, every fourth seed 5)
  --seconds S    simulated seconds of faults in each run (default 20)
  --help         this text
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "50" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      nodes: { type: "string" },
      seconds: { type: "string", default: "20" },
      help: { type: "boolean", default: false },
    },
  });
  const nodes = values.nodes === undefined ? undefined : wholeNumber("nodes", values.nodes);
  if (nodes !== undefined && nodes !== 3 && nodes !== 5) throw new Error("--nodes must be 3 or 5");
  const isReplay = values.seed !== undefined;
  return {
    help: values.help,
    isReplay,
    from: wholeNumber(isReplay ? "seed" : "from", values.seed ?? values.from),
    count: isReplay ? 1 : wholeNumber("seeds", values.seeds),
    nodes,
    seconds: wholeNumber("seconds", values.seconds),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`--${name} must be a whole number from 1, not "${text}"`);
  }
  return value;
}

interface Run {
  readonly seed: number;
  readonly nodes: number;
}

function plannedRuns(options: ReturnType<typeof readOptions>): readonly Run[] {
  const runs = Array.from({ length: options.count }, (_, at) => {
    const seed = options.from + at;
    return { seed, nodes: options.nodes ?? (seed % 4 === 0 ? 5 : 3) };
  });
  return options.isReplay ? runs : [...pastFailures(), ...runs];
}

function pastFailures(): readonly Run[] {
  return readFileSync(new URL("./seeds.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [seed = "", nodes = ""] = line.split(" ");
      return { seed: wholeNumber("seed", seed), nodes: wholeNumber("nodes", nodes) };
    });
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const startedAtMs = Date.now();
  let failed = 0;
  let transactions = 0;
  let committed = 0;
  let slowestMs = 0;
  const runs = plannedRuns(options);
  for (const [done, { seed, nodes }] of runs.entries()) {
    const result = await runSimulation({
      seed,
      nodes,
      durationMs: options.seconds * 1_000,
      ...(options.isReplay ? { onLine: (line: string) => process.stdout.write(`${line}\n`) } : {}),
    });
    transactions += result.transactions;
    committed += result.committed;
    slowestMs = Math.max(slowestMs, result.recoveryMs);
    if (result.problems.length > 0) {
      failed++;
      clearProgress();
      report(seed, nodes, options.seconds, result);
    }
    showProgress(done + 1, runs.length, failed);
  }
  clearProgress();
  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  process.stdout.write(
    `${runs.length - failed} seeds passed, ${failed} failed in ${seconds} s: ` +
      `${transactions} transactions, ${committed} committed, ` +
      `slowest recovery ${(slowestMs / 1_000).toFixed(1)} s\n`,
  );
  return failed === 0 ? 0 : 1;
}

const problemsShown = 5;

function report(seed: number, nodes: number, seconds: number, { problems }: SimRunResult): void {
  process.stdout.write(`seed ${seed} FAILED with ${problems.length} problems\n`);
  for (const problem of problems.slice(0, problemsShown)) process.stdout.write(`  ${problem}\n`);
  const flags = `--seed ${seed} --nodes ${nodes} --seconds ${seconds}`;
  process.stdout.write(`replay: npm run sim -- ${flags}\n`);
}

const barWidth = 40;

function showProgress(done: number, count: number, failed: number): void {
  if (!process.stdout.isTTY) return;
  const filled = Math.round((done / count) * barWidth);
  const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
  process.stdout.write(`\r${bar} ${done}/${count}${failed > 0 ? `, ${failed} failed` : ""} `);
}

function clearProgress(): void {
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
