"use client";

import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from "react";
import type { ClusterView } from "../../cluster/view.ts";
import { useTRPC } from "../../trpc/client.tsx";

export interface Live {
  /** The present by the console server's clock, moving once a second. */
  readonly nowMs: number;
  readonly isPaused: boolean;
  /** Views that came while paused and are not shown. */
  readonly heldViews: number;
  /** False while the browser has no stream from the console's server. */
  readonly isConnected: boolean;
  setPaused(isPaused: boolean): void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** Keeps the page's view of the cluster moving: one stream per tab, paused on demand. */
export function LiveProvider({
  initialNowMs,
  children,
}: {
  initialNowMs: number;
  children: ReactNode;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [isPaused, setIsPaused] = useState(false);
  const [heldViews, setHeldViews] = useState(0);
  const held = useRef<ClusterView>(undefined);
  // Ages are counted on the server's clock: a browser whose clock is off must not call fresh data old.
  const clockOffsetMs = useRef<number>(undefined);
  const [nowMs, setNowMs] = useState(initialNowMs);
  useEffect(() => {
    const firstOffsetMs = initialNowMs - Date.now();
    const timer = setInterval(
      () => setNowMs(Date.now() + (clockOffsetMs.current ?? firstOffsetMs)),
      1_000,
    );
    return () => clearInterval(timer);
  }, [initialNowMs]);

  const show = (view: ClusterView) => {
    const key = trpc.cluster.current.queryKey();
    const shown = queryClient.getQueryData(key);
    queryClient.setQueryData(key, view);
    if (shown?.lastChangeAtMs !== view.lastChangeAtMs) {
      void queryClient.invalidateQueries(trpc.cluster.changes.queryFilter());
    }
  };

  const stream = useSubscription(
    trpc.cluster.watch.subscriptionOptions(undefined, {
      onData: ({ data: view }) => {
        clockOffsetMs.current = view.atMs - Date.now();
        if (isPaused) {
          held.current = view;
          setHeldViews((count) => count + 1);
        } else {
          show(view);
        }
      },
      onError: (error) => {
        if (error.data?.code === "UNAUTHORIZED") window.location.assign("/sign-in");
      },
    }),
  );

  const setPaused = (next: boolean) => {
    setIsPaused(next);
    setHeldViews(0);
    if (!next && held.current !== undefined) show(held.current);
    held.current = undefined;
  };

  return (
    <LiveContext
      value={{
        nowMs,
        isPaused,
        heldViews,
        isConnected: stream.status === "pending",
        setPaused,
      }}
    >
      {children}
    </LiveContext>
  );
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("useLive is for pages inside LiveProvider");
  return live;
}

/** The newest view that is to be shown. */
export function useClusterView(): ClusterView {
  const trpc = useTRPC();
  return useSuspenseQuery(trpc.cluster.current.queryOptions()).data;
}
