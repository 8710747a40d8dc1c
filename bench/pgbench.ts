import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { execute, root } from "./process.ts";
import { grouped, median, table } from "./statistics.ts";
import { startHoloFusion, startPostgres, type Target } from "./targets.ts";

const usage = `Usage: npm run bench -- pgbench [options]

The runbook's orders workload, prepared, against HoloFusion on three nodes and PostgreSQL in one
go: point selects beside a single PostgreSQL, updates and upserts beside one that waits for one
of two synchronous standbys. Prints transactions per second and the ratio of each pair of runs.

  --clients N    concurrent clients (default 16)
  --rows N       rows in orders (default 100000)
  --seconds N    length of one run (default 10)
  --rounds N     runs of each, in turn (default 3)
  --only NAME    holofusion or postgresql: measure one of them
  --workloads L  comma list of select, update, upsert (default all)
  --enforce      exit 1 when a median ratio is below its floor (0.35)
  --url URL      measure this HoloFusion instead of starting one
`;

/** The lowest ratio to PostgreSQL that a release may have. */
const ratioFloor = 0.35;

interface Sample {
  readonly tps: number;
  readonly latencyMs: number;
  readonly failed: number;
}

const scripts = (name: string): string => join(root, "bench/pgbench", `${name}.sql`);

async function seed(target: Target, rows: number): Promise<number> {
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  try {
    await client.query(
      "CREATE TABLE IF NOT EXISTS orders (order_id bigint PRIMARY KEY, customer_id bigint NOT NULL, status text NOT NULL, total_cents bigint NOT NULL, created_at timestamptz NOT NULL)",
    );
    const startedAt = performance.now();
    const chunkRows = 20_000;
    for (let first = 1; first <= rows; first += chunkRows) {
      await client.query(
        "INSERT INTO orders (order_id, customer_id, status, total_cents, created_at) SELECT g, (g * 7919) % 10000 + 1, 'new', (g * 31) % 100000, clock_timestamp() FROM generate_series($1::bigint, $2::bigint) AS g ON CONFLICT DO NOTHING",
        [first, Math.min(rows, first + chunkRows - 1)],
      );
    }
    const elapsedMs = performance.now() - startedAt;
    const { rows: counted } = await client.query<{ n: string }>("SELECT count(*) AS n FROM orders");
    if (Number(counted[0]?.n) < rows) throw new Error(`${target.name} holds ${counted[0]?.n} rows`);
    return elapsedMs;
  } finally {
    await client.end();
  }
}

async function sample(
  target: Target,
  workload: string,
  options: { readonly clients: number; readonly rows: number; readonly seconds: number },
): Promise<Sample> {
  const { stdout } = await execute(
    "pgbench",
    [
      "--no-vacuum",
      "--protocol=prepared",
      `--client=${options.clients}`,
      `--jobs=2`,
      `--time=${options.seconds}`,
      `--define=rows=${options.rows}`,
      `--file=${scripts(workload)}`,
      target.url,
    ],
    { timeoutMs: (options.seconds + 60) * 1000 },
  );
  const figure = (pattern: RegExp): number => {
    const found = pattern.exec(stdout)?.[1];
    if (found === undefined) throw new Error(`pgbench printed no ${pattern.source}:\n${stdout}`);
    return Number(found);
  };
  return {
    tps: figure(/^tps = ([\d.]+)/m),
    latencyMs: figure(/^latency average = ([\d.]+) ms/m),
    failed: figure(/^number of failed transactions: (\d+)/m),
  };
}

/** Runs the workload; resolves to the exit code. */
export async function pgbench(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: "string", default: "16" },
      rows: { type: "string", default: "100000" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "3" },
      only: { type: "string" },
      workloads: { type: "string", default: "select,update,upsert" },
      enforce: { type: "boolean", default: false },
      url: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const options = {
    clients: Number(values.clients),
    rows: Number(values.rows),
    seconds: Number(values.seconds),
  };
  const rounds = Number(values.rounds);
  const workloads = values.workloads.split(",");
  const started: Target[] = [];
  const start = async (target: Promise<Target>): Promise<Target> => {
    const running = await target;
    started.push(running);
    console.log(
      `${running.name}: ${grouped(options.rows)} rows in ${grouped(await seed(running, options.rows))} ms`,
    );
    return running;
  };

  try {
    const only = values.only;
    const holo =
      only === "postgresql"
        ? undefined
        : await start(
            values.url === undefined
              ? startHoloFusion(26_000)
              : Promise.resolve({ name: "HoloFusion", url: values.url, stop: async () => {} }),
          );
    const needsSync = workloads.some((name) => name !== "select");
    const single =
      only === "holofusion" || !workloads.includes("select")
        ? undefined
        : await start(startPostgres("single", 26_500));
    const sync =
      only === "holofusion" || !needsSync ? undefined : await start(startPostgres("sync", 26_510));

    const lines: string[][] = [
      [
        "workload",
        "HoloFusion tps",
        "ms",
        "PostgreSQL tps",
        "ms",
        "ratio",
        "of each round",
        "failed",
      ],
    ];
    let belowFloor = 0;
    for (const workload of workloads) {
      const yardstick = workload === "select" ? single : sync;
      const ours: Sample[] = [];
      const theirs: Sample[] = [];
      for (let round = 1; round <= rounds; round++) {
        console.log(`${workload}: round ${round} of ${rounds}`);
        if (holo !== undefined) ours.push(await sample(holo, workload, options));
        if (yardstick !== undefined) theirs.push(await sample(yardstick, workload, options));
      }
      const show = (samples: Sample[]): string[] =>
        samples.length === 0
          ? ["–", "–"]
          : [
              grouped(median(samples.map((each) => each.tps))),
              median(samples.map((each) => each.latencyMs)).toFixed(2),
            ];
      const ratios = ours.flatMap((each, index) => {
        const other = theirs[index];
        return other === undefined ? [] : [each.tps / other.tps];
      });
      if (ratios.length > 0 && median(ratios) < ratioFloor) belowFloor++;
      lines.push([
        workload,
        ...show(ours),
        ...show(theirs),
        ratios.length === 0 ? "–" : median(ratios).toFixed(2),
        ratios.map((ratio) => ratio.toFixed(2)).join(" "),
        String(ours.reduce((sum, each) => sum + each.failed, 0)),
      ]);
    }
    console.log(
      `\n${options.clients} clients, ${grouped(options.rows)} rows, ${options.seconds} s a run`,
    );
    console.log(table(lines));
    return values.enforce && belowFloor > 0 ? 1 : 0;
  } finally {
    for (const target of started.reverse()) await target.stop();
  }
}
