import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, root } from "./process.ts";

/** A running database to measure. */
export interface Target {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

const yardstick = join(root, "../shared/yardstick/postgres.sh");

/** PostgreSQL alone, or a primary that waits for one of two standbys before it acknowledges. */
export async function startPostgres(mode: "single" | "sync", port: number): Promise<Target> {
  if (!existsSync(yardstick)) {
    throw new Error(
      `no PostgreSQL yardstick at ${yardstick}; --only holofusion measures without it`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), `holo-bench-pg-${mode}-`));
  const stop = async (): Promise<void> => {
    await execute("bash", [yardstick, "stop", folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { stdout } = await execute("bash", [yardstick, "start", mode, folder, String(port)]);
    const url = stdout.trim().split("\n").at(-1) ?? "";
    return { name: mode === "sync" ? "PostgreSQL sync" : "PostgreSQL", url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface HoloCluster extends Target {
  readonly folder: string;
  /** Process ids by node number, from 1. */
  pids(): ReadonlyMap<number, number>;
  readonly healthPorts: readonly number[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Three nodes on their own ports and in their own folder, beside a cluster that may be running. */
export async function startHoloFusion(basePort: number): Promise<HoloCluster> {
  const folder = mkdtempSync(join(tmpdir(), "holo-bench-cluster-"));
  const environment: Record<string, string> = { CLUSTER_DIR: folder };
  const healthPorts: number[] = [];
  for (const node of [1, 2, 3]) {
    environment[`NODE${node}_PG_PORT`] = String(basePort + node);
    environment[`NODE${node}_HEALTH_PORT`] = String(basePort + 10 + node);
    environment[`NODE${node}_GRPC_PORT`] = String(basePort + 20 + node);
    healthPorts.push(basePort + 10 + node);
  }
  const stop = async (): Promise<void> => {
    await execute("bash", [join(root, "scripts/stop_cluster.sh")], { env: environment });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await execute("bash", [join(root, "scripts/start_cluster.sh")], { env: environment });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: "HoloFusion",
    url: `postgresql://datafusion@127.0.0.1:${basePort + 1}/datafusion`,
    folder,
    environment,
    healthPorts,
    stop,
    pids() {
      return new Map(
        [1, 2, 3].map((node) => [
          node,
          Number(readFileSync(join(folder, `holo_fusion/pids/node${node}.pid`), "utf8")),
        ]),
      );
    },
  };
}
