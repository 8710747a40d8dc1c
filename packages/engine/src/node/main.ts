import { isSqlError } from "#base/errors.ts";
import { version } from "#base/version.ts";
import { JoinRefused } from "#cluster/join.ts";
import { ClockError } from "#range/hlc-clock.ts";
import type { PeerTls } from "#rpc/transport-security.ts";
import { AddressInUse } from "#runtime/address-in-use.ts";
import { FileDisk } from "#runtime/real/file-disk.ts";
import { FolderInUse, lockFolder } from "#runtime/real/folder-lock.ts";
import { boundRegexBacktracking } from "#runtime/real/linear-regex.ts";
import { NodeSockets } from "#runtime/real/node-sockets.ts";
import { PinoLog } from "#runtime/real/pino-log.ts";
import { ProcessMeter } from "#runtime/real/process-meter.ts";
import { PromMetrics } from "#runtime/real/prom-metrics.ts";
import { fatalExitCode, realRuntime } from "#runtime/real/real-runtime.ts";
import { readTextFile } from "#runtime/real/text-file.ts";
import { DataFolderError } from "#storage/data-folder-error.ts";
import {
  ConfigError,
  describeKnobs,
  readConfig,
  type Environment,
  type NodeConfig,
} from "./config.ts";
import { knobs } from "./knobs.ts";
import { JoinTimeout } from "./enter-cluster.ts";
import { startNode, type Node } from "./node.ts";
import type { NodeWorld } from "./opening.ts";

/** The process that a node runs in. */
export interface Program {
  readonly arguments: readonly string[];
  readonly environment: Environment;
  writeOut(text: string): void;
  writeError(text: string): void;
  /** Called for each SIGTERM and SIGINT. */
  onSignal(handler: (signal: string) => void): void;
  /** Called for an error that nobody caught. */
  onCrash(handler: (error: unknown) => void): void;
  exit(code: number): never;
}

/** What a wrong setting ends with; other reasons why a node cannot start end with 1. */
const usageExitCode = 2;

const usage = `Usage: holo-fusion [flags]

Runs one HoloFusion node until SIGTERM or SIGINT. A flag wins over its variable.

${describeKnobs()}

  --help, --version

Exit codes: 0 stopped, 1 could not start, 2 wrong setting, ${fatalExitCode} stopped to protect its data.
`;

/** A terminal and a wrapper both pass one Ctrl-C on: what comes this soon is the same request. */
const sameSignalMs = 500;

/** Runs a node. Every way out goes through `program.exit`. */
export async function main(program: Program): Promise<void> {
  boundRegexBacktracking();
  if (program.arguments.includes("--help")) {
    program.writeOut(usage);
    program.exit(0);
  }
  if (program.arguments.includes("--version")) {
    program.writeOut(`holo-fusion ${version}\n`);
    program.exit(0);
  }
  try {
    const config = readConfig(program.arguments, program.environment);
    await run(program, config);
  } catch (error) {
    program.writeError(`holo-fusion: ${oneLine(error)}\n`);
    program.exit(error instanceof ConfigError ? usageExitCode : 1);
  }
}

async function run(program: Program, config: NodeConfig): Promise<void> {
  const { values } = config;
  const runtime = realRuntime({
    log: PinoLog.open({ level: values.logLevel, fields: { node: values.nodeId } }),
    metrics: new PromMetrics(),
  });
  program.onCrash((error) => runtime.fatal("an error nobody caught", error));
  for (const warning of config.warnings) runtime.log.warn("settings", { warning });

  const starting = new AbortController();
  let node: Node | undefined;
  let isStopping = false;
  let firstSignalAtMs = 0;
  program.onSignal((signal) => {
    const nowMs = runtime.clock.monotonicMs();
    if (isStopping) {
      if (nowMs - firstSignalAtMs < sameSignalMs) return;
      runtime.log.warn("second signal: the node ends at once", { signal });
      program.exit(1);
    }
    isStopping = true;
    firstSignalAtMs = nowMs;
    runtime.log.info("signal received", { signal });
    if (node === undefined) starting.abort(new Stopped(signal));
    else void stop(node, program);
  });

  const world = await openWorld(config, runtime);
  try {
    node = await startNode(config, world, starting.signal);
  } catch (error) {
    if (error instanceof Stopped) program.exit(0);
    if (!isKnown(error)) runtime.log.error("the node cannot start", { error });
    throw error;
  }
  if (isStopping) await stop(node, program);
}

/** A signal came while the node was starting. */
class Stopped extends Error {
  override readonly name = "Stopped";

  constructor(signal: string) {
    super(`stopped by ${signal}`);
  }
}

async function stop(node: Node, program: Program): Promise<never> {
  await node.stop();
  return program.exit(0);
}

async function openWorld(config: NodeConfig, runtime: NodeWorld["runtime"]): Promise<NodeWorld> {
  const disk = new FileDisk(config.dataFolder);
  return {
    runtime,
    disk,
    sockets: new NodeSockets(),
    meter: new ProcessMeter(),
    lockDataFolder: () => lockFolder(disk.root),
    tls: await readTls(config),
    passwords: await readPasswords(config),
  };
}

async function readTls(config: NodeConfig): Promise<PeerTls | undefined> {
  const { tlsCertificateFile, tlsKeyFile, tlsCaFile } = config.values;
  if (tlsCertificateFile === "") return undefined;
  return {
    certificatePem: await readNamedFile(knobs.tlsCertificateFile.variable, tlsCertificateFile),
    keyPem: await readNamedFile(knobs.tlsKeyFile.variable, tlsKeyFile),
    caPem: await readNamedFile(knobs.tlsCaFile.variable, tlsCaFile),
  };
}

async function readPasswords(config: NodeConfig): Promise<ReadonlyMap<string, string>> {
  const path = config.values.pgUsersFile;
  const passwords = new Map<string, string>();
  if (path === "") return passwords;
  const { variable } = knobs.pgUsersFile;
  const lines = (await readNamedFile(variable, path)).split(/\r?\n/);
  lines.forEach((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const colon = line.indexOf(":");
    if (colon < 1 || colon === line.length - 1) {
      throw new ConfigError(`${variable}: line ${index + 1} of ${path} is not user:password`);
    }
    passwords.set(line.slice(0, colon), line.slice(colon + 1));
  });
  return passwords;
}

async function readNamedFile(variable: string, path: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    throw new ConfigError(`${variable} is ${JSON.stringify(path)}, which cannot be read`, {
      cause: error,
    });
  }
}

/** Reasons whose message is one line for the operator. */
function isKnown(error: unknown): boolean {
  return (
    error instanceof ConfigError ||
    error instanceof AddressInUse ||
    error instanceof DataFolderError ||
    error instanceof FolderInUse ||
    error instanceof ClockError ||
    error instanceof JoinRefused ||
    error instanceof JoinTimeout ||
    isSqlError(error)
  );
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const text = isKnown(error) ? message : `cannot start: ${message}`;
  return text.replaceAll(/\s*\n\s*/g, " ");
}
