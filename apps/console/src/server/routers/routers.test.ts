import { TRPCError } from "@trpc/server";
import { describe, expect, test, vi } from "vitest";
import { evidence, testNowMs, viewOf } from "../../cluster/fixtures.ts";
import type { ClusterView } from "../../cluster/view.ts";
import type { Person, SignIn } from "../sign-in.ts";
import type { ClusterSource, Context } from "../trpc.ts";

// The marker package refuses to load outside a server bundle, which a test is not.
vi.mock("server-only", () => ({}));
const { createCallerFactory } = await import("../trpc.ts");
const { appRouter } = await import("./root.ts");
const createCaller = createCallerFactory(appRouter);

const mara: Person = { id: "1", email: "mara@example.com", name: "Mara", role: "viewer" };

function clusterOf(views: readonly ClusterView[]): ClusterSource {
  return {
    current: () => views.at(-1) ?? viewOf(evidence()),
    async *views() {
      yield* views;
    },
    history: () =>
      Array.from({ length: 900 }, (_, second) => ({
        atMs: testNowMs + second * 1_000,
        statementsPerSecond: second < 450 ? 10 : null,
        nodesAnswering: 3,
        clockSpreadMs: 1,
        roundTripMs: 1,
      })),
    changes: () => [
      { id: 2, atMs: testNowMs, change: { kind: "contactLost" } },
      { id: 1, atMs: testNowMs - 1, change: { kind: "consoleStarted" } },
    ],
  };
}

function contextOf(changes: Partial<Context> = {}, signIn: Partial<SignIn> = {}): Context {
  return {
    cluster: clusterOf([viewOf(evidence())]),
    signIn: {
      personOf: async () => mara,
      needsSetupCode: false,
      needsAdmin: async () => false,
      createAdmin: async () => ({ kind: "exists" }),
      signIn: async () => ({ kind: "refused" }),
      signOut: async () => ({ cookies: [] }),
      ...signIn,
    },
    caller: { headers: new Headers(), ipAddress: "127.0.0.1", userAgent: undefined },
    findPerson: async () => mara,
    setCookies: () => undefined,
    ...changes,
  };
}

const stranger = contextOf({ findPerson: async () => undefined });

describe("what a stranger gets", () => {
  test.each([
    ["current", () => createCaller(stranger).cluster.current()],
    ["changes", () => createCaller(stranger).cluster.changes({})],
    ["history", () => createCaller(stranger).cluster.history({})],
    ["watch", () => createCaller(stranger).cluster.watch()],
    ["me", () => createCaller(stranger).session.me()],
    ["signOut", () => createCaller(stranger).session.signOut()],
  ])("nothing from %s", async (_name, call) => {
    await expect(call()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("the cluster", () => {
  test("current is the watcher's view, as it is", async () => {
    const view = await createCaller(contextOf()).cluster.current();
    expect(view.nodes.map((node) => node.nodeId)).toEqual([1, 2, 3]);
  });

  test("watch names each view by its revision", async () => {
    const views = ["7-1", "7-2"].map((revision) => ({ ...viewOf(evidence()), revision }));
    const stream = await createCaller(contextOf({ cluster: clusterOf(views) })).cluster.watch();
    const events: unknown[] = [];
    for await (const event of stream) events.push(event);
    expect(events).toMatchObject([
      ["7-1", { revision: "7-1" }, expect.anything()],
      ["7-2", { revision: "7-2" }, expect.anything()],
    ]);
  });

  test("watch ends when the session does", async () => {
    vi.useFakeTimers({ now: testNowMs });
    let asked = 0;
    const views = Array.from({ length: 3 }, (_, index) => ({
      ...viewOf(evidence()),
      revision: `${index}`,
    }));
    const context = contextOf({
      cluster: clusterOf(views),
      findPerson: async () => (asked++ === 0 ? mara : undefined),
    });
    const stream = await createCaller(context).cluster.watch();
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    vi.setSystemTime(testNowMs + 31_000);
    await expect(iterator.next()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    vi.useRealTimers();
  });

  test("history is thinned to what was asked, and a gap stays a gap", async () => {
    const samples = await createCaller(contextOf()).cluster.history({ points: 90 });
    expect(samples).toHaveLength(90);
    expect(samples.at(0)?.statementsPerSecond).toBe(10);
    expect(samples.at(-1)?.statementsPerSecond).toBeNull();
  });

  test("changes are at most what was asked, newest first", async () => {
    const changes = await createCaller(contextOf()).cluster.changes({ limit: 1 });
    expect(changes.map(({ id }) => id)).toEqual([2]);
  });

  test.each([0, 1.5, 1_000])("a limit of %d is refused", async (limit) => {
    await expect(createCaller(contextOf()).cluster.changes({ limit })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});

describe("signing in", () => {
  const form = { email: "mara@example.com", password: "correct horse battery" };
  test.each([
    ["refused", { kind: "refused" }, "UNAUTHORIZED"],
    ["limited", { kind: "limited", retryAfterSeconds: 300 }, "TOO_MANY_REQUESTS"],
  ] as const)("%s", async (_name, result, code) => {
    const context = contextOf({}, { signIn: async () => result });
    await expect(createCaller(context).session.signIn(form)).rejects.toMatchObject({ code });
  });

  test("sets the session's cookies", async () => {
    const cookies: string[] = [];
    const context = contextOf(
      { setCookies: (given) => cookies.push(...given) },
      { signIn: async () => ({ kind: "signedIn", cookies: ["session=1"] }) },
    );
    await createCaller(context).session.signIn(form);
    expect(cookies).toEqual(["session=1"]);
  });

  test("a second first admin is refused", async () => {
    await expect(
      createCaller(contextOf()).session.createAdmin({ name: "Eve", ...form }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test.each([
    [{ name: "Eve", email: "eve", password: "long enough for it" }],
    [{ name: " ", email: "eve@example.com", password: "long enough for it" }],
    [{ name: "Eve", email: "eve@example.com", password: "short" }],
    [{ name: "Eve", email: "eve@example.com", password: "x".repeat(129) }],
  ])("a form that is wrong never reaches the store: %o", async (input) => {
    const createAdmin = vi.fn<SignIn["createAdmin"]>();
    const context = contextOf({}, { createAdmin });
    await expect(createCaller(context).session.createAdmin(input)).rejects.toBeInstanceOf(
      TRPCError,
    );
    expect(createAdmin).not.toHaveBeenCalled();
  });
});
