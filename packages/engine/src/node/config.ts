import type { KnobView } from "#admin/topology.ts";
import { isLoopback } from "#pgwire/authentication.ts";
import type { Address, Knob } from "./knob.ts";
import { knobs, laterVariables, scriptVariables, type KnobName, type KnobValues } from "./knobs.ts";

/** What the node was told is wrong. One line that names the setting, its value and what it may be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Source = KnobView["source"];

/** The settings of one start, and where each came from. */
export interface NodeConfig {
  readonly values: KnobValues;
  readonly dataFolder: string;
  /** What a node does whose data folder is empty. */
  readonly mode: "bootstrap" | "join";
  readonly locality: ReadonlyMap<string, string>;
  /** For `holoctl knobs`. */
  readonly views: readonly KnobView[];
  /** One line each, for the log. */
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags win over variables, variables over defaults. Throws ConfigError. */
export function readConfig(flags: readonly string[], environment: Environment): NodeConfig {
  const given = readFlags(flags);
  const values: Record<string, unknown> = {};
  const views: KnobView[] = [];
  for (const name of knobNames) {
    const resolved = resolve(knobs[name], given, environment);
    values[name] = resolved.value;
    views.push(describe(name, knobs[name], resolved.text, resolved.source));
  }
  // Each value was parsed by the knob of its name.
  const typed = values as KnobValues;
  const locality = readLocality(typed.locality);
  refuseContradictions(typed);
  // Somebody who names a member wants to join, unless bootstrap was asked for in so many words.
  const isBootstrapGiven = views.some(
    (view) => view.variable === knobs.bootstrap.variable && view.source !== "default",
  );
  const mode =
    typed.bootstrap && (isBootstrapGiven || typed.joinAddresses.length === 0)
      ? "bootstrap"
      : "join";
  return {
    mode,
    values: typed,
    dataFolder:
      typed.dataFolder === "" ? `./tmp/cluster/holo_fusion/node-${typed.nodeId}` : typed.dataFolder,
    locality,
    views,
    warnings: warnings(environment),
  };
}

/** What `holo-fusion --help` prints about settings. */
export function describeKnobs(): string {
  const lines = knobNames.flatMap((name) => {
    const knob: Knob<unknown> = knobs[name];
    const range = knob.minimum === "" ? "" : `, ${knob.minimum} to ${knob.maximum}`;
    const unit = knob.unit === "" ? "" : ` ${knob.unit}`;
    const standard = knob.defaultText === "" ? "not set" : `${knob.defaultText}${unit}`;
    return [
      `  ${knob.flag} <${knob.type}>  (${knob.variable})`,
      `      ${knob.help} Default: ${standard}${range}.`,
    ];
  });
  return lines.join("\n");
}

const knobNames = Object.keys(knobs) as readonly KnobName[];

function resolve(
  knob: Knob<unknown>,
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): { readonly value: unknown; readonly text: string; readonly source: Source } {
  const flag = flags.get(knob.flag);
  const variable = environment[knob.variable];
  const [source, label, text]: readonly [Source, string, string] =
    flag !== undefined
      ? ["flag", knob.flag, flag]
      : variable !== undefined
        ? ["environment", knob.variable, variable]
        : ["default", knob.variable, knob.defaultText];
  const outcome = knob.parse(text);
  if ("expected" in outcome) {
    throw new ConfigError(`${label} is ${JSON.stringify(text)}; expected ${outcome.expected}`);
  }
  return { value: outcome.value, text, source };
}

/** `--name value` and `--name=value`; a boolean flag may stand alone. */
function readFlags(flags: readonly string[]): ReadonlyMap<string, string> {
  const byFlag = new Map<string, Knob<unknown>>(
    knobNames.map((name) => [knobs[name].flag, knobs[name]]),
  );
  const given = new Map<string, string>();
  for (let at = 0; at < flags.length; at++) {
    const word = flags[at] ?? "";
    const [flag = "", ...rest] = word.split("=");
    const knob = byFlag.get(flag);
    if (knob === undefined) throw new ConfigError(`${flag} is not a flag; see --help`);
    const next = flags[at + 1];
    if (rest.length > 0) {
      given.set(flag, rest.join("="));
    } else if (knob.type === "boolean" && (next === undefined || next.startsWith("--"))) {
      given.set(flag, "true");
    } else if (next === undefined) {
      throw new ConfigError(`${flag} needs a value`);
    } else {
      given.set(flag, next);
      at++;
    }
  }
  return given;
}

function readLocality(text: string): ReadonlyMap<string, string> {
  const tiers = new Map<string, string>();
  for (const part of text === "" ? [] : text.split(",")) {
    const match = /^([A-Za-z][\w-]*)=([^=,\s]+)$/.exec(part.trim());
    const [, tier, value] = match ?? [];
    if (tier === undefined || value === undefined || tiers.has(tier)) {
      throw new ConfigError(
        `${knobs.locality.variable} is ${JSON.stringify(text)}; expected tiers such as region=eu,zone=a, each once`,
      );
    }
    tiers.set(tier, value);
  }
  return tiers;
}

function refuseContradictions(values: KnobValues): void {
  if (values.replicationFactor % 2 === 0) {
    throw new ConfigError(
      `${knobs.replicationFactor.variable} is ${values.replicationFactor}; expected an odd number: an even one survives no more failures than the odd one below it`,
    );
  }
  const { tlsCertificateFile, tlsKeyFile, tlsCaFile } = values;
  if ((tlsCertificateFile === "") !== (tlsKeyFile === "")) {
    throw new ConfigError(
      `${knobs.tlsCertificateFile.variable} and ${knobs.tlsKeyFile.variable} go together; only one is set`,
    );
  }
  if (!isLoopback(values.pgHost) && (tlsCertificateFile === "" || values.pgUsersFile === "")) {
    throw new ConfigError(
      `${knobs.pgHost.variable} is ${JSON.stringify(values.pgHost)}; beyond loopback ${knobs.tlsCertificateFile.variable}, ${knobs.tlsKeyFile.variable} and ${knobs.pgUsersFile.variable} must be set`,
    );
  }
  if (!isLoopback(values.grpcAddress.host) && (tlsCertificateFile === "" || tlsCaFile === "")) {
    throw new ConfigError(
      `${knobs.grpcAddress.variable} is ${JSON.stringify(values.grpcAddress.host)}; beyond loopback ${knobs.tlsCertificateFile.variable}, ${knobs.tlsKeyFile.variable} and ${knobs.tlsCaFile.variable} must be set`,
    );
  }
  const ports = [
    [knobs.pgPort.variable, { host: values.pgHost, port: values.pgPort }],
    [knobs.healthAddress.variable, values.healthAddress],
    [knobs.grpcAddress.variable, values.grpcAddress],
  ] as const;
  ports.forEach(([name, address], index) => {
    const other = ports.slice(0, index).find((earlier) => isSameAddress(earlier[1], address));
    if (other !== undefined) {
      throw new ConfigError(`${other[0]} and ${name} are both ${address.host}:${address.port}`);
    }
  });
}

function isSameAddress(a: Address, b: Address): boolean {
  return a.port !== 0 && a.port === b.port && a.host === b.host;
}

function warnings(environment: Environment): readonly string[] {
  const known = new Set(knobNames.map((name): string => knobs[name].variable));
  const later: string[] = [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || known.has(name) || scriptVariables.has(name)) continue;
    if (laterVariables.has(name)) later.push(name);
    else if (name.startsWith("HOLO_FUSION_")) unknown.push(name);
  }
  return [
    ...(later.length > 0
      ? [`accepted and without effect in this release: ${later.join(", ")}`]
      : []),
    ...(unknown.length > 0 ? [`not known and ignored: ${unknown.join(", ")}`] : []),
  ];
}

function describe(name: string, knob: Knob<unknown>, value: string, source: Source): KnobView {
  return {
    name: name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    variable: knob.variable,
    type: knob.type,
    value,
    defaultValue: knob.defaultText,
    unit: knob.unit,
    help: knob.help,
    source,
    minimum: knob.minimum,
    maximum: knob.maximum,
  };
}
