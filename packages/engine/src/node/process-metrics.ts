import type { Metrics } from "#runtime/ports.ts";
import type { HealthMonitor } from "./health-monitor.ts";
import type { SpaceWatch } from "./live-checks.ts";
import type { Meter } from "./opening.ts";

const stateNumbers = { Bootstrapping: 0, Ready: 1, Degraded: 2, NotReady: 3 } as const;

/** The node as a process, for whoever scrapes /metrics. */
export function observeProcess(
  metrics: Metrics,
  sources: {
    readonly health: HealthMonitor;
    readonly meter: Meter;
    readonly space: SpaceWatch;
  },
): void {
  const { health, meter, space } = sources;
  metrics.observeGauge(
    "health_state",
    "0 Bootstrapping, 1 Ready, 2 Degraded, 3 NotReady",
    () => stateNumbers[health.state],
  );
  metrics.observeGauge("process_start_time_seconds", "Start, Unix seconds", () => {
    return meter.startedAtMs / 1_000;
  });
  metrics.observeGauge("process_resident_memory_bytes", "Resident memory", () => {
    return meter.read().residentBytes;
  });
  metrics.observeCounter("process_cpu_seconds_total", "CPU time, user and system", () => {
    return meter.read().cpuSeconds;
  });
  metrics.observeGauge("event_loop_delay_p99_ms", "How late the event loop is", () => {
    return meter.read().eventLoopDelayP99Ms;
  });
  metrics.observeGauge("disk_free_bytes", "Free space where the data folder is", () => {
    return space.latest?.freeBytes ?? 0;
  });
}
