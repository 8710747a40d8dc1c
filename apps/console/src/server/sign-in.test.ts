import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { SignIn } from "./sign-in.ts";
import * as schema from "./store/schema.ts";

vi.mock("server-only", () => ({}));
const { createAuth } = await import("./auth.ts");
const { signInOf } = await import("./sign-in.ts");
const { auditLogOf } = await import("./store/audit-log.ts");
const { clusterMemoryOf } = await import("./store/cluster-memory.ts");

const caller = { headers: new Headers(), ipAddress: "192.0.2.1", userAgent: "test" };
const mara = { name: "Mara", email: "Mara@Example.com", password: "correct horse battery" };

describe("the console's own store", { timeout: 60_000 }, () => {
  let client: PGlite;
  let database: ReturnType<typeof drizzle<typeof schema>>;
  let signIn: SignIn;

  beforeAll(async () => {
    client = await PGlite.create();
    database = drizzle(client, { schema });
    await migrate(database, { migrationsFolder: `${import.meta.dirname}/../../drizzle` });
    signIn = signInOf({
      auth: createAuth({ database, secret: "s".repeat(40), url: undefined }),
      database,
      auditLog: auditLogOf(database),
    });
  }, 60_000);

  afterAll(async () => {
    await client.close();
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
