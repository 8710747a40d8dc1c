import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const nextProgram = createRequire(join(root, "apps/console/package.json")).resolve(
  "next/dist/bin/next",
);
const startTimeoutMs = 60_000;

export interface RunningConsole {
  readonly url: string;
  readonly dataFolder: string;
  /** SIGTERM, and the end awaited. */
  stop(): Promise<void>;
}

/** Starts the built console on a port and waits until it says that it is healthy. */
export async function startConsole(options: {
  readonly port: number;
  readonly nodes: string;
  /** A fresh folder when absent. */
  readonly dataFolder?: string;
  readonly variables?: Readonly<Record<string, string>>;
}): Promise<RunningConsole> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), "holo-console-"));
  const url = `http://127.0.0.1:${options.port}`;
  const child = spawn(
    process.execPath,
    [nextProgram, "start", "-H", "127.0.0.1", "-p", String(options.port)],
    {
      cwd: join(root, "apps/console"),
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        HOLO_CONSOLE_NODES: options.nodes,
        HOLO_CONSOLE_DATA: dataFolder,
        ...options.variables,
      },
    },
  );
  await healthy(child, url);
  return { url, dataFolder, stop: () => ended(child) };
}

async function healthy(child: ChildProcess, url: string): Promise<void> {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs) {
    if (child.exitCode !== null) {
      throw new Error(`the console ended at once with exit code ${child.exitCode}`);
    }
    const answer = await fetch(`${url}/api/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((done) => setTimeout(done, 150));
  }
  child.kill("SIGKILL");
  throw new Error(`the console at ${url} was not healthy within ${startTimeoutMs} ms`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      done();
      return;
    }
    const giveUp = setTimeout(() => child.kill("SIGKILL"), 10_000);
    child.once("exit", () => {
      clearTimeout(giveUp);
      done();
    });
    child.kill("SIGTERM");
  });
}
