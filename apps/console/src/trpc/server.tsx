import "server-only";
import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { createContext } from "../server/context.ts";
import { appRouter } from "../server/routers/root.ts";
import { makeQueryClient } from "./query-client.ts";

export const getQueryClient = cache(makeQueryClient);

/** The procedures without a network between, for prefetching in pages. Reading the headers makes a page dynamic. */
export const trpc = createTRPCOptionsProxy({
  router: appRouter,
  queryClient: getQueryClient,
  ctx: async () => createContext(new Headers(await headers()), () => undefined),
});

/** Hands what a page has prefetched to its client components. */
export function Hydrate({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
