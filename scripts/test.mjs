// npm test: everything, on a fresh clone, with nothing done by hand before.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./lib/debian.mjs";
import { startOracle } from "./lib/postgres.mjs";
import { bold, dim, green, installPackages, red, root, run, seconds, tool } from "./lib/run.mjs";

const usage = `Usage: npm test [-- STEP ...]

Runs every step, or those named: check unit simulation build process browser.
  --seeds N   simulated runs in the step "simulation" (default 60)
  --help      this text
`;

const reports = join(root, "test-results");
const named = [];
let seeds = "60";
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--help") {
    process.stdout.write(usage);
    process.exit(0);
  } else if (word === "--seeds") seeds = words.shift() ?? "";
  else if (/^(check|unit|simulation|build|process|browser)$/.test(word)) named.push(word);
  else {
    process.stderr.write(`npm test: no such step or option: ${word}\n${usage}`);
    process.exit(2);
  }
}

const totals = { passed: 0, failed: 0, skipped: 0 };

/** A step that is one check: it counts as one test. */
async function counted(code) {
  if ((await code) === 0) totals.passed++;
  else totals.failed++;
}

async function vitest(project, env) {
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const code = await run(
    tool("vitest"),
    [
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    { env },
  );
  try {
    const result = JSON.parse(readFileSync(report, "utf8"));
    totals.passed += result.numPassedTests;
    totals.failed += result.numFailedTests;
    totals.skipped += result.numPendingTests + result.numTodoTests;
    // A file that does not load has no failed test of its own.
    if (code !== 0 && result.numFailedTests === 0) totals.failed++;
    if (result.numTotalTests === 0) totals.failed++;
  } catch {
    console.log(red(`vitest left no report for ${project}`));
    totals.failed++;
  }
}

async function browser() {
  const chromium = findChromium();
  if (chromium === undefined) {
    console.log(
      "Browser tests skipped: install Chromium (Debian: apt-get install chromium) or set HOLO_CHROMIUM.",
    );
    totals.skipped++;
    return;
  }
  const report = join(reports, "browser.json");
  rmSync(report, { force: true });
  const code = await run(tool("playwright"), ["test", "--reporter=list,json"], {
    env: { HOLO_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  try {
    const { stats } = JSON.parse(readFileSync(report, "utf8"));
    totals.passed += stats.expected;
    // A test that passed only when run again is a failure until somebody knows why.
    totals.failed += stats.unexpected + stats.flaky;
    totals.skipped += stats.skipped;
    if (code !== 0 && stats.unexpected + stats.flaky === 0) totals.failed++;
  } catch {
    console.log(red("Playwright left no report"));
    totals.failed++;
  }
}

const steps = {
  check: () => counted(run(process.execPath, ["scripts/check.mjs"])),
  async unit() {
    const given = process.env.HOLO_TEST_POSTGRES_URL;
    const oracle = given === undefined ? await startOracle() : undefined;
    const url = given ?? oracle?.url;
    if (url === undefined) console.log("No PostgreSQL here: differential tests are skipped.");
    try {
      await vitest("unit", url === undefined ? {} : { HOLO_TEST_POSTGRES_URL: url });
    } finally {
      oracle?.stop();
    }
  },
  simulation: () => counted(run(tool("tsx"), ["packages/engine/sim/main.ts", "--seeds", seeds])),
  build: () => counted(run(tool("turbo"), ["run", "build", "--output-logs=errors-only"])),
  process: () => vitest("process", {}),
  browser,
};

await installPackages();
mkdirSync(reports, { recursive: true });
const startedAtMs = Date.now();
for (const [name, step] of Object.entries(steps)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const stepStartedAtMs = Date.now();
  const failedBefore = totals.failed;
  console.log(bold(`\n── ${name}`));
  await step();
  const failed = totals.failed > failedBefore;
  console.log(`${failed ? red("FAILED") : green("ok")} ${name} ${dim(seconds(stepStartedAtMs))}`);
}
console.log(`\n${dim(`in ${seconds(startedAtMs)}`)}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
