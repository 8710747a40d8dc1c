import "server-only";
import { createHash, timingSafeEqual } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Auth } from "./auth.ts";
import { isRole, type Role } from "./roles.ts";
import type { AuditLog } from "./store/audit-log.ts";
import { setup, user } from "./store/schema.ts";
import type { Database } from "./store/store.ts";

/** Refused attempts within this window count against the next one. */
const windowMs = 5 * 60_000;
const refusalsPerActorMax = 5;
const refusalsPerAddressMax = 20;

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export interface Caller {
  readonly headers: Headers;
  readonly ipAddress: string | undefined;
  readonly userAgent: string | undefined;
}

export type SignInResult =
  | { readonly kind: "signedIn"; readonly cookies: readonly string[] }
  | { readonly kind: "refused" }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

export type CreateAdminResult =
  | { readonly kind: "created"; readonly cookies: readonly string[] }
  | { readonly kind: "exists" }
  | { readonly kind: "wrongSetupCode" };

/** Who is here and how they got in. Uses the console's store only, never the cluster. */
export interface SignIn {
  personOf(headers: Headers): Promise<Person | undefined>;
  /** True where the first admin must show that they can read the console's files. */
  readonly needsSetupCode: boolean;
  /** True until the first admin exists. */
  needsAdmin(): Promise<boolean>;
  createAdmin(
    input: {
      readonly name: string;
      readonly email: string;
      readonly password: string;
      readonly setupCode?: string | undefined;
    },
    caller: Caller,
  ): Promise<CreateAdminResult>;
  signIn(
    input: { readonly email: string; readonly password: string },
    caller: Caller,
  ): Promise<SignInResult>;
  signOut(person: Person, caller: Caller): Promise<{ readonly cookies: readonly string[] }>;
}

export function signInOf(options: {
  readonly auth: Auth;
  readonly database: Database;
  readonly auditLog: AuditLog;
  /** Demanded of the first admin; absent where only people on this machine reach the console. */
  readonly setupCode: string | undefined;
}): SignIn {
  const { auth, database, auditLog, setupCode } = options;
  return {
    needsSetupCode: setupCode !== undefined,

    async personOf(headers) {
      const found = await auth.api.getSession({ headers });
      if (found === null) return undefined;
      const { id, email, name, role } = found.user;
      return { id, email, name, role: isRole(role) ? role : "viewer" };
    },

    async needsAdmin() {
      const rows = await database.select().from(setup).limit(1);
      return rows.length === 0;
    },

    async createAdmin(input, caller) {
      const email = input.email.toLowerCase();
      const entry = { action: "createAdmin", actor: email, ...addressOf(caller) } as const;
      if (setupCode !== undefined && !isSame(input.setupCode ?? "", setupCode)) {
        await auditLog.record({ ...entry, outcome: "refused" });
        return { kind: "wrongSetupCode" };
      }
      const taken = await database
        .insert(setup)
        .values({ id: 1 })
        .onConflictDoNothing()
        .returning();
      if (taken.length === 0) {
        await auditLog.record({ ...entry, outcome: "refused" });
        return { kind: "exists" };
      }
      try {
        const { headers, response } = await auth.api.signUpEmail({
          body: { name: input.name, email, password: input.password },
          headers: caller.headers,
          returnHeaders: true,
        });
        await database.update(user).set({ role: "admin" }).where(eq(user.id, response.user.id));
        await auditLog.record({ ...entry, outcome: "done" });
        return { kind: "created", cookies: headers.getSetCookie() };
      } catch (error) {
        await database.delete(setup);
        throw error;
      }
    },

    async signIn(input, caller) {
      const email = input.email.toLowerCase();
      const entry = { action: "signIn", actor: email, ...addressOf(caller) } as const;
      const refused = await auditLog.refusedSignIns({
        actor: email,
        ipAddress: caller.ipAddress,
        since: new Date(Date.now() - windowMs),
      });
      if (refused.byActor >= refusalsPerActorMax || refused.byAddress >= refusalsPerAddressMax) {
        await auditLog.record({ ...entry, outcome: "limited" });
        return { kind: "limited", retryAfterSeconds: windowMs / 1_000 };
      }
      try {
        const { headers } = await auth.api.signInEmail({
          body: { email, password: input.password },
          headers: caller.headers,
          returnHeaders: true,
        });
        await auditLog.record({ ...entry, outcome: "done" });
        return { kind: "signedIn", cookies: headers.getSetCookie() };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await auditLog.record({ ...entry, outcome: "refused" });
        return { kind: "refused" };
      }
    },

    async signOut(person, caller) {
      const { headers } = await auth.api.signOut({ headers: caller.headers, returnHeaders: true });
      await auditLog.record({
        action: "signOut",
        actor: person.email,
        outcome: "done",
        ...addressOf(caller),
      });
      return { cookies: headers.getSetCookie() };
    },
  };
}

/** Takes the same time for every guess. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function addressOf({ ipAddress, userAgent }: Caller) {
  return { ipAddress, userAgent };
}

/** better-auth answers a wrong email or password with status 401; anything else is a fault of ours. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 401;
}
