import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";

/** One cache per browser tab, and one per request on the server. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // State is pushed, so asking again on focus would only repeat it.
      queries: { staleTime: 30_000, refetchOnWindowFocus: false, retry: 1 },
      dehydrate: {
        // Queries that are still running stream to the browser when they are done.
        shouldDehydrateQuery: (query) =>
          defaultShouldDehydrateQuery(query) || query.state.status === "pending",
      },
    },
  });
}
