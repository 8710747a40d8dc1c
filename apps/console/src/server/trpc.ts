import "server-only";
import { initTRPC, TRPCError } from "@trpc/server";
import type { ClusterView } from "../cluster/view.ts";
import type { Sample } from "../cluster/history.ts";
import { plainJson } from "../trpc/plain-json.ts";
import { AdminError } from "./admin/admin-client.ts";
import { mayActAs, type Role } from "./roles.ts";
import type { Caller, Person, SignIn } from "./sign-in.ts";
import type { RecordedChange } from "./store/cluster-memory.ts";

/** What procedures see of the cluster: what the watcher has found, never a call of their own. */
export interface ClusterSource {
  current(): ClusterView;
  views(signal: AbortSignal): AsyncGenerator<ClusterView, void, undefined>;
  history(): readonly Sample[];
  changes(): readonly RecordedChange[];
}

export interface Context {
  readonly cluster: ClusterSource;
  readonly signIn: SignIn;
  readonly caller: Caller;
  /** Asks the store each time: a session may end while a page is open. */
  readonly findPerson: () => Promise<Person | undefined>;
  readonly setCookies: (cookies: readonly string[]) => void;
}

const t = initTRPC.context<Context>().create({
  transformer: plainJson,
  errorFormatter({ shape, error }) {
    const cause = error.cause instanceof AdminError ? error.cause : undefined;
    return {
      ...shape,
      // An unexpected fault is ours; its text and stack are for the log, not for the page.
      message: shape.data.code === "INTERNAL_SERVER_ERROR" ? "The console failed" : shape.message,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        sqlState: cause?.sqlState,
        grpcStatus: cause?.grpcStatus,
      },
    };
  },
  sse: {
    ping: { enabled: true, intervalMs: 3_000 },
    client: { reconnectAfterInactivityMs: 8_000 },
  },
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Open to everyone who reaches the console: says nothing about the cluster. */
export const publicProcedure = t.procedure;

/** For people who are signed in and whose role suffices; the refusal names the role that would. */
export function procedureFor(needed: Role) {
  return t.procedure.use(async ({ ctx, next }) => {
    const person = await ctx.findPerson();
    if (person === undefined) {
      throw new TRPCError({ code: "UNAUTHORIZED", message: "Sign in to see this" });
    }
    if (!mayActAs(person.role, needed)) {
      throw new TRPCError({ code: "FORBIDDEN", message: `This needs the role ${needed}` });
    }
    return next({ ctx: { ...ctx, person } });
  });
}

/** Reading needs a signed-in person of any role. */
export const operatorProcedure = procedureFor("viewer");
