"use client";

import { useSuspenseQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { useClusterView, useLive } from "../live/live.tsx";
import { useTimeFormat } from "../shell/time-zone.ts";
import { SituationView } from "./situation-view.tsx";

const historyIntervalMs = 5_000;

/** Brings the data; everything you can see is in SituationView. */
export function Situation() {
  const trpc = useTRPC();
  const live = useLive();
  const view = useClusterView();
  const time = useTimeFormat();
  const changes = useSuspenseQuery(trpc.cluster.changes.queryOptions({ limit: 12 }));
  const history = useSuspenseQuery(
    trpc.cluster.history.queryOptions(
      { points: 180 },
      { refetchInterval: live.isPaused ? false : historyIntervalMs },
    ),
  );
  return <SituationView view={view} changes={changes.data} samples={history.data} time={time} />;
}
