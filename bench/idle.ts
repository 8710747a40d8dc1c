import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { execute, root } from "./process.ts";
import { table } from "./statistics.ts";
import { startHoloFusion } from "./targets.ts";

const usage = `Usage: npm run bench -- idle [options]

What three nodes cost while nobody asks them anything: resident memory and processor time of
each, and how long a stopped cluster takes from start to ready on the data it had. Linux only.

  --seconds N   length of the observation (default 20)
  --settle N    seconds to wait before it (default 10)
  --enforce     exit 1 above 200 MB, 2 % of a core, or 2 s to ready
`;

const ticksPerSecond = 100;

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(line) / 1024;
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function readyMs(port: number, startedAt: number): Promise<number> {
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    const ms = performance.now() - startedAt;
    if (ready) return ms;
    if (ms > 60_000) throw new Error(`port ${port} is not ready after 60 s`);
    await sleep(20);
  }
}

/** Observes an idle cluster; resolves to the exit code. */
export async function idle(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "20" },
      settle: { type: "string", default: "10" },
      enforce: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const seconds = Number(values.seconds);
  const cluster = await startHoloFusion(26_000);
  try {
    await sleep(Number(values.settle) * 1000);
    const pids = [...cluster.pids()];
    const before = pids.map(([, pid]) => cpuSeconds(pid));
    await sleep(seconds * 1000);
    const rows = pids.map(([node, pid], index) => ({
      node,
      cpu: (cpuSeconds(pid) - (before[index] ?? 0)) / seconds,
      mb: residentMb(pid),
    }));
    await execute("bash", [`${root}/scripts/stop_cluster.sh`, "--keep"], {
      env: cluster.environment,
    });
    const startedAt = performance.now();
    const [, ...ready] = await Promise.all([
      execute("bash", [`${root}/scripts/start_cluster.sh`, "--resume"], {
        env: cluster.environment,
      }),
      ...cluster.healthPorts.map((port) => readyMs(port, startedAt)),
    ]);
    console.log(
      table([
        ["node", "resident MB", "CPU % of a core", "ready after ms"],
        ...rows.map((row, index) => [
          String(row.node),
          row.mb.toFixed(0),
          (row.cpu * 100).toFixed(2),
          (ready[index] ?? 0).toFixed(0),
        ]),
      ]),
    );
    const breaches =
      rows.filter((row) => row.mb > 200 || row.cpu > 0.02).length +
      ready.filter((ms) => ms > 2_000).length;
    return values.enforce && breaches > 0 ? 1 : 0;
  } finally {
    await cluster.stop();
  }
}
