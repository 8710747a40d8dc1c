"use client";

import { useMutation } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { useState, type ReactNode } from "react";
import { BrandMark } from "@holo-fusion/ui/brand";
import { Button } from "@holo-fusion/ui/button";
import { Dialog } from "@holo-fusion/ui/dialog";
import { EnvironmentLabel, EnvironmentStripe, Header, SkipLink } from "@holo-fusion/ui/header";
import { Icon } from "@holo-fusion/ui/icon";
import { Notice } from "@holo-fusion/ui/notice";
import { useToast } from "@holo-fusion/ui/toast";
import { useTRPC } from "../../trpc/client.tsx";
import { formatTime } from "../../format/format.ts";
import { useClusterView, useLive } from "../live/live.tsx";
import { LiveChip } from "./live-chip.tsx";
import { Announcer } from "./announcer.tsx";
import { Navigation } from "./navigation.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { ProblemChip } from "./problem-chip.tsx";
import { ShortcutHelp, useShortcuts } from "./shortcuts.tsx";
import { useTimeFormat } from "./time-zone.ts";
import { UnknownParameters } from "./unknown-parameters.tsx";

const environmentWords = { production: "Prod", staging: "Staging", development: "Dev" } as const;

/** The frame of every page: which environment and cluster, how fresh, where one can go, who one is. */
export function Shell({
  clusterName,
  environment,
  person,
  children,
}: {
  clusterName: string;
  environment: keyof typeof environmentWords;
  person: { readonly name: string; readonly role: string };
  children: ReactNode;
}) {
  const router = useRouter();
  const path = usePathname();
  const live = useLive();
  const toast = useToast();
  const trpc = useTRPC();
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts({
    open: (target) => router.push(`${target}${zoneSuffix()}`),
    togglePause: () => live.setPaused(!live.isPaused),
    help: () => setHelpOpen(true),
  });
  const signOut = useMutation(
    trpc.session.signOut.mutationOptions({
      onSuccess: () => window.location.assign("/sign-in"),
      onError: (error) =>
        toast({ tone: "crit", title: "You are still signed in", detail: error.message }),
    }),
  );

  return (
    <>
      <SkipLink />
      <EnvironmentStripe />
      <div className="grid min-h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[52px_1fr] pt-[3px] small:grid-cols-[56px_minmax(0,1fr)] large:grid-cols-[224px_minmax(0,1fr)]">
        <Header>
          <Button
            variant="ghost"
            size="square"
            aria-label="Open navigation"
            className="small:hidden"
            onClick={() => setDrawerOpen(true)}
          >
            <Icon name="menu" />
          </Button>
          <div className="hidden w-14 flex-none items-center gap-[9px] pl-[18px] text-lead font-semibold tracking-[-0.01em] small:flex large:w-[216px]">
            <BrandMark />
            <span className="hidden large:inline">HoloFusion</span>
          </div>
          <div className="flex min-w-0 items-center gap-1.5 font-semibold whitespace-nowrap small:gap-2">
            <EnvironmentLabel>{environmentWords[environment]}</EnvironmentLabel>
            <span className="truncate">{clusterName}</span>
          </div>
          <div className="flex-1" />
          <ProblemChip />
          <LiveChip />
          <PersonMenu
            person={person}
            onHelp={() => setHelpOpen(true)}
            onDesignSheet={() => router.push(`/design${zoneSuffix()}`)}
            onSignOut={() => signOut.mutate()}
          />
        </Header>
        <nav
          aria-label="Main"
          className="sticky top-[55px] hidden h-[calc(100dvh-55px)] overflow-auto border-r border-line bg-surface px-2.5 pt-3 pb-5 small:block"
        >
          <Navigation path={path} collapsible />
        </nav>
        <main
          id="main"
          tabIndex={-1}
          className="max-w-[1720px] min-w-0 px-3 pt-3.5 pb-10 outline-none small:px-6 small:pt-5 small:pb-12"
        >
          <UnknownParameters path={path} />
          <ConnectionNotice />
          {children}
        </main>
      </div>
      <Announcer />
      <Dialog
        open={isDrawerOpen}
        onOpenChange={setDrawerOpen}
        place="left"
        title={
          <span className="flex items-center gap-2">
            <BrandMark /> HoloFusion
          </span>
        }
      >
        <nav aria-label="Main" className="-mx-3">
          <Navigation path={path} onNavigate={() => setDrawerOpen(false)} />
        </nav>
      </Dialog>
      <ShortcutHelp open={isHelpOpen} onOpenChange={setHelpOpen} />
    </>
  );
}

/** The zone stays when one goes to another page by key. */
function zoneSuffix(): string {
  const zone = new URLSearchParams(window.location.search).get("tz");
  return zone === null ? "" : `?tz=${encodeURIComponent(zone)}`;
}

/** A page without a stream is a photograph; it says so above everything else. */
function ConnectionNotice() {
  const { isConnected, isPaused, nowMs } = useLive();
  const view = useClusterView();
  const time = useTimeFormat();
  const isSilent = !isConnected && nowMs - view.atMs > 3_000;
  if (!isSilent || isPaused) return null;
  return (
    <Notice tone="crit">
      <b className="font-semibold">The console's server does not answer.</b> What you see is from{" "}
      {formatTime(view.atMs, time)}; it goes on by itself when the server is back.
    </Notice>
  );
}
