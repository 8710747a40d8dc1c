import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPostgres } from "./debian.mjs";

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs one of PostgreSQL's programs, as the user postgres when we are root: it refuses root. */
function runAsPostgres(program, args) {
  const isRoot = process.getuid?.() === 0;
  const command = isRoot ? "runuser" : program;
  const given = isRoot ? ["-u", "postgres", "--", program, ...args] : args;
  const done = spawnSync(command, given, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (done.status !== 0)
    throw new Error(`${program} failed: ${done.stderr ?? done.error?.message}`);
}

/**
 * Starts a throw-away PostgreSQL on loopback for the differential tests. Undefined when there is
 * no PostgreSQL here; those tests then say that they were skipped.
 */
export async function startOracle() {
  const bin = findPostgres();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "holo-oracle-"));
  const data = join(folder, "data");
  if (process.getuid?.() === 0) {
    spawnSync("chown", ["postgres", folder]);
    chmodSync(folder, 0o755);
  }
  const port = await freePort();
  runAsPostgres(join(bin, "initdb"), [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "--locale=C.UTF-8",
    "-E",
    "UTF8",
  ]);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
  runAsPostgres(join(bin, "pg_ctl"), [
    "-w",
    "-D",
    data,
    "-l",
    join(folder, "log"),
    "-o",
    settings,
    "start",
  ]);
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    stop() {
      try {
        runAsPostgres(join(bin, "pg_ctl"), ["-w", "-D", data, "-m", "immediate", "stop"]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
