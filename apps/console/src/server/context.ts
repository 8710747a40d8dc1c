import "server-only";
import { getConsole } from "./console.ts";
import type { Context } from "./trpc.ts";

/** The context of one request; cookies that a procedure sets go to `setCookies`. */
export async function createContext(
  headers: Headers,
  setCookies: Context["setCookies"],
): Promise<Context> {
  const { watcher, signIn } = await getConsole();
  return {
    cluster: watcher,
    signIn,
    caller: {
      headers,
      // Set by Next from the socket, or by a proxy in front, which appends what it saw.
      ipAddress: headers.get("x-forwarded-for")?.split(",").at(-1)?.trim(),
      userAgent: headers.get("user-agent") ?? undefined,
    },
    findPerson: () => signIn.personOf(headers),
    setCookies,
  };
}
