/** One second of the cluster's figures; null where a node that would count did not answer. */
export interface Sample {
  readonly atMs: number;
  readonly statementsPerSecond: number | null;
  readonly nodesAnswering: number;
  /** Largest clock offset between two answering nodes; null when not measured. */
  readonly clockSpreadMs: number | null;
  /** Slowest round trip between nodes; null when not measured. */
  readonly roundTripMs: number | null;
}

/**
 * Thins samples to at most `count`, each the mean of its stretch: a gap of null stays a gap only when
 * the whole stretch is unknown, so a short outage is not blown up.
 */
export function thin(samples: readonly Sample[], count: number): Sample[] {
  if (samples.length <= count) return [...samples];
  const thinned: Sample[] = [];
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * samples.length) / count);
    const to = Math.floor(((index + 1) * samples.length) / count);
    const stretch = samples.slice(from, to);
    const last = stretch.at(-1);
    if (last === undefined) continue;
    thinned.push({
      atMs: last.atMs,
      statementsPerSecond: meanOf(stretch.map((sample) => sample.statementsPerSecond)),
      nodesAnswering: Math.min(...stretch.map((sample) => sample.nodesAnswering)),
      clockSpreadMs: meanOf(stretch.map((sample) => sample.clockSpreadMs)),
      roundTripMs: meanOf(stretch.map((sample) => sample.roundTripMs)),
    });
  }
  return thinned;
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
