import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Client } from "pg";
import type { SignIn } from "./sign-in.ts";
import type { Database } from "./store/store.ts";
import * as schema from "./store/schema.ts";

vi.mock("server-only", () => ({}));
const { createAuth } = await import("./auth.ts");
const { signInOf } = await import("./sign-in.ts");
const { auditLogOf } = await import("./store/audit-log.ts");
const { clusterMemoryOf } = await import("./store/cluster-memory.ts");
const { openStore } = await import("./store/store.ts");

const migrationsFolder = `${import.meta.dirname}/../../drizzle`;

const caller = { headers: new Headers(), ipAddress: "192.0.2.1", userAgent: "test" };
const mara = { name: "Mara", email: "Mara@Example.com", password: "correct horse battery" };

const postgresUrl = process.env["HOLO_TEST_POSTGRES_URL"];
if (postgresUrl === undefined) {
  process.stderr.write("HOLO_TEST_POSTGRES_URL is not set: the store is tested embedded only.\n");
}

interface Opened {
  readonly database: Database;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<Opened> {
  const client = await PGlite.create();
  const database = drizzle(client, { schema });
  await migrate(database, { migrationsFolder });
  return { database, close: () => client.close() };
}

/** In a database of its own, since the tables have their plain names. */
async function openPostgres(url: string): Promise<Opened> {
  const name = `holo_console_test_${process.pid}`;
  const root = new Client({ connectionString: url });
  await root.connect();
  await root.query(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const store = await openStore({ dataFolder: "", databaseUrl: own.toString(), migrationsFolder });
  return {
    database: store.database,
    async close() {
      await store.close();
      await root.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await root.end();
    },
  };
}

describe.each([
  ["embedded", openEmbedded],
  ...(postgresUrl === undefined
    ? []
    : [["on PostgreSQL", () => openPostgres(postgresUrl)] as const]),
] as const)("the console's own store, %s", { timeout: 60_000 }, (_name, open) => {
  let opened: Opened;
  let database: Database;
  let signIn: SignIn;

  beforeAll(async () => {
    opened = await open();
    ({ database } = opened);
    signIn = signInOf({
      auth: createAuth({ database, secret: "s".repeat(40), url: undefined }),
      database,
      auditLog: auditLogOf(database),
      setupCode: undefined,
    });
  }, 60_000);

  afterAll(async () => {
    await opened.close();
  });

  test("where strangers reach the console, the first admin needs its setup code", async () => {
    const guarded = signInOf({
      auth: createAuth({ database, secret: "s".repeat(40), url: undefined }),
      database,
      auditLog: auditLogOf(database),
      setupCode: "the code",
    });
    expect(guarded.needsSetupCode).toBe(true);
    for (const setupCode of [undefined, "", "another code"]) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await guarded.createAdmin({ ...mara, setupCode }, caller)).toEqual({
        kind: "wrongSetupCode",
      });
    }
    expect(await guarded.needsAdmin()).toBe(true);
  });

  test("of two who become the first admin at once, one does", async () => {
    expect(await signIn.needsAdmin()).toBe(true);
    const results = await Promise.all([
      signIn.createAdmin(mara, caller),
      signIn.createAdmin({ ...mara, email: "eve@example.com" }, caller),
    ]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(["created", "exists"]);
    expect(await signIn.needsAdmin()).toBe(false);
    const people = await database.select().from(schema.user);
    expect(people).toMatchObject([{ role: "admin" }]);
  });

  test("the cookie of a sign-in is the person, until they sign out", async () => {
    const [{ email } = { email: "" }] = await database.select().from(schema.user);
    const result = await signIn.signIn(
      { email: email.toUpperCase(), password: mara.password },
      caller,
    );
    if (result.kind !== "signedIn") throw new Error(`the sign-in was ${result.kind}`);
    const [cookie] = result.cookies;
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    const headers = new Headers({ cookie: (cookie ?? "").split(";")[0] ?? "" });
    const person = await signIn.personOf(headers);
    expect(person).toMatchObject({ email, role: "admin" });
    if (person === undefined) throw new Error("nobody is signed in");
    await signIn.signOut(person, { ...caller, headers });
    expect(await signIn.personOf(headers)).toBeUndefined();
    expect(
      await signIn.personOf(new Headers({ cookie: "holo-fusion.session_token=made.up" })),
    ).toBeUndefined();
  });

  test("the sixth wrong guess is not even looked at, nor then the right one", async () => {
    const guess = (password: string, ipAddress = "192.0.2.7") =>
      signIn.signIn({ email: "target@example.com", password }, { ...caller, ipAddress });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      // One after the other: each must see the refusals before it.
      // oxlint-disable-next-line no-await-in-loop
      expect(await guess(`wrong ${attempt}`, `192.0.2.${attempt}`)).toEqual({ kind: "refused" });
    }
    expect(await guess("right")).toMatchObject({ kind: "limited" });
  });

  test("who did what is written down, refusals too", async () => {
    const rows = await database.select().from(schema.audit);
    const kinds = new Set(rows.map((row) => `${row.action} ${row.outcome}`));
    expect([...kinds].sort()).toEqual([
      "createAdmin done",
      "createAdmin refused",
      "signIn done",
      "signIn limited",
      "signIn refused",
      "signOut done",
    ]);
    expect(JSON.stringify(rows)).not.toContain(mara.password);
  });

  test("what was known of the cluster comes back, and changes newest first", async () => {
    const memory = clusterMemoryOf(database);
    expect(await memory.loadEvidence()).toBeUndefined();
    await memory.saveEvidence({ nodes: [], topology: undefined }, 1_000);
    await memory.saveEvidence({ nodes: [], topology: undefined }, 2_000);
    expect(await memory.loadEvidence()).toMatchObject({
      savedAtMs: 2_000,
      evidence: { nodes: [] },
    });

    await memory.recordChanges([{ kind: "consoleStarted" }], 1_000);
    await memory.recordChanges([{ kind: "contactLost" }], 2_000);
    await database
      .insert(schema.clusterChange)
      .values({ at: new Date(3_000), detail: { kind: "of a later version" } });
    expect((await memory.listChanges(10)).map(({ change }) => change.kind)).toEqual([
      "contactLost",
      "consoleStarted",
    ]);
    await memory.forgetChangesBefore(2_000);
    expect((await memory.listChanges(10)).map(({ atMs }) => atMs)).toEqual([2_000]);
  });
});
