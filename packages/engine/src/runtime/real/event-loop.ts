/**
 * Resolves when everything that can happen without time passing has happened: every promise chain
 * that is able to go on has gone on. The one place where simulation touches the real event loop.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
