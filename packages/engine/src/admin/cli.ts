import { version } from "#base/version.ts";
import { renderTable, renderTopologyTable } from "./topology-table.ts";
import type { AdminApi, Topology } from "./topology.ts";

/** What holoctl needs of the process it runs in. */
export interface CliWorld {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  writeOut(text: string): void;
  writeError(text: string): void;
  /** The whole file as text. */
  readFile(path: string): Promise<string>;
  connect(options: ConnectOptions): AdminApi & { close(): void };
}

export interface ConnectOptions {
  readonly target: string;
  readonly timeoutMs: number;
  readonly tls:
    | {
        readonly caPem: string;
        readonly certificatePem: string | undefined;
        readonly keyPem: string | undefined;
      }
    | undefined;
}

const defaultTarget = "127.0.0.1:15051";
const timeoutMsDefault = 10_000;

const usage = `Usage: holoctl [options] <command>

Asks a HoloFusion node about itself and its cluster.

Commands
  topology   nodes, ranges, roles and record counts
  state      the cluster state as JSON
  knobs      the node's settings: value, default, where it came from

Options
  --target <host:port>   the node's gRPC address (default ${defaultTarget}, or HOLOCTL_TARGET)
  --timeout <ms>         how long to wait for an answer (default ${timeoutMsDefault})
  --json                 JSON instead of a table
  --ca <file>            PEM authority of the cluster; turns on TLS
  --cert <file>          PEM certificate to show to the node
  --key <file>           its PEM key
  --help, --version

Exit codes: 0 answered, 1 the node could not be asked, 2 wrong usage.
`;

class UsageError extends Error {}

interface Options {
  readonly command: Command;
  readonly target: string;
  readonly timeoutMs: number;
  readonly json: boolean;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

type Command = "topology" | "state" | "knobs";
const commands: readonly Command[] = ["topology", "state", "knobs"];

/** Runs one command. Resolves to the process's exit code. */
export async function runHoloctl(world: CliWorld): Promise<0 | 1 | 2> {
  let options: Options | "help" | "version";
  try {
    options = readOptions(world.arguments, world.environment);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    world.writeError(`holoctl: ${error.message}\nTry holoctl --help.\n`);
    return 2;
  }
  if (options === "help") {
    world.writeOut(usage);
    return 0;
  }
  if (options === "version") {
    world.writeOut(`holoctl ${version}\n`);
    return 0;
  }
  try {
    const client = world.connect({
      target: options.target,
      timeoutMs: options.timeoutMs,
      tls: await readTls(options, world),
    });
    try {
      const useColour = world.isTerminal && (world.environment["NO_COLOR"] ?? "") === "";
      world.writeOut(await runCommand(client, options, useColour));
    } finally {
      client.close();
    }
    return 0;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    world.writeError(`holoctl: ${problem}\n`);
    return 1;
  }
}

async function runCommand(api: AdminApi, options: Options, useColour: boolean): Promise<string> {
  switch (options.command) {
    case "state":
      return `${await api.state()}\n`;
    case "topology": {
      const topology = await api.topology();
      if (options.json) return `${topologyJson(topology)}\n`;
      const table = renderTopologyTable(topology);
      const warning = missingWarning(topology);
      return table + (warning === undefined ? "" : colour(`${warning}\n`, "33", useColour));
    }
    case "knobs": {
      const knobs = await api.knobs();
      if (options.json) return `${JSON.stringify(knobs, undefined, 2)}\n`;
      const rows = knobs.map((knob) => [
        knob.variable,
        knob.value,
        knob.defaultValue,
        knob.unit,
        knob.source,
      ]);
      return `${renderTable(["VARIABLE", "VALUE", "DEFAULT", "UNIT", "SOURCE"], rows)}\n`;
    }
  }
}

/** The topology as JSON; keys, which are bytes, in hexadecimal. */
function topologyJson(topology: Topology): string {
  const shown = {
    ...topology,
    ranges: topology.ranges.map((range) => ({
      ...range,
      startKey: Buffer.from(range.startKey).toString("hex"),
      endKey: Buffer.from(range.endKey).toString("hex"),
    })),
  };
  return JSON.stringify(shown, undefined, 2);
}

function missingWarning(topology: Topology): string | undefined {
  const { missingNodes } = topology;
  if (missingNodes.length === 0) return undefined;
  const noun = missingNodes.length === 1 ? "node" : "nodes";
  return `did not answer: ${noun} ${missingNodes.join(", ")}`;
}

function colour(text: string, code: string, useColour: boolean): string {
  return useColour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

const valueOptions = ["--target", "--timeout", "--ca", "--cert", "--key"] as const;

function readOptions(
  words: readonly string[],
  environment: CliWorld["environment"],
): Options | "help" | "version" {
  const values = new Map<string, string>();
  let command: Command | undefined;
  let json = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const [name = "", ...rest] = word.split("=");
    if (word === "--help" || word === "-h" || word === "help") return "help";
    if (word === "--version" || word === "-V") return "version";
    if (word === "--json") {
      json = true;
    } else if (valueOptions.some((option) => option === name)) {
      const value = rest.length > 0 ? rest.join("=") : words[++at];
      if (value === undefined || value === "") throw new UsageError(`${name} needs a value`);
      values.set(name, value);
    } else if (word.startsWith("-")) {
      throw new UsageError(`${word} is not an option`);
    } else if (command !== undefined) {
      throw new UsageError(`one command at a time: ${command} or ${word}`);
    } else {
      command = commands.find((known) => known === word);
      if (command === undefined) throw new UsageError(`${word} is not a command`);
    }
  }
  if (command === undefined) throw new UsageError("a command is missing");
  const target = values.get("--target") ?? environment["HOLOCTL_TARGET"] ?? defaultTarget;
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/.test(target)) {
    throw new UsageError(`--target is ${JSON.stringify(target)}; expected host:port`);
  }
  const timeout = values.get("--timeout") ?? String(timeoutMsDefault);
  const timeoutMs = /^\d+$/.test(timeout) ? Number(timeout) : 0;
  if (timeoutMs < 1 || timeoutMs > 3_600_000) {
    throw new UsageError(`--timeout is ${JSON.stringify(timeout)}; expected 1 to 3600000 ms`);
  }
  const [ca, cert, key] = [values.get("--ca"), values.get("--cert"), values.get("--key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--cert and --key go together");
  }
  if (cert !== undefined && ca === undefined) throw new UsageError("--cert needs --ca");
  return { command, target, timeoutMs, json, ca, cert, key };
}

async function readTls(options: Options, world: CliWorld): Promise<ConnectOptions["tls"]> {
  const { ca, cert, key } = options;
  if (ca === undefined) return undefined;
  return {
    caPem: await world.readFile(ca),
    certificatePem: cert === undefined ? undefined : await world.readFile(cert),
    keyPem: key === undefined ? undefined : await world.readFile(key),
  };
}
