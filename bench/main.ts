import { failover } from "./failover.ts";
import { idle } from "./idle.ts";
import { pgbench } from "./pgbench.ts";
import { salesFacts } from "./sales-facts.ts";

const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  pgbench,
  "sales-facts": salesFacts,
  idle,
  failover,
};

const usage = `Usage: npm run bench -- NAME [options]

  pgbench       the runbook's orders workload beside PostgreSQL, with ratios
  sales-facts   the runbook's ingest canary batches
  idle          memory, processor time and time to ready of an idle cluster
  failover      how long writes pause when the leaseholder's node is killed

npm run bench -- NAME --help lists the options of one. Needs npm run build.
`;

const [name, ...args] = process.argv.slice(2);
const benchmark = name === undefined ? undefined : benchmarks[name];
if (benchmark === undefined) {
  const isHelp = name === "--help" || name === "-h";
  (isHelp ? process.stdout : process.stderr).write(
    isHelp || name === undefined ? usage : `bench: no benchmark is called ${name}\n${usage}`,
  );
  process.exitCode = isHelp ? 0 : 2;
} else {
  try {
    process.exitCode = await benchmark(args);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
