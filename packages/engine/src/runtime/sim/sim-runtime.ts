import type { Runtime } from "#runtime/ports.ts";
import { SimClock } from "./sim-clock.ts";
import { SimulatedCrash } from "./sim-crash.ts";
import { SimLog, type LogLine } from "./sim-log.ts";
import { SimMetrics } from "./sim-metrics.ts";
import { SimRandom } from "./sim-random.ts";

export interface SimRuntime extends Runtime {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly metrics: SimMetrics;
}

export interface SimRuntimeOptions {
  /** A clock on the line of time that the nodes share. */
  readonly clock?: SimClock;
  readonly random?: SimRandom;
  readonly onLog?: (line: LogLine) => void;
  /** Told before `fatal` throws; halts whatever makes up the node. */
  readonly onFatal?: (reason: string, cause: unknown) => void;
}

/** Everything that the engine asks of the world, from one seed. */
export function simRuntime(seed: number, options: SimRuntimeOptions = {}): SimRuntime {
  return {
    clock: options.clock ?? new SimClock(),
    random: options.random ?? new SimRandom(seed),
    log: new SimLog(options.onLog),
    metrics: new SimMetrics(),
    fatal(reason, cause) {
      options.onFatal?.(reason, cause);
      throw new SimulatedCrash(reason, { cause });
    },
  };
}
