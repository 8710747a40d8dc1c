import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createContext } from "../../../../server/context.ts";
import { logLine } from "../../../../server/log.ts";
import { appRouter } from "../../../../server/routers/root.ts";

export const dynamic = "force-dynamic";

function handle(request: Request): Promise<Response> | Response {
  if (request.method === "POST" && !isSameOrigin(request)) {
    return Response.json({ error: "Requests from other sites are refused" }, { status: 403 });
  }
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: request,
    router: appRouter,
    createContext: ({ resHeaders }) =>
      createContext(request.headers, (cookies) => {
        for (const cookie of cookies) resHeaders.append("set-cookie", cookie);
      }),
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        logLine(`${path ?? "?"}: ${error.stack ?? error.message}`);
    },
  });
}

/** Browsers name the origin of every POST; one that does not match the host is another site's. */
function isSameOrigin(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return request.headers.get("sec-fetch-site") === null;
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  return URL.canParse(origin) && new URL(origin).host === host;
}

export { handle as GET, handle as POST };
