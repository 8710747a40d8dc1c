import "server-only";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import * as schema from "./store/schema.ts";
import type { Database } from "./store/store.ts";

/** A session ends after a shift; there is no sliding renewal. */
const sessionSeconds = 12 * 3_600;

export const passwordLengthMin = 12;

/**
 * Local accounts in the console's own store. None of better-auth's HTTP routes is mounted: the session
 * router is the only way in, so rate limits and audit rows cannot be bypassed.
 */
export function createAuth(options: {
  readonly database: Database;
  readonly secret: string;
  readonly url: string | undefined;
}) {
  return betterAuth({
    appName: "HoloFusion console",
    secret: options.secret,
    baseURL: options.url ?? "http://127.0.0.1",
    database: drizzleAdapter(options.database, { provider: "pg", schema }),
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true, minPasswordLength: passwordLengthMin, autoSignIn: true },
    user: { additionalFields: { role: { type: "string", required: false, input: false } } },
    session: { expiresIn: sessionSeconds, disableSessionRefresh: true },
    advanced: {
      cookiePrefix: "holo-fusion",
      useSecureCookies: options.url?.startsWith("https:") ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", path: "/" },
    },
    logger: { level: "error" },
  });
}

export type Auth = ReturnType<typeof createAuth>;
