"use client";

import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { createContext, useContext, useEffect, useReducer, type ReactNode } from "react";
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

interface LiveState {
  readonly nowMs: number;
  /** The server's clock minus the browser's: a browser whose clock is off must not call fresh data old. */
  readonly clockOffsetMs: number;
  readonly isPaused: boolean;
  readonly held: ClusterView | undefined;
  readonly heldViews: number;
}

type LiveEvent =
  | { readonly kind: "tick"; readonly browserMs: number }
  | { readonly kind: "view"; readonly view: ClusterView; readonly browserMs: number }
  | { readonly kind: "pause"; readonly isPaused: boolean };

function nextState(state: LiveState, event: LiveEvent): LiveState {
  switch (event.kind) {
    case "tick":
      return { ...state, nowMs: event.browserMs + state.clockOffsetMs };
    case "view": {
      const heard = {
        ...state,
        nowMs: event.view.atMs,
        clockOffsetMs: event.view.atMs - event.browserMs,
      };
      return state.isPaused
        ? { ...heard, held: event.view, heldViews: state.heldViews + 1 }
        : heard;
    }
    case "pause":
      return { ...state, isPaused: event.isPaused, held: undefined, heldViews: 0 };
  }
}

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
  const [state, dispatch] = useReducer(nextState, {
    nowMs: initialNowMs,
    clockOffsetMs: 0,
    isPaused: false,
    held: undefined,
    heldViews: 0,
  });
  useEffect(() => {
    const timer = setInterval(() => dispatch({ kind: "tick", browserMs: Date.now() }), 1_000);
    return () => clearInterval(timer);
  }, []);

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
        dispatch({ kind: "view", view, browserMs: Date.now() });
        if (!state.isPaused) show(view);
      },
      onError: (error) => {
        if (error.data?.code === "UNAUTHORIZED") window.location.assign("/sign-in");
      },
    }),
  );

  const setPaused = (isPaused: boolean) => {
    if (!isPaused && state.held !== undefined) show(state.held);
    dispatch({ kind: "pause", isPaused });
  };

  return (
    <LiveContext
      value={{
        nowMs: state.nowMs,
        isPaused: state.isPaused,
        heldViews: state.heldViews,
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
