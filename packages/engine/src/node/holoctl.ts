import { runHoloctl, type CliWorld } from "#admin/cli.ts";
import { AdminClient } from "#rpc/admin-client.ts";
import { RealClock } from "#runtime/real/real-clock.ts";
import { readTextFile } from "#runtime/real/text-file.ts";

/** Runs one holoctl command; resolves to the exit code. */
export function holoctl(process: Omit<CliWorld, "connect" | "readFile">): Promise<number> {
  const clock = new RealClock();
  return runHoloctl({
    ...process,
    readFile: readTextFile,
    connect: ({ target, timeoutMs, tls }) =>
      new AdminClient({ target, timeoutMs, tls, nowMs: () => clock.wallMs() }),
  });
}
