/** Runs once per process, before the first request: the watcher must not wait for a visitor. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { startProcess } = await import("./server/process.ts");
  await startProcess();
}
