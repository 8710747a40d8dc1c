import type { Metadata } from "next";
import { Situation } from "../../features/situation/situation.tsx";
import { getQueryClient, Hydrate, trpc } from "../../trpc/server.tsx";

export const metadata: Metadata = { title: "Situation" };

export default async function SituationPage() {
  const queryClient = getQueryClient();
  await Promise.all([
    queryClient.prefetchQuery(trpc.cluster.changes.queryOptions({ limit: 12 })),
    queryClient.prefetchQuery(trpc.cluster.history.queryOptions({ points: 180 })),
  ]);
  return (
    <Hydrate>
      <Situation />
    </Hydrate>
  );
}
