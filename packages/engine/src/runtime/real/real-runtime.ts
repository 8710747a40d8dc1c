import type { Log, Metrics, Runtime } from "#runtime/ports.ts";
import { RealClock } from "./real-clock.ts";
import { RealRandom } from "./real-random.ts";

/** What a process that stops to protect data exits with (EX_SOFTWARE of sysexits). */
export const fatalExitCode = 70;

export function realRuntime(parts: { readonly log: Log; readonly metrics: Metrics }): Runtime {
  const { log, metrics } = parts;
  return {
    clock: new RealClock(),
    random: new RealRandom(),
    log,
    metrics,
    fatal(reason, cause) {
      log.error("the node stops to protect its data", { reason, cause });
      process.exit(fatalExitCode);
    },
  };
}
