import "server-only";
import { getConsole, stopConsole } from "./console.ts";
import { logLine } from "./log.ts";

/** A console that cannot start says why in one line and exits; one told to stop leaves its store closed. */
export async function startProcess(): Promise<void> {
  try {
    await getConsole();
  } catch (error) {
    logLine(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    // Live pages keep their streams open, so waiting for connections to end would take for ever.
    void stopConsole().finally(() => process.exit(0));
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // Next's own handler waits for requests to end and would leave the store open.
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}
