"use client";

import { useQueryStates } from "nuqs";
import type { TimeFormat } from "../../format/format.ts";
import { useLive } from "../live/live.tsx";
import { sharedParameters } from "./search-parameters.ts";

/** How times are written for this reader; the zone is part of the link. */
export function useTimeFormat(): TimeFormat {
  const [{ tz }] = useQueryStates(sharedParameters);
  const { nowMs } = useLive();
  return { zone: tz, nowMs };
}
