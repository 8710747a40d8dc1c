import "server-only";

/** One line on standard error, where the supervisor of the process looks. */
export function logLine(text: string): void {
  process.stderr.write(`${text}\n`);
}
