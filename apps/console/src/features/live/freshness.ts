import type { Freshness } from "@holo-fusion/ui/age";
import { probeIntervalMs } from "../../cluster/view.ts";

/** fresh within 2 intervals, late within 3 (with half an interval of travel), stale beyond. */
export function freshnessOf(ageMs: number, intervalMs: number = probeIntervalMs): Freshness {
  if (ageMs <= intervalMs * 2.5) return "fresh";
  return ageMs <= intervalMs * 3.5 ? "late" : "stale";
}
