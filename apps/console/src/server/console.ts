import "server-only";
import { join } from "node:path";
import { createAuth } from "./auth.ts";
import { connectAdmin } from "./admin/admin-client.ts";
import { readConfiguration, type Configuration } from "./configuration.ts";
import { logLine } from "./log.ts";
import { signInOf, type SignIn } from "./sign-in.ts";
import { auditLogOf } from "./store/audit-log.ts";
import { clusterMemoryOf } from "./store/cluster-memory.ts";
import { readOrCreateSecret } from "./store/secret.ts";
import { openStore, type Store } from "./store/store.ts";
import { ClusterWatcher } from "./watcher/cluster-watcher.ts";

/** Everything that lives as long as the process. */
export interface Console {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly signIn: SignIn;
  readonly watcher: ClusterWatcher;
}

declare global {
  // Next bundles each route by itself; the process is the only place they share.
  var holoFusionConsole: Promise<Console> | undefined;
}

/** The console of this process, started on first use. */
export function getConsole(): Promise<Console> {
  globalThis.holoFusionConsole ??= start();
  return globalThis.holoFusionConsole;
}

async function start(): Promise<Console> {
  const configuration = readConfiguration(process.env);
  const store = await openStore(configuration);
  const { database } = store;
  const auth = createAuth({
    database,
    secret: configuration.secret ?? readOrCreateSecret(configuration.dataFolder, "session-secret"),
    url: configuration.url,
  });
  const watcher = new ClusterWatcher({
    addresses: configuration.nodes,
    connect: (address) => connectAdmin(address, configuration.tls),
    memory: clusterMemoryOf(database),
    log: logLine,
  });
  await watcher.start();
  const signIn = signInOf({
    auth,
    database,
    auditLog: auditLogOf(database),
    setupCode: configuration.isLoopback
      ? undefined
      : readOrCreateSecret(configuration.dataFolder, "setup-code"),
  });
  if (!configuration.isLoopback && (await signIn.needsAdmin())) {
    logLine(
      `The first admin needs the setup code in ${join(configuration.dataFolder, "setup-code")}`,
    );
  }
  return {
    configuration,
    store,
    signIn,
    watcher,
  };
}

/** Ends the watcher, then closes the store, so that what was last known is on disk. */
export async function stopConsole(): Promise<void> {
  const running = globalThis.holoFusionConsole;
  if (running === undefined) return;
  const { watcher, store } = await running;
  await watcher.stop();
  await store.close();
}
