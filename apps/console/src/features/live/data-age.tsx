"use client";

import { Age } from "@holo-fusion/ui/age";
import { formatDuration } from "../../format/format.ts";
import { freshnessOf } from "./freshness.ts";
import { useLive } from "./live.tsx";

/** How long ago something was heard; says so when it never was. */
export function DataAge({
  atMs,
  label,
  held = false,
}: {
  atMs: number | undefined;
  label?: string;
  /** Its source is known to be silent, so it is stale at any age. */
  held?: boolean;
}) {
  const { nowMs } = useLive();
  if (atMs === undefined) return <Age freshness="stale" text="never heard" />;
  const ageMs = Math.max(0, nowMs - atMs);
  return (
    <Age
      freshness={held ? "stale" : freshnessOf(ageMs)}
      text={formatDuration(ageMs)}
      {...(label === undefined ? {} : { label })}
    />
  );
}
