import { resolve } from "node:path";
import { z } from "zod";

const address = z.string().regex(/^\S+:\d{1,5}$/, "expected host:port");

const schema = z.object({
  HOLO_CONSOLE_NODES: z
    .string()
    .default("127.0.0.1:15051,127.0.0.1:15052,127.0.0.1:15053")
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .pipe(z.array(address).min(1)),
  HOLO_CONSOLE_DATA: z.string().min(1).default(".console"),
  HOLO_CONSOLE_NAME: z.string().min(1).max(60).default("holo-fusion"),
  HOLO_CONSOLE_ENVIRONMENT: z.enum(["production", "staging", "development"]).default("development"),
  HOLO_CONSOLE_HOST: z.string().min(1).default("127.0.0.1"),
  HOLO_CONSOLE_URL: z.url().optional(),
  HOLO_CONSOLE_SECRET: z.string().min(32).optional(),
  HOLO_CONSOLE_TLS_CA: z.string().min(1).optional(),
  HOLO_CONSOLE_TLS_CERT: z.string().min(1).optional(),
  HOLO_CONSOLE_TLS_KEY: z.string().min(1).optional(),
  DATABASE_URL: z.string().min(1).optional(),
});

const loopbackHosts = ["127.0.0.1", "localhost", "::1"];

export type EnvironmentKind = "production" | "staging" | "development";

/** What the operator of the console set, checked once at start. */
export interface Configuration {
  readonly nodes: readonly string[];
  /** Folder of the console's own store and secret. */
  readonly dataFolder: string;
  readonly clusterName: string;
  readonly environment: EnvironmentKind;
  /** False when others than people on this machine reach the console. */
  readonly isLoopback: boolean;
  /** The address people type, when a proxy stands before the console. */
  readonly url: string | undefined;
  readonly secret: string | undefined;
  /** Files for mutual TLS to the nodes; without them the connection is plain. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | undefined;
  readonly databaseUrl: string | undefined;
}

/** Throws one line that names every wrong variable. */
export function readConfiguration(
  variables: Readonly<Record<string, string | undefined>>,
): Configuration {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path.map(String).join(".")}: ${issue.message}`,
    );
    throw new Error(`The console cannot start: ${faults.join("; ")}`);
  }
  const value = parsed.data;
  const tlsFiles = [
    value.HOLO_CONSOLE_TLS_CA,
    value.HOLO_CONSOLE_TLS_CERT,
    value.HOLO_CONSOLE_TLS_KEY,
  ];
  const [ca, cert, key] = tlsFiles;
  const isTlsWhole = ca !== undefined && cert !== undefined && key !== undefined;
  if (!isTlsWhole && tlsFiles.some((file) => file !== undefined)) {
    throw new Error(
      "The console cannot start: HOLO_CONSOLE_TLS_CA, _CERT and _KEY must be set together",
    );
  }
  return {
    nodes: value.HOLO_CONSOLE_NODES,
    dataFolder: resolve(value.HOLO_CONSOLE_DATA),
    clusterName: value.HOLO_CONSOLE_NAME,
    environment: value.HOLO_CONSOLE_ENVIRONMENT,
    isLoopback:
      loopbackHosts.includes(value.HOLO_CONSOLE_HOST) && value.HOLO_CONSOLE_URL === undefined,
    url: value.HOLO_CONSOLE_URL,
    secret: value.HOLO_CONSOLE_SECRET,
    tls: isTlsWhole ? { ca, cert, key } : undefined,
    databaseUrl: value.DATABASE_URL,
  };
}
