import { parseArgs } from "node:util";
import pg from "pg";
import { grouped, percentile, table } from "./statistics.ts";
import { startHoloFusion } from "./targets.ts";

const usage = `Usage: npm run bench -- sales-facts [options]

The ingest batches of the runbook's canary on three nodes: INSERT … WITH base AS (SELECT
COALESCE(MAX(order_id), 0) …) … CROSS JOIN generate_series, then an exact count.

  --rows N        rows of a batch (default 50000)
  --batches N     batches (default 3)
  --limit-ms N    exit 1 when the p95 batch takes longer (default 3000)
  --url URL       measure this HoloFusion instead of starting one
`;

/** Runs the batches; resolves to the exit code. */
export async function salesFacts(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "50000" },
      batches: { type: "string", default: "3" },
      "limit-ms": { type: "string", default: "3000" },
      url: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const rows = Number(values.rows);
  const batches = Number(values.batches);
  const limitMs = Number(values["limit-ms"]);
  const cluster = values.url === undefined ? await startHoloFusion(26_000) : undefined;
  const client = new pg.Client({ connectionString: cluster?.url ?? values.url });
  try {
    await client.connect();
    await client.query(
      "CREATE TABLE IF NOT EXISTS sales_facts (order_id bigint PRIMARY KEY, customer text NOT NULL, merchant text NOT NULL, region text NOT NULL, event_day date NOT NULL, status text NOT NULL, amount_cents bigint NOT NULL)",
    );
    const count = async (): Promise<number> => {
      const result = await client.query<{ n: string }>("SELECT count(*) AS n FROM sales_facts");
      return Number(result.rows[0]?.n);
    };
    const elapsed: number[] = [];
    const lines = [["batch", "rows", "ms", "rows/s"]];
    let before = await count();
    for (let batch = 1; batch <= batches; batch++) {
      const startedAt = performance.now();
      await client.query(
        `INSERT INTO sales_facts (order_id, customer, merchant, region, event_day, status, amount_cents)
         WITH base AS (SELECT COALESCE(MAX(order_id), 0) AS last_id FROM sales_facts)
         SELECT base.last_id + g, 'customer-' || (g % 5000), 'merchant-' || (g % 300),
                CASE g % 4 WHEN 0 THEN 'emea' WHEN 1 THEN 'amer' WHEN 2 THEN 'apac' ELSE 'latam' END,
                DATE '2026-01-01' + (g % 365)::int, CASE WHEN g % 10 = 0 THEN 'refunded' ELSE 'settled' END,
                (g * 37) % 250000
         FROM base CROSS JOIN generate_series(1, ${rows}) AS g`,
      );
      const ms = performance.now() - startedAt;
      const after = await count();
      if (after - before !== rows) throw new Error(`batch ${batch} added ${after - before} rows`);
      before = after;
      elapsed.push(ms);
      lines.push([String(batch), grouped(rows), grouped(ms), grouped((rows / ms) * 1000)]);
    }
    console.log(table(lines));
    const p95 = percentile(elapsed, 0.95);
    console.log(`p95 ${grouped(p95)} ms, limit ${grouped(limitMs)} ms`);
    return p95 <= limitMs ? 0 : 1;
  } finally {
    await client.end().catch(() => {});
    await cluster?.stop();
  }
}
