import "server-only";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzleNodePostgres } from "drizzle-orm/node-postgres";
import { migrate as migrateNodePostgres } from "drizzle-orm/node-postgres/migrator";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { Pool } from "pg";
import * as schema from "./schema.ts";
import { logLine } from "../log.ts";

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** The console's own store. It stands outside the cluster, so it works while the cluster does not. */
export interface Store {
  readonly database: Database;
  readonly kind: "embedded" | "postgresql";
  close(): Promise<void>;
}

/**
 * Opens the store and brings it to the present schema: PostgreSQL when a URL is given, else an
 * embedded one in the data folder. Throws one line when another console has the folder open.
 */
export async function openStore(options: {
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  /** Found beside the console when not given. */
  readonly migrationsFolder?: string;
}): Promise<Store> {
  const migrationsFolder = options.migrationsFolder ?? findMigrations();
  if (options.databaseUrl !== undefined) {
    const pool = new Pool({ connectionString: options.databaseUrl, max: 4 });
    // An idle connection that the server ends says so here; the pool opens another when one is asked for.
    pool.on("error", (error) => {
      logLine(`console store: an idle connection ended: ${error.message}`);
    });
    const database = drizzleNodePostgres(pool, { schema });
    await migrateNodePostgres(database, { migrationsFolder });
    return { database, kind: "postgresql", close: () => pool.end() };
  }

  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 });
  const release = lockFolder(options.dataFolder);
  try {
    const client = await PGlite.create(join(options.dataFolder, "store"));
    const database = drizzlePglite(client, { schema });
    await migratePglite(database, { migrationsFolder });
    return {
      database,
      kind: "embedded",
      close: async () => {
        await client.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The console is started in its own folder or in the repository's. */
function findMigrations(): string {
  const candidates = ["drizzle", join("apps", "console", "drizzle")].map((path) =>
    join(/* turbopackIgnore: true */ process.cwd(), path),
  );
  const found = candidates.find((path) => existsSync(join(path, "meta", "_journal.json")));
  if (found === undefined) {
    throw new Error(`The console's migrations are not in ${candidates.join(" or ")}`);
  }
  return found;
}

/** The embedded store has one writer; two processes would destroy it. */
function lockFolder(folder: string): () => void {
  const path = join(folder, "console.pid");
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!isExistsError(error)) throw error;
      const holder = Number(readFileSync(path, "utf8"));
      if (holder !== process.pid && isRunning(holder)) {
        throw new Error(`Another console (process ${holder}) uses the folder ${folder}`);
      }
      rmSync(path, { force: true });
    }
  }
  throw new Error(`The lock ${path} could not be taken`);
}

function isExistsError(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

function isRunning(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
