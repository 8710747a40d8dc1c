import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { execute, root } from "./process.ts";
import { median, table } from "./statistics.ts";
import { startHoloFusion, type HoloCluster } from "./targets.ts";

const usage = `Usage: npm run bench -- failover [options]

Kills the leaseholder's node (SIGKILL) under write load through another one and measures how long
no write is acknowledged; then starts the node again and repeats.

  --rounds N    kills (default 5)
  --limit-ms N  exit 1 when the median pause is longer (default 6000)
`;

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function leaseholderOf(cluster: HoloCluster): Promise<number> {
  for (const [node] of cluster.pids()) {
    const target = `127.0.0.1:${cluster.environment[`NODE${node}_GRPC_PORT`]}`;
    const answer = await execute(process.execPath, [
      join(root, "apps/node/bin/holoctl.mjs"),
      "--target",
      target,
      "--json",
      "topology",
    ]).catch(() => undefined);
    if (answer === undefined) continue;
    const { ranges } = JSON.parse(answer.stdout) as { ranges: { leaseholder: number }[] };
    const leaseholder = ranges[0]?.leaseholder ?? 0;
    if (leaseholder !== 0) return leaseholder;
  }
  throw new Error("no node names a leaseholder");
}

/** Inserts through one node until told to stop; keeps when each insert was acknowledged. */
async function write(url: string, firstId: number, signal: AbortSignal): Promise<number[]> {
  const acknowledgedAt: number[] = [];
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  for (let id = firstId; !signal.aborted; id++) {
    try {
      await client.query("INSERT INTO failover (id) VALUES ($1)", [id]);
      acknowledgedAt.push(performance.now());
    } catch {
      await sleep(5);
    }
  }
  await client.end();
  return acknowledgedAt;
}

/** Measures the pause of each kill; resolves to the exit code. */
export async function failover(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "5" },
      "limit-ms": { type: "string", default: "6000" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const rounds = Number(values.rounds);
  const limitMs = Number(values["limit-ms"]);
  const cluster = await startHoloFusion(26_000);
  try {
    const setUp = new pg.Client({ connectionString: cluster.url });
    await setUp.connect();
    await setUp.query("CREATE TABLE failover (id bigint PRIMARY KEY)");
    await setUp.end();
    const pauses: number[] = [];
    const lines = [["round", "killed node", "pause ms"]];
    for (let round = 1; round <= rounds; round++) {
      const victim = await leaseholderOf(cluster);
      const gateway = [1, 2, 3].find((node) => node !== victim) ?? 0;
      const url = cluster.url.replace(/:\d+\//, `:${26_000 + gateway}/`);
      const stop = new AbortController();
      const writers = Array.from({ length: 4 }, (_, writer) =>
        write(url, round * 10_000_000 + writer * 1_000_000, stop.signal),
      );
      await sleep(2_000);
      const pid = Number(readFileSync(join(cluster.folder, `holo_fusion/pids/node${victim}.pid`)));
      const killedAt = performance.now();
      process.kill(pid, "SIGKILL");
      await sleep(12_000);
      stop.abort();
      const moments = (await Promise.all(writers)).flat().filter((at) => at > killedAt);
      const sorted = [killedAt, ...moments.sort((a, b) => a - b)];
      const pause =
        moments.length === 0
          ? Number.POSITIVE_INFINITY
          : Math.max(...sorted.slice(1).map((at, index) => at - (sorted[index] ?? at)));
      pauses.push(pause);
      lines.push([String(round), String(victim), pause.toFixed(0)]);
      await execute("bash", [join(root, "scripts/start_cluster.sh"), "--resume"], {
        env: cluster.environment,
      });
      await sleep(1_000);
    }
    console.log(table(lines));
    console.log(`median ${median(pauses).toFixed(0)} ms, limit ${limitMs} ms`);
    return median(pauses) <= limitMs ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}
