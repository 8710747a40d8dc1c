// npm start: three nodes and the console in the foreground, until Ctrl-C.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bold, dim, installPackages, red, root, run, tool } from "./lib/run.mjs";

const usage = `Usage: npm start [-- options]

Installs, builds, starts three nodes and the console on this machine, and stops them on Ctrl-C.
Data stays in .cluster/ (or CLUSTER_DIR), so the next start continues where this one ended.

  --fresh       delete the data of an earlier start first
  --no-console  nodes only
  --help        this text
`;

const args = new Set(process.argv.slice(2));
if (args.has("--help")) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = [...args].find((arg) => !["--fresh", "--no-console"].includes(arg));
if (unknown !== undefined) {
  process.stderr.write(`npm start: no such option: ${unknown}\n${usage}`);
  process.exit(2);
}

const clusterFolder = resolve(root, process.env.CLUSTER_DIR ?? ".cluster");
const consolePort = process.env.HOLO_CONSOLE_PORT ?? "18080";
const port = (node, kind, first) => process.env[`NODE${node}_${kind}_PORT`] ?? String(first + node);

/** Whether the process a pid file names is running. */
function isAlive(pidFile) {
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}

function startConsole() {
  const nodes = [1, 2, 3].map((node) => `127.0.0.1:${port(node, "GRPC", 15050)}`).join(",");
  return spawn(
    process.execPath,
    [join(root, "node_modules/next/dist/bin/next"), "start", "-H", "127.0.0.1", "-p", consolePort],
    {
      cwd: join(root, "apps/console"),
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        HOLO_CONSOLE_NODES: process.env.HOLO_CONSOLE_NODES ?? nodes,
        HOLO_CONSOLE_DATA: process.env.HOLO_CONSOLE_DATA ?? join(clusterFolder, "console"),
      },
    },
  );
}

async function consoleIsUp(child) {
  for (let tries = 0; tries < 150 && child.exitCode === null; tries++) {
    const answer = await fetch(`http://127.0.0.1:${consolePort}/api/health`).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((done) => {
      setTimeout(done, 200);
    });
  }
  return false;
}

function endpoints() {
  const row = (cells) =>
    `  ${cells.map((cell, i) => cell.padEnd(i === 0 ? 9 : 24)).join("")}`.trimEnd();
  return [
    bold("HoloFusion is ready."),
    row(["", "PostgreSQL", "health", "gRPC"]),
    ...[1, 2, 3].map((node) =>
      row([
        `node ${node}`,
        `127.0.0.1:${port(node, "PG", 55431)}`,
        `http://127.0.0.1:${port(node, "HEALTH", 18080)}`,
        `127.0.0.1:${port(node, "GRPC", 15050)}`,
      ]),
    ),
    ...(args.has("--no-console") ? [] : [`  console  http://127.0.0.1:${consolePort}`]),
    "",
    `  psql "host=127.0.0.1 port=${port(1, "PG", 55431)} user=datafusion dbname=datafusion sslmode=disable"`,
    `  npx holoctl --target 127.0.0.1:${port(1, "GRPC", 15050)} topology`,
    dim(`  data and logs: ${join(clusterFolder, "holo_fusion")}`),
    dim("  Ctrl-C stops everything; the data stays."),
  ].join("\n");
}

await installPackages();
console.log(bold("Building"));
const built = await run(tool("turbo"), ["run", "build", "--output-logs=errors-only"]);
if (built !== 0) process.exit(built);

const isResume = existsSync(join(clusterFolder, "holo_fusion/data")) && !args.has("--fresh");
const started = await run("bash", ["scripts/start_cluster.sh", ...(isResume ? ["--resume"] : [])]);
if (started !== 0) process.exit(started);

let consoleProcess;
let isStopping = false;
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  console.log("\nStopping");
  consoleProcess?.kill("SIGTERM");
  const stopped = await run("bash", ["scripts/stop_cluster.sh", "--keep"]);
  process.exit(code === 0 ? stopped : code);
}
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));

if (!args.has("--no-console")) {
  consoleProcess = startConsole();
  consoleProcess.on("exit", (code) => {
    if (isStopping) return;
    console.error(red(`The console ended with exit code ${code}.`));
    void stop(1);
  });
  if (!(await consoleIsUp(consoleProcess))) {
    if (!isStopping) console.error(red(`The console does not answer on port ${consolePort}.`));
    await stop(1);
  }
}
console.log(endpoints());

// A node that dies is told, not restarted: what it needs is somebody who reads its log.
const reported = new Set();
setInterval(() => {
  for (const node of [1, 2, 3]) {
    const alive = isAlive(join(clusterFolder, `holo_fusion/pids/node${node}.pid`));
    if (alive) {
      if (reported.delete(node)) console.log(`Node ${node} runs again.`);
    } else if (!reported.has(node) && !isStopping) {
      reported.add(node);
      const log = join(clusterFolder, `holo_fusion/logs/node${node}.log`);
      console.error(
        `${red(`Node ${node} has ended.`)} Its log: ${log}\n` +
          "  To start it again: scripts/start_cluster.sh --resume",
      );
    }
  }
}, 1000);
