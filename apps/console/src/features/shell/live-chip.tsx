"use client";

import { Chip } from "@holo-fusion/ui/chip";
import { Icon } from "@holo-fusion/ui/icon";
import { formatDuration, formatCount } from "../../format/format.ts";
import { freshnessOf } from "../live/freshness.ts";
import { useClusterView, useLive } from "../live/live.tsx";

/** Whether the page moves, how old what it shows is, and the switch for it. */
export function LiveChip() {
  const { nowMs, isPaused, heldViews, setPaused } = useLive();
  const view = useClusterView();
  const ageMs = Math.max(0, nowMs - view.atMs);
  const freshness = freshnessOf(ageMs);
  return (
    <Chip
      tone={isPaused ? "info" : freshness === "fresh" ? "none" : "warn"}
      className="gap-2 pl-1 max-small:pr-[7px]"
    >
      <button
        type="button"
        aria-label={isPaused ? "Resume live updates" : "Pause live updates"}
        aria-pressed={isPaused}
        onClick={() => setPaused(!isPaused)}
        className="grid size-6 place-items-center rounded-1 hover:bg-hover"
      >
        <Icon name={isPaused ? "play" : "pause"} />
      </button>
      <span className="hidden small:inline">
        {isPaused ? "Paused" : freshness === "fresh" ? "Live" : "Stale"}
      </span>
      <span className="font-normal text-ink-2">
        {isPaused && heldViews > 0 ? `${formatCount(heldViews)} new` : formatDuration(ageMs)}
      </span>
    </Chip>
  );
}
