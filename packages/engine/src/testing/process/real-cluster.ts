import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

function runScript(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? "", args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command.join(" ")} ended with ${code}:\n${output}${errors}`));
    });
  });
}

/** What `holoctl --json topology` says of one replica. */
interface ReplicaReport {
  readonly nodeId: number;
  readonly reported: boolean;
  readonly recordCount: string | number;
  readonly appliedIndex: string | number;
}

interface TopologyReport {
  readonly ranges: readonly {
    readonly leaseholder: number;
    readonly replicas: readonly ReplicaReport[];
  }[];
}

/**
 * Three real nodes in processes of their own, started by the scripts that operators use, on ports
 * and in a folder of this test alone. The owner calls stop().
 */
export class RealCluster {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #basePort: number;

  private constructor(folder: string, basePort: number, environment: Record<string, string>) {
    this.folder = folder;
    this.#basePort = basePort;
    this.#environment = environment;
  }

  static async start(basePort: number): Promise<RealCluster> {
    const folder = mkdtempSync(join(tmpdir(), "holo-process-test-"));
    const environment: Record<string, string> = { CLUSTER_DIR: folder };
    for (const node of [1, 2, 3]) {
      environment[`NODE${node}_PG_PORT`] = String(basePort + node);
      environment[`NODE${node}_HEALTH_PORT`] = String(basePort + 10 + node);
      environment[`NODE${node}_GRPC_PORT`] = String(basePort + 20 + node);
    }
    const cluster = new RealCluster(folder, basePort, environment);
    await runScript(["bash", "scripts/start_cluster.sh"], environment);
    return cluster;
  }

  url(node: number): string {
    return `postgresql://datafusion@127.0.0.1:${this.#basePort + node}/datafusion`;
  }

  pgPort(node: number): number {
    return this.#basePort + node;
  }

  healthUrl(node: number): string {
    return `http://127.0.0.1:${this.#basePort + 10 + node}`;
  }

  async connect(node: number): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url(node),
      connectionTimeoutMillis: 5_000,
    });
    // A connection that dies while idle says so here; the next query says it again.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  pid(node: number): number {
    return Number(readFileSync(join(this.folder, `holo_fusion/pids/node${node}.pid`), "utf8"));
  }

  signal(node: number, signal: NodeJS.Signals): void {
    process.kill(this.pid(node), signal);
  }

  log(node: number): string {
    return readFileSync(join(this.folder, `holo_fusion/logs/node${node}.log`), "utf8");
  }

  /** Starts the nodes that are down, on their data, and waits until all are ready. */
  async resume(): Promise<void> {
    await runScript(["bash", "scripts/start_cluster.sh", "--resume"], this.#environment);
  }

  async topology(node: number): Promise<TopologyReport> {
    const target = `127.0.0.1:${this.#basePort + 20 + node}`;
    const output = await runScript(
      [process.execPath, "apps/node/bin/holoctl.mjs", "--target", target, "--json", "topology"],
      {},
    );
    return JSON.parse(output) as TopologyReport;
  }

  async leaseholder(node: number): Promise<number> {
    const { ranges } = await this.topology(node);
    return ranges[0]?.leaseholder ?? 0;
  }

  /** Waits until every replica of every range reports the same records at the same applied index. */
  async converged(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { ranges } = await this.topology(1);
      const differing = ranges.filter(
        ({ replicas }) =>
          replicas.length < 3 ||
          replicas.some(({ reported }) => !reported) ||
          new Set(replicas.map(({ recordCount }) => String(recordCount))).size > 1 ||
          new Set(replicas.map(({ appliedIndex }) => String(appliedIndex))).size > 1,
      );
      if (differing.length === 0) return;
      if (performance.now() > deadline) {
        throw new Error(`replicas have not converged: ${JSON.stringify(differing)}`);
      }
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    await runScript(["bash", "scripts/stop_cluster.sh"], this.#environment);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
