import { redirect } from "next/navigation";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { LiveProvider } from "../../features/live/live.tsx";
import { Shell } from "../../features/shell/shell.tsx";
import { getConsole } from "../../server/console.ts";
import { getQueryClient, Hydrate, trpc } from "../../trpc/server.tsx";

/** Everything behind sign-in. What is asked here is in memory, so the page is whole from its first byte. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { configuration, signIn, watcher } = await getConsole();
  const person = await signIn.personOf(new Headers(await headers()));
  if (person === undefined) redirect("/sign-in");

  await getQueryClient().prefetchQuery(trpc.cluster.current.queryOptions());
  return (
    <Hydrate>
      <LiveProvider initialNowMs={watcher.current().atMs}>
        <Shell
          clusterName={configuration.clusterName}
          environment={configuration.environment}
          person={{ name: person.name, role: person.role }}
        >
          {children}
        </Shell>
      </LiveProvider>
    </Hydrate>
  );
}
